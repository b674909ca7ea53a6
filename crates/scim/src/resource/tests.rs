//! Bodies, PUT, documents and answers.

use serde_json::json;

use super::*;
use crate::dialect::{Note, Notes};
use crate::error::{RequestError, ScimType};

fn incoming_noting(body: &Value, notes: &mut Notes) -> Result<Incoming, RequestError> {
    Incoming::parse(ResourceType::User, body.to_string().as_bytes(), notes)
}

fn incoming(body: &Value) -> Result<Incoming, RequestError> {
    incoming_noting(body, &mut Notes::default())
}

fn user(body: &Value) -> Resource {
    Resource::create(&incoming(body).unwrap())
}

fn group(body: &Value) -> Result<Incoming, RequestError> {
    Incoming::parse(ResourceType::Group, body.to_string().as_bytes(), &mut Notes::default())
}

const DOCKER: &str = DOCKER_USER_URN;
const ENTERPRISE: &str = ENTERPRISE_USER_URN;

#[test]
fn names_come_in_any_case_and_are_kept_in_the_schemas_spelling() {
    let user = user(&json!({
        "USERNAME": "Ada@Example.com",
        "Name": {"GIVENNAME": "Ada"},
        "eMails": [{"VALUE": "ada@example.com", "Type": "work", "PRIMARY": true}],
        DOCKER.to_uppercase(): {"DOCKERROLE": "Editor", "dockerorg": "moby"},
    }));
    assert_eq!(
        user.to_document(),
        format!(
            r#"{{"schemas":["{}","{DOCKER}"],"userName":"Ada@Example.com","name":{{"givenName":"Ada"}},"emails":[{{"value":"ada@example.com","type":"work","primary":true}}],"{DOCKER}":{{"dockerRole":"Editor","dockerOrg":"moby"}},"active":true}}"#,
            schema::USER_URN
        )
    );
    assert_eq!(user.placement().role, Some("editor"), "the getter spells it as the schema does");
}

#[test]
fn prefixed_names_and_both_extensions() {
    let user = user(&json!({
        "userName": "ada",
        format!("{ENTERPRISE}:department"): "R&D",
        format!("{ENTERPRISE}:manager"): {"value": "m"},
        DOCKER: {"dockerSessionMinutes": "060", "dockerTeam": "developers"},
    }));
    assert_eq!(user.manager(), Some("m"));
    assert_eq!(user.placement().session_minutes, Some(60));
    assert_eq!(user.schemas().collect::<Vec<_>>(), [schema::USER_URN, ENTERPRISE, DOCKER]);
}

#[test]
fn scim_12_what_identity_providers_send_is_understood_and_noted() {
    let cases = [
        (json!({"active": "False"}), json!({"active": false}), Note::StringBoolean("active".into())),
        (
            json!({"emails": [{"value": "a", "primary": "true"}]}),
            json!({"emails": [{"value": "a", "primary": true}]}),
            Note::StringBoolean("emails.primary".into()),
        ),
        (json!({ENTERPRISE: {"manager": "m"}}), json!({ENTERPRISE: {"manager": {"value": "m"}}}), Note::ManagerAsText),
        (
            json!({ENTERPRISE: {"manager": [{"value": "m"}]}}),
            json!({ENTERPRISE: {"manager": {"value": "m"}}}),
            Note::ManagerAsArray,
        ),
        (json!({"active": null}), json!({"active": true}), Note::NullKept("active".into())),
        (json!({"department": null}), json!({}), Note::UnknownAttribute("department".into())),
        (json!({"colour": {"deep": [1]}}), json!({}), Note::UnknownAttribute("colour".into())),
        (json!({"password": "hunter2"}), json!({}), Note::Password),
        (
            json!({"schemas": ["urn:scim:schemas:core:2.0"]}),
            json!({}),
            Note::UnknownSchema("urn:scim:schemas:core:2.0".into()),
        ),
        (json!({}), json!({}), Note::SchemasMissing),
        (json!({"title": "a", "TITLE": "b"}), json!({"title": "b"}), Note::Repeated("title".into())),
    ];
    for (extra, expected, note) in cases {
        let mut body = json!({"userName": "ada"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let mut notes = Notes::default();
        let user = Resource::create(&incoming_noting(&body, &mut notes).unwrap());
        let mut wanted = json!({"userName": "ada", "active": true});
        wanted.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(Value::Object(user.attributes().clone()), wanted, "{body}");
        assert!(notes.as_slice().contains(&note), "{body}: {notes:?}");
    }
}

#[test]
fn what_only_the_server_sets_is_ignored_without_a_note() {
    let mut notes = Notes::default();
    let body = json!({
        "schemas": [schema::USER_URN], "userName": "ada", "id": null, "meta": {"version": 7}, "groups": [],
        "roles": [], "title": null, "name": {},
    });
    let user = Resource::create(&incoming_noting(&body, &mut notes).unwrap());
    assert_eq!(Value::Object(user.attributes().clone()), json!({"userName": "ada", "active": true}));
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn wrong_types_are_refused_by_name() {
    let cases = [
        (json!({"title": "x"}), "`userName` is required"),
        (json!({"userName": ""}), "`userName` is required and cannot be empty"),
        (json!({"userName": null}), "`userName` is required and cannot be cleared"),
        (json!({"userName": 7}), "`userName` must be a string, not a number"),
        (json!({"userName": "a\u{0}b"}), "`userName` holds the character U+0000, remove it"),
        (json!({"userName": "é".repeat(513)}), "`userName` is longer than 1024 bytes"),
        (json!({"userName": "a", "active": "yes"}), "`active` must be a boolean, not a string"),
        (json!({"userName": "a", "active": 1}), "`active` must be a boolean, not a number"),
        (json!({"userName": "a", "title": {"x": 1}}), "`title` must be a string, not an object"),
        (json!({"userName": "a", "name": "Ada"}), "`name` must be an object, not a string"),
        (json!({"userName": "a", "name": {"givenName": ["Ada"]}}), "`name.givenName` must be a string, not an array"),
        (json!({"userName": "a", "emails": {"value": "x"}}), "`emails` must be an array of objects, not an object"),
        (json!({"userName": "a", "emails": ["x"]}), "`emails` must be an object in an array, not a string"),
        (json!({"userName": "a", "emails": [{"value": true}]}), "`emails.value` must be a string, not a boolean"),
        (
            json!({"userName": "a", "emails": [{"value": "x", "primary": true}, {"value": "y", "primary": true}]}),
            "`emails` has 2 primary values, set `primary` on one of them",
        ),
        (json!({"userName": "a", "schemas": "urn:x"}), "`schemas` must be an array of URNs, not a string"),
    ];
    for (body, detail) in cases {
        let error = incoming(&body).unwrap_err();
        assert_eq!((error.scim_type(), error.detail()), (Some(ScimType::InvalidValue), detail), "{body}");
    }
    for (extension, detail) in [
        (json!({"dockerRole": "admin"}), "dockerRole` is `admin`, but must be one of: member, editor, owner"),
        (json!({"dockerSessionMinutes": 0}), "dockerSessionMinutes` must be a whole number above 0"),
        (json!({"dockerSessionMinutes": -5}), "dockerSessionMinutes` must be a whole number above 0"),
        (json!({"dockerSessionMinutes": "-5"}), "dockerSessionMinutes` must be a whole number above 0, not a string"),
        (
            json!({"dockerSessionMinutes": "99999999999999999999"}),
            "dockerSessionMinutes` must be a whole number above 0",
        ),
        (json!({"dockerSessionMinutes": 1.5}), "dockerSessionMinutes` must be a whole number above 0"),
        (json!("x"), "` must be an object, not a string"),
    ] {
        let error = incoming(&json!({"userName": "a", DOCKER: extension})).unwrap_err();
        assert!(error.detail().ends_with(detail), "{}", error.detail());
    }
}

#[test]
fn bodies_that_are_no_object_are_invalid_syntax() {
    for body in ["", "null", "[]", "\"x\"", "{", "{\"userName\":\"\\ud800\"}"] {
        let error = Incoming::parse(ResourceType::User, body.as_bytes(), &mut Notes::default()).unwrap_err();
        assert_eq!(error.scim_type(), Some(ScimType::InvalidSyntax), "{body}");
    }
}

#[test]
fn scim_12_a_put_keeps_what_it_does_not_name_and_clears_what_it_clears() {
    let stored = user(&json!({
        "userName": "ada", "active": false, "title": "Countess", "nickName": "A",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home"}],
        "phoneNumbers": [{"value": "1"}],
        ENTERPRISE: {"department": "R&D", "manager": {"value": "old", "$ref": "../Users/old"}},
        DOCKER: {"dockerRole": "owner", "dockerTeam": "t"},
    }));
    let put = stored.put(
        &incoming(&json!({
            "userName": "ada@example.com", "active": null, "title": null, "phoneNumbers": [],
            "name": {"familyName": "King"},
            "emails": [{"value": "c"}],
            ENTERPRISE: {"manager": {"value": "new"}},
            DOCKER: {"dockerTeam": null},
        }))
        .unwrap(),
    );
    assert_eq!(
        Value::Object(put.attributes().clone()),
        json!({
            "userName": "ada@example.com", "active": false, "nickName": "A",
            "name": {"givenName": "Ada", "familyName": "King"},
            "emails": [{"value": "c"}],
            ENTERPRISE: {"department": "R&D", "manager": {"value": "new"}},
            DOCKER: {"dockerRole": "owner"},
        })
    );
    let cleared = put.put(&incoming(&json!({"userName": "ada", DOCKER: null, ENTERPRISE: {"manager": null}})).unwrap());
    assert_eq!(cleared.schemas().collect::<Vec<_>>(), [schema::USER_URN, ENTERPRISE]);
    assert_eq!(cleared.manager(), None);
}

#[test]
fn scim_13_a_put_of_what_was_read_changes_nothing() {
    let stored = user(&json!({
        "userName": "ada", "name": {"givenName": "A"}, "emails": [{"value": "a", "primary": true}],
        DOCKER: {"dockerRole": "owner"},
    }));
    let document = stored.to_document();
    let meta =
        Meta { resource_type: ResourceType::User, created: 0, last_modified: 0, version: 1, base_url: "https://x" };
    let groups = [GroupLink { id: "g", display: "a:b" }];
    let read = Answer { document: &document, id: "u", groups: &groups, members: &[], meta }.render();
    let again = Incoming::parse(ResourceType::User, read.as_bytes(), &mut Notes::default()).unwrap();
    assert_eq!(stored.put(&again), stored);
    assert_eq!(stored.put(&again).to_document(), document);
}

#[test]
fn text_is_kept_byte_for_byte() {
    let body = json!({"userName": " O'Neil+x_y@example.com ", "displayName": "e\u{301} 🦀 \u{202e}\n\"", "phoneNumbers": [{"value": "(555) 1-2"}]});
    let user = user(&body);
    assert_eq!(user.user_name(), " O'Neil+x_y@example.com ");
    let again = Resource::from_document(ResourceType::User, &user.to_document()).unwrap();
    assert_eq!(again, user);
    assert_eq!(again.display_name(), Some("e\u{301} 🦀 \u{202e}\n\""));
}

#[test]
fn scim_12_members_are_split_off_and_absence_is_not_emptiness() {
    assert_eq!(group(&json!({"displayName": "a:b"})).unwrap().members(), None);
    assert_eq!(group(&json!({"displayName": "a:b", "members": []})).unwrap().members(), Some(&[][..]));
    assert_eq!(group(&json!({"displayName": "a:b", "members": null})).unwrap().members(), Some(&[][..]));
    let named = group(&json!({"displayName": "a:b", "MEMBERS": [
        {"value": "u", "$ref": null, "display": "Ada"}, {"value": "g", "type": "group"}, {"value": "U", "type": "User"},
    ]}))
    .unwrap();
    assert_eq!(
        named.members().unwrap(),
        [MemberRef { value: "u".into(), kind: None }, MemberRef { value: "g".into(), kind: Some(ResourceType::Group) },]
    );
    assert_eq!(
        Resource::create(&named).to_document(),
        format!(r#"{{"schemas":["{}"],"displayName":"a:b"}}"#, schema::GROUP_URN)
    );
    for members in [
        json!(["u"]),
        json!([{}]),
        json!([{"value": ""}]),
        json!([{"value": "u", "type": "Robot"}]),
        json!("u"),
        json!([null]),
    ] {
        let error = group(&json!({"displayName": "a:b", "members": members})).unwrap_err();
        assert_eq!(error.scim_type(), Some(ScimType::InvalidValue), "{members}");
    }
    assert!(group(&json!({"members": []})).is_err());
}

#[test]
fn answers_are_spliced() {
    let user = user(&json!({"userName": "ada"}));
    let meta = Meta {
        resource_type: ResourceType::User,
        created: 1_305_261_754_000_000,
        last_modified: 1_305_261_754_120_000,
        version: 3,
        base_url: "https://example.com/scim/v2",
    };
    let document = user.to_document();
    let groups = [GroupLink { id: "g1", display: "moby:\"devs\"" }];
    let answer = Answer { document: &document, id: "u1", groups: &groups, members: &[], meta };
    assert_eq!(
        answer.render(),
        concat!(
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u1","userName":"ada","active":true,"#,
            r#""groups":[{"value":"g1","$ref":"https://example.com/scim/v2/Groups/g1","display":"moby:\"devs\"","type":"direct"}],"#,
            r#""meta":{"resourceType":"User","created":"2011-05-13T04:42:34.000Z","lastModified":"2011-05-13T04:42:34.120Z","#,
            r#""location":"https://example.com/scim/v2/Users/u1","version":"W/\"3\""}}"#
        )
    );
    assert_eq!(answer.to_value()["meta"]["location"], answer.location());

    let members = [
        MemberLink { id: "u1", kind: ResourceType::User, display: None },
        MemberLink { id: "g2", kind: ResourceType::Group, display: Some("x") },
    ];
    let meta = Meta { resource_type: ResourceType::Group, ..meta };
    let answer = Answer { document: "{}", id: "g1", groups: &[], members: &members, meta };
    assert_eq!(
        answer.to_value()["members"][1],
        json!({"value": "g2", "$ref": "https://example.com/scim/v2/Groups/g2", "display": "x", "type": "Group"})
    );
    for document in ["", "{", "{\"userName\":\"x\"}", "{\"schemas\":[\"u\"]}"] {
        let _ = Answer { document, ..answer }.render();
    }
    assert!(Answer { document: "{\"userName\":\"]\"}", ..answer }.to_value().is_object());
}

#[test]
fn a_corrupt_document_is_an_error() {
    assert!(Resource::from_document(ResourceType::User, "[]").is_err());
    assert!(Resource::from_document(ResourceType::User, "{").is_err());
}

#[test]
fn scim_10_the_primary_email_else_the_first() {
    let pick = |emails: Value| {
        user(&json!({"userName": "u", "emails": emails})).primary_email().map(|email| email.value.to_owned())
    };
    assert_eq!(pick(json!([{"value": "a"}, {"value": "b", "primary": true}])), Some("b".into()));
    assert_eq!(pick(json!([{"type": "x"}, {"value": "a"}, {"value": "b", "primary": false}])), Some("a".into()));
    assert_eq!(pick(json!([])), None);
}

//! The examples of RFC 7644: filters, PATCH messages, discovery, errors.

use muster_scim::filter::Filter;
use muster_scim::patch::{GroupPatch, MemberChange, UserPatch};
use muster_scim::path::PatchPath;
use muster_scim::resource::{Incoming, MemberRef, Resource};
use muster_scim::schema::{self, Capabilities, ResourceType};
use muster_scim::{Notes, RequestError, ScimType};
use serde_json::{Value, json};

use crate::{answer, message, user};

fn barbara() -> Resource {
    user(serde_json::from_str(include_str!("vectors/full_user.json")).unwrap())
}

#[test]
fn figure_2_filters() {
    let cases = [
        (r#"userName eq "bjensen""#, false),
        (r#"userName Eq "john""#, false),
        (r#"Username eq "bjensen@example.com""#, true),
        (r#"name.familyName co "O'Malley""#, false),
        (r#"userName sw "J""#, false),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B""#, true),
        (r#"title pr"#, true),
        (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, false),
        (r#"meta.lastModified ge "2011-05-13T04:42:34Z""#, true),
        (r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false),
        (r#"meta.lastModified le "2011-05-13T04:42:34Z""#, true),
        (r#"title pr and userType eq "Employee""#, true),
        (r#"title pr or userType eq "Intern""#, true),
        (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, false),
        (r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#, true),
        (r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#, false),
        (r#"userType eq "Employee" and (emails.type eq "work")"#, true),
        (r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#, true),
        (r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#, true),
        (r#"emails[type eq "home" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#, false),
    ];
    let resource = answer(&barbara());
    for (text, expected) in cases {
        let filter = Filter::parse(text, &[ResourceType::User], &mut Notes::default()).unwrap();
        assert_eq!(filter.matches(&resource), expected, "{text}");
    }
}

#[test]
fn the_root_search_of_section_3_4_3_spans_the_types() {
    let text = r#"(meta.resourceType eq "User") or (meta.resourceType eq "Group")"#;
    let filter = Filter::parse(text, ResourceType::ALL, &mut Notes::default()).unwrap();
    assert!(filter.matches(&answer(&barbara())));
}

#[test]
fn section_3_5_2_paths() {
    let cases = [
        (ResourceType::Group, "members"),
        (ResourceType::User, "name.familyName"),
        (ResourceType::User, r#"addresses[type eq "work"]"#),
        (ResourceType::Group, r#"members[value eq "2819c223-7f76-453a-919d-413861904646"]"#),
        (ResourceType::Group, r#"members[value eq "2819c223-7f76-453a-919d-413861904646"].display"#),
    ];
    for (resource_type, text) in cases {
        let path = PatchPath::parse(text, resource_type, &mut Notes::default()).unwrap();
        assert_eq!(path.to_string(), text);
    }
}

fn patched(operations: &Value) -> Result<Value, RequestError> {
    let patch = UserPatch::from_value(message(operations), &mut Notes::default())?;
    Ok(Value::Object(patch.apply(&barbara(), &mut Notes::default())?.attributes().clone()))
}

fn member_changes(operations: &Value) -> Vec<MemberChange> {
    let patch = GroupPatch::from_value(message(operations), &mut Notes::default()).unwrap();
    patch.member_changes().to_vec()
}

fn member(id: &str) -> MemberRef {
    MemberRef { value: id.to_owned(), kind: None }
}

#[test]
fn section_3_5_2_1_add() {
    let babs = json!({"display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819c223", "value": "2819c223"});
    assert_eq!(
        member_changes(&json!([{"op": "add", "path": "members", "value": [babs]}])),
        [MemberChange::Add(vec![member("2819c223")])]
    );
    let after = patched(&json!([{"op": "add", "value": {
        "emails": [{"value": "babs@jensen.org", "type": "other"}],
        "nickname": "Babs"
    }}]))
    .unwrap();
    assert_eq!(after["emails"].as_array().unwrap().len(), 3);
    assert_eq!(after["nickName"], "Babs");
}

#[test]
fn section_3_5_2_2_remove() {
    assert_eq!(
        member_changes(&json!([{"op": "remove", "path": "members[value eq \"2819c223\"]"}])),
        [MemberChange::Remove(vec!["2819c223".into()])]
    );
    assert_eq!(member_changes(&json!([{"op": "remove", "path": "members"}])), [MemberChange::RemoveAll]);
    let path = "emails[type eq \"work\" and value ew \"example.com\"]";
    let after = patched(&json!([{"op": "remove", "path": path}])).unwrap();
    assert_eq!(after["emails"], json!([{"value": "babs@jensen.org", "type": "home"}]));
    assert_eq!(
        member_changes(&json!([
            {"op": "remove", "path": "members[value eq\"2819c223\"]"},
            {"op": "add", "path": "members", "value": [{"display": "James Smith", "value": "08e1d05d"}]}
        ])),
        [MemberChange::Remove(vec!["2819c223".into()]), MemberChange::Add(vec![member("08e1d05d")])]
    );
}

#[test]
fn section_3_5_2_3_replace() {
    assert_eq!(
        member_changes(&json!([{"op": "replace", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}])),
        [MemberChange::Replace(vec![member("a"), member("b")])]
    );
    let address = json!({
        "type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US", "primary": true,
    });
    let after = patched(&json!([{"op": "replace", "path": "addresses[type eq \"work\"]", "value": address}])).unwrap();
    assert_eq!(after["addresses"][0], address);
    let path = "addresses[type eq \"work\"].streetAddress";
    let after = patched(&json!([{"op": "replace", "path": path, "value": "1010 Broadway Ave"}])).unwrap();
    assert_eq!(after["addresses"][0]["streetAddress"], "1010 Broadway Ave");
    assert_eq!(after["addresses"][0]["postalCode"], "91608");
    let emails =
        json!([{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "b", "type": "home"}]);
    let after = patched(&json!([{"op": "replace", "value": {"emails": emails, "nickname": "Babs"}}])).unwrap();
    assert_eq!(after["emails"], emails);
}

#[test]
fn section_3_12_table_9_error_types() {
    let scim_type = |operations: Value| patched(&operations).unwrap_err().scim_type();
    assert_eq!(scim_type(json!([{"op": "remove"}])), Some(ScimType::NoTarget));
    assert_eq!(scim_type(json!([{"op": "replace", "path": "id", "value": "x"}])), Some(ScimType::Mutability));
    assert_eq!(scim_type(json!([{"op": "add", "path": "a b", "value": "x"}])), Some(ScimType::InvalidPath));
    assert_eq!(scim_type(json!([{"op": "add", "path": "title", "value": 1}])), Some(ScimType::InvalidValue));
    assert_eq!(scim_type(json!([])), Some(ScimType::InvalidSyntax));
    let error = Filter::parse("userName zz \"x\"", &[ResourceType::User], &mut Notes::default()).unwrap_err();
    let body: Value = serde_json::from_str(&error.to_body()).unwrap();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!((&body["status"], &body["scimType"]), (&json!("400"), &json!("invalidFilter")));
}

#[test]
fn section_3_5_1_what_a_get_answers_can_be_put_back() {
    let stored = barbara();
    let read = answer(&stored).to_string();
    let incoming = Incoming::parse(ResourceType::User, read.as_bytes(), &mut Notes::default()).unwrap();
    assert_eq!(stored.put(&incoming).to_document(), stored.to_document());
}

#[test]
fn section_4_discovery() {
    let base = "https://example.com/v2";
    let types = schema::resource_types(base);
    assert_eq!((&types["totalResults"], &types["startIndex"]), (&json!(2), &json!(1)));
    let user = &types["Resources"][0];
    assert_eq!((&user["endpoint"], &user["schema"]), (&json!("/Users"), &json!(schema::USER_URN)));
    assert_eq!(user["meta"]["location"], "https://example.com/v2/ResourceTypes/User");
    assert_eq!(user["schemaExtensions"].as_array().unwrap().len(), 2);
    let config = schema::service_provider_config(&Capabilities::default(), base);
    for feature in ["patch", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], true, "{feature}");
    }
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
    assert_eq!(config["meta"]["location"], "https://example.com/v2/ServiceProviderConfig");
}

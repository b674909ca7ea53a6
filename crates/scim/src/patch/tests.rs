//! Tables of patches: of users, of groups, and what is refused.

use serde_json::{Value, json};

use super::*;
use crate::dialect::Note;
use crate::resource::{Incoming, MemberRef};
use crate::schema::{DOCKER_USER_URN as DOCKER, ENTERPRISE_USER_URN as ENTERPRISE, USER_URN};

fn message(operations: &Value) -> Vec<u8> {
    json!({"schemas": [PATCH_OP_URN], "Operations": operations}).to_string().into_bytes()
}

fn user(extra: &Value) -> Resource {
    let mut body = json!({"userName": "ada"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    Resource::create(&Incoming::from_value(ResourceType::User, body, &mut Notes::default()).unwrap())
}

fn patch(before: &Value, operations: &Value) -> Result<(Value, Notes), RequestError> {
    let mut notes = Notes::default();
    let after = UserPatch::parse(&message(operations), &mut notes)?.apply(&user(before), &mut notes)?;
    let mut after = after.attributes().clone();
    assert_eq!((after.shift_remove("userName"), after.shift_remove("active")), (Some(json!("ada")), Some(json!(true))));
    Ok((Value::Object(after), notes))
}

fn patched(before: &Value, operations: &Value) -> Value {
    patch(before, operations).unwrap_or_else(|error| panic!("{operations}: {error}")).0
}

#[expect(clippy::needless_pass_by_value, reason = "cases read better without `&`")]
fn one(op: &str, path: &str, value: Value) -> Value {
    json!([{"op": op, "path": path, "value": value}])
}

const WORK: &str = "emails[type eq \"work\"]";

#[test]
fn single_values_are_set_and_removed() {
    assert_eq!(patched(&json!({}), &one("add", "title", json!("x"))), json!({"title": "x"}));
    assert_eq!(patched(&json!({"title": "y"}), &one("add", "TITLE", json!("x"))), json!({"title": "x"}));
    assert_eq!(patched(&json!({"title": "y"}), &one("replace", "title", json!(null))), json!({}));
    assert_eq!(patched(&json!({"title": "y"}), &one("add", "title", json!(null))), json!({"title": "y"}));
    assert_eq!(patched(&json!({"title": "y"}), &json!([{"op": "remove", "path": "title"}])), json!({}));
    assert_eq!(patched(&json!({}), &json!([{"op": "remove", "path": "title"}])), json!({}));
}

#[test]
fn complex_values_are_merged() {
    let before = json!({"name": {"givenName": "Ada", "familyName": "Byron"}});
    for op in ["add", "replace"] {
        assert_eq!(
            patched(&before, &one(op, "name", json!({"familyName": "King", "givenName": null}))),
            json!({"name": {"familyName": "King"}})
        );
        assert_eq!(
            patched(&before, &one(op, "name.familyName", json!("King"))),
            json!({"name": {"givenName": "Ada", "familyName": "King"}})
        );
        assert_eq!(
            patched(&json!({}), &one(op, "name.familyName", json!("King"))),
            json!({"name": {"familyName": "King"}})
        );
    }
    assert_eq!(patched(&before, &json!([{"op": "remove", "path": "name"}])), json!({}));
    let both = json!([{"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "name.familyName"}]);
    assert_eq!(patched(&before, &both), json!({}));
}

#[test]
fn multi_valued_attributes_grow_and_are_replaced_whole() {
    let before = json!({"emails": [{"value": "a", "type": "work", "primary": true}]});
    let other = json!({"value": "b", "type": "home"});
    assert_eq!(
        patched(&before, &one("add", "emails", other.clone()))["emails"],
        json!([{"value": "a", "type": "work", "primary": true}, other])
    );
    assert_eq!(
        patched(&before, &one("add", "emails", before["emails"].clone())),
        before,
        "an equal value is not added"
    );
    assert_eq!(
        patched(&before, &one("add", "emails", json!([{"value": "b", "primary": true}])))["emails"],
        json!([{"value": "a", "type": "work", "primary": false}, {"value": "b", "primary": true}])
    );
    assert_eq!(patched(&before, &one("replace", "emails", json!([other])))["emails"], json!([other]));
    assert_eq!(patched(&before, &one("replace", "emails", json!([]))), json!({}));
    assert_eq!(patched(&before, &json!([{"op": "remove", "path": "emails"}])), json!({}));
    assert_eq!(patched(&before, &one("replace", "emails.type", json!("x")))["emails"][0]["type"], "x");
    assert_eq!(patched(&json!({}), &one("add", "emails.value", json!("x"))), json!({"emails": [{"value": "x"}]}));
    assert_eq!(
        patched(&before, &json!([{"op": "remove", "path": "emails.primary"}]))["emails"],
        json!([{"value": "a", "type": "work"}])
    );
}

#[test]
fn filters_select_values() {
    let before = json!({"emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home", "primary": true}]});
    let sub = format!("{WORK}.value");
    assert_eq!(patched(&before, &one("replace", &sub, json!("c")))["emails"][0], json!({"value": "c", "type": "work"}));
    assert_eq!(patched(&before, &one("replace", WORK, json!({"value": "c"})))["emails"][0], json!({"value": "c"}));
    assert_eq!(
        patched(&before, &one("add", WORK, json!({"display": "d"})))["emails"][0],
        json!({"value": "a", "type": "work", "display": "d"})
    );
    assert_eq!(
        patched(&before, &one("replace", &format!("{WORK}.primary"), json!("True")))["emails"],
        json!([{"value": "a", "type": "work", "primary": true}, {"value": "b", "type": "home", "primary": false}])
    );
    assert_eq!(patched(&before, &json!([{"op": "remove", "path": WORK}]))["emails"].as_array().unwrap().len(), 1);
    assert_eq!(patched(&before, &json!([{"op": "remove", "path": sub}]))["emails"][0], json!({"type": "work"}));
    assert_eq!(patched(&before, &json!([{"op": "remove", "path": "emails[type eq \"x\"]"}])), before);
    assert_eq!(patched(&before, &json!([{"op": "remove", "path": "emails[type pr]"}])), json!({}));
    assert_eq!(patched(&before, &one("replace", WORK, json!(null)))["emails"].as_array().unwrap().len(), 1);
}

#[test]
fn no_two_values_have_the_same_type_and_value() {
    let before = json!({"emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home", "primary": true}]});
    let again = json!({"value": "A", "type": "Work", "primary": true});
    let (after, notes) = patch(&before, &one("add", "emails", json!([again]))).unwrap();
    assert_eq!(after["emails"], json!([again, {"value": "b", "type": "home", "primary": false}]));
    assert_eq!(notes.as_slice(), [Note::ValuesMerged("emails".into())]);
    let twice = json!([{"value": "c", "type": "work"}, {"value": "c", "type": "work"}, {"value": "c"}]);
    assert_eq!(
        patched(&before, &one("replace", "emails", twice))["emails"],
        json!([{"value": "c", "type": "work"}, {"value": "c"}])
    );
    assert_eq!(
        patched(&before, &one("replace", "emails[type eq \"home\"]", json!({"value": "a", "type": "work"})))["emails"],
        json!([{"value": "a", "type": "work"}])
    );
}

#[test]
fn scim_12_entra_makes_the_value_that_its_path_describes() {
    for op in ["Add", "Replace"] {
        let operations = json!([
            {"op": op, "path": "addresses[type eq \"work\"].locality", "value": "London"},
            {"op": op, "path": "addresses[type eq \"work\"].country", "value": "UK"},
            {"op": op, "path": "roles[primary eq \"True\"].value", "value": "r"},
        ]);
        let (after, notes) = patch(&json!({}), &operations).unwrap();
        assert_eq!(
            after,
            json!({
                "addresses": [{"type": "work", "locality": "London", "country": "UK"}],
                "roles": [{"primary": true, "value": "r"}],
            })
        );
        assert!(notes.as_slice().contains(&Note::OperationCase(op.into())));
        assert!(notes.as_slice().contains(&Note::StringBoolean("roles.primary".into())));
        assert!(notes.as_slice().contains(&Note::ValueMade("addresses[type eq \"work\"]".into())));
    }
    let no_target = [
        one("replace", WORK, json!({"value": "x"})),
        one("replace", "emails[value eq \"x\"].display", json!("x")),
        one("replace", &format!("{WORK}.type"), json!("home")),
        one("replace", "emails[type eq \"x\"].value", json!("x")),
        one("replace", "emails[type eq \"work\" or type eq \"home\"].value", json!("x")),
        one("add", "emails[type ne \"work\"].value", json!("x")),
        one("replace", &format!("{WORK}.value"), json!(null)),
    ];
    for operations in no_target {
        assert_eq!(patch(&json!({}), &operations).unwrap_err().scim_type(), Some(ScimType::NoTarget), "{operations}");
    }
}

#[test]
fn without_a_path_keys_are_names_paths_or_extensions() {
    let manager = format!("{ENTERPRISE}:manager");
    let (after, notes) = patch(
        &json!({"name": {"givenName": "Ada"}, DOCKER: {"dockerOrg": "moby"}}),
        &json!([{"op": "replace", "value": {
            "DISPLAYNAME": "B", "name.familyName": "King", "emails[type eq \"work\"].value": "a@x",
            format!("{USER_URN}:title"): "T", manager.clone(): "m",
            DOCKER: {"dockerRole": "owner", "colour": 1}, "colour": "red", "a b": 1, "id": "other", "password": "p",
            "emails": {"value": "b", "type": "home"},
        }}]),
    )
    .unwrap();
    assert_eq!(
        after,
        json!({
            "displayName": "B", "name": {"givenName": "Ada", "familyName": "King"}, "title": "T",
            "emails": [{"value": "b", "type": "home"}],
            ENTERPRISE: {"manager": {"value": "m"}}, DOCKER: {"dockerOrg": "moby", "dockerRole": "owner"},
        })
    );
    for note in [
        Note::PathAsKey("name.familyName".into()),
        Note::ManagerAsText,
        Note::UnknownAttribute("colour".into()),
        Note::ReadOnly("id".into()),
        Note::Password,
    ] {
        assert!(notes.as_slice().contains(&note), "{note:?} in {notes:?}");
    }
}

#[test]
fn extensions_are_merged_and_removed_whole_or_in_part() {
    let before = json!({DOCKER: {"dockerRole": "owner", "dockerSessionMinutes": 5}});
    let role = format!("{DOCKER}:dockerRole");
    assert_eq!(patched(&before, &one("Replace", &role, json!("editor")))[DOCKER]["dockerRole"], "editor");
    assert_eq!(
        patched(&before, &one("add", DOCKER, json!({"dockerOrg": "moby"})))[DOCKER].as_object().unwrap().len(),
        3
    );
    assert_eq!(
        patched(&before, &json!([{"op": "remove", "path": role}])),
        json!({DOCKER: {"dockerSessionMinutes": 5}})
    );
    assert_eq!(patched(&before, &json!([{"op": "remove", "path": DOCKER}])), json!({}));
    assert_eq!(patched(&before, &one("replace", DOCKER, json!(null))), json!({}));
    let all = json!([{"op": "replace", "value": {DOCKER: {"dockerRole": null, "dockerSessionMinutes": "7"}}}]);
    assert_eq!(patched(&before, &all), json!({DOCKER: {"dockerSessionMinutes": 7}}));
    let minutes = format!("{DOCKER}:dockerSessionMinutes");
    assert_eq!(
        patch(&before, &one("replace", &minutes, json!(0))).unwrap_err().scim_type(),
        Some(ScimType::InvalidValue)
    );
}

#[test]
fn a_manager_that_changes_loses_the_reference_to_the_old_one() {
    let before = json!({ENTERPRISE: {"manager": {"value": "a", "$ref": "../Users/a"}}});
    for (path, value) in [
        (format!("{ENTERPRISE}:manager"), json!("b")),
        (format!("{ENTERPRISE}:manager"), json!([{"value": "b"}])),
        (format!("{ENTERPRISE}:manager.value"), json!("b")),
    ] {
        assert_eq!(patched(&before, &one("replace", &path, value)), json!({ENTERPRISE: {"manager": {"value": "b"}}}));
    }
    let removed = json!([{"op": "Remove", "path": format!("{ENTERPRISE}:manager")}]);
    assert_eq!(patched(&before, &removed), json!({}));
}

#[test]
fn removing_listed_values_leaves_the_others() {
    let before = json!({"emails": [{"value": "a@x", "type": "work"}, {"value": "b@x", "type": "home"}]});
    let after = patched(&before, &one("remove", "emails", json!([{"value": "A@X"}])));
    assert_eq!(after, json!({"emails": [{"value": "b@x", "type": "home"}]}));
    assert_eq!(patched(&before, &one("remove", "emails", json!([]))), before);
}

#[test]
fn scim_12_active_is_never_read_from_an_absence() {
    for operations in [
        one("replace", "active", json!(null)),
        json!([{"op": "replace", "value": {"active": null}}]),
        json!([{"op": "remove", "path": "active"}]),
    ] {
        assert_eq!(patched(&json!({}), &operations), json!({}));
    }
    for value in [json!(false), json!("False"), json!("false")] {
        let patch = UserPatch::parse(&message(&one("Replace", "active", value)), &mut Notes::default()).unwrap();
        assert_eq!(patch.apply(&user(&json!({})), &mut Notes::default()).unwrap().active(), Some(false));
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_type_and_the_number_of_the_operation() {
    let cases = [
        (one("replace", "id", json!("x")), ScimType::Mutability),
        (one("add", "groups", json!([])), ScimType::Mutability),
        (one("add", "groups[value eq \"g\"]", json!({})), ScimType::Mutability),
        (one("replace", "meta.version", json!("x")), ScimType::Mutability),
        (json!([{"op": "remove", "path": "userName"}]), ScimType::Mutability),
        (json!([{"op": "remove"}]), ScimType::NoTarget),
        (json!([{"op": "remove", "path": USER_URN}]), ScimType::NoTarget),
        (one("replace", "userName", json!(null)), ScimType::InvalidValue),
        (one("replace", "userName", json!("")), ScimType::InvalidValue),
        (json!([{"op": "add", "path": "title"}]), ScimType::InvalidValue),
        (json!([{"op": "add", "value": "x"}]), ScimType::InvalidValue),
        (json!([{"op": "add"}]), ScimType::InvalidValue),
        (one("replace", "active", json!("yes")), ScimType::InvalidValue),
        (one("replace", "emails", json!("x")), ScimType::InvalidValue),
        (
            one("replace", "emails", json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}])),
            ScimType::InvalidValue,
        ),
        (one("replace", "colour", json!("x")), ScimType::InvalidPath),
        (one("replace", "", json!("x")), ScimType::InvalidPath),
        (one("replace", "emails[", json!("x")), ScimType::InvalidPath),
        (one("replace", "members", json!([])), ScimType::InvalidPath),
        (one("replace", "emails[type is \"x\"].value", json!("x")), ScimType::InvalidFilter),
        (json!([{"op": "add", "path": 1}]), ScimType::InvalidPath),
        (json!([{"op": "move", "path": "title"}]), ScimType::InvalidSyntax),
        (json!([{"path": "title"}]), ScimType::InvalidSyntax),
        (json!(["x"]), ScimType::InvalidSyntax),
    ];
    for (operations, expected) in cases {
        let error = patch(&json!({}), &operations).unwrap_err();
        assert_eq!((error.status(), error.scim_type()), (400, Some(expected)), "{operations}: {error}");
        assert!(error.detail().starts_with("operation 1: "), "{error}");
    }
    for body in [
        json!({}),
        json!([]),
        json!({"schemas": [PATCH_OP_URN]}),
        json!({"schemas": [PATCH_OP_URN], "Operations": []}),
        json!({"Operations": [{}]}),
    ] {
        let error = UserPatch::from_value(body, &mut Notes::default()).unwrap_err();
        assert_eq!(error.scim_type(), Some(ScimType::InvalidSyntax));
    }
    let many = vec![json!({"op": "remove", "path": "title"}); limits::PATCH_OPERATIONS + 1];
    assert_eq!(patch(&json!({}), &json!(many)).unwrap_err().status(), 413);
}

#[test]
fn keys_of_the_message_come_in_any_case() {
    let body =
        json!({"SCHEMAS": [PATCH_OP_URN.to_uppercase()], "operations": [{"OP": "add", "Path": "title", "VALUE": "x"}]});
    assert!(UserPatch::from_value(body, &mut Notes::default()).is_ok());
}

#[test]
fn scim_13_a_failing_operation_leaves_everything_as_it_was() {
    let before = user(&json!({"title": "x"}));
    let untouched = before.clone();
    let operations = json!([
        {"op": "replace", "path": "title", "value": "y"},
        {"op": "replace", "path": "emails[value eq \"none\"].value", "value": "z"},
    ]);
    let patch = UserPatch::parse(&message(&operations), &mut Notes::default()).unwrap();
    let error = patch.apply(&before, &mut Notes::default()).unwrap_err();
    assert!(error.detail().starts_with("operation 2: "), "{error}");
    assert_eq!(before, untouched);
}

fn group_patch(operations: &Value) -> Result<GroupPatch, RequestError> {
    GroupPatch::parse(&message(operations), &mut Notes::default())
}

fn member(id: &str) -> MemberRef {
    MemberRef { value: id.to_owned(), kind: None }
}

#[test]
fn scim_14_member_changes_are_told_without_the_members() {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let cases = [
        (
            one("add", "members", json!([{"value": "u"}, {"value": "v", "display": "V"}])),
            vec![MemberChange::Add(vec![member("u"), member("v")])],
        ),
        (one("Add", "Members", json!({"value": "u", "$ref": null})), vec![MemberChange::Add(vec![member("u")])]),
        (one("add", "members", json!([])), vec![]),
        (one("replace", "members", json!([{"value": "u"}])), vec![MemberChange::Replace(vec![member("u")])]),
        (one("replace", "members", json!(null)), vec![MemberChange::Replace(vec![])]),
        (json!([{"op": "remove", "path": "members"}]), vec![MemberChange::RemoveAll]),
        (one("Remove", "members", json!([{"$ref": null, "value": "u"}])), vec![MemberChange::Remove(ids(&["u"]))]),
        (one("Remove", "members", json!([])), vec![MemberChange::Remove(vec![])]),
        (json!([{"op": "remove", "path": "members[value eq \"u\"]"}]), vec![MemberChange::Remove(ids(&["u"]))]),
        (
            json!([{"op": "remove", "path": "members[value eq \"u\" or value eq \"v\"]"}, {"op": "add", "path": "members", "value": [{"value": "w"}]}]),
            vec![MemberChange::Remove(ids(&["u", "v"])), MemberChange::Add(vec![member("w")])],
        ),
        (json!([{"op": "add", "value": {"members": [{"value": "u"}]}}]), vec![MemberChange::Add(vec![member("u")])]),
        (json!([{"op": "replace", "value": {"id": "g", "displayName": "new"}}]), vec![]),
    ];
    for (operations, expected) in cases {
        assert_eq!(group_patch(&operations).unwrap().member_changes(), expected, "{operations}");
    }
}

#[test]
fn members_are_removed_by_a_condition() {
    let patch = group_patch(&json!([{"op": "remove", "path": "members[type eq \"Group\"]"}])).unwrap();
    let [MemberChange::RemoveMatching(condition)] = patch.member_changes() else { panic!("{patch:?}") };
    assert!(condition.holds("g", ResourceType::Group, None));
    assert!(!condition.holds("u", ResourceType::User, Some("Ada")));
}

#[test]
fn a_group_is_renamed_as_okta_does() {
    let body = json!({"displayName": "a:b", "externalId": "x"});
    let before = Resource::create(&Incoming::from_value(ResourceType::Group, body, &mut Notes::default()).unwrap());
    let patch = group_patch(&json!([{"op": "replace", "value": {"id": "g", "displayName": "a:c"}}])).unwrap();
    let after = patch.apply(&before, &mut Notes::default()).unwrap();
    assert_eq!((after.display_name(), after.external_id()), (Some("a:c"), Some("x")));
    assert!(patch.member_changes().is_empty());
}

#[test]
fn members_cannot_be_changed_in_part_nor_without_an_id() {
    let cases = [
        (one("replace", "members[value eq \"u\"].display", json!("x")), ScimType::Mutability),
        (one("replace", "members[value eq \"u\"]", json!({"value": "v"})), ScimType::Mutability),
        (one("add", "members.value", json!("u")), ScimType::Mutability),
        (json!([{"op": "remove", "path": "displayName"}]), ScimType::Mutability),
        (one("add", "members", json!(["u"])), ScimType::InvalidValue),
        (one("add", "members", json!([{"display": "x"}])), ScimType::InvalidValue),
        (json!([{"op": "add", "path": "members"}]), ScimType::InvalidValue),
        (json!([{"op": "remove", "path": "members[colour eq \"u\"]"}]), ScimType::InvalidFilter),
    ];
    for (operations, expected) in cases {
        assert_eq!(group_patch(&operations).unwrap_err().scim_type(), Some(expected), "{operations}");
    }
}

#[test]
fn scim_14_more_than_ten_thousand_member_changes_are_413() {
    let members = |count: usize| (0..count).map(|index| json!({"value": index.to_string()})).collect::<Vec<_>>();
    assert!(group_patch(&one("add", "members", json!(members(limits::MEMBER_CHANGES)))).is_ok());
    let error = group_patch(&json!([
        {"op": "add", "path": "members", "value": members(limits::MEMBER_CHANGES)},
        {"op": "remove", "path": "members[value eq \"x\"]"},
    ]))
    .unwrap_err();
    assert_eq!(error.status(), 413);
}

//! What each identity provider is documented to send, as whole requests: understood, and recognised.

use muster_scim::filter::Filter;
use muster_scim::list::ListQuery;
use muster_scim::patch::{GroupPatch, MemberChange, UserPatch};
use muster_scim::resource::{Incoming, Resource};
use muster_scim::schema::{Capabilities, DOCKER_USER_URN, ENTERPRISE_USER_URN, ResourceType};
use muster_scim::{Dialect, Note, Notes};
use serde_json::{Value, json};

use crate::{message, user};

fn created(resource_type: ResourceType, body: &Value, notes: &mut Notes) -> Resource {
    Resource::create(&Incoming::parse(resource_type, body.to_string().as_bytes(), notes).unwrap())
}

fn patched(before: Value, operations: &Value, notes: &mut Notes) -> Value {
    let patch = UserPatch::from_value(message(operations), notes).unwrap();
    Value::Object(patch.apply(&user(before), notes).unwrap().attributes().clone())
}

fn queried(resource_type: ResourceType, pairs: &[(&str, &str)], notes: &mut Notes) -> ListQuery {
    ListQuery::from_pairs(pairs.iter().copied(), &[resource_type], &Capabilities::default(), notes).unwrap()
}

#[test]
fn okta_creates_deactivates_and_renames() {
    let notes = &mut Notes::default();
    let query = queried(
        ResourceType::User,
        &[("filter", "userName eq \"test.user@okta.local\""), ("startIndex", "1"), ("count", "100")],
        notes,
    );
    assert_eq!(query.filter.unwrap().canonical_key(), "userName eq \"test.user@okta.local\"");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "test.user@okta.local",
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work"}],
        "displayName": "Test User", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [],
        "password": "1mz050nq", "active": true,
    });
    let created = created(ResourceType::User, &body, notes);
    assert_eq!(created.attributes().get("password"), None);
    assert_eq!(created.primary_email().map(|email| email.value), Some("test.user@okta.local"));
    let before = json!({"userName": "a", "title": "T"});
    let after = patched(before, &json!([{"op": "replace", "value": {"active": false}}]), notes);
    assert_eq!(after, json!({"userName": "a", "title": "T", "active": false}));
    let operations = json!([
        {"op": "remove", "path": "members[value eq \"u1\"]"},
        {"op": "add", "path": "members", "value": [{"value": "u2", "display": "test.user@okta.local"}]},
        {"op": "replace", "value": {"id": "g", "displayName": "moby:developers"}},
    ]);
    let patch = GroupPatch::from_value(message(&operations), notes).unwrap();
    assert!(matches!(patch.member_changes(), [MemberChange::Remove(_), MemberChange::Add(_)]));
    assert_eq!(notes.as_slice(), [Note::Password, Note::ReadOnly("id".into())]);
    assert_eq!(Dialect::notice(Some("Okta SCIM Client 1.0.0"), notes.as_slice()), Dialect::Okta);
}

#[test]
fn entra_probes_creates_and_patches_one_attribute_at_a_time() {
    let notes = &mut Notes::default();
    let text = "emails[type eq \"work\"].value eq \"Test_User_dfeef4c5@testuser.com\"";
    let filter = Filter::parse(text, &[ResourceType::User], notes).unwrap();
    assert!(filter.mentions("emails"));
    let query = queried(
        ResourceType::Group,
        &[("excludedAttributes", "members"), ("filter", "displayName eq \"moby:developers\"")],
        notes,
    );
    assert!(!query.projection.needs("members"));
    assert!(Filter::parse("id eq \"g\" and members eq \"u\"", &[ResourceType::Group], notes).is_ok());
    let manager = format!("{ENTERPRISE_USER_URN}:manager eq \"m\" and id eq \"u\"");
    assert!(Filter::parse(&manager, &[ResourceType::User], notes).is_ok());
    let group = json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName": "moby:developers",
        "meta": {"resourceType": "Group"},
    });
    assert_eq!(created(ResourceType::Group, &group, notes).display_name(), Some("moby:developers"));
    let operations = json!([
        {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "a@x.com"},
        {"op": "Add", "path": "emails[type eq \"work\"].primary", "value": "True"},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "m"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerRole", "value": "editor"},
    ]);
    assert_eq!(
        patched(json!({"userName": "a"}), &operations, notes),
        json!({
            "userName": "a", "active": false, "emails": [{"type": "work", "value": "a@x.com", "primary": true}],
            ENTERPRISE_USER_URN: {"manager": {"value": "m"}}, DOCKER_USER_URN: {"dockerRole": "editor"},
        })
    );
    let removal = json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "u"}]}]);
    let patch = GroupPatch::from_value(message(&removal), notes).unwrap();
    assert_eq!(patch.member_changes(), [MemberChange::Remove(vec!["u".into()])]);
    assert_eq!(Dialect::notice(None, notes.as_slice()), Dialect::Entra);
}

#[test]
fn entra_with_its_compliance_flag_replaces_by_dotted_keys() {
    let notes = &mut Notes::default();
    let operations = json!([{"op": "replace", "value": {
        "displayName": "Bjfe", "name.givenName": "Kjell", "name.familyName": "Bjornson",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "1",
        "urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerRole": "owner",
    }}]);
    assert_eq!(
        patched(json!({"userName": "a", "name": {"formatted": "F"}}), &operations, notes),
        json!({
            "userName": "a", "active": true, "displayName": "Bjfe",
            "name": {"formatted": "F", "givenName": "Kjell", "familyName": "Bjornson"},
            ENTERPRISE_USER_URN: {"employeeNumber": "1"}, DOCKER_USER_URN: {"dockerRole": "owner"},
        })
    );
}

#[test]
fn onelogin_fills_a_template() {
    let notes = &mut Notes::default();
    queried(ResourceType::User, &[("filter", "userName eq \"x\""), ("", "")], notes);
    let body = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:ietf:params:scim:schemas:extension:docker:2.0:User"],
        "id": null, "userName": "ada@example.com", "active": "true", "department": null,
        DOCKER_USER_URN: {"dockerSessionMinutes": "60", "dockerRole": "Member"},
    });
    let created = created(ResourceType::User, &body, notes);
    assert_eq!(created.active(), Some(true));
    assert_eq!((created.placement().session_minutes, created.placement().role), (Some(60), Some("member")));
    assert_eq!(Dialect::notice(Some("Ruby"), notes.as_slice()), Dialect::OneLogin);
}

#[test]
fn jumpcloud_removes_members_by_value() {
    let notes = &mut Notes::default();
    let operations = json!([{"op": "remove", "path": "members", "value": [{"value": "u"}]}]);
    let patch = GroupPatch::from_value(message(&operations), notes).unwrap();
    assert_eq!(patch.member_changes(), [MemberChange::Remove(vec!["u".into()])]);
    assert_eq!(notes.as_slice(), [Note::RemovedByValue("members".into())]);
}

#[test]
fn ping_puts_a_group_without_its_members() {
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "moby:developers"});
    let incoming = Incoming::from_value(ResourceType::Group, body, &mut Notes::default()).unwrap();
    assert_eq!(incoming.members(), None, "they stay");
}

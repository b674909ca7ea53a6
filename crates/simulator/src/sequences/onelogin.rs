//! OneLogin: no reference of its requests is public. The shapes here are those of an access log in
//! goauthentik/authentik issue 11249 (`+` for a space, a dangling `&` or `?`, no `User-Agent`, members by PATCH) and of
//! JSON templates in set-up guides of service providers. The templates are written by the customer's administrator, so
//! odd schemas, string booleans and a null `id` are ordinary.

use serde_json::{Value, json};

use super::{GROUP, answers_group, answers_person, delete_group, delete_user, patch};
use crate::directory::{Directory, Group, Person};
use crate::encode::form;
use crate::idp::Length;
use crate::intent::Intent;
use crate::step::{Body, Check, Step};

/// Schemas as they stand in a template found in the wild: neither is one of RFC 7643.
const SCHEMAS: [&str; 2] = ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"];

/// What OneLogin sends to provision `directory`.
pub fn requests(directory: &Directory, length: Length) -> Vec<Step> {
    let mut steps: Vec<Step> = directory.people.iter().flat_map(provision).collect();
    steps.extend(directory.groups.iter().flat_map(|group| push(directory, group)));
    if let Some(first) = directory.people.first() {
        let mut changed = user(first, true);
        changed["title"] = json!("Principal Engineer");
        steps.push(look_for(first));
        steps.push(
            write(format!("update {}", first.email), first, changed)
                .check(Check::Equals("/title", json!("Principal Engineer"))),
        );
    }
    if let Some(last) = directory.people.last() {
        let suspended = write(format!("suspend {}", last.email), last, user(last, false));
        steps.push(suspended.check(Check::Equals("/active", json!(false))));
        if length == Length::Full {
            steps.extend(later(directory, last));
        }
    }
    steps
}

/// How OneLogin says that one thing has changed.
pub fn steps(intent: Intent<'_>) -> Vec<Step> {
    match intent {
        Intent::Connect(_) => vec![Step::get("check the connection", "/Users?startIndex=1&count=1&")],
        Intent::Provision(person) => provision(person),
        Intent::Update { before, after } => {
            vec![look_for(before), write(format!("update {}", before.email), after, user(after, true))]
        }
        Intent::SetActive { person, active } => {
            let name = format!("{} {}", if active { "restore" } else { "suspend" }, person.email);
            vec![write(name, person, user(person, active)).check(Check::Equals("/active", json!(active)))]
        }
        Intent::Delete(person) => vec![delete_user(person)],
        Intent::CreateGroup(group) => create_group(group),
        Intent::ChangeMembers { group, leaving, joining, .. } => {
            let left = leaving.iter().map(|person| change_member(group, person, "remove"));
            left.chain(joining.iter().map(|person| change_member(group, person, "add"))).collect()
        }
        Intent::RenameGroup { group, name, .. } => {
            let body = patch(&[json!({ "op": "replace", "path": "displayName", "value": name })]);
            vec![Step::patch(format!("rename the group to {name}"), format!("/Groups/{}?", group.id()), body)]
        }
        Intent::DeleteGroup(group) => vec![delete_group(group)],
    }
}

fn look_for(person: &Person) -> Step {
    let filter = form(&format!("userName eq \"{}\"", person.email));
    Step::get(format!("look for {}", person.email), format!("/Users?filter={filter}&")).remember_first(person.name())
}

fn provision(person: &Person) -> Vec<Step> {
    let create = Step::post(format!("create {}", person.email), "/Users", user(person, true)).unless(person.name());
    vec![look_for(person), answers_person(create, person)]
}

/// The administrator's template, filled in.
pub(crate) fn user(person: &Person, active: bool) -> Value {
    json!({
        "schemas": SCHEMAS,
        "id": null,
        "userName": person.email,
        "active": if active { "true" } else { "false" },
        "name": {
            "familyName": person.family_name,
            "givenName": person.given_name,
            "formatted": person.display_name(),
        },
        "displayName": person.display_name(),
        "emails": [{ "value": person.email, "type": "work", "primary": true }],
        "title": person.title,
        "department": null,
        "meta": { "resourceType": "User" },
    })
}

fn write(name: String, person: &Person, body: Value) -> Step {
    answers_person(Step::put(name, format!("/Users/{}?", person.id()), Body::Json(body)), person)
}

fn push(directory: &Directory, group: &Group) -> Vec<Step> {
    let mut steps = create_group(group);
    steps.extend(directory.members(group).map(|person| change_member(group, person, "add")));
    steps
}

fn create_group(group: &Group) -> Vec<Step> {
    let name = &group.display_name;
    let filter = form(&format!("displayName eq \"{name}\""));
    let body = json!({ "schemas": [GROUP], "displayName": name });
    let create = Step::post(format!("create the group {name}"), "/Groups", body).unless(group.name());
    vec![
        Step::get(format!("look for the group {name}"), format!("/Groups?filter={filter}&"))
            .remember_first(group.name()),
        answers_group(create, group),
    ]
}

/// Members are added and removed one at a time, as each person is synchronized.
fn change_member(group: &Group, person: &Person, operation: &str) -> Step {
    let body = patch(&[json!({ "op": operation, "path": "members", "value": [{ "value": person.id() }] })]);
    let preposition = if operation == "add" { "to" } else { "from" };
    let name = format!("{operation} {} {preposition} the group {}", person.email, group.display_name);
    Step::patch(name, format!("/Groups/{}?", group.id()), body)
}

/// People change groups, and those who leave are deleted where the administrator chose so.
fn later(directory: &Directory, last: &Person) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some((group, person)) =
        directory.groups.first().and_then(|group| Some((group, directory.members(group).next()?)))
    {
        steps.push(change_member(group, person, "remove"));
        steps.push(change_member(group, person, "add"));
    }
    steps.push(Step::delete(format!("delete {}", last.email), format!("/Users/{}", last.id())));
    steps.push(look_for(last).check(Check::Equals("/totalResults", json!(0))));
    steps
}

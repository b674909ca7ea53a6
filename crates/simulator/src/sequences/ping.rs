//! PingFederate and PingOne: "SCIM Provisioner", user and group management, and settings. Users are matched by
//! `userName` and updated by PUT; groups are found by reading all of them and comparing, and updated by PATCH. People
//! who are disabled at the source can be provisioned disabled; deprovisioning disables or deletes, as configured.

use serde_json::{Value, json};

use super::{
    ENTERPRISE_USER, GROUP, USER, answers_group, answers_person, delete_group, delete_user, each, object_id, patch,
};
use crate::directory::{Directory, Group, Person};
use crate::encode::percent;
use crate::idp::Length;
use crate::intent::Intent;
use crate::step::{Body, Check, Step};

/// What Ping sends to provision `directory`.
pub fn requests(directory: &Directory, length: Length) -> Vec<Step> {
    let mut steps: Vec<Step> = directory.people.iter().flat_map(provision).collect();
    if !directory.groups.is_empty() {
        steps.push(
            Step::get("read all groups", "/Groups?startIndex=1&count=100").remember_each("group:", "displayName"),
        );
    }
    steps.extend(directory.groups.iter().flat_map(|group| push(directory, group)));
    if let Some(first) = directory.people.first() {
        let changed = Person { department: "Research".to_owned(), ..first.clone() };
        steps.push(write(&changed, true));
    }
    if let Some(last) = directory.people.last() {
        steps.push(write(last, false).check(Check::Equals("/active", json!(false))));
        if length == Length::Full {
            steps.push(write(last, true).check(Check::Equals("/active", json!(true))));
            steps.extend(later(directory));
            steps.push(Step::delete(format!("delete {}", last.email), format!("/Users/{}", last.id())));
            steps.extend(provision_disabled(last));
        }
    }
    steps
}

/// How Ping says that one thing has changed. That it reads all groups first is left out here: so does every trial.
pub fn steps(intent: Intent<'_>) -> Vec<Step> {
    match intent {
        Intent::Connect(_) => vec![Step::get("check the connection", "/Users?startIndex=1&count=1")],
        Intent::Provision(person) => provision(person),
        Intent::Update { after, .. } => vec![write(after, true)],
        Intent::SetActive { person, active } => {
            vec![write(person, active).check(Check::Equals("/active", json!(active)))]
        }
        Intent::Delete(person) => vec![delete_user(person)],
        Intent::CreateGroup(group) => vec![create_group(group)],
        Intent::ChangeMembers { group, leaving, joining, .. } => {
            let mut steps: Vec<Step> = leaving.iter().map(|person| remove_member(group, person)).collect();
            if !joining.is_empty() {
                steps.push(add_members(group, &each(joining)));
            }
            steps
        }
        Intent::RenameGroup { group, name, .. } => {
            let body = patch(&[json!({ "op": "replace", "path": "displayName", "value": name })]);
            vec![Step::patch(format!("rename the group to {name}"), format!("/Groups/{}", group.id()), body)]
        }
        Intent::DeleteGroup(group) => vec![delete_group(group)],
    }
}

fn provision(person: &Person) -> Vec<Step> {
    let create = Step::post(format!("create {}", person.email), "/Users", user(person, true)).unless(person.name());
    vec![look_for(person), answers_person(create, person)]
}

/// The same person again, disabled at the source: the user is made anew, inactive.
fn provision_disabled(person: &Person) -> Vec<Step> {
    let create = Step::post(format!("create {}, disabled", person.email), "/Users", user(person, false));
    vec![
        look_for(person).check(Check::Equals("/totalResults", json!(0))),
        answers_person(create, person).check(Check::Equals("/active", json!(false))),
    ]
}

fn look_for(person: &Person) -> Step {
    let filter = percent(&format!("userName eq \"{}\"", person.email));
    Step::get(format!("look for {}", person.email), format!("/Users?filter={filter}")).remember_first(person.name())
}

pub(crate) fn user(person: &Person, active: bool) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE_USER],
        "externalId": object_id(&person.key),
        "userName": person.email,
        "name": {
            "formatted": person.display_name(),
            "givenName": person.given_name,
            "familyName": person.family_name,
        },
        "emails": [{ "value": person.email, "type": "Work", "primary": true }],
        "title": person.title,
        "active": active,
        ENTERPRISE_USER: { "department": person.department, "employeeNumber": person.employee_number },
    })
}

fn write(person: &Person, active: bool) -> Step {
    let name = format!("{} {}", if active { "update" } else { "disable" }, person.email);
    answers_person(Step::put(name, format!("/Users/{}", person.id()), Body::Json(user(person, active))), person)
}

fn push(directory: &Directory, group: &Group) -> Vec<Step> {
    let members: Vec<&Person> = directory.members(group).collect();
    vec![create_group(group), add_members(group, &members)]
}

fn create_group(group: &Group) -> Step {
    let name = &group.display_name;
    let body = json!({ "schemas": [GROUP], "externalId": object_id(name), "displayName": name });
    answers_group(Step::post(format!("create the group {name}"), "/Groups", body).unless(group.name()), group)
}

fn add_members(group: &Group, people: &[&Person]) -> Step {
    let values: Vec<Value> = people.iter().map(|person| json!({ "value": person.id() })).collect();
    let body = patch(&[json!({ "op": "add", "path": "members", "value": values })]);
    let name = format!("add {} members to the group {}", people.len(), group.display_name);
    Step::patch(name, format!("/Groups/{}", group.id()), body)
}

fn later(directory: &Directory) -> Vec<Step> {
    let Some(group) = directory.groups.first() else {
        return Vec::new();
    };
    let Some(person) = directory.members(group).next() else {
        return Vec::new();
    };
    vec![remove_member(group, person), add_members(group, &[person])]
}

fn remove_member(group: &Group, person: &Person) -> Step {
    let operation = json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", person.id()) });
    let name = format!("remove {} from the group {}", person.email, group.display_name);
    Step::patch(name, format!("/Groups/{}", group.id()), patch(&[operation]))
        .check(Check::Lacks("/members", json!({ "value": person.id() })))
}

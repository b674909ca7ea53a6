//! JumpCloud: "Identity Management using a custom SCIM integration". Activation makes a test user and a test group,
//! updates both and deletes them again, or deactivates the user where DELETE fails. People are looked up before they
//! are created. Bodies are not documented; that members are removed by `value`, as Entra does it, is reported by
//! service providers.

use serde_json::{Value, json};

use super::{GROUP, USER, answers_group, answers_person, delete_group, delete_user, each, patch};
use crate::directory::{Directory, Group, Person};
use crate::encode::percent;
use crate::idp::Length;
use crate::intent::Intent;
use crate::step::{Body, Check, Step};

/// What JumpCloud sends to provision `directory`.
pub fn requests(directory: &Directory, length: Length) -> Vec<Step> {
    let mut steps = activate(&test_user());
    steps.extend(directory.people.iter().flat_map(provision));
    steps.extend(directory.groups.iter().flat_map(|group| push(directory, group)));
    if let Some(first) = directory.people.first() {
        let changed = Person { title: "Staff Engineer".to_owned(), ..first.clone() };
        steps.push(write(&changed, true).check(Check::Equals("/title", json!("Staff Engineer"))));
    }
    if let Some(last) = directory.people.last() {
        steps.push(write(last, false).check(Check::Equals("/active", json!(false))));
        if length == Length::Full {
            steps.push(write(last, true).check(Check::Equals("/active", json!(true))));
            steps.extend(later(directory));
            steps.push(Step::delete(format!("delete {}", last.email), format!("/Users/{}", last.id())));
        }
    }
    steps
}

/// How JumpCloud says that one thing has changed.
pub fn steps(intent: Intent<'_>) -> Vec<Step> {
    match intent {
        Intent::Connect(test_user) => activate(test_user),
        Intent::Provision(person) => provision(person),
        Intent::Update { after, .. } => vec![write(after, true)],
        Intent::SetActive { person, active } => {
            vec![write(person, active).check(Check::Equals("/active", json!(active)))]
        }
        Intent::Delete(person) => vec![delete_user(person)],
        Intent::CreateGroup(group) => create_group(group),
        Intent::ChangeMembers { group, leaving, joining, .. } => {
            let mut steps = Vec::new();
            for (operation, people) in [("remove", leaving), ("add", joining)] {
                if !people.is_empty() {
                    steps.push(change_members(group, operation, &each(people)));
                }
            }
            steps
        }
        Intent::RenameGroup { group, name, .. } => {
            // By PATCH: what a PUT without members leaves of them is the service provider's choice (RFC 7644 §3.5.1).
            let body = patch(&[json!({ "op": "replace", "path": "displayName", "value": name })]);
            vec![Step::patch(format!("rename the group to {name}"), format!("/Groups/{}", group.id()), body)]
        }
        Intent::DeleteGroup(group) => vec![delete_group(group)],
    }
}

/// The administrator names an address of a verified domain for the test.
fn test_user() -> Person {
    Person {
        key: "jumpcloud-test".to_owned(),
        given_name: "JumpCloud".to_owned(),
        family_name: "Test".to_owned(),
        email: "jumpcloud.test@example.com".to_owned(),
        title: "Test User".to_owned(),
        department: "IT".to_owned(),
        employee_number: "0".to_owned(),
        role: None,
    }
}

/// The test that every activation runs.
fn activate(user: &Person) -> Vec<Step> {
    let group = Group { display_name: "JumpCloud Test Group".to_owned(), members: vec![user.key.clone()] };
    let renamed = json!({ "schemas": [GROUP], "displayName": "JumpCloud Test Group Updated" });
    let mut steps = provision(user);
    steps.push(write(&Person { title: "Updated Test User".to_owned(), ..user.clone() }, true));
    steps.extend(create_group(&group));
    steps.push(Step::put("update the test group", format!("/Groups/{}", group.id()), Body::Json(renamed)));
    steps.push(change_members(&group, "add", &[user]));
    steps.push(change_members(&group, "remove", &[user]));
    steps.push(Step::delete("delete the test group", format!("/Groups/{}", group.id())));
    steps.push(Step::delete("delete the test user", format!("/Users/{}", user.id())));
    steps.push(Step::get("read the deleted test user", format!("/Users/{}", user.id())).due(&[404]));
    steps
}

fn provision(person: &Person) -> Vec<Step> {
    let email = &person.email;
    let filter = percent(&format!("userName eq \"{email}\""));
    let create = Step::post(format!("create {email}"), "/Users", user(person, true)).unless(person.name());
    vec![
        Step::get(format!("look for {email}"), format!("/Users?filter={filter}")).remember_first(person.name()),
        answers_person(create, person),
    ]
}

pub(crate) fn user(person: &Person, active: bool) -> Value {
    json!({
        "schemas": [USER],
        "userName": person.email,
        "name": { "givenName": person.given_name, "familyName": person.family_name },
        "displayName": person.display_name(),
        "emails": [{ "value": person.email, "type": "work", "primary": true }],
        "title": person.title,
        "active": active,
    })
}

fn write(person: &Person, active: bool) -> Step {
    let name = format!("{} {}", if active { "update" } else { "deactivate" }, person.email);
    answers_person(Step::put(name, format!("/Users/{}", person.id()), Body::Json(user(person, active))), person)
}

fn create_group(group: &Group) -> Vec<Step> {
    let name = &group.display_name;
    let filter = percent(&format!("displayName eq \"{name}\""));
    let body = json!({ "schemas": [GROUP], "displayName": name });
    let create = Step::post(format!("create the group {name}"), "/Groups", body).unless(group.name());
    vec![
        Step::get(format!("look for the group {name}"), format!("/Groups?filter={filter}"))
            .remember_first(group.name()),
        answers_group(create, group),
    ]
}

fn push(directory: &Directory, group: &Group) -> Vec<Step> {
    let mut steps = create_group(group);
    let members: Vec<&Person> = directory.members(group).collect();
    steps.push(change_members(group, "add", &members));
    steps
}

fn change_members(group: &Group, operation: &str, people: &[&Person]) -> Step {
    let values: Vec<Value> = people.iter().map(|person| json!({ "value": person.id() })).collect();
    let body = patch(&[json!({ "op": operation, "path": "members", "value": values })]);
    let preposition = if operation == "add" { "to" } else { "from" };
    let name = format!("{operation} {} members {preposition} the group {}", people.len(), group.display_name);
    Step::patch(name, format!("/Groups/{}", group.id()), body)
}

fn later(directory: &Directory) -> Vec<Step> {
    let Some(group) = directory.groups.first() else {
        return Vec::new();
    };
    let Some(person) = directory.members(group).next() else {
        return Vec::new();
    };
    let gone = Check::Lacks("/members", json!({ "value": person.id() }));
    let back = Check::Contains("/members", json!({ "value": person.id() }));
    vec![change_members(group, "remove", &[person]).check(gone), change_members(group, "add", &[person]).check(back)]
}

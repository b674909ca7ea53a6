//! Okta: "SCIM 2.0 protocol reference", and "SCIM integration concepts and requirements".
//!
//! Two kinds of application differ in how they update. One of the *catalog* (the Okta Integration Network) changes
//! profiles by GET and PUT, and sends PATCH for `active`, passwords and groups. One made with the *App Integration
//! Wizard* sends PUT for everything. Neither ever deletes a user.

use serde_json::{Value, json};

use super::{GROUP, USER, answers_group, answers_person, delete_group, delete_user, each, hash, patch};
use crate::directory::{Directory, Group, Person};
use crate::encode::percent;
use crate::idp::Length;
use crate::intent::Intent;
use crate::step::{Body, Check, Step};

/// How the application came about, which decides how it updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Application {
    /// An application of Okta's catalog.
    Catalog,
    /// An application made with the wizard.
    Wizard,
}

/// What Okta sends to provision `directory`.
pub fn requests(directory: &Directory, application: Application, length: Length) -> Vec<Step> {
    let mut steps = connect();
    steps.extend(directory.people.iter().flat_map(provision));
    steps.extend(directory.groups.iter().flat_map(|group| push(directory, group, application)));
    let mut people = directory.people.iter();
    if let Some(first) = people.next() {
        steps.extend(update(first));
    }
    if let Some(last) = people.next_back() {
        steps.extend(set_active(last, false, application));
        if length == Length::Full {
            steps.extend(set_active(last, true, application));
        }
    }
    if length == Length::Full {
        steps.extend(later(directory, application));
    }
    steps
}

/// How Okta says that one thing has changed.
pub fn steps(intent: Intent<'_>, application: Application) -> Vec<Step> {
    match (intent, application) {
        (Intent::Connect(_), _) => connect(),
        (Intent::Provision(person), _) => provision(person),
        (Intent::Update { before, after }, _) => change(before, after),
        (Intent::SetActive { person, active }, _) => set_active(person, active, application),
        (Intent::Delete(person), _) => vec![delete_user(person)],
        (Intent::CreateGroup(group), _) => create_group(group),
        (Intent::ChangeMembers { group, leaving, joining, .. }, Application::Catalog) => {
            vec![rename(group, &group.display_name), change_members(group, &each(leaving), &each(joining))]
        }
        (Intent::ChangeMembers { group, members, .. }, Application::Wizard) => {
            vec![write_group(group, &group.display_name, &each(members))]
        }
        (Intent::RenameGroup { group, name, .. }, Application::Catalog) => vec![rename(group, name)],
        (Intent::RenameGroup { group, name, members }, Application::Wizard) => {
            vec![write_group(group, name, &each(members))]
        }
        (Intent::DeleteGroup(group), _) => vec![delete_group(group)],
    }
}

/// Saving the provisioning settings reads users and groups once.
fn connect() -> Vec<Step> {
    vec![
        Step::get("check the connection: users", "/Users?startIndex=1&count=2"),
        Step::get("check the connection: groups", "/Groups?startIndex=1&count=100"),
    ]
}

/// Assigning a person looks for the user name, then creates the user if there was none.
fn provision(person: &Person) -> Vec<Step> {
    let email = &person.email;
    let create = Step::post(format!("create {email}"), "/Users", new_user(person)).unless(person.name());
    vec![
        Step::get(format!("look for {email}"), by_user_name(person)).remember_first(person.name()),
        answers_person(create, person),
    ]
}

fn by_user_name(person: &Person) -> String {
    format!("/Users?filter={}&startIndex=1&count=100", percent(&format!("userName eq \"{}\"", person.email)))
}

/// The profile as Okta creates it: an empty list of groups and a random password come with it.
pub(crate) fn new_user(person: &Person) -> Value {
    json!({
        "schemas": [USER],
        "userName": person.email,
        "name": { "givenName": person.given_name, "familyName": person.family_name },
        "emails": [{ "primary": true, "value": person.email, "type": "work" }],
        "displayName": person.display_name(),
        "title": person.title,
        "locale": "en-US",
        "externalId": format!("00u{:017x}", hash(&person.key, 0)),
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

/// A changed profile is read, changed and written back, by both kinds of application.
fn update(person: &Person) -> Vec<Step> {
    let change = json!({ "name": { "middleName": "Excited" }, "title": "Chief Technology Officer" });
    let written = Step::put(
        format!("update the profile of {}", person.email),
        format!("/Users/{}", person.id()),
        Body::Answered { of: person.name(), change },
    );
    vec![
        read(person),
        answers_person(written, person)
            .check(Check::Equals("/name/middleName", json!("Excited")))
            .check(Check::Equals("/title", json!("Chief Technology Officer"))),
    ]
}

/// Any other change of the profile, in the same way.
fn change(before: &Person, after: &Person) -> Vec<Step> {
    let profile = new_user(after);
    let change =
        ["userName", "name", "emails", "displayName", "title"].map(|name| (name.to_owned(), profile[name].clone()));
    let body = Body::Answered { of: before.name(), change: Value::Object(change.into_iter().collect()) };
    let written = Step::put(format!("update the profile of {}", before.email), format!("/Users/{}", before.id()), body);
    vec![read(before), answers_person(written, after)]
}

fn read(person: &Person) -> Step {
    answers_person(Step::get(format!("read {}", person.email), format!("/Users/{}", person.id())), person)
}

/// Unassigning and suspending deactivate; assigning again activates.
fn set_active(person: &Person, active: bool, application: Application) -> Vec<Step> {
    let name = format!("{} {}", if active { "activate" } else { "deactivate" }, person.email);
    let path = format!("/Users/{}", person.id());
    let due = Check::Equals("/active", json!(active));
    match application {
        Application::Catalog => {
            let body = patch(&[json!({ "op": "replace", "value": { "active": active } })]);
            vec![Step::patch(name, path, body).check(due)]
        }
        Application::Wizard => {
            let body = Body::Answered { of: person.name(), change: json!({ "active": active }) };
            vec![read(person), answers_person(Step::put(name, path, body), person).check(due)]
        }
    }
}

/// Pushing a group looks for its name, creates it, then sends name and members.
fn push(directory: &Directory, group: &Group, application: Application) -> Vec<Step> {
    let name = &group.display_name;
    let mut steps = create_group(group);
    let members: Vec<&Person> = directory.members(group).collect();
    match application {
        Application::Catalog => steps.extend([rename(group, name), change_members(group, &[], &members)]),
        Application::Wizard => steps.push(write_group(group, name, &members)),
    }
    steps
}

fn create_group(group: &Group) -> Vec<Step> {
    let name = &group.display_name;
    let found = format!("/Groups?filter={}&startIndex=1&count=100", percent(&format!("displayName eq \"{name}\"")));
    let empty = json!({ "schemas": [GROUP], "displayName": name, "members": [] });
    let create = Step::post(format!("create the group {name}"), "/Groups", empty).unless(group.name());
    vec![
        Step::get(format!("look for the group {name}"), found).remember_first(group.name()),
        answers_group(create, group),
    ]
}

/// Catalog applications send the name with each membership change, the id inside the value.
fn rename(group: &Group, display_name: &str) -> Step {
    let body = patch(&[json!({ "op": "replace", "value": { "id": group.id(), "displayName": display_name } })]);
    Step::patch(format!("send the name of the group {display_name}"), format!("/Groups/{}", group.id()), body)
        .check(Check::Equals("/displayName", json!(display_name)))
}

fn change_members(group: &Group, leaving: &[&Person], joining: &[&Person]) -> Step {
    let mut operations: Vec<Value> = leaving
        .iter()
        .map(|person| json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", person.id()) }))
        .collect();
    if !joining.is_empty() {
        operations.push(json!({ "op": "add", "path": "members", "value": members(joining) }));
    }
    let name = format!("change the members of the group {}", group.display_name);
    let step = Step::patch(name, format!("/Groups/{}", group.id()), patch(&operations));
    leaving.iter().fold(step, |step, person| step.check(Check::Lacks("/members", json!({ "value": person.id() }))))
}

/// Pushing a group again replaces all its members.
fn replace_members(group: &Group, people: &[&Person]) -> Step {
    let body = patch(&[json!({ "op": "replace", "path": "members", "value": members(people) })]);
    let name = format!("push the group {} again, {} members", group.display_name, people.len());
    Step::patch(name, format!("/Groups/{}", group.id()), body)
}

/// Wizard applications write the whole group.
fn write_group(group: &Group, display_name: &str, people: &[&Person]) -> Step {
    let body = json!({
        "schemas": [GROUP],
        "id": group.id(),
        "displayName": display_name,
        "members": members(people),
    });
    Step::put(format!("write the group {display_name}"), format!("/Groups/{}", group.id()), Body::Json(body))
        .check(Check::Equals("/displayName", json!(display_name)))
}

fn members(people: &[&Person]) -> Value {
    people.iter().map(|person| json!({ "value": person.id(), "display": person.email })).collect()
}

/// What comes in the months after: new passwords, changed groups, an import, a conflict, an unlinked group.
fn later(directory: &Directory, application: Application) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(person) = directory.people.first() {
        if application == Application::Catalog {
            let body = patch(&[json!({ "op": "replace", "value": { "password": "2nz161or" } })]);
            let name = format!("send the password of {}", person.email);
            steps.push(Step::patch(name, format!("/Users/{}", person.id()), body));
        }
        let again = Step::post(format!("create {} once more", person.email), "/Users", new_user(person));
        steps.push(
            again
                .due(&[409])
                .check(Check::Equals("/status", json!("409")))
                .check(Check::Equals("/scimType", json!("uniqueness"))),
        );
    }
    if let Some(group) = directory.groups.first() {
        steps.extend(regroup(directory, group, application));
    }
    steps.push(Step::get("import users", "/Users?startIndex=1&count=100"));
    steps.push(Step::get("import groups", "/Groups?startIndex=1&count=100"));
    if let Some(group) = directory.groups.last() {
        let name = format!("unlink the group {}", group.display_name);
        steps.push(Step::delete(name, format!("/Groups/{}", group.id())));
        let name = format!("see whether the group {} is gone", group.display_name);
        steps.push(Step::get(name, format!("/Groups/{}", group.id())).due(&[404]));
    }
    steps
}

/// One person leaves and comes back; the group is renamed and named back; a catalog application also empties it.
fn regroup(directory: &Directory, group: &Group, application: Application) -> Vec<Step> {
    let all: Vec<&Person> = directory.members(group).collect();
    let Some((leaving, staying)) = all.split_first() else {
        return Vec::new();
    };
    let (name, renamed) = (&group.display_name, format!("{} (renamed)", group.display_name));
    match application {
        Application::Catalog => vec![
            rename(group, name),
            change_members(group, &[leaving], staying),
            rename(group, &renamed),
            rename(group, name),
            replace_members(group, &[]),
            replace_members(group, &all),
        ],
        Application::Wizard => {
            vec![
                write_group(group, name, staying),
                write_group(group, &renamed, staying),
                write_group(group, name, &all),
            ]
        }
    }
}

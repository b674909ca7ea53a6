//! Microsoft Entra ID: "Develop and plan provisioning for a SCIM endpoint", and "Known issues and resolutions with
//! SCIM 2.0 protocol compliance".
//!
//! By default it writes PATCH in a dialect of its own: capitalised operations, an operation per attribute, booleans as
//! the strings `"True"` and `"False"`, and removed members in `value`. The flag `aadOptscim062020` in the tenant URL
//! makes it follow RFC 7644, but not for provisioning on demand, so one server meets both. It sends no `User-Agent`.

use serde_json::{Map, Value, json};

use super::{
    DOCKER_USER, ENTERPRISE_USER, GROUP, USER, answers_group, answers_person, delete_group, delete_user, each,
    object_id, patch,
};
use crate::directory::{Directory, Group, Person};
use crate::encode::percent;
use crate::idp::Length;
use crate::intent::Intent;
use crate::step::{Check, Step};

/// A schema that Entra names in groups and nobody else knows.
const ENTRA_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// How it writes PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Without a flag.
    Default,
    /// With `aadOptscim062020`.
    Compliant,
}

impl Dialect {
    fn add(self) -> &'static str {
        if self == Dialect::Default { "Add" } else { "add" }
    }

    fn replace(self) -> &'static str {
        if self == Dialect::Default { "Replace" } else { "replace" }
    }

    fn boolean(self, value: bool) -> Value {
        match (self, value) {
            (Dialect::Compliant, value) => Value::Bool(value),
            (Dialect::Default, true) => json!("True"),
            (Dialect::Default, false) => json!("False"),
        }
    }
}

/// What Entra sends to provision `directory`.
pub fn requests(directory: &Directory, dialect: Dialect, length: Length) -> Vec<Step> {
    let mut steps = connect();
    steps.extend(directory.people.iter().flat_map(provision));
    steps.extend(directory.groups.iter().flat_map(|group| push(directory, group, dialect)));
    let mut people = directory.people.iter();
    if let Some(first) = people.next() {
        steps.push(update(first, dialect));
    }
    if let Some(last) = people.next_back() {
        steps.push(set_active(last, false, dialect));
        if length == Length::Full {
            steps.push(set_active(last, true, dialect));
            steps.extend(later(directory, dialect));
            steps.extend(remove(last, dialect));
        }
    }
    steps
}

/// How Entra says that one thing has changed.
pub fn steps(intent: Intent<'_>, dialect: Dialect) -> Vec<Step> {
    match intent {
        Intent::Connect(_) => connect(),
        Intent::Provision(person) => provision(person),
        Intent::Update { before, after } => change(before, after, dialect),
        Intent::SetActive { person, active } => vec![set_active(person, active, dialect)],
        Intent::Delete(person) => vec![delete_user(person)],
        Intent::CreateGroup(group) => create_group(group),
        Intent::ChangeMembers { group, leaving, joining, .. } => {
            let mut steps: Vec<Step> = leaving.iter().map(|person| remove_member(group, person, dialect)).collect();
            if let Some(first) = joining.first() {
                steps.extend([add_members(group, &each(joining), dialect), has_member(group, first, true)]);
            }
            steps
        }
        Intent::RenameGroup { group, name, .. } => vec![rename(group, name, dialect)],
        Intent::DeleteGroup(group) => vec![delete_group(group)],
    }
}

/// "Test Connection" looks for what cannot be there; opening the settings reads the schemas.
fn connect() -> Vec<Step> {
    let nobody = object_id("nobody");
    let none = Check::Equals("/totalResults", json!(0));
    let users = format!("/Users?filter={}", percent(&format!("userName eq \"{nobody}\"")));
    let groups =
        format!("/Groups?excludedAttributes=members&filter={}", percent(&format!("displayName eq \"{nobody}\"")));
    vec![
        Step::get("test the connection: a random user", users).check(none.clone()),
        Step::get("test the connection: a random group", groups).check(none),
        Step::get("discover attributes", "/Schemas"),
    ]
}

fn provision(person: &Person) -> Vec<Step> {
    let email = &person.email;
    let found = format!("/Users?filter={}", percent(&format!("userName eq \"{email}\"")));
    let create = Step::post(format!("create {email}"), "/Users", new_user(person)).unless(person.name());
    vec![
        Step::get(format!("look for {email}"), found).remember_first(person.name()),
        answers_person(create, person),
        answers_person(Step::get(format!("read {email}"), format!("/Users/{}", person.id())), person),
    ]
}

pub(crate) fn new_user(person: &Person) -> Value {
    let mut user = json!({
        "schemas": [USER, ENTERPRISE_USER],
        "externalId": object_id(&person.key),
        "userName": person.email,
        "active": true,
        "displayName": person.display_name(),
        "emails": [{ "primary": true, "type": "work", "value": person.email }],
        "meta": { "resourceType": "User" },
        "name": {
            "formatted": person.display_name(),
            "familyName": person.family_name,
            "givenName": person.given_name,
        },
        "title": person.title,
        "roles": [],
        ENTERPRISE_USER: { "employeeNumber": person.employee_number, "department": person.department },
    });
    if let Some(role) = &person.role {
        user["schemas"] = json!([USER, ENTERPRISE_USER, DOCKER_USER]);
        user[DOCKER_USER] = json!({ "dockerRole": role });
    }
    user
}

/// Groups are created without members; those follow, several in one PATCH.
fn push(directory: &Directory, group: &Group, dialect: Dialect) -> Vec<Step> {
    let members: Vec<&Person> = directory.members(group).collect();
    let mut steps = create_group(group);
    steps.push(add_members(group, &members, dialect));
    steps.extend(members.first().map(|person| has_member(group, person, true)));
    steps
}

fn create_group(group: &Group) -> Vec<Step> {
    let name = &group.display_name;
    let filter = percent(&format!("displayName eq \"{name}\""));
    let body = json!({
        "schemas": [GROUP, ENTRA_GROUP],
        "externalId": object_id(name),
        "displayName": name,
        "meta": { "resourceType": "Group" },
    });
    let create = Step::post(format!("create the group {name}"), "/Groups", body).unless(group.name());
    vec![
        Step::get(format!("look for the group {name}"), format!("/Groups?excludedAttributes=members&filter={filter}"))
            .remember_first(group.name())
            .check(Check::Absent("/Resources/0/members")),
        answers_group(create, group),
        read_group(group),
    ]
}

fn read_group(group: &Group) -> Step {
    let path = format!("/Groups/{}?excludedAttributes=members", group.id());
    answers_group(Step::get(format!("read the group {}", group.display_name), path), group)
        .check(Check::Absent("/members"))
}

fn add_members(group: &Group, people: &[&Person], dialect: Dialect) -> Step {
    let operation = json!({ "op": dialect.add(), "path": "members", "value": references(people) });
    let name = format!("add {} members to the group {}", people.len(), group.display_name);
    Step::patch(name, format!("/Groups/{}", group.id()), patch(&[operation]))
}

fn remove_member(group: &Group, person: &Person, dialect: Dialect) -> Step {
    let operation = match dialect {
        Dialect::Default => json!({ "op": "Remove", "path": "members", "value": references(&[person]) }),
        Dialect::Compliant => json!({ "op": "remove", "path": format!("members[value eq \"{}\"]", person.id()) }),
    };
    let name = format!("remove {} from the group {}", person.email, group.display_name);
    Step::patch(name, format!("/Groups/{}", group.id()), patch(&[operation]))
}

fn references(people: &[&Person]) -> Value {
    people.iter().map(|person| json!({ "$ref": null, "value": person.id() })).collect()
}

/// Whether a reference has a value is asked by a filter.
fn has_member(group: &Group, person: &Person, member: bool) -> Step {
    let filter = percent(&format!("id eq \"{}\" and members eq \"{}\"", group.id(), person.id()));
    let name = format!("see whether {} is in the group {}", person.email, group.display_name);
    Step::get(name, format!("/Groups?filter={filter}&attributes=id"))
        .check(Check::Equals("/totalResults", json!(i32::from(member))))
}

/// Several attributes change at once: the core ones, an address, and those of both extensions.
fn update(person: &Person, dialect: Dialect) -> Step {
    let attributes = [
        ("displayName", json!(format!("Dr {}", person.display_name()))),
        ("name.givenName", json!(format!("Dr {}", person.given_name))),
        ("title", json!("Vice President")),
        (&format!("{ENTERPRISE_USER}:department"), json!("Management")),
        (&format!("{DOCKER_USER}:dockerRole"), json!("editor")),
    ];
    let home = ("addresses[type eq \"work\"].locality", json!("Lisbon"));
    let mobile = ("phoneNumbers[type eq \"mobile\"].value", json!("55555555555"));
    let mut operations = Vec::new();
    for (path, value) in [home, mobile] {
        operations.push(json!({ "op": dialect.add(), "path": path, "value": value }));
    }
    let email = json!({ "op": dialect.replace(), "path": "emails[type eq \"work\"].value", "value": person.email });
    operations.push(email);
    match dialect {
        Dialect::Default => {
            let each = attributes.into_iter();
            operations.extend(each.map(|(path, value)| json!({ "op": "Replace", "path": path, "value": value })));
        }
        Dialect::Compliant => {
            let value: Map<String, Value> =
                attributes.into_iter().map(|(path, value)| (path.to_owned(), value)).collect();
            operations.push(json!({ "op": "replace", "value": value }));
        }
    }
    Step::patch(format!("update {}", person.email), format!("/Users/{}", person.id()), patch(&operations))
        .check(Check::Equals("/title", json!("Vice President")))
        .check(Check::Equals("/userName", json!(person.email)))
        .check(Check::Contains("/phoneNumbers", json!({ "type": "mobile", "value": "55555555555" })))
        .check(Check::Contains("/emails", json!({ "type": "work", "value": person.email })))
}

/// The attributes of a profile that have changed, and no others.
fn change(before: &Person, after: &Person, dialect: Dialect) -> Vec<Step> {
    let (former, profile) = (new_user(before), new_user(after));
    let department = format!("{ENTERPRISE_USER}:department");
    let mut operations = Vec::new();
    let mut bag = Map::new();
    let mut say = |path: &str, pointer: &str| {
        let value = profile.pointer(pointer).filter(|value| former.pointer(pointer) != Some(*value));
        match (value, dialect) {
            (None, _) => {}
            (Some(value), Dialect::Default) => {
                operations.push(json!({ "op": "Replace", "path": path, "value": value }));
            }
            (Some(value), Dialect::Compliant) => drop(bag.insert(path.to_owned(), value.clone())),
        }
    };
    say("userName", "/userName");
    say("displayName", "/displayName");
    say("name.formatted", "/name/formatted");
    say("name.familyName", "/name/familyName");
    say("name.givenName", "/name/givenName");
    say("title", "/title");
    say(&department, &format!("/{ENTERPRISE_USER}/department"));
    if before.email != after.email {
        let path = "emails[type eq \"work\"].value";
        operations.push(json!({ "op": dialect.replace(), "path": path, "value": after.email }));
    }
    if !bag.is_empty() {
        operations.push(json!({ "op": "replace", "value": bag }));
    }
    let step = Step::patch(format!("update {}", before.email), format!("/Users/{}", before.id()), patch(&operations));
    vec![step.check(Check::Equals("/userName", json!(after.email)))]
}

fn rename(group: &Group, name: &str, dialect: Dialect) -> Step {
    let operation = json!({ "op": dialect.replace(), "path": "displayName", "value": name });
    let title = format!("rename the group to {name}");
    Step::patch(title, format!("/Groups/{}", group.id()), patch(&[operation]))
}

fn set_active(person: &Person, active: bool, dialect: Dialect) -> Step {
    let operation = json!({ "op": dialect.replace(), "path": "active", "value": dialect.boolean(active) });
    let name = format!("{} {}", if active { "enable" } else { "disable" }, person.email);
    Step::patch(name, format!("/Users/{}", person.id()), patch(&[operation]))
        .check(Check::Equals("/active", json!(active)))
}

/// Managers are set once everybody is there, as a bare id; groups change and are renamed; the last one is deleted.
fn later(directory: &Directory, dialect: Dialect) -> Vec<Step> {
    let mut steps = Vec::new();
    if let [manager, report, ..] = directory.people.as_slice() {
        let path = format!("{ENTERPRISE_USER}:manager");
        let operation = json!({ "op": dialect.add(), "path": path, "value": manager.id() });
        let name = format!("set the manager of {}", report.email);
        steps.push(Step::patch(name, format!("/Users/{}", report.id()), patch(&[operation])));
        let operation = json!({ "op": dialect.add(), "path": "nickName", "value": report.key });
        let name = format!("set the nickname of {}", report.email);
        steps.push(
            Step::patch(name, format!("/Users/{}", report.id()), patch(&[operation]))
                .check(Check::Equals("/nickName", json!(report.key))),
        );
    }
    if let Some(group) = directory.groups.first() {
        if let Some(person) = directory.members(group).next() {
            steps.push(remove_member(group, person, dialect));
            steps.push(has_member(group, person, false));
            steps.push(add_members(group, &[person], dialect));
            steps.push(has_member(group, person, true));
        }
        for name in [format!("{} updated", group.display_name), group.display_name.clone()] {
            steps.push(rename(group, &name, dialect));
        }
    }
    if let Some(group) = directory.groups.last() {
        let name = format!("delete the group {}", group.display_name);
        steps.push(Step::delete(name, format!("/Groups/{}", group.id())));
        steps.push(Step::get("read the deleted group", format!("/Groups/{}", group.id())).due(&[404]));
    }
    steps
}

/// Someone removed from the tenant is disabled, and deleted 30 days later.
fn remove(person: &Person, dialect: Dialect) -> Vec<Step> {
    vec![
        set_active(person, false, dialect),
        Step::delete(format!("delete {}", person.email), format!("/Users/{}", person.id())),
        Step::get(format!("read the deleted {}", person.email), format!("/Users/{}", person.id())).due(&[404]),
    ]
}

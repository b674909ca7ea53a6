//! Google Workspace: automatic provisioning beside a SAML application. What it does is described ("Google Workspace
//! Updates", July 2016, and set-up guides of service providers): it probes the endpoint, creates, updates, suspends,
//! and deletes after a delay that the administrator chooses; groups only choose who is provisioned and are not sent.
//! No request bodies are documented, so those here are plain SCIM.

use serde_json::{Value, json};

use super::{ENTERPRISE_USER, USER, answers_person, delete_user, patch};
use crate::directory::{Directory, Person};
use crate::encode::percent;
use crate::idp::Length;
use crate::intent::Intent;
use crate::step::{Body, Check, Step};

/// What Google sends to provision `directory`.
pub fn requests(directory: &Directory, length: Length) -> Vec<Step> {
    let mut steps = vec![Step::get("authorize: probe the users", "/Users?startIndex=1&count=1")];
    steps.extend(directory.people.iter().flat_map(provision));
    if let Some(first) = directory.people.first() {
        let changed = Person { title: "Distinguished Engineer".to_owned(), ..first.clone() };
        let name = format!("update {}", first.email);
        let step = Step::put(name, format!("/Users/{}", first.id()), Body::Json(user(&changed)));
        steps.push(answers_person(step, first).check(Check::Equals("/title", json!("Distinguished Engineer"))));
    }
    if let Some(last) = directory.people.last() {
        steps.push(set_active(last, false));
        if length == Length::Full {
            steps.push(set_active(last, true));
            steps.push(set_active(last, false));
            steps.push(Step::delete(format!("delete {} after the delay", last.email), format!("/Users/{}", last.id())));
            steps.push(
                Step::get(format!("read the deleted {}", last.email), format!("/Users/{}", last.id())).due(&[404]),
            );
        }
    }
    steps
}

/// How Google says that one thing has changed; of groups it says nothing.
pub fn steps(intent: Intent<'_>) -> Vec<Step> {
    match intent {
        Intent::Connect(_) => vec![Step::get("authorize: probe the users", "/Users?startIndex=1&count=1")],
        Intent::Provision(person) => provision(person),
        Intent::Update { before, after } => {
            let name = format!("update {}", before.email);
            let step = Step::put(name, format!("/Users/{}", before.id()), Body::Json(user(after)));
            vec![answers_person(step, after)]
        }
        Intent::SetActive { person, active } => vec![set_active(person, active)],
        Intent::Delete(person) => vec![delete_user(person)],
        Intent::CreateGroup(_) | Intent::ChangeMembers { .. } | Intent::RenameGroup { .. } | Intent::DeleteGroup(_) => {
            Vec::new()
        }
    }
}

fn provision(person: &Person) -> Vec<Step> {
    let email = &person.email;
    let filter = percent(&format!("userName eq \"{email}\""));
    let create = Step::post(format!("create {email}"), "/Users", user(person)).unless(person.name());
    vec![
        Step::get(format!("look for {email}"), format!("/Users?filter={filter}")).remember_first(person.name()),
        answers_person(create, person),
    ]
}

pub(crate) fn user(person: &Person) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE_USER],
        "userName": person.email,
        "name": { "givenName": person.given_name, "familyName": person.family_name },
        "emails": [{ "value": person.email, "type": "work", "primary": true }],
        "title": person.title,
        "active": true,
        ENTERPRISE_USER: { "department": person.department, "employeeNumber": person.employee_number },
    })
}

fn set_active(person: &Person, active: bool) -> Step {
    let body = patch(&[json!({ "op": "replace", "path": "active", "value": active })]);
    let name = format!("{} {}", if active { "restore" } else { "suspend" }, person.email);
    Step::patch(name, format!("/Users/{}", person.id()), body).check(Check::Equals("/active", json!(active)))
}

//! Judging an answer: first by what every SCIM answer owes, then by what is known of the resource.

use serde_json::Value;

use super::clock::Clock;
use super::findings::{Fault, shown, writes};
use super::line::Line;
use crate::directory::Person;
use crate::idp::Idp;
use crate::known::Known;
use crate::step::{Method, Step};
use crate::transport::{Request, Response, Transport};

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A user as it must be told.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) id: Option<String>,
    profile: Value,
    active: bool,
}

/// Something that is not as expected.
pub(super) struct Difference {
    pub(super) attribute: &'static str,
    pub(super) why: String,
}

impl Expected {
    pub(super) fn new(idp: Idp, person: &Person, active: bool, id: Option<&str>) -> Expected {
        Expected { id: id.map(str::to_owned), profile: idp.profile(person), active }
    }

    /// Whether the user must be active.
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// How a resource differs from this; only in what the IdP has sent.
    pub(super) fn differences(&self, resource: &Value) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differs = |attribute, due: &Value, found: Option<&Value>| {
            let why = format!("`{attribute}` is {} instead of {due}", shown(found));
            differences.push(Difference { attribute, why });
        };
        let active = Value::Bool(self.active);
        if resource.get("active") != Some(&active) {
            differs("active", &active, resource.get("active"));
        }
        for attribute in ["userName", "displayName", "title", "externalId"] {
            if let Some(due) = self.profile.get(attribute).filter(|due| resource.get(attribute) != Some(*due)) {
                differs(attribute, due, resource.get(attribute));
            }
        }
        for (parent, child, attribute) in [
            ("name", "givenName", "name.givenName"),
            ("name", "familyName", "name.familyName"),
            (ENTERPRISE_USER, "department", "enterprise department"),
            (ENTERPRISE_USER, "employeeNumber", "enterprise employeeNumber"),
        ] {
            let inner = |of: &'_ Value| of.get(parent).and_then(|parent| parent.get(child)).cloned();
            if let Some(due) = inner(&self.profile).filter(|due| inner(resource).as_ref() != Some(due)) {
                differs(attribute, &due, inner(resource).as_ref());
            }
        }
        let due = self.profile.pointer("/emails/0/value");
        let found: Vec<&Value> =
            resource["emails"].as_array().into_iter().flatten().filter_map(|email| email.get("value")).collect();
        if let Some(due) = due.filter(|due| found != [*due]) {
            differs("emails", due, resource.get("emails"));
        }
        differences
    }
}

impl<T: Transport, C: Clock> Line<'_, T, C> {
    /// Notes all that is wrong with an answer; its body, if it is JSON and the status was due.
    pub(super) fn judge(&self, step: &Step, known: &Known, request: &Request, response: &Response) -> Option<Value> {
        let body = self.body(request, response);
        if !step.statuses.contains(&response.status) {
            self.status(step, request, response, body.as_ref());
            return None;
        }
        let body = body?;
        for check in &step.checks {
            // A check that needs what was never told cannot be made.
            let Ok(check) = known.fill_check(check) else { continue };
            if let Some(why) = check.fault(&body) {
                let fault = match request.method {
                    _ if response.status == 409 => Fault::ScimType,
                    Method::Get if request.path.contains("filter=") => Fault::Filter,
                    _ => Fault::Answer,
                };
                self.note(fault, check.pointer(), request, Some(response), why);
            }
        }
        // Nobody is taken for somebody else.
        if self.strangers(request, response, &body) { None } else { Some(body) }
    }

    /// Whether a filter on a name has found resources of other names.
    fn strangers(&self, request: &Request, response: &Response, body: &Value) -> bool {
        let parameter = request.path.split(['?', '&']).find_map(|parameter| parameter.strip_prefix("filter="));
        let filter = parameter.map(crate::encode::decode).unwrap_or_default();
        let Some((attribute, value)) = filter.split_once(" eq ") else { return false };
        let due = value.trim_matches('"').to_lowercase();
        let resources = body["Resources"].as_array().into_iter().flatten();
        let others = |resource: &&Value| resource[attribute].as_str().is_some_and(|name| name.to_lowercase() != due);
        let Some(stranger) = resources.filter(|_| !filter.contains(" and ")).find(others) else { return false };
        let why = format!("`{filter}` found {}", shown(stranger.get(attribute)));
        self.note(Fault::Filter, attribute, request, Some(response), why);
        true
    }

    /// What every answer owes: JSON, an error's or a list's or a resource's form.
    pub(super) fn body(&self, request: &Request, response: &Response) -> Option<Value> {
        if response.body.is_empty() {
            if response.status >= 400 {
                let why = format!("status {} without a body", response.status);
                self.note(Fault::ErrorBody, "", request, Some(response), why);
            }
            return None;
        }
        let body: Value = match serde_json::from_slice(&response.body) {
            Ok(body) => body,
            Err(error) => {
                self.note(Fault::NotJson, "", request, Some(response), error.to_string());
                return None;
            }
        };
        let kind = response.header("content-type").unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/scim+json") {
            self.note(Fault::ContentType, "", request, Some(response), format!("it is `{kind}`"));
        }
        match response.status {
            400.. => self.error_form(request, response, &body),
            _ if body.get("Resources").is_some() || body.get("totalResults").is_some() => {
                self.list_form(request, response, &body);
            }
            _ if body.get("id").is_some() => self.resource_form(request, response, &body),
            _ => {}
        }
        Some(body)
    }

    fn status(&self, step: &Step, request: &Request, response: &Response, body: Option<&Value>) {
        let detail = body.and_then(|body| body["detail"].as_str()).map(|detail| format!(": {detail}"));
        let due: Vec<String> = step.statuses.iter().map(u16::to_string).collect();
        let why = format!("status {} instead of {}{}", response.status, due.join(" or "), detail.unwrap_or_default());
        let fault = match (response.status, step.statuses) {
            (200..300, [409]) => Fault::Duplicate,
            (200..300, [404]) => Fault::DeletedAnswers,
            (400..500, _) if request.path.contains("?cursor") => Fault::Cursor,
            _ => Fault::Refused,
        };
        self.note(fault, &format!("status {}", response.status), request, Some(response), why);
    }

    fn error_form(&self, request: &Request, response: &Response, body: &Value) {
        if !names(body, ERROR) {
            self.note(Fault::ErrorBody, "schemas", request, Some(response), format!("`schemas` lacks {ERROR}"));
        }
        let due = response.status.to_string();
        if body["status"].as_str() != Some(&due) {
            let why = format!("`status` is {} instead of \"{due}\"", shown(body.get("status")));
            self.note(Fault::ErrorBody, "status", request, Some(response), why);
        }
    }

    fn list_form(&self, request: &Request, response: &Response, body: &Value) {
        if !names(body, LIST) {
            self.note(Fault::List, "schemas", request, Some(response), format!("`schemas` lacks {LIST}"));
        }
        if !body["totalResults"].is_u64() {
            let why = format!("`totalResults` is {}", shown(body.get("totalResults")));
            self.note(Fault::List, "totalResults", request, Some(response), why);
        }
    }

    fn resource_form(&self, request: &Request, response: &Response, body: &Value) {
        let note = |fault, detail: &str, why| self.note(fault, detail, request, Some(response), why);
        let id = body["id"].as_str().unwrap_or_default();
        let asked = request.path.split(['/', '?']).nth(2).filter(|asked| !asked.is_empty());
        if let Some(asked) = asked.filter(|asked| *asked != crate::encode::percent(id)) {
            note(Fault::WrongId, "", format!("`id` is {} where {asked} was asked for", shown(body.get("id"))));
        }
        if body["schemas"].as_array().is_none_or(Vec::is_empty) {
            note(Fault::Schemas, "", format!("`schemas` is {}", shown(body.get("schemas"))));
        }
        if !body["meta"]["resourceType"].is_string() {
            note(Fault::Meta, "", format!("`meta` is {}", shown(body.get("meta"))));
        }
        if body.get("password").is_some() {
            note(Fault::Secret, "", "`password` is there".to_owned());
        }
        if let (Some(tag), Some(version)) = (response.header("etag"), body["meta"]["version"].as_str())
            && tag != version
        {
            note(Fault::EntityTag, "", format!("ETag is {tag}, `meta.version` {version}"));
        }
        if response.status == 201 && request.method == Method::Post {
            let (header, meta) = (response.header("location"), body["meta"]["location"].as_str());
            if header.is_none() || meta.is_some_and(|meta| header != Some(meta)) {
                note(Fault::Location, "", format!("Location is {header:?}, `meta.location` {meta:?}"));
            }
        }
    }

    /// Compares a user that was answered with what it must be.
    pub(super) fn compare(&self, expected: &Expected, request: &Request, response: &Response, body: &Value) {
        let subject = if body["Resources"].is_array() { &body["Resources"][0] } else { body };
        let same = match (&expected.id, subject["id"].as_str()) {
            (Some(due), Some(found)) => due == found,
            // Whoever was just created.
            (None, Some(_)) => writes(request) && subject["userName"] == expected.profile["userName"],
            _ => false,
        };
        if !same || subject.get("userName").is_none() {
            return;
        }
        for difference in expected.differences(subject) {
            self.note(Fault::Answer, difference.attribute, request, Some(response), difference.why);
        }
    }
}

fn names(body: &Value, schema: &str) -> bool {
    body["schemas"].as_array().is_some_and(|schemas| schemas.iter().any(|named| named == schema))
}

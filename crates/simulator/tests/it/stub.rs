//! As little of a SCIM service provider as the sequences need: equality filters, members, unique names.

use std::cell::RefCell;
use std::future::{Future, ready};

use muster_simulator::step::Method;
use muster_simulator::transport::{Request, Response, Transport, TransportError};
use serde_json::{Map, Value, json};

/// A service provider with made-up ids, `1`, `2` and so on.
#[derive(Default)]
pub(crate) struct Stub {
    resources: RefCell<Vec<(String, Value)>>,
    made: RefCell<usize>,
}

impl Transport for Stub {
    fn send(&self, request: &Request) -> impl Future<Output = Result<Response, TransportError>> + Send {
        let (status, body) = self.answer(request);
        ready(Ok(Response {
            status,
            headers: vec![("content-type".into(), "application/scim+json".into())],
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
            took: None,
        }))
    }
}

impl Stub {
    fn answer(&self, request: &Request) -> (u16, Value) {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let body = request.body.clone().unwrap_or_default();
        match (request.method, path.split('/').collect::<Vec<_>>().as_slice()) {
            (Method::Get, ["", kind]) => (200, self.list(kind, query)),
            (Method::Post, ["", kind]) => self.create(kind, body),
            (method, ["", kind, id]) => self.change(method, kind, id, query, body),
            _ => (404, json!({"detail": "unknown path"})),
        }
    }

    fn list(&self, kind: &str, query: &str) -> Value {
        let mut found: Vec<Value> =
            self.resources.borrow().iter().filter(|(of, _)| of == kind).map(|(_, r)| r.clone()).collect();
        let filter = query.split('&').find_map(|parameter| parameter.strip_prefix("filter="));
        for term in filter.map(decode).unwrap_or_default().split(" and ").filter(|term| !term.is_empty()) {
            let (attribute, value) = term.split_once(" eq ").expect("only eq is sent");
            let value = json!(value.trim_matches('"'));
            found.retain(|resource| match attribute {
                "members" => {
                    resource["members"].as_array().is_some_and(|members| members.iter().any(|m| m["value"] == value))
                }
                _ => resource[attribute] == value,
            });
        }
        found.iter_mut().for_each(|resource| project(resource, query));
        json!({"totalResults": found.len(), "Resources": found})
    }

    fn create(&self, kind: &str, mut body: Value) -> (u16, Value) {
        let name = if kind == "Users" { "userName" } else { "displayName" };
        if self.resources.borrow().iter().any(|(of, resource)| of == kind && resource[name] == body[name]) {
            return (409, json!({"status": "409", "scimType": "uniqueness"}));
        }
        *self.made.borrow_mut() += 1;
        body["id"] = json!(self.made.borrow().to_string());
        self.resources.borrow_mut().push((kind.to_owned(), body.clone()));
        (201, body)
    }

    fn change(&self, method: Method, kind: &str, id: &str, query: &str, body: Value) -> (u16, Value) {
        let mut resources = self.resources.borrow_mut();
        let Some(at) = resources.iter().position(|(of, resource)| of == kind && resource["id"] == json!(id)) else {
            return (404, json!({"status": "404"}));
        };
        match method {
            Method::Delete => {
                resources.remove(at);
                (204, Value::Null)
            }
            Method::Put => {
                let mut body = body;
                body["id"] = json!(id);
                body["active"] = match &body["active"] {
                    Value::String(text) => json!(text == "true"),
                    other => other.clone(),
                };
                resources[at].1 = body.clone();
                (200, body)
            }
            Method::Patch => {
                for operation in body["Operations"].as_array().expect("operations") {
                    change_members(&mut resources[at].1, operation);
                }
                (204, Value::Null)
            }
            _ => {
                let mut resource = resources[at].1.clone();
                project(&mut resource, query);
                (200, resource)
            }
        }
    }
}

fn project(resource: &mut Value, query: &str) {
    if query.contains("excludedAttributes=members") {
        resource.as_object_mut().map(|resource: &mut Map<String, Value>| resource.remove("members"));
    }
}

fn change_members(resource: &mut Value, operation: &Value) {
    let path = operation["path"].as_str().unwrap_or_default();
    let values = operation["value"].as_array().cloned().unwrap_or_default();
    let mut members = resource["members"].as_array().cloned().unwrap_or_default();
    let one = path.strip_prefix("members[value eq \"").and_then(|rest| rest.strip_suffix("\"]"));
    match (operation["op"].as_str().unwrap_or_default().to_lowercase().as_str(), path) {
        ("add", "members") => members.extend(values),
        ("replace", "members") => members = values,
        ("remove", "members") => members.retain(|member| values.iter().all(|value| value["value"] != member["value"])),
        ("remove", _) => members.retain(|member| Some(&member["value"]) != one.map(|id| json!(id)).as_ref()),
        _ => return,
    }
    resource["members"] = json!(members);
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [b'%', high, low, tail @ ..] => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = tail;
            }
            [b'+', tail @ ..] => {
                bytes.push(b' ');
                rest = tail;
            }
            [other, tail @ ..] => {
                bytes.push(*other);
                rest = tail;
            }
            [] => return String::from_utf8(bytes).unwrap(),
        }
    }
}

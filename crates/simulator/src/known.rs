//! What earlier answers have told, and filling it into later requests.

use std::collections::HashMap;

use serde_json::Value;

use crate::encode;
use crate::step::{Body, Check, Remember};

/// A request refers to something that no answer has told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing is known of `{0}`: an earlier step did not give it")]
pub struct Unknown(pub String);

/// Resources by the names under which steps remember them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    resources: HashMap<String, Value>,
}

impl Known {
    /// Whether something is remembered under `name`.
    pub fn has(&self, name: &str) -> bool {
        self.resources.contains_key(name)
    }

    /// Takes from an answer what a step wants remembered. Only a resource with an `id` is worth remembering.
    pub fn remember(&mut self, what: &Remember, body: &Value) {
        match what {
            Remember::Resource(name) => self.keep(name.clone(), body),
            Remember::First(name) => {
                if let Some(first) = body.pointer("/Resources/0") {
                    self.keep(name.clone(), first);
                }
            }
            Remember::Each(prefix, attribute) => {
                for resource in body["Resources"].as_array().into_iter().flatten() {
                    if let Some(value) = resource[*attribute].as_str() {
                        self.keep(format!("{prefix}{value}"), resource);
                    }
                }
            }
        }
    }

    /// Takes an id that is known from elsewhere.
    pub fn know(&mut self, name: String, id: &str) {
        self.resources.insert(name, serde_json::json!({ "id": id }));
    }

    /// The id of the resource remembered under `name`.
    pub fn id(&self, name: &str) -> Option<&str> {
        self.resources.get(name)?["id"].as_str()
    }

    /// The paths of all users and groups that are known.
    pub fn paths(&self) -> Vec<String> {
        let path = |(name, resource): (&String, &Value)| {
            let kind = if name.starts_with("group:") { "Groups" } else { "Users" };
            Some(format!("/{kind}/{}", encode::percent(resource["id"].as_str()?)))
        };
        let mut paths: Vec<String> = self.resources.iter().filter_map(path).collect();
        paths.sort_unstable();
        paths
    }

    fn keep(&mut self, name: String, resource: &Value) {
        if resource["id"].is_string() {
            self.resources.insert(name, resource.clone());
        }
    }

    /// Fills in a path; ids are percent-encoded there.
    ///
    /// # Errors
    ///
    /// A placeholder stands for something unknown.
    pub fn fill_path(&self, path: &str) -> Result<String, Unknown> {
        self.fill(path, encode::percent)
    }

    /// Fills in a text.
    ///
    /// # Errors
    ///
    /// A placeholder stands for something unknown.
    pub fn fill_text(&self, text: &str) -> Result<String, Unknown> {
        self.fill(text, str::to_owned)
    }

    /// Fills in all strings of a value.
    ///
    /// # Errors
    ///
    /// A placeholder stands for something unknown.
    pub fn fill_value(&self, value: &Value) -> Result<Value, Unknown> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill_text(text)?),
            Value::Array(elements) => {
                Value::Array(elements.iter().map(|element| self.fill_value(element)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), self.fill_value(member)?)))
                    .collect::<Result<_, _>>()?,
            ),
            other => other.clone(),
        })
    }

    /// Makes a request's body.
    ///
    /// # Errors
    ///
    /// It refers to something unknown.
    pub fn fill_body(&self, body: &Body) -> Result<Option<Value>, Unknown> {
        match body {
            Body::None => Ok(None),
            Body::Json(value) => self.fill_value(value).map(Some),
            Body::Answered { of, change } => {
                let mut resource = self.resources.get(of).cloned().ok_or_else(|| Unknown(of.clone()))?;
                merge(&mut resource, self.fill_value(change)?);
                Ok(Some(resource))
            }
        }
    }

    /// Makes a check of what is known now.
    ///
    /// # Errors
    ///
    /// It refers to something unknown.
    pub fn fill_check(&self, check: &Check) -> Result<Check, Unknown> {
        Ok(match check {
            Check::Equals(pointer, value) => Check::Equals(pointer, self.fill_value(value)?),
            Check::Absent(pointer) => Check::Absent(pointer),
            Check::Contains(pointer, value) => Check::Contains(pointer, self.fill_value(value)?),
            Check::Lacks(pointer, value) => Check::Lacks(pointer, self.fill_value(value)?),
        })
    }

    fn fill(&self, text: &str, write: impl Fn(&str) -> String) -> Result<String, Unknown> {
        let mut filled = String::with_capacity(text.len() + 36);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            let id = self.resources.get(name).and_then(|resource| resource["id"].as_str());
            filled.push_str(before);
            filled.push_str(&write(id.ok_or_else(|| Unknown(name.to_owned()))?));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// Puts `change` in the place of `value`; where both are objects, member by member.
fn merge(value: &mut Value, change: Value) {
    match (value, change) {
        (Value::Object(members), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(members.entry(name).or_insert(Value::Null), change);
            }
        }
        (value, change) => *value = change,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> Known {
        let mut known = Known::default();
        known.remember(&Remember::Resource("user:ada".into()), &json!({"id": "a/1", "name": {"givenName": "Ada"}}));
        known.remember(&Remember::First("user:bob".into()), &json!({"Resources": [{"id": "2"}, {"id": "3"}]}));
        known
    }

    #[test]
    fn placeholders_are_filled_in() {
        let known = known();
        assert_eq!(known.fill_path("/Users/{user:ada}?x={user:bob}").unwrap(), "/Users/a%2F1?x=2");
        assert_eq!(known.fill_text("members[value eq \"{user:ada}\"]").unwrap(), "members[value eq \"a/1\"]");
        assert_eq!(known.fill_value(&json!([{"value": "{user:bob}"}, 1])).unwrap(), json!([{"value": "2"}, 1]));
        assert_eq!(known.fill_text("{user:eve}"), Err(Unknown("user:eve".into())));
        assert_eq!(known.fill_text("an open { brace").unwrap(), "an open { brace");
    }

    #[test]
    fn an_answered_resource_is_changed_in_place() {
        let change = json!({"name": {"familyName": "L"}, "active": false});
        let body = known().fill_body(&Body::Answered { of: "user:ada".into(), change }).unwrap().unwrap();
        assert_eq!(body, json!({"id": "a/1", "name": {"givenName": "Ada", "familyName": "L"}, "active": false}));
    }

    #[test]
    fn all_of_a_list_can_be_remembered() {
        let mut known = known();
        let list =
            json!({"Resources": [{"id": "7", "displayName": "a:b"}, {"displayName": "no id"}, {"id": "no name"}]});
        known.remember(&Remember::Each("group:", "displayName"), &list);
        assert_eq!(known.fill_text("{group:a:b}").unwrap(), "7");
        assert!(!known.has("group:no id"));
    }

    #[test]
    fn an_empty_list_tells_nothing() {
        let mut known = known();
        known.remember(&Remember::First("user:eve".into()), &json!({"totalResults": 0, "Resources": []}));
        assert!(!known.has("user:eve"));
        assert!(known.has("user:bob"));
    }
}

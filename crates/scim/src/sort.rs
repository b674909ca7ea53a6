//! Sorting (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use serde_json::Value;

use crate::error::{RequestError, ScimType};
use crate::path::AttributePath;
use crate::resource::check;
use crate::schema::{ResourceType, Returned, Type};
use crate::{instant, limits, text};

/// By which attribute, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// A simple attribute or sub-attribute: `emails` has become `emails.value` here.
    pub path: AttributePath,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What one resource is sorted by. The order of keys is the ascending order: absent values are last in it, and so first
/// when descending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// False before true.
    Boolean(bool),
    /// By size.
    Integer(i64),
    /// By instant, in microseconds since 1970 UTC.
    Instant(i64),
    /// By code point, at most [`limits::SORT_KEY_BYTES`] of it; folded unless the attribute is `caseExact`.
    Text(String),
    /// The resource has no value.
    Absent,
}

impl Sort {
    /// Resolves `sortBy`.
    ///
    /// # Errors
    ///
    /// 400 `invalidValue` when it names no attribute that has an order.
    pub fn parse(name: &str, descending: bool, types: &[ResourceType]) -> Result<Self, RequestError> {
        let invalid = |detail: String| RequestError::bad(ScimType::InvalidValue, format!("`sortBy`: {detail}"));
        let path = AttributePath::resolve(name, types).map_err(|error| invalid(error.to_string()))?;
        match path.compared() {
            Some(path) if path.leaf().returned != Returned::Never => Ok(Self { path, descending }),
            Some(_) => Err(invalid(format!("`{path}` cannot be sorted by"))),
            None => Err(invalid(format!("`{path}` is complex: name one of its sub-attributes"))),
        }
    }

    /// What a whole resource is sorted by. Of a multi-valued attribute the primary value counts, else the first.
    #[must_use]
    pub fn key(&self, resource: &Value) -> Key {
        let Some(value) = resource.as_object().and_then(|resource| self.path.value_in(resource)) else {
            return Key::Absent;
        };
        let value = match value {
            Value::Array(values) => values.iter().find(|value| check::is_primary(value)).or(values.first()),
            value => Some(value),
        };
        let value = match self.path.sub_attribute {
            Some(sub_attribute) => value.and_then(|value| value.get(sub_attribute.name)),
            None => value,
        };
        let leaf = self.path.leaf();
        match value {
            Some(Value::Bool(value)) => Key::Boolean(*value),
            Some(Value::Number(value)) => value.as_i64().map_or(Key::Absent, Key::Integer),
            Some(Value::String(text)) if leaf.kind == Type::DateTime => {
                instant::parse(text).map_or(Key::Absent, Key::Instant)
            }
            Some(Value::String(text)) if leaf.case_exact => Key::Text(shortened(text).to_owned()),
            Some(Value::String(text)) => Key::Text(shortened(&text::fold(text)).to_owned()),
            _ => Key::Absent,
        }
    }

    /// The order of two keys in this direction. Break ties by id, so that the order is total.
    #[must_use]
    pub fn compare(&self, left: &Key, right: &Key) -> Ordering {
        if self.descending { right.cmp(left) } else { left.cmp(right) }
    }
}

/// As much of a text as counts.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(limits::SORT_KEY_BYTES)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(by: &str, descending: bool, mut resources: Vec<Value>) -> Vec<String> {
        let sort = Sort::parse(by, descending, &[ResourceType::User]).unwrap();
        resources.sort_by(|left, right| sort.compare(&sort.key(left), &sort.key(right)));
        resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn case_counts_only_where_the_schema_says() {
        let resources = || {
            vec![
                json!({"id": "1", "userName": "b", "externalId": "b"}),
                json!({"id": "2", "userName": "C", "externalId": "C"}),
                json!({"id": "3", "userName": "a", "externalId": "a"}),
            ]
        };
        assert_eq!(order("userName", false, resources()), ["3", "1", "2"]);
        assert_eq!(order("externalId", false, resources()), ["2", "3", "1"]);
    }

    #[test]
    fn absent_values_are_last_ascending_and_first_descending() {
        let resources = || vec![json!({"id": "1"}), json!({"id": "2", "title": "x"}), json!({"id": "3", "title": "a"})];
        assert_eq!(order("title", false, resources()), ["3", "2", "1"]);
        assert_eq!(order("TITLE", true, resources()), ["1", "2", "3"]);
    }

    #[test]
    fn the_primary_value_counts_else_the_first_and_times_by_instant() {
        let resources = vec![
            json!({"id": "1", "emails": [{"value": "a"}, {"value": "z", "primary": true}]}),
            json!({"id": "2", "emails": [{"value": "m"}, {"value": "b"}]}),
        ];
        assert_eq!(order("emails", false, resources), ["2", "1"]);
        let resources = vec![
            json!({"id": "1", "meta": {"created": "2011-05-13T04:00:00Z"}}),
            json!({"id": "2", "meta": {"created": "2011-05-13T05:00:00+02:00"}}),
        ];
        assert_eq!(order("meta.created", false, resources), ["2", "1"]);
    }

    #[test]
    fn what_has_no_order_is_400() {
        for name in ["name", "addresses", "colour", "password", "meta", "a b"] {
            let error = Sort::parse(name, false, &[ResourceType::User]).unwrap_err();
            assert_eq!(error.scim_type(), Some(ScimType::InvalidValue), "{name}");
        }
    }
}

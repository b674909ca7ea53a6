//! Secrets stay out of the log: the values of attributes that the schema never returns.

use std::sync::LazyLock;

use bytes::Bytes;
use muster_scim::{
    ResourceType,
    path::Target,
    schema::{Attribute, Returned},
};
use serde_json::{Map, Value};

/// What stands in the log in the place of a secret.
const REDACTED: &str = "redacted";

/// The names of all attributes that are never returned, for a first look.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let schemas = ResourceType::ALL.iter().flat_map(|each| each.schemas());
    let all =
        schemas.flat_map(|schema| schema.attributes).flat_map(|top| std::iter::once(top).chain(top.sub_attributes));
    all.filter(|attribute| is_secret(attribute)).map(|attribute| attribute.name).collect()
});

/// A body as it may be stored: the bytes themselves unless they hold a secret. `value` is what they were parsed to.
pub(crate) fn redacted(body: &Bytes, value: &Value) -> Bytes {
    if !may_hold_secret(body) {
        return body.clone();
    }
    let mut value = value.clone();
    if walk(&mut value) { Bytes::from(value.to_string()) } else { body.clone() }
}

/// Whether a name of a secret is in the text, or could be in it behind an escape.
fn may_hold_secret(body: &[u8]) -> bool {
    let holds = |name: &str| body.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()));
    holds("\\u") || NAMES.iter().any(|name| holds(name))
}

/// Replaces secrets; whether there were any.
fn walk(value: &mut Value) -> bool {
    match value {
        Value::Array(values) => values.iter_mut().fold(false, |found, value| walk(value) | found),
        Value::Object(object) => {
            let path_is_secret = operation_path(object).is_some_and(names_secret);
            object.iter_mut().fold(false, |found, (name, value)| {
                if names_secret(name) || (path_is_secret && name.eq_ignore_ascii_case("value")) {
                    *value = Value::from(REDACTED);
                    true
                } else {
                    walk(value) | found
                }
            })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The path, if the object is an operation of a PATCH.
fn operation_path(object: &Map<String, Value>) -> Option<&str> {
    let (_, path) = object.iter().find(|(name, _)| name.eq_ignore_ascii_case("path"))?;
    path.as_str()
}

/// Whether a name or path leads to an attribute that is never returned.
fn names_secret(path: &str) -> bool {
    let name = path.split('[').next().unwrap_or(path).trim();
    ResourceType::ALL.iter().any(|each| match Target::resolve(name, &[*each]) {
        Ok(Target::Attribute(path)) => is_secret(path.attribute) || is_secret(path.leaf()),
        Ok(Target::Schema(_)) | Err(_) => false,
    })
}

fn is_secret(attribute: &Attribute) -> bool {
    attribute.returned == Returned::Never
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(body: &str) -> String {
        let bytes = Bytes::from(body.to_owned());
        String::from_utf8(redacted(&bytes, &serde_json::from_str(body).unwrap()).to_vec()).unwrap()
    }

    #[test]
    fn passwords_are_found_wherever_they_are() {
        for body in [
            r#"{"userName":"ada","password":"hunter2"}"#,
            r#"{"PassWord":"hunter2"}"#,
            r#"{"pass\u0077ord":"hunter2"}"#,
            r#"{"urn:ietf:params:scim:schemas:core:2.0:User:password":"hunter2"}"#,
            r#"{"Operations":[{"op":"replace","path":"password","value":"hunter2"}]}"#,
            r#"{"Operations":[{"op":"replace","value":"hunter2","PATH":"Password"}]}"#,
            r#"{"Operations":[{"op":"replace","value":{"password":{"deep":["hunter2"]}}}]}"#,
            r#"{"Operations":[{"data":{"password":"hunter2"}}]}"#,
        ] {
            let kept = redact(body);
            assert!(!kept.contains("hunter2") && kept.contains(REDACTED), "{kept}");
        }
    }

    #[test]
    fn other_bodies_are_kept_byte_for_byte() {
        for body in [r#"{ "userName" : "ada" }"#, r#"{"title":"password"}"#, r#"{"title":"\u00e9"}"#, "[]", "1"] {
            assert_eq!(redact(body), body);
        }
    }
}

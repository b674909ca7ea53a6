//! `"bulkId:x"` in the place of an id (RFC 7644 §3.7.2).
//!
//! Only where a resource refers to another one: the `value` of a member or manager, also in the values and filters of a
//! PATCH. Anywhere else it is text like any other.

use serde_json::{Map, Value};

use crate::error::{Quoted, RequestError, ScimType};

/// What a reference begins with.
const PREFIX: &str = "bulkId:";
/// The attributes by which resources refer to each other.
const REFERRING: [&str; 2] = ["members", "manager"];

/// What a reference stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A resource that is there.
    Id(String),
    /// One that is made later, because it refers back: the reference is left out for now.
    Later,
}

/// The name in a reference.
pub(super) fn bulk_id(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX).filter(|name| !name.is_empty())
}

/// The error of a reference to what is not there.
pub(super) fn unresolved(bulk_id: &str) -> RequestError {
    let detail =
        format!("`{PREFIX}` {} is not there yet: put the operation behind the one that makes it", Quoted(bulk_id));
    RequestError::new(409, None, detail)
}

/// Calls `note` with every name that is referred to in the data of an operation.
pub(super) fn collect<'v>(data: &'v Value, note: &mut dyn FnMut(&'v str)) {
    match data {
        Value::Array(values) => values.iter().for_each(|value| collect(value, note)),
        Value::Object(object) => {
            let by_path = path(object);
            if let Some(filter) = by_path {
                quoted(filter).for_each(&mut *note);
            }
            for (name, value) in object {
                if refers(name) || (by_path.is_some() && is_value(name)) {
                    collect_referring(value, note);
                } else {
                    collect(value, note);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn collect_referring<'v>(value: &'v Value, note: &mut dyn FnMut(&'v str)) {
    match value {
        Value::String(text) => bulk_id(text).into_iter().for_each(note),
        Value::Array(values) => values.iter().for_each(|value| collect_referring(value, note)),
        Value::Object(object) => {
            let values = object.iter().filter(|(name, _)| is_value(name));
            values.for_each(|(_, value)| collect_referring(value, note));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

type Find<'f> = &'f mut dyn FnMut(&str) -> Result<Reference, RequestError>;

/// Puts ids in the place of references, and takes out those that are made later; their names go into `left_out`.
pub(super) fn replace(data: &mut Value, left_out: &mut Vec<String>, find: Find<'_>) -> Result<(), RequestError> {
    match data {
        Value::Array(values) => values.iter_mut().try_for_each(|value| replace(value, left_out, find)),
        Value::Object(object) => {
            let by_path = path(object).is_some();
            let mut gone = Vec::new();
            for (name, value) in object.iter_mut() {
                if by_path && name.eq_ignore_ascii_case("path") {
                    if let Value::String(path) = value {
                        *path = replace_quoted(path, find)?;
                    }
                } else if refers(name) || (by_path && is_value(name)) {
                    if !replace_referring(value, left_out, find)? {
                        gone.push(name.clone());
                    }
                } else {
                    replace(value, left_out, find)?;
                }
            }
            for name in gone {
                object.shift_remove(&name);
            }
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Whether the value is to stay.
fn replace_referring(value: &mut Value, left_out: &mut Vec<String>, find: Find<'_>) -> Result<bool, RequestError> {
    match value {
        Value::String(text) => {
            let Some(name) = bulk_id(text) else { return Ok(true) };
            match find(name)? {
                Reference::Id(id) => *text = id,
                Reference::Later => {
                    left_out.push(name.to_owned());
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Value::Array(values) => {
            let mut kept = Vec::with_capacity(values.len());
            for mut value in std::mem::take(values) {
                if replace_referring(&mut value, left_out, find)? {
                    kept.push(value);
                }
            }
            *values = kept;
            Ok(true)
        }
        Value::Object(object) => {
            for (_, value) in object.iter_mut().filter(|(name, _)| is_value(name)) {
                if !replace_referring(value, left_out, find)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(true),
    }
}

/// The path of an operation of a PATCH, if it leads to a reference.
fn path(object: &Map<String, Value>) -> Option<&str> {
    let (_, path) = object.iter().find(|(name, _)| name.eq_ignore_ascii_case("path"))?;
    path.as_str().filter(|path| refers(path))
}

/// Whether a name or path is that of an attribute that refers.
fn refers(path: &str) -> bool {
    let name = path.split('[').next().unwrap_or(path).trim();
    // The version in a URN has a dot, too: the name is what comes after the last colon.
    let name = name.rsplit(':').next().unwrap_or(name);
    let name = name.split('.').next().unwrap_or(name);
    REFERRING.iter().any(|referring| referring.eq_ignore_ascii_case(name))
}

fn is_value(name: &str) -> bool {
    name.eq_ignore_ascii_case("value")
}

/// The names that are referred to between quotes, as in `members[value eq "bulkId:x"]`.
fn quoted(path: &str) -> impl Iterator<Item = &str> {
    path.split('"').skip(1).step_by(2).filter_map(bulk_id)
}

fn replace_quoted(path: &str, find: Find<'_>) -> Result<String, RequestError> {
    let mut pieces = Vec::new();
    for (index, piece) in path.split('"').enumerate() {
        pieces.push(match bulk_id(piece).filter(|_| index % 2 == 1) {
            None => piece.to_owned(),
            Some(name) => match find(name)? {
                Reference::Id(id) => id,
                Reference::Later => {
                    let detail = format!("the path refers to {}, which is made later", Quoted(name));
                    return Err(RequestError::bad(ScimType::InvalidPath, detail));
                }
            },
        });
    }
    Ok(pieces.join("\""))
}

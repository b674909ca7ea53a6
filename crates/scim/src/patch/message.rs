//! The form of a PATCH message.

use serde_json::{Map, Value};

use super::PATCH_OP_URN;
use crate::dialect::{Note, Notes, shortened};
use crate::error::{Quoted, RequestError, ScimType};
use crate::{json, limits};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Replace,
    Remove,
}

/// An operation as it came. A `value` of null counts as given; a `path` of null does not.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) op: Op,
    pub(super) path: Option<String>,
    pub(super) value: Option<Value>,
}

/// The operations of a message, each with its number, from 1.
pub(super) fn operations(message: Value, notes: &mut Notes) -> Result<Vec<(usize, Operation)>, RequestError> {
    let Value::Object(mut message) = message else {
        return Err(invalid(format!("a PATCH is a JSON object, not {}", json::kind(&message))));
    };
    let is_patch = take(&mut message, "schemas").is_some_and(|schemas| {
        let urns = schemas.as_array().map_or(&[][..], Vec::as_slice);
        urns.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_OP_URN)))
    });
    if !is_patch {
        return Err(invalid(format!("`schemas` of a PATCH must contain `{PATCH_OP_URN}`")));
    }
    let operations = match take(&mut message, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        _ => return Err(invalid("`Operations` must be an array with at least one operation".to_owned())),
    };
    if operations.len() > limits::PATCH_OPERATIONS {
        let detail = format!("more than {} operations, send them in several requests", limits::PATCH_OPERATIONS);
        return Err(RequestError::too_large(detail));
    }
    let numbered = operations.into_iter().enumerate().map(|(index, operation)| {
        let number = index + 1;
        let operation = operation_from(operation, notes);
        operation.map(|operation| (number, operation)).map_err(|error| error.within(format_args!("operation {number}")))
    });
    numbered.collect()
}

fn operation_from(operation: Value, notes: &mut Notes) -> Result<Operation, RequestError> {
    let Value::Object(mut operation) = operation else {
        return Err(invalid(format!("an operation is an object, not {}", json::kind(&operation))));
    };
    let op = match take(&mut operation, "op") {
        Some(Value::String(word)) => op_named(&word, notes)?,
        _ => return Err(invalid("`op` must be \"add\", \"replace\" or \"remove\"".to_owned())),
    };
    let path = match take(&mut operation, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(path),
        Some(other) => {
            let detail = format!("`path` must be a string, not {}", json::kind(&other));
            return Err(RequestError::bad(ScimType::InvalidPath, detail));
        }
    };
    Ok(Operation { op, path, value: take(&mut operation, "value") })
}

fn op_named(word: &str, notes: &mut Notes) -> Result<Op, RequestError> {
    let ops = [("add", Op::Add), ("replace", Op::Replace), ("remove", Op::Remove)];
    let Some((name, op)) = ops.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) else {
        let detail = format!("`op` must be \"add\", \"replace\" or \"remove\", not {}", Quoted(word));
        return Err(invalid(detail));
    };
    if word != name {
        notes.push(Note::OperationCase(shortened(word)));
    }
    Ok(op)
}

/// Takes the value of a key in any case; of several, the last.
fn take(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = object.keys().rfind(|key| key.eq_ignore_ascii_case(name))?.clone();
    object.shift_remove(&key)
}

fn invalid(detail: String) -> RequestError {
    RequestError::bad(ScimType::InvalidSyntax, detail)
}

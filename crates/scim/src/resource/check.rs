//! Values against the schema: types are enforced, with exactly the tolerances that [`crate::dialect`] documents.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::dialect::{Note, Notes, shortened};
use crate::error::{Quoted, RequestError, ScimType};
use crate::path::AttributePath;
use crate::schema::{Attribute, ENTERPRISE_USER_URN, Mutability, Type};
use crate::{instant, json, limits, text};

/// How a multi-valued attribute may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As an array: in POST and PUT.
    Array,
    /// As an array, or as one value of it: in PATCH.
    OneOrMany,
}

/// Checks the value of an attribute or sub-attribute, in the schema's spelling afterwards.
///
/// `None`: it states nothing (read-only, nothing known in it). `Some(Null)`: it clears the attribute.
pub(crate) fn value(
    path: AttributePath,
    value: Value,
    shape: Shape,
    notes: &mut Notes,
) -> Result<Option<Value>, RequestError> {
    let attribute = path.leaf();
    match attribute.mutability {
        Mutability::ReadOnly => return Ok(None),
        Mutability::WriteOnly => {
            notes.push(Note::Password);
            return Ok(None);
        }
        Mutability::ReadWrite | Mutability::Immutable => {}
    }
    match value {
        Value::Null => cleared(path, notes),
        Value::Array(values) if values.is_empty() => cleared(path, notes),
        value if attribute.multi_valued => values(path, value, shape, notes),
        value if attribute.kind == Type::Complex => complex(path, value, notes),
        value => simple(path, value, notes).map(Some),
    }
}

/// What an explicit null means.
fn cleared(path: AttributePath, notes: &mut Notes) -> Result<Option<Value>, RequestError> {
    let attribute = path.leaf();
    if attribute.null_keeps {
        notes.push(Note::NullKept(path.to_string()));
        Ok(None)
    } else if attribute.required {
        Err(invalid(format!("`{path}` is required and cannot be cleared")))
    } else {
        Ok(Some(Value::Null))
    }
}

/// All values of a multi-valued attribute.
fn values(path: AttributePath, value: Value, shape: Shape, notes: &mut Notes) -> Result<Option<Value>, RequestError> {
    let given = match value {
        Value::Array(values) => values,
        value @ Value::Object(_) if shape == Shape::OneOrMany => vec![value],
        other => return Err(mismatch(path, "an array of objects", &other)),
    };
    if given.len() > limits::VALUES {
        return Err(invalid(format!("`{path}` has more than {} values", limits::VALUES)));
    }
    let mut checked = Vec::with_capacity(given.len());
    for value in given {
        if let Some(value) = element(path, value, notes)? {
            checked.push(Value::Object(value));
        }
    }
    one_primary(path, &checked)?;
    if merge_alike(path.attribute, &mut checked) {
        notes.push(Note::ValuesMerged(path.to_string()));
    }
    // An array of nothing known states nothing; only an empty one clears.
    Ok(if checked.is_empty() { None } else { Some(Value::Array(checked)) })
}

/// One value of a multi-valued attribute, without what is null in it. `None` if nothing is left.
pub(crate) fn element(
    path: AttributePath,
    value: Value,
    notes: &mut Notes,
) -> Result<Option<Map<String, Value>>, RequestError> {
    let mut object = match value {
        Value::Null => return Ok(None),
        Value::Object(object) => sub_attributes(path, object, notes)?,
        other => return Err(mismatch(path, "an object in an array", &other)),
    };
    object.retain(|_, value| !value.is_null());
    Ok((!object.is_empty()).then_some(object))
}

/// At most one value is the primary one (RFC 7643 §2.4).
pub(crate) fn one_primary(path: AttributePath, values: &[Value]) -> Result<(), RequestError> {
    let primaries = values.iter().filter(|value| is_primary(value)).count();
    if primaries > 1 {
        return Err(invalid(format!("`{path}` has {primaries} primary values, set `primary` on one of them")));
    }
    Ok(())
}

/// Lays values of the same `type` and `value` over each other, as none may be returned twice (RFC 7643 §2.4); tells
/// whether there were some.
pub(crate) fn merge_alike(attribute: &'static Attribute, values: &mut Vec<Value>) -> bool {
    let folded = |value: &Value, name: &str| {
        let text = value.get(name)?.as_str()?;
        let case_exact = attribute.sub_attribute(name).is_some_and(|sub_attribute| sub_attribute.case_exact);
        Some(if case_exact { text.to_owned() } else { text::fold(text).into_owned() })
    };
    let mut places: HashMap<_, usize> = HashMap::with_capacity(values.len());
    let mut distinct: Vec<Value> = Vec::with_capacity(values.len());
    let given = values.len();
    for value in values.drain(..) {
        let place = folded(&value, "value")
            .map(|text| *places.entry((folded(&value, "type"), text)).or_insert(distinct.len()))
            .and_then(|place| distinct.get_mut(place));
        match (place, value) {
            (Some(Value::Object(there)), Value::Object(value)) => there.extend(value),
            (_, value) => distinct.push(value),
        }
    }
    *values = distinct;
    values.len() < given
}

pub(crate) fn is_primary(value: &Value) -> bool {
    value.get("primary").and_then(Value::as_bool).unwrap_or(false)
}

/// A single-valued complex attribute. Nulls in it stay, as what it clears.
fn complex(path: AttributePath, value: Value, notes: &mut Notes) -> Result<Option<Value>, RequestError> {
    let object = match value {
        Value::Object(object) => object,
        Value::String(id) if is_manager(path) => {
            notes.push(Note::ManagerAsText);
            Map::from_iter([("value".to_owned(), Value::String(id))])
        }
        Value::Array(mut values) if is_manager(path) && values.len() == 1 && !values[0].is_array() => {
            notes.push(Note::ManagerAsArray);
            return match values.swap_remove(0) {
                Value::Null => cleared(path, notes),
                value => complex(path, value, notes),
            };
        }
        other => return Err(mismatch(path, "an object", &other)),
    };
    let checked = sub_attributes(path, object, notes)?;
    Ok((!checked.is_empty()).then_some(Value::Object(checked)))
}

fn is_manager(path: AttributePath) -> bool {
    path.schema.urn == ENTERPRISE_USER_URN && path.is("manager")
}

fn sub_attributes(
    path: AttributePath,
    object: Map<String, Value>,
    notes: &mut Notes,
) -> Result<Map<String, Value>, RequestError> {
    let mut checked = Map::new();
    for (name, given) in object {
        let Some(sub_attribute) = path.attribute.sub_attribute(&name) else {
            notes.push(Note::UnknownAttribute(shortened(&format!("{path}.{name}"))));
            continue;
        };
        let sub_path = path.with(sub_attribute);
        if let Some(value) = value(sub_path, given, Shape::Array, notes)?
            && checked.insert(sub_attribute.name.to_owned(), value).is_some()
        {
            notes.push(Note::Repeated(sub_path.to_string()));
        }
    }
    Ok(checked)
}

fn simple(path: AttributePath, value: Value, notes: &mut Notes) -> Result<Value, RequestError> {
    let attribute = path.leaf();
    match (attribute.kind, value) {
        (Type::Boolean, value @ Value::Bool(_)) => Ok(value),
        (Type::Boolean, Value::String(text)) if is_boolean(&text) => {
            notes.push(Note::StringBoolean(path.to_string()));
            Ok(Value::Bool(text.eq_ignore_ascii_case("true")))
        }
        (Type::Boolean, other) => Err(mismatch(path, "a boolean", &other)),
        (Type::Integer, value) => integer(path, &value, notes),
        (Type::DateTime, Value::String(text)) if instant::parse(&text).is_some() => Ok(Value::String(text)),
        (Type::DateTime, other) => Err(mismatch(path, "a time such as \"2026-07-01T12:00:00Z\"", &other)),
        (Type::String | Type::Reference | Type::Binary, Value::String(text)) => {
            check_text(path, attribute, &text)?;
            Ok(Value::String(text))
        }
        (Type::String | Type::Reference | Type::Binary, other) => Err(mismatch(path, "a string", &other)),
        (Type::Complex, other) => Err(mismatch(path, "an object", &other)),
    }
}

/// `"True"` and `"False"` in any case are the booleans that Entra and OneLogin mean.
fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn integer(path: AttributePath, value: &Value, notes: &mut Notes) -> Result<Value, RequestError> {
    let counted = path.leaf().counted;
    let expected = if counted { "a whole number above 0" } else { "a whole number" };
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) if counted && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            notes.push(Note::DecimalString(path.to_string()));
            text.parse().ok()
        }
        other => return Err(mismatch(path, expected, other)),
    };
    match number {
        Some(number) if number > 0 || !counted => Ok(Value::Number(Number::from(number))),
        _ => Err(invalid(format!("`{path}` must be {expected}"))),
    }
}

fn check_text(path: AttributePath, attribute: &Attribute, text: &str) -> Result<(), RequestError> {
    if text.contains('\0') {
        return Err(invalid(format!("`{path}` holds the character U+0000, remove it")));
    }
    if attribute.required && text.is_empty() {
        return Err(invalid(format!("`{path}` is required and cannot be empty")));
    }
    if attribute.indexed && text.len() > limits::INDEXED_TEXT_BYTES {
        return Err(invalid(format!("`{path}` is longer than {} bytes", limits::INDEXED_TEXT_BYTES)));
    }
    if attribute.closed && attribute.canonical(text).is_none() {
        let allowed = attribute.canonical_values.join(", ");
        return Err(invalid(format!("`{path}` is {}, but must be one of: {allowed}", Quoted(text))));
    }
    Ok(())
}

fn mismatch(path: AttributePath, expected: &str, value: &Value) -> RequestError {
    invalid(format!("`{path}` must be {expected}, not {}", json::kind(value)))
}

pub(crate) fn invalid(detail: String) -> RequestError {
    RequestError::bad(ScimType::InvalidValue, detail)
}

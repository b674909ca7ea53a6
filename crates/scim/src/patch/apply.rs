//! Making the changed resource.

use serde_json::{Map, Value};

use super::change::{Change, Mode, Step, described};
use crate::dialect::{Note, Notes, shortened};
use crate::error::{RequestError, ScimType};
use crate::filter::Expression;
use crate::limits;
use crate::path::AttributePath;
use crate::resource::Resource;
use crate::resource::check;
use crate::resource::merge::merge;
use crate::schema::Attribute;
use crate::text;

/// Applies the steps in order, each on the result of the one before.
pub(super) fn apply(steps: &[Step], resource: &Resource, notes: &mut Notes) -> Result<Resource, RequestError> {
    let mut attributes = resource.attributes().clone();
    for step in steps {
        make(&step.change, &mut attributes, notes)
            .map_err(|error| error.within(format_args!("operation {}", step.number)))?;
    }
    Ok(resource.with_attributes(attributes))
}

fn make(change: &Change, attributes: &mut Map<String, Value>, notes: &mut Notes) -> Result<(), RequestError> {
    match change {
        Change::RemoveExtension(schema) => {
            attributes.shift_remove(schema.urn);
            Ok(())
        }
        Change::Set { path, mode, value } => {
            within(*path, attributes, |holder| set(holder, *path, *mode, value, notes))
        }
        Change::Remove { path } => within(*path, attributes, |holder| {
            match path.sub_attribute {
                None => {
                    holder.shift_remove(path.attribute.name);
                }
                Some(sub_attribute) => remove_sub_attribute(holder, path.attribute, sub_attribute, &|_| true),
            }
            Ok(())
        }),
        Change::SetValues { attribute, condition, sub_attribute, mode, value } => {
            within(*attribute, attributes, |holder| {
                with_values(holder, attribute.attribute, |values| {
                    let made = set_values(values, *attribute, condition, *sub_attribute, *mode, value)?;
                    if made {
                        let path = format!("{attribute}[{}]", condition.condition_text());
                        notes.push(Note::ValueMade(shortened(&path)));
                    }
                    settle(*attribute, values, notes)
                })
            })
        }
        Change::RemoveValues { attribute, condition, sub_attribute } => within(*attribute, attributes, |holder| {
            match sub_attribute {
                Some(sub_attribute) => remove_sub_attribute(holder, attribute.attribute, sub_attribute, &|value| {
                    condition.holds_for_value(value)
                }),
                None => with_values(holder, attribute.attribute, |values| {
                    values.retain(|value| !condition.holds_for_value(value));
                }),
            }
            Ok(())
        }),
        Change::RemoveListed { attribute, listed } => within(*attribute, attributes, |holder| {
            with_values(holder, attribute.attribute, |values| {
                values.retain(|value| !listed.iter().any(|listed| is_like(attribute.attribute, value, listed)));
            });
            Ok(())
        }),
    }
}

/// Works on the object that holds an attribute, made if need be, and takes away afterwards what is empty.
fn within(
    path: AttributePath,
    attributes: &mut Map<String, Value>,
    work: impl FnOnce(&mut Map<String, Value>) -> Result<(), RequestError>,
) -> Result<(), RequestError> {
    if !path.schema.is_extension() {
        work(attributes)?;
        prune(attributes, path.attribute);
        return Ok(());
    }
    let emptied = with_object(attributes, path.schema.urn, |extension| {
        work(extension)?;
        prune(extension, path.attribute);
        Ok(extension.is_empty())
    })?;
    if emptied {
        attributes.shift_remove(path.schema.urn);
    }
    Ok(())
}

fn prune(holder: &mut Map<String, Value>, attribute: &Attribute) {
    let empty = match holder.get_mut(attribute.name) {
        Some(Value::Array(values)) => {
            values.retain(|value| value.as_object().is_none_or(|object| !object.is_empty()));
            values.is_empty()
        }
        Some(Value::Object(object)) => object.is_empty(),
        _ => false,
    };
    if empty {
        holder.shift_remove(attribute.name);
    }
}

fn set(
    holder: &mut Map<String, Value>,
    path: AttributePath,
    mode: Mode,
    value: &Value,
    notes: &mut Notes,
) -> Result<(), RequestError> {
    let attribute = path.attribute;
    match (attribute.multi_valued, path.sub_attribute) {
        // Laid over what is there: a complex value is merged, any other replaced.
        (false, None) => merge(holder, Map::from_iter([(attribute.name.to_owned(), value.clone())])),
        (false, Some(sub_attribute)) => {
            let change = Map::from_iter([(sub_attribute.name.to_owned(), value.clone())]);
            with_object(holder, attribute.name, |object| merge(object, change));
        }
        (true, sub_attribute) => {
            return with_values(holder, attribute, |values| {
                match sub_attribute {
                    None => set_all(values, mode, value.as_array().map_or(&[], Vec::as_slice)),
                    Some(sub_attribute) => set_in_each(values, sub_attribute, value),
                }
                settle(path, values, notes)
            });
        }
    }
    Ok(())
}

/// Replaces all values, or appends, none twice. A new primary value takes that place from the others.
fn set_all(values: &mut Vec<Value>, mode: Mode, given: &[Value]) {
    if mode == Mode::Replace {
        *values = given.to_vec();
        return;
    }
    for value in given {
        if values.contains(value) {
            continue;
        }
        if check::is_primary(value) {
            demote(values, &|_| false);
        }
        values.push(value.clone());
    }
}

/// Sets a sub-attribute of every value, or of the first when there is none.
fn set_in_each(values: &mut Vec<Value>, sub_attribute: &Attribute, value: &Value) {
    if values.is_empty() && !value.is_null() {
        values.push(Value::Object(Map::new()));
    }
    for each in values.iter_mut().filter_map(Value::as_object_mut) {
        merge(each, Map::from_iter([(sub_attribute.name.to_owned(), value.clone())]));
    }
}

/// Changes the values for which a condition holds, and tells whether one had to be made.
fn set_values(
    values: &mut Vec<Value>,
    attribute: AttributePath,
    condition: &Expression,
    sub_attribute: Option<&'static Attribute>,
    mode: Mode,
    value: &Value,
) -> Result<bool, RequestError> {
    let change = match (sub_attribute, value) {
        (Some(sub_attribute), value) => Map::from_iter([(sub_attribute.name.to_owned(), value.clone())]),
        (None, Value::Object(object)) => object.clone(),
        (None, _) => {
            // Replaced by null: taken away.
            values.retain(|value| !condition.holds_for_value(value));
            return Ok(false);
        }
    };
    let mut matching: Vec<bool> = values.iter().map(|value| condition.holds_for_value(value)).collect();
    let none_matches = !matching.contains(&true);
    if none_matches {
        let made = make_value(attribute.attribute, condition, sub_attribute, mode, &change);
        let Some(made) = made else {
            let path = format!("`{attribute}[{}]`", condition.condition_text());
            return Err(RequestError::bad(ScimType::NoTarget, format!("{path} matches no value")));
        };
        values.push(Value::Object(made));
        matching.push(true);
    } else {
        for (value, _) in values.iter_mut().zip(&matching).filter(|(_, matches)| **matches) {
            match value {
                Value::Object(object) if mode == Mode::Add || sub_attribute.is_some() => merge(object, change.clone()),
                other => *other = Value::Object(change.clone()),
            }
        }
    }
    if matching.iter().zip(&*values).any(|(matches, value)| *matches && check::is_primary(value)) {
        demote(values, &|index| matching.get(index).copied().unwrap_or(false));
    }
    Ok(none_matches)
}

/// The value that a path describes, when none is there: only from `type` and `primary`, only when that does not contradict
/// what is to be set, and for `replace` only of a sub-attribute and a type that the schema names
/// ([`crate::dialect::entra`]).
fn make_value(
    attribute: &'static Attribute,
    condition: &Expression,
    sub_attribute: Option<&'static Attribute>,
    mode: Mode,
    change: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    if sub_attribute.is_none() && mode == Mode::Replace {
        return None;
    }
    let mut made = described(condition)?;
    if change.values().all(Value::is_null)
        || (mode == Mode::Replace && !is_named_type(attribute, made.get("type")))
        || change.iter().any(|(name, value)| made.get(name).is_some_and(|there| there != value))
    {
        return None;
    }
    merge(&mut made, change.clone());
    Some(made)
}

/// Whether a `type` is among those that the schema suggests, if it suggests any.
fn is_named_type(attribute: &'static Attribute, kind: Option<&Value>) -> bool {
    let suggested = attribute.sub_attribute("type").filter(|kind| !kind.canonical_values.is_empty());
    match (suggested, kind.and_then(Value::as_str)) {
        (Some(suggested), Some(kind)) => suggested.canonical(kind).is_some(),
        _ => true,
    }
}

/// Makes `primary` false on the values that are not exempt.
fn demote(values: &mut [Value], exempt: &dyn Fn(usize) -> bool) {
    for (index, value) in values.iter_mut().enumerate() {
        if !exempt(index)
            && check::is_primary(value)
            && let Some(object) = value.as_object_mut()
        {
            object.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}

/// What holds for all values together, whatever was done to some.
fn settle(path: AttributePath, values: &mut Vec<Value>, notes: &mut Notes) -> Result<(), RequestError> {
    if values.len() > limits::VALUES {
        return Err(check::invalid(format!("`{path}` has more than {} values", limits::VALUES)));
    }
    check::one_primary(path, values)?;
    if check::merge_alike(path.attribute, values) {
        notes.push(Note::ValuesMerged(path.to_string()));
    }
    Ok(())
}

fn remove_sub_attribute(
    holder: &mut Map<String, Value>,
    attribute: &Attribute,
    sub_attribute: &Attribute,
    test: &dyn Fn(&Value) -> bool,
) {
    match holder.get_mut(attribute.name) {
        Some(Value::Object(object)) => {
            object.shift_remove(sub_attribute.name);
        }
        Some(Value::Array(values)) => {
            for value in values.iter_mut().filter(|value| test(value)) {
                if let Some(object) = value.as_object_mut() {
                    object.shift_remove(sub_attribute.name);
                }
            }
        }
        _ => {}
    }
}

/// Whether a value has everything that a listed one names, text compared as the schema says.
fn is_like(attribute: &'static Attribute, value: &Value, listed: &Value) -> bool {
    listed.as_object().is_some_and(|listed| {
        listed.iter().all(|(name, wanted)| match (value.get(name), wanted) {
            (Some(Value::String(there)), Value::String(wanted)) => {
                let case_exact = attribute.sub_attribute(name).is_some_and(|sub_attribute| sub_attribute.case_exact);
                text::equal(there, wanted, case_exact)
            }
            (there, wanted) => there == Some(wanted),
        })
    })
}

/// Works on the object under a name, made if need be.
fn with_object<T>(holder: &mut Map<String, Value>, name: &str, work: impl FnOnce(&mut Map<String, Value>) -> T) -> T {
    let slot = holder.entry(name.to_owned()).or_insert(Value::Null);
    let mut object = match slot.take() {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    let result = work(&mut object);
    *slot = Value::Object(object);
    result
}

/// Works on the values of a multi-valued attribute, whose array is made if need be.
fn with_values<T>(
    holder: &mut Map<String, Value>,
    attribute: &Attribute,
    work: impl FnOnce(&mut Vec<Value>) -> T,
) -> T {
    let slot = holder.entry(attribute.name.to_owned()).or_insert(Value::Null);
    let mut values = match slot.take() {
        Value::Array(values) => values,
        _ => Vec::new(),
    };
    let result = work(&mut values);
    *slot = Value::Array(values);
    result
}

//! Laying checked values over stored ones.

use serde_json::{Map, Value};

/// Lays `incoming` over `target`: null clears, an object is merged, anything else replaces. Nothing empty remains.
///
/// When the `value` of a reference changes and its `$ref` is not named, the old `$ref` goes: it would point at the old one.
pub(crate) fn merge(target: &mut Map<String, Value>, incoming: Map<String, Value>) {
    let repointed = matches!((target.get("value"), incoming.get("value")), (Some(old), Some(new)) if old != new);
    if repointed && target.contains_key("$ref") && !incoming.contains_key("$ref") {
        target.shift_remove("$ref");
    }
    for (name, value) in incoming {
        match value {
            Value::Null => {
                target.shift_remove(&name);
            }
            Value::Object(incoming) => {
                let slot = target.entry(name.clone()).or_insert(Value::Null);
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(inner) = slot {
                    merge(inner, incoming);
                    if inner.is_empty() {
                        target.shift_remove(&name);
                    }
                }
            }
            value => {
                target.insert(name, value);
            }
        }
    }
}

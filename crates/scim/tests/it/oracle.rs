//! What a filter means, told a second time and as plainly as possible, to hold against the evaluator.

use serde_json::Value;

use crate::generate::Sketch;

/// Whether a filter holds for a resource, or for one email when inside brackets.
pub(crate) fn holds(sketch: &Sketch, value: &Value) -> bool {
    match sketch {
        Sketch::And(parts) => parts.iter().all(|part| holds(part, value)),
        Sketch::Or(parts) => parts.iter().any(|part| holds(part, value)),
        Sketch::Not(part) => !holds(part, value),
        Sketch::Present(path) => values(path, value).iter().any(|value| is_something(value)),
        Sketch::Compare(path, op, literal) => {
            values(path, value).iter().any(|value| compares(path, value, op, literal))
        }
        Sketch::Emails(part) => values("emails", value).iter().any(|email| holds(part, email)),
    }
}

/// All values at a path.
fn values<'v>(path: &str, resource: &'v Value) -> Vec<&'v Value> {
    let (holder, names) = match path.rsplit_once(':') {
        Some((urn, names)) => (&resource[urn], names),
        None => (resource, path),
    };
    let mut found = vec![holder];
    for name in names.split('.') {
        found = found.into_iter().filter_map(|value| value.get(name)).flat_map(each).collect();
    }
    found
}

fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => values.iter().any(is_something),
        Value::Object(object) => object.values().any(is_something),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compares(path: &str, value: &Value, op: &str, literal: &Value) -> bool {
    if path.starts_with("meta.") {
        let instant = |value: &Value| muster_scim::instant::parse(value.as_str().unwrap()).unwrap();
        return ordered(&instant(value), op, &instant(literal));
    }
    match (value, literal) {
        (Value::String(value), Value::String(literal)) if path == "externalId" => text(value, op, literal),
        (Value::String(value), Value::String(literal)) => text(&value.to_lowercase(), op, &literal.to_lowercase()),
        (Value::Bool(value), Value::Bool(literal)) => ordered(value, op, literal),
        (Value::Number(value), Value::Number(literal)) => ordered(&value.as_i64(), op, &literal.as_i64()),
        _ => false,
    }
}

fn text(value: &str, op: &str, literal: &str) -> bool {
    match op {
        "co" => value.contains(literal),
        "sw" => value.starts_with(literal),
        "ew" => value.ends_with(literal),
        op => ordered(value, op, literal),
    }
}

fn ordered<T: PartialOrd + ?Sized>(value: &T, op: &str, literal: &T) -> bool {
    match op {
        "eq" => value == literal,
        "ne" => value != literal,
        "gt" => value > literal,
        "ge" => value >= literal,
        "lt" => value < literal,
        "le" => value <= literal,
        other => panic!("{other}"),
    }
}

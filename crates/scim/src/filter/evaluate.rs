//! What a filter means.

use serde_json::{Map, Value};

use super::{Comparison, Expression, Literal, Operator};
use crate::path::AttributePath;
use crate::schema::Attribute;
use crate::{instant, text};

/// Whether an expression holds for a whole resource.
pub(super) fn holds(expression: &Expression, resource: &Value) -> bool {
    match resource {
        Value::Object(resource) => walk(expression, &Place::Resource(resource)),
        _ => false,
    }
}

/// Whether a condition in brackets holds for one value.
pub(super) fn holds_within(condition: &Expression, value: &Value) -> bool {
    walk(condition, &Place::Value(value))
}

/// Where paths begin.
enum Place<'v> {
    Resource(&'v Map<String, Value>),
    /// One value of a complex attribute; of a path only the sub-attribute is looked up.
    Value(&'v Value),
}

fn walk(expression: &Expression, place: &Place<'_>) -> bool {
    match expression {
        Expression::And(parts) => parts.iter().all(|part| walk(part, place)),
        Expression::Or(parts) => parts.iter().any(|part| walk(part, place)),
        Expression::Not(part) => !walk(part, place),
        Expression::Present(path) => any_value(path, place, &is_present),
        Expression::Compare(comparison) => any_value(&comparison.path, place, &|value| compares(comparison, value)),
        Expression::Values { attribute, condition } => {
            any_value(attribute, place, &|value| walk(condition, &Place::Value(value)))
        }
    }
}

/// Whether the test holds for one of the values that a path leads to.
fn any_value(path: &AttributePath, place: &Place<'_>, test: &dyn Fn(&Value) -> bool) -> bool {
    match place {
        Place::Resource(resource) => path.value_in(resource).is_some_and(|value| match path.sub_attribute {
            None => any_of(value, test),
            Some(sub_attribute) => any_of(value, &|value| in_sub_attribute(value, sub_attribute, test)),
        }),
        Place::Value(value) => match path.sub_attribute {
            None => any_of(value, test),
            Some(sub_attribute) => in_sub_attribute(value, sub_attribute, test),
        },
    }
}

fn in_sub_attribute(value: &Value, sub_attribute: &Attribute, test: &dyn Fn(&Value) -> bool) -> bool {
    value.get(sub_attribute.name).is_some_and(|value| any_of(value, test))
}

fn any_of(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(values) => values.iter().any(test),
        value => test(value),
    }
}

/// Whether a value is neither null nor empty, nor made only of such.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => values.iter().any(is_present),
        Value::Object(map) => map.values().any(is_present),
    }
}

fn compares(comparison: &Comparison, value: &Value) -> bool {
    let operator = comparison.operator;
    match (&comparison.literal, value) {
        (Literal::Boolean(literal), Value::Bool(value)) => ordered(operator, value, literal),
        (Literal::Integer(literal), Value::Number(value)) => {
            value.as_i64().is_some_and(|value| ordered(operator, &value, literal))
        }
        (Literal::Instant(literal), Value::String(value)) => {
            instant::parse(value).is_some_and(|value| ordered(operator, &value, literal))
        }
        (Literal::Text(literal), Value::String(value)) => {
            compares_text(operator, value, literal, comparison.path.leaf().case_exact)
        }
        _ => false,
    }
}

fn compares_text(operator: Operator, value: &str, literal: &str, case_exact: bool) -> bool {
    match operator {
        Operator::Equal => return text::equal(value, literal, case_exact),
        Operator::NotEqual => return !text::equal(value, literal, case_exact),
        _ => {}
    }
    let (folded_value, folded_literal);
    let (value, literal) = if case_exact {
        (value, literal)
    } else {
        (folded_value, folded_literal) = (text::fold(value), text::fold(literal));
        (&*folded_value, &*folded_literal)
    };
    match operator {
        Operator::Contains => value.contains(literal),
        Operator::StartsWith => value.starts_with(literal),
        Operator::EndsWith => value.ends_with(literal),
        _ => ordered(operator, value, literal),
    }
}

fn ordered<T: Ord + ?Sized>(operator: Operator, value: &T, literal: &T) -> bool {
    let ordering = value.cmp(literal);
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}

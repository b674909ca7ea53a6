//! Whether a comparison makes sense for its attribute's type (RFC 7644 §3.4.2.2, table 3).

use super::{Comparison, Expression, Literal, Operator};
use crate::dialect::{Note, Notes};
use crate::instant;
use crate::path::AttributePath;
use crate::schema::{Returned, Type};

/// A value as it was written.
pub(super) enum Given {
    Null,
    Boolean(bool),
    /// A number that is whole and fits.
    Integer(i64),
    /// Any other number.
    Number,
    Text(String),
}

impl Given {
    /// A value that is not a string. JSON's words are in lower case; any case is taken, as for operators.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("true") {
            Some(Self::Boolean(true))
        } else if word.eq_ignore_ascii_case("false") {
            Some(Self::Boolean(false))
        } else if word.eq_ignore_ascii_case("null") {
            Some(Self::Null)
        } else {
            let number: serde_json::Number = serde_json::from_str(word).ok()?;
            Some(number.as_i64().map_or(Self::Number, Self::Integer))
        }
    }
}

/// Makes the node of a comparison, or says why there is none.
pub(super) fn comparison(
    path: AttributePath,
    operator: Operator,
    given: Given,
    notes: &mut Notes,
) -> Result<Expression, String> {
    if path.leaf().returned == Returned::Never {
        return Err(format!("`{path}` cannot be filtered by"));
    }
    if matches!(given, Given::Null) {
        return match operator {
            Operator::Equal => Ok(Expression::Not(Box::new(Expression::Present(path)))),
            Operator::NotEqual => Ok(Expression::Present(path)),
            _ => Err(format!("null has no order and no parts: use `{path} pr`")),
        };
    }
    let Some(path) = path.compared() else {
        return Err(format!("`{path}` is complex: compare one of its sub-attributes"));
    };
    let literal = literal(path, given, notes)?;
    check_operator(path, operator)?;
    Ok(Expression::Compare(Comparison { path, operator, literal }))
}

fn literal(path: AttributePath, given: Given, notes: &mut Notes) -> Result<Literal, String> {
    let expected = match (path.leaf().kind, given) {
        (Type::Boolean, Given::Boolean(value)) => return Ok(Literal::Boolean(value)),
        (Type::Boolean, Given::Text(text)) if is_boolean(&text) => {
            notes.push(Note::StringBoolean(path.to_string()));
            return Ok(Literal::Boolean(text.eq_ignore_ascii_case("true")));
        }
        (Type::Boolean, _) => "true or false",
        (Type::Integer, Given::Integer(value)) => return Ok(Literal::Integer(value)),
        (Type::Integer, _) => "a whole number",
        (Type::DateTime, Given::Text(text)) => match instant::parse(&text) {
            Some(micros) => return Ok(Literal::Instant(micros)),
            None => "a time such as \"2026-07-01T12:00:00Z\"",
        },
        (Type::DateTime, _) => "a time such as \"2026-07-01T12:00:00Z\"",
        (Type::String | Type::Reference | Type::Binary, Given::Text(text)) => return Ok(Literal::Text(text)),
        (Type::String | Type::Reference | Type::Binary, _) => "text in double quotes",
        (Type::Complex, _) => "one of its sub-attributes",
    };
    Err(format!("`{path}` is compared with {expected}"))
}

fn check_operator(path: AttributePath, operator: Operator) -> Result<(), String> {
    use Operator::{Contains, EndsWith, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, StartsWith};
    let kind = path.leaf().kind;
    let fits = match operator {
        Equal | NotEqual => true,
        Contains | StartsWith | EndsWith => matches!(kind, Type::String | Type::Reference | Type::Binary),
        Greater | GreaterOrEqual | Less | LessOrEqual => !matches!(kind, Type::Boolean | Type::Binary),
    };
    if fits { Ok(()) } else { Err(format!("`{}` does not apply to `{path}`, a {}", operator.as_str(), kind.as_str())) }
}

/// `"True"` and `"False"` in any case: Entra writes `roles[primary eq "True"]`.
fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

//! JSON that every reader understands alike: no member twice, nothing nested without end.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// An object.
pub(crate) type Object = Map<String, Value>;

/// How deep values may be nested.
const DEPTH: usize = 32;

/// Reads an object; says what is wrong with it.
///
/// `serde_json` keeps the last of two members with one name, other readers the first; a signature does not tell which was
/// meant (RFC 7519 §4 lets us refuse).
pub(crate) fn object(bytes: &[u8]) -> Result<Object, String> {
    let value: Strict = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if depth(&value.0, DEPTH).is_none() {
        return Err(format!("values are nested deeper than {DEPTH}"));
    }
    match value.0 {
        Value::Object(object) => Ok(object),
        _ => Err("it is no object".to_owned()),
    }
}

fn depth(value: &Value, left: usize) -> Option<()> {
    let left = left.checked_sub(1)?;
    match value {
        Value::Array(values) => values.iter().try_for_each(|value| depth(value, left)),
        Value::Object(members) => members.values().try_for_each(|value| depth(value, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(()),
    }
}

/// A member that is a text and not empty.
pub(crate) fn text<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A member that is a time: seconds since 1970. Fractions are dropped.
pub(crate) fn seconds(object: &Object, name: &str) -> Option<i64> {
    let number = object.get(name)?;
    number.as_i64().or_else(|| {
        // Some providers write times with a fraction. What is beyond any clock is no time.
        let seconds = number.as_f64().filter(|seconds| (0.0..1e12).contains(seconds))?;
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked, the fraction is to be dropped")]
        Some(seconds as i64)
    })
}

/// A value whose objects name each member once.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = sequence.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, _>()? {
            if object.contains_key(&name) {
                let name: String = name.chars().take(100).collect();
                return Err(A::Error::custom(format!("`{name}` is there twice")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_there_once_and_nothing_is_nested_without_end() {
        let whole = object(br#"{"a": [1, -2, 1.5, "x", null, true, {"b": 1}], "b": 2}"#).unwrap();
        assert_eq!(Value::Object(whole), serde_json::json!({"a": [1, -2, 1.5, "x", null, true, {"b": 1}], "b": 2}));
        for twice in [r#"{"sub": "a", "sub": "b"}"#, r#"{"a": {"b": 1, "b": 1}}"#, r#"{"a": 1, "\u0061": 2}"#] {
            assert!(object(twice.as_bytes()).unwrap_err().contains("twice"), "{twice}");
        }
        let nested = |times: usize| format!("{{\"a\":{}{}}}", "[".repeat(times), "]".repeat(times));
        assert!(object(nested(DEPTH - 1).as_bytes()).is_ok());
        for times in [DEPTH, 1_000, 200_000] {
            assert!(object(nested(times).as_bytes()).is_err(), "{times}");
        }
        assert!(object(b"[]").is_err() && object(b"{}x").is_err() && object(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn times_may_have_fractions_and_must_be_numbers() {
        let object =
            object(br#"{"a": 1700000000, "b": 1700000000.9, "c": "1700000000", "d": 1e300, "e": -1.5}"#).unwrap();
        let seconds = |name| seconds(&object, name);
        assert_eq!((seconds("a"), seconds("b")), (Some(1_700_000_000), Some(1_700_000_000)));
        assert_eq!((seconds("c"), seconds("d"), seconds("e"), seconds("f")), (None, None, None, None));
    }
}

//! What differs between two states of a subject, without reading either further than its fields.
//!
//! Most of a directory user is its document, of which a change touches one attribute: reading it whole, twice, was a
//! tenth of a PATCH.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::{RawValue, to_raw_value};

/// The one field that is compared field by field itself.
const DOCUMENT: &str = "document";

/// The fields that differ between two JSON objects, as they were and as they are. A field that is absent on one side is
/// `null` there. In `document` only the attributes that differ are kept, so that one changed attribute does not drag the
/// others along.
///
/// # Errors
///
/// When a text is not a JSON object.
pub(super) fn difference(old: &str, new: &str) -> serde_json::Result<(Box<RawValue>, Box<RawValue>)> {
    let (before, after) = compare(&serde_json::from_str(old)?, serde_json::from_str(new)?)?;
    Ok((to_raw_value(&before)?, to_raw_value(&after)?))
}

/// An object's fields in their order.
#[derive(Default)]
struct Fields<'t>(Vec<(Cow<'t, str>, Cow<'t, RawValue>)>);

fn compare<'t>(old: &Fields<'t>, mut new: Fields<'t>) -> serde_json::Result<(Fields<'t>, Fields<'t>)> {
    let (mut before, mut after) = (Fields::default(), Fields::default());
    for (name, old) in &old.0 {
        let new = match new.0.iter().position(|(other, _)| other == name) {
            Some(index) => new.0.swap_remove(index).1,
            None => Cow::Borrowed(RawValue::NULL),
        };
        if old.get() == new.get() {
            continue;
        }
        let (old, new) = if name == DOCUMENT && is_object(old) && is_object(&new) {
            let (old, new) = difference(old.get(), new.get())?;
            (Cow::Owned(old), Cow::Owned(new))
        } else {
            (old.clone(), new)
        };
        before.0.push((name.clone(), old));
        after.0.push((name.clone(), new));
    }
    for (name, new) in new.0 {
        before.0.push((name.clone(), Cow::Borrowed(RawValue::NULL)));
        after.0.push((name, new));
    }
    Ok((before, after))
}

fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de: 't, 't> Deserialize<'de> for Fields<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::with_capacity(16);
        while let Some(Name(name)) = map.next_key()? {
            fields.push((name, Cow::Borrowed(map.next_value::<&'de RawValue>()?)));
        }
        Ok(Fields(fields))
    }
}

/// A name, copied only where it is written with escapes.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(old: &str, new: &str) -> (String, String) {
        let (old, new) = difference(old, new).unwrap();
        (old.get().to_owned(), new.get().to_owned())
    }

    #[test]
    fn only_what_differs_is_kept() {
        let told = differs(r#"{"a":1,"b":[2,3],"c":null}"#, r#"{"b":[2],"a":1,"d":"x"}"#);
        assert_eq!(told, (r#"{"b":[2,3],"d":null}"#.into(), r#"{"b":[2],"d":"x"}"#.into()));
        assert_eq!(differs("{}", "{}"), ("{}".into(), "{}".into()));
        assert_eq!(differs(r#"{"a":1}"#, "{}"), (r#"{"a":1}"#.into(), r#"{"a":null}"#.into()));
    }

    #[test]
    fn a_document_is_compared_by_its_attributes() {
        let old = r#"{"v":1,"document":{"active":true,"name":{"f":"a"},"q\"":1}}"#;
        let new = r#"{"v":1,"document":{"active":false,"name":{"f":"a"},"q\"":2}}"#;
        let told = differs(old, new);
        assert_eq!(told.0, r#"{"document":{"active":true,"q\"":1}}"#);
        assert_eq!(told.1, r#"{"document":{"active":false,"q\"":2}}"#);
        assert_eq!(differs(r#"{"document":"x"}"#, r#"{"document":{}}"#).0, r#"{"document":"x"}"#);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for text in ["", "[]", "1", "{\"a\":}"] {
            assert!(difference(text, "{}").is_err() && difference("{}", text).is_err(), "{text}");
        }
    }
}

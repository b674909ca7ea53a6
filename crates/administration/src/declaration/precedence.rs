//! `precedence = "sso"`, or one policy for each attribute.

use std::fmt;

use muster_model::{connection, precedence::Policy};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// PRE-1, as one word for all attributes, or as a table with a word for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Precedence(pub connection::Precedence);

impl Serialize for Precedence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let connection::Precedence { full_name, role, session_minutes } = self.0;
        if full_name == role && role == session_minutes {
            role.serialize(serializer)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Precedence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrTable).map(Self)
    }
}

struct WordOrTable;

impl<'de> Visitor<'de> for WordOrTable {
    type Value = connection::Precedence;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"sso\", \"scim\", \"last\", or a table of full_name, role and session_minutes")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        Policy::deserialize(word.into_deserializer()).map(Into::into)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        connection::Precedence::deserialize(MapAccessDeserializer::new(table))
    }
}

//! Recordings: what a SCIM client sent to one server, to be played to another.
//!
//! A recording is a text of lines, each one JSON object. The first is the [`Head`]: the version of the format, where the
//! recording comes from, and what was changed in it. Each other line is one request with what came of it ([`Recorded`]), in
//! the order in which the requests came. `docs/recordings.md` describes it for those who write or read it with other
//! programs.
//!
//! [`play()`] sends a recording to any server. Ids that the recorded server gave are replaced by those that the played one
//! gives. [`pseudonyms`] takes people out of a recording.

mod file;
mod ids;
mod play;
pub mod pseudonyms;
mod walk;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use file::{Reader, RecordingError, write};
pub use play::{Difference, Options, Tally, Verdict, play};

/// The version of the format that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// The first line of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the format.
    #[serde(rename = "muster_recording")]
    pub version: u32,
    /// Through which connection the requests came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// When the first of them came (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How many lines follow.
    pub requests: usize,
    /// Whether people are in it.
    pub personal_data: PersonalData,
    /// What is different from what was sent, in words.
    #[serde(default)]
    pub changed: Vec<String>,
    /// The domains of the addresses in it, the most frequent first: a server that checks domains must know them.
    #[serde(default)]
    pub domains: Vec<String>,
}

/// What a recording says of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// Nothing: the same pseudonym stands wherever the same value stood.
    Pseudonyms,
    /// What was sent.
    Kept,
}

/// One request, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it came, in milliseconds after the first one.
    #[serde(default)]
    pub after_ms: u64,
    /// The identity provider that it seemed to come from, such as `Okta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// Path and query below the SCIM base URL, encoded as it was sent.
    pub path: String,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// What was not recorded, so that the request cannot be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The ids that the server gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
}

/// What a recording lacks of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Its body.
    Body,
    /// The end of its path.
    Path,
}

/// The ids of what a request made. They are letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Made {
    /// Of a create.
    One(String),
    /// Of a Bulk: by `bulkId`.
    Each(BTreeMap<String, String>),
}

impl Made {
    /// All of them.
    fn ids(&self) -> Vec<&str> {
        match self {
            Made::One(id) => vec![id],
            Made::Each(ids) => ids.values().map(String::as_str).collect(),
        }
    }
}

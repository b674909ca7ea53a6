//! The one error of this crate, and the error body of [RFC 7644 §3.12](https://www.rfc-editor.org/rfc/rfc7644#section-3.12).

use std::fmt;

use crate::{json, limits};

/// The schema URN of an error body.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// What kind of mistake an error is, for programs (RFC 7644 table 9, RFC 9865 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or compares what cannot be compared.
    InvalidFilter,
    /// The filter yields more than the server is willing to calculate.
    TooMany,
    /// A value that must be unique is taken.
    Uniqueness,
    /// The change is incompatible with the attribute's mutability or current state.
    Mutability,
    /// The body is not JSON, or not of the message's form.
    InvalidSyntax,
    /// The path of a PATCH operation is malformed or names no attribute.
    InvalidPath,
    /// The path of a PATCH operation yields nothing to work on.
    NoTarget,
    /// A required value is missing, or a value is not of the attribute's type.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVers,
    /// The request cannot be completed because it puts sensitive information in a URI.
    Sensitive,
    /// The cursor is not one that this server made for this query.
    InvalidCursor,
    /// The cursor is too old.
    ExpiredCursor,
    /// The `count` is not acceptable with a cursor.
    InvalidCount,
}

impl ScimType {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a request was refused, ready to be answered.
///
/// `detail` is shown to administrators (Okta prints it), so it names the attribute and what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct RequestError {
    status: u16,
    scim_type: Option<ScimType>,
    detail: String,
}

impl RequestError {
    /// An error with any HTTP status, with or without a `scimType`.
    pub fn new(status: u16, scim_type: Option<ScimType>, detail: impl Into<String>) -> Self {
        Self { status, scim_type, detail: detail.into() }
    }

    /// A 400 with a `scimType`.
    pub fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self::new(400, Some(scim_type), detail)
    }

    /// A 413: the request asks for more than one request may do.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(413, None, detail)
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The kind of mistake, where RFC 7644 has a word for it.
    #[must_use]
    pub const fn scim_type(&self) -> Option<ScimType> {
        self.scim_type
    }

    /// What to change, in a sentence.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The same error, with where it happened put before its text.
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        self.detail = format!("{place}: {}", self.detail);
        self
    }

    /// The error body.
    #[must_use]
    pub fn to_body(&self) -> String {
        body(self.status, self.scim_type, &self.detail)
    }
}

/// Writes an error body. `status` is a string on the wire, and a `scimType` that does not apply is absent.
#[must_use]
pub fn body(status: u16, scim_type: Option<ScimType>, detail: &str) -> String {
    let mut out = String::with_capacity(128 + detail.len());
    out.push_str(r#"{"schemas":[""#);
    out.push_str(ERROR_URN);
    out.push_str(r#""],"status":""#);
    out.push_str(&status.to_string());
    out.push('"');
    if let Some(scim_type) = scim_type {
        out.push_str(r#","scimType":""#);
        out.push_str(scim_type.as_str());
        out.push('"');
    }
    out.push_str(r#","detail":"#);
    json::write_text(&mut out, detail);
    out.push('}');
    out
}

/// A client's text as it may be repeated in an error: in backticks, and shortened when long.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(limits::QUOTED_CHARACTERS) {
            Some((end, _)) => write!(formatter, "`{}...`", &self.0[..end]),
            None => write!(formatter, "`{}`", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_a_string_and_an_unused_scim_type_is_absent() {
        assert_eq!(
            body(404, None, "resource \"2819c223\" not found"),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"resource \"2819c223\" not found"}"#
        );
        assert_eq!(
            RequestError::bad(ScimType::Mutability, "`id` is read-only").to_body(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"mutability","detail":"`id` is read-only"}"#
        );
    }

    #[test]
    fn long_text_is_quoted_in_part_and_never_split_inside_a_character() {
        let text = "é".repeat(500);
        assert_eq!(Quoted(&text).to_string().chars().count(), limits::QUOTED_CHARACTERS + 5);
    }
}

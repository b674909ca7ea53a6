//! Entity tags: RFC 7644 §3.14, [RFC 9110 §13.1](https://www.rfc-editor.org/rfc/rfc9110#section-13.1).

use std::fmt;

use crate::error::{Quoted, RequestError, ScimType};

/// The tag of one version of a resource. `meta.version` and the `ETag` header are this same text.
///
/// Versions are small numbers that the store raises with every visible change. The tag is weak, as in the RFC's examples:
/// the same version has other bytes under another base URL or projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ETag(pub i64);

impl fmt::Display for ETag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "W/\"{}\"", self.0)
    }
}

/// What an `If-Match` or `If-None-Match` header (or the `version` of a bulk operation) names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`: any version of a resource that exists.
    Any,
    /// The opaque parts of the tags, without quotes and without `W/`: SCIM compares weak tags as equal.
    Listed(Vec<String>),
}

impl Tags {
    /// Parses the header's value. Several header lines are to be joined with commas first.
    ///
    /// # Errors
    ///
    /// 400 when it is neither `*` nor a list of quoted tags.
    pub fn parse(header: &str) -> Result<Self, RequestError> {
        let malformed = || {
            let detail = format!("{} is not an entity tag, send it as received, such as `W/\"3\"`", Quoted(header));
            RequestError::bad(ScimType::InvalidSyntax, detail)
        };
        // What no header could carry is no tag either, wherever it comes from.
        if header.chars().any(|character| character.is_control() && character != '\t') {
            return Err(malformed());
        }
        if header.trim() == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = header.trim();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(',') {
                rest = after.trim_start();
                continue;
            }
            let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"').ok_or_else(malformed)?;
            let (opaque, after) = quoted.split_once('"').ok_or_else(malformed)?;
            if opaque.chars().any(|character| character.is_control() || character == ' ') {
                return Err(malformed());
            }
            tags.push(opaque.to_owned());
            rest = after.trim_start();
            if !rest.is_empty() && !rest.starts_with(',') {
                return Err(malformed());
            }
        }
        if tags.is_empty() { Err(malformed()) } else { Ok(Self::Listed(tags)) }
    }

    /// Whether the tag of an existing resource is among these.
    #[must_use]
    pub fn contains(&self, tag: ETag) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => {
                let opaque = tag.0.to_string();
                tags.contains(&opaque)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        for header in ["W/\"7\"", "\"7\"", "\"x\", W/\"7\"", " \"a,b\" ,\"7\" ", "*", ",\"7\",,"] {
            assert!(Tags::parse(header).unwrap().contains(ETag(7)), "{header}");
        }
        for header in ["W/\"8\"", "\"07\"", "\"7,8\""] {
            assert!(!Tags::parse(header).unwrap().contains(ETag(7)), "{header}");
        }
    }

    #[test]
    fn what_is_no_tag_is_400() {
        for header in ["", ",", "7", "w/\"7\"", "\"7", "\"7\"x", "W/7", "\"7\" \"8\"", "\"a b\"", "*,\"7\"", "\"7\"\n"]
        {
            assert_eq!(Tags::parse(header).unwrap_err().status(), 400, "{header}");
        }
    }

    #[test]
    fn a_tag_reads_back() {
        assert_eq!(ETag(12).to_string(), "W/\"12\"");
        assert!(Tags::parse(&ETag(i64::MAX).to_string()).unwrap().contains(ETag(i64::MAX)));
    }
}

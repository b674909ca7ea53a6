//! `If-Match` and `If-None-Match` (RFC 7644 §3.14).

use http::{HeaderMap, HeaderName, header};
use muster_model::Version;
use muster_scim::etag::{ETag, Tags};

use crate::HttpError;

/// Which versions of a resource a client is content with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

impl Conditions {
    /// Reads both headers; several lines of one are one list.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Self, HttpError> {
        Ok(Self { if_match: tags(headers, &header::IF_MATCH)?, if_none_match: tags(headers, &header::IF_NONE_MATCH)? })
    }

    /// Whether a write may go on from this version.
    pub(super) fn allow_write(&self, version: Version) -> bool {
        self.is_expected(version) && !self.is_known(version)
    }

    /// Whether a read was made for this version; without `If-Match` it was.
    pub(super) fn is_expected(&self, version: Version) -> bool {
        self.if_match.as_ref().is_none_or(|tags| tags.contains(ETag(version)))
    }

    /// Whether the client has this version already.
    pub(super) fn is_known(&self, version: Version) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| tags.contains(ETag(version)))
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, HttpError> {
    let lines: Vec<String> =
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    Ok(Some(Tags::parse(&lines.join(","))?))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn both_conditions_count() {
        let mut headers = HeaderMap::new();
        assert!(Conditions::from_headers(&headers).unwrap().allow_write(7));
        headers.append(header::IF_MATCH, HeaderValue::from_static("W/\"6\""));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"7\""));
        let conditions = Conditions::from_headers(&headers).unwrap();
        assert!(conditions.allow_write(7) && !conditions.allow_write(8));
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
        let conditions = Conditions::from_headers(&headers).unwrap();
        assert!(conditions.is_known(7) && !conditions.allow_write(7));
        headers.insert(header::IF_MATCH, HeaderValue::from_static("7"));
        assert_eq!(Conditions::from_headers(&headers).unwrap_err().status(), 400);
    }
}

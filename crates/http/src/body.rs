//! Receiving a body: its type, its size, its time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;

use crate::HttpError;

/// Bytes of a body that is too large which are still taken, so that the client reads the answer instead of a reset.
const DRAINED: usize = 32 * 1024 * 1024;

/// Whether the headers announce a body that is read (RFC 7644 §3.1).
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), HttpError> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(HttpError::MediaType);
    }
    let Some(given) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let media_type = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let known = ["application/scim+json", "application/json"];
    if known.iter().any(|known| known.eq_ignore_ascii_case(media_type)) { Ok(()) } else { Err(HttpError::MediaType) }
}

/// How many bytes the headers announce, if they do.
pub(crate) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The whole body, at most `limit` bytes of it, in at most `time`.
pub(crate) async fn receive(headers: &HeaderMap, body: Body, limit: usize, time: Duration) -> Result<Bytes, HttpError> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) && headers.contains_key(header::EXPECT) {
        // The client waits for leave to send: it gets none.
        return Err(HttpError::BodyTooLarge(limit));
    }
    match tokio::time::timeout(time, collect(body, limit, announced.unwrap_or(0).min(limit))).await {
        Ok(result) => result,
        Err(_) => Err(HttpError::BodyTooSlow),
    }
}

async fn collect(mut body: Body, limit: usize, announced: usize) -> Result<Bytes, HttpError> {
    let mut taken = 0_usize;
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| HttpError::BodyBroken)?.into_data() else { continue };
        taken = taken.saturating_add(data.len());
        if taken > DRAINED.max(limit) {
            break;
        }
        if taken > limit {
            continue;
        }
        // Most bodies arrive in one piece, which needs no copy.
        match first.take() {
            None if all.is_empty() => first = Some(data),
            None => all.extend_from_slice(&data),
            Some(head) => {
                all.reserve(announced.max(head.len() + data.len()));
                all.extend_from_slice(&head);
                all.extend_from_slice(&data);
            }
        }
    }
    if taken > limit { Err(HttpError::BodyTooLarge(limit)) } else { Ok(first.unwrap_or_else(|| all.freeze())) }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn json_in_any_case_and_with_any_charset_is_read() {
        let check = |name: header::HeaderName, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            check_type(&headers).is_ok()
        };
        for media_type in
            ["application/scim+json", "Application/SCIM+JSON; charset=utf-8", "application/json;charset=UTF-8"]
        {
            assert!(check(header::CONTENT_TYPE, media_type), "{media_type}");
        }
        for media_type in ["text/plain", "application/xml", "application/jsonp", ""] {
            assert!(!check(header::CONTENT_TYPE, media_type), "{media_type}");
        }
        assert!(!check(header::CONTENT_ENCODING, "gzip") && check(header::CONTENT_ENCODING, "identity"));
        assert!(check_type(&HeaderMap::new()).is_ok());
    }
}

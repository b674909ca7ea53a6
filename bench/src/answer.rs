//! Checks of answers: searched first, parsed only when the search does not settle it.
//!
//! A server that writes compact JSON is checked by searching its bytes; one that writes spaces costs the generator a
//! parse, and is right all the same.

use memchr::memmem;
use serde_json::Value;

use crate::connection::Answer;

/// Why an answer is not the one that was due.
pub(crate) type Mismatch = String;

/// Refuses an answer of another status.
pub(crate) fn expect_status(answer: &Answer<'_>, accepted: &[u16]) -> Result<(), Mismatch> {
    if accepted.contains(&answer.status) {
        return Ok(());
    }
    Err(format!("status {} instead of {accepted:?}: {}", answer.status, excerpt(&answer.body)))
}

/// Refuses a resource whose `attribute` is not the string `expected`.
pub(crate) fn expect_text(body: &[u8], attribute: &str, expected: &str) -> Result<(), Mismatch> {
    if memmem::find(body, format!("\"{attribute}\":\"{expected}\"").as_bytes()).is_some() {
        return Ok(());
    }
    expect_parsed(body, attribute, &Value::from(expected))
}

/// Refuses a resource whose `active` is not `expected`.
pub(crate) fn expect_active(body: &[u8], expected: bool) -> Result<(), Mismatch> {
    let compact: &[u8] = if expected { b"\"active\":true" } else { b"\"active\":false" };
    if memmem::find(body, compact).is_some() {
        return Ok(());
    }
    expect_parsed(body, "active", &Value::from(expected))
}

/// Refuses a list whose `totalResults` is not `expected`.
pub(crate) fn expect_total(body: &[u8], expected: usize) -> Result<(), Mismatch> {
    const KEY: &[u8] = b"\"totalResults\":";
    let digits = memmem::find(body, KEY).map(|at| &body[at + KEY.len()..]).unwrap_or_default();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    if std::str::from_utf8(&digits[..end]).ok().and_then(|digits| digits.parse().ok()) == Some(expected) {
        return Ok(());
    }
    expect_parsed(body, "totalResults", &Value::from(expected))
}

fn expect_parsed(body: &[u8], attribute: &str, expected: &Value) -> Result<(), Mismatch> {
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}: {}", excerpt(body)))?;
    if value.get(attribute) == Some(expected) {
        return Ok(());
    }
    Err(format!("`{attribute}` is not {expected}: {}", excerpt(body)))
}

/// The value of the string attribute `id` of a resource.
pub(crate) fn id(body: &[u8]) -> Result<String, Mismatch> {
    if let Some(id) = ids_by_search(body).next() {
        return Ok(String::from_utf8_lossy(id).into_owned());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}: {}", excerpt(body)))?;
    value["id"].as_str().map(str::to_owned).ok_or_else(|| format!("no `id`: {}", excerpt(body)))
}

/// Calls `each` with the id of every resource of a list of `expected` resources.
pub(crate) fn each_id(body: &[u8], expected: usize, mut each: impl FnMut(&[u8])) -> Result<(), Mismatch> {
    if ids_by_search(body).count() == expected {
        ids_by_search(body).for_each(each);
        return Ok(());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}: {}", excerpt(body)))?;
    let resources = value["Resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    if resources.len() != expected {
        return Err(format!("{} resources instead of {expected}", resources.len()));
    }
    resources.iter().filter_map(|resource| resource["id"].as_str()).for_each(|id| each(id.as_bytes()));
    Ok(())
}

fn ids_by_search(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    const KEY: &[u8] = b"\"id\":\"";
    memmem::find_iter(body, KEY).filter_map(move |at| {
        let rest = &body[at + KEY.len()..];
        memchr::memchr(b'"', rest).map(|end| &rest[..end])
    })
}

/// The beginning of a body, for a message.
pub(crate) fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPACT: &[u8] = br#"{"id":"7","userName":"ada@example.com","active":false}"#;
    const SPACED: &[u8] = br#"{ "id" : "7", "userName" : "ada@example.com", "active" : false }"#;

    #[test]
    fn resources_are_checked_however_they_are_spaced() {
        for body in [COMPACT, SPACED] {
            assert_eq!(id(body).unwrap(), "7");
            assert!(expect_text(body, "userName", "ada@example.com").is_ok());
            assert!(expect_text(body, "userName", "da@example.com").is_err());
            assert!(expect_active(body, false).is_ok());
            assert!(expect_active(body, true).is_err());
        }
        assert!(id(b"{}").is_err());
        assert!(id(b"<html>").is_err());
    }

    #[test]
    fn totals_are_compared_as_numbers() {
        for body in [&br#"{"totalResults":10,"Resources":[]}"#[..], br#"{"totalResults" : 10}"#] {
            assert!(expect_total(body, 10).is_ok());
            assert!(expect_total(body, 1).is_err());
            assert!(expect_total(body, 100).is_err());
        }
        assert!(expect_total(br#"{"totalResults":"#, 0).is_err());
    }

    #[test]
    fn every_id_of_a_list_is_seen() {
        for body in [
            &br#"{"Resources":[{"id":"a"},{"id":"b"}]}"#[..],
            br#"{"Resources": [{"id": "a"}, {"id": "b", "name": {"id":"x"}}]}"#,
        ] {
            let mut seen = Vec::new();
            each_id(body, 2, |id| seen.push(id.to_owned())).unwrap();
            assert_eq!(seen, [b"a", b"b"]);
            assert!(each_id(body, 3, |_| ()).is_err());
        }
    }
}

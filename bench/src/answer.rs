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
    if number_by_search(body, b"\"totalResults\":") == Some(expected) {
        return Ok(());
    }
    expect_parsed(body, "totalResults", &Value::from(expected))
}

fn number_by_search(body: &[u8], key: &[u8]) -> Option<usize> {
    let digits = memmem::find(body, key).map(|at| &body[at + key.len()..]).unwrap_or_default();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
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
    texts_by_search(body, b"\"id\":\"")
}

fn texts_by_search<'b>(body: &'b [u8], key: &'static [u8]) -> impl Iterator<Item = &'b [u8]> {
    memmem::find_iter(body, key).filter_map(move |at| {
        let rest = &body[at + key.len()..];
        memchr::memchr(b'"', rest).map(|end| &rest[..end])
    })
}

/// Calls `each` with the id of every resource of a list, as many as it says it has.
pub(crate) fn every_id(body: &[u8], each: impl FnMut(&[u8])) -> Result<(), Mismatch> {
    let said = match number_by_search(body, b"\"itemsPerPage\":") {
        Some(said) => said,
        None => {
            let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
            let said = value["itemsPerPage"].as_u64().and_then(|said| usize::try_from(said).ok());
            said.ok_or_else(|| format!("no `itemsPerPage`: {}", excerpt(body)))?
        }
    };
    each_id(body, said, each)
}

/// Calls `each` with the `value` of every member of a group.
pub(crate) fn every_member(body: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Mismatch> {
    const KEY: &[u8] = b"\"value\":\"";
    if texts_by_search(body, KEY).next().is_some() {
        texts_by_search(body, KEY).for_each(each);
        return Ok(());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}: {}", excerpt(body)))?;
    let members = value["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    members.iter().filter_map(|member| member["value"].as_str()).for_each(|id| each(id.as_bytes()));
    Ok(())
}

/// Where a walk by cursor goes on (RFC 9865 §2); none on the last page.
pub(crate) fn next_cursor(body: &[u8]) -> Option<String> {
    if let Some(cursor) = texts_by_search(body, b"\"nextCursor\":\"").next() {
        return Some(String::from_utf8_lossy(cursor).into_owned());
    }
    // Unless its name is there at all, there is nothing to parse for.
    memmem::find(body, b"\"nextCursor\"")?;
    let value: Value = serde_json::from_slice(body).ok()?;
    value["nextCursor"].as_str().map(str::to_owned)
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
            &br#"{"itemsPerPage":2,"Resources":[{"id":"a"},{"id":"b"}]}"#[..],
            br#"{"itemsPerPage": 2, "Resources": [{"id": "a"}, {"id": "b", "name": {"id":"x"}}]}"#,
        ] {
            let mut seen = Vec::new();
            each_id(body, 2, |id| seen.push(id.to_owned())).unwrap();
            assert_eq!(seen, [b"a", b"b"]);
            assert!(each_id(body, 3, |_| ()).is_err());
            seen.clear();
            every_id(body, |id| seen.push(id.to_owned())).unwrap();
            assert_eq!(seen, [b"a", b"b"]);
        }
    }

    #[test]
    fn members_and_cursors_are_found_however_they_are_spaced() {
        for body in [
            &br#"{"nextCursor":"c","members":[{"value":"a"}]}"#[..],
            br#"{"nextCursor": "c", "members": [{"value": "a"}]}"#,
        ] {
            let mut seen = Vec::new();
            every_member(body, |id| seen.push(id.to_owned())).unwrap();
            assert_eq!((seen, next_cursor(body).as_deref()), (vec![b"a".to_vec()], Some("c")));
        }
        assert_eq!(next_cursor(br#"{"Resources":[]}"#), None);
    }
}

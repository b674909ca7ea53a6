//! Nothing panics, whatever arrives, and every refusal is a 400 or 413 with a detail.

use muster_scim::etag::{ETag, Tags};
use muster_scim::filter::Filter;
use muster_scim::list::{ListQuery, Mark};
use muster_scim::patch::{GroupPatch, UserPatch};
use muster_scim::path::{AttributePath, PatchPath};
use muster_scim::resource::{Answer, Incoming, Meta, Resource};
use muster_scim::schema::{Capabilities, ResourceType};
use muster_scim::sort::Sort;
use muster_scim::{Dialect, Notes, RequestError};
use proptest::prelude::*;
use serde_json::Value;

use crate::generate::{any_json, pieces};
use crate::message;

fn refused_properly<T>(result: Result<T, RequestError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert!([400, 413].contains(&error.status()) && !error.detail().is_empty(), "{error:?}");
            let body: Value = serde_json::from_str(&error.to_body()).unwrap();
            assert_eq!(body["status"], error.status().to_string());
            assert!(error.detail().len() < 1_000, "no client's text is repeated at length");
            None
        }
    }
}

fn texts(text: &str) {
    let notes = &mut Notes::default();
    for types in [&[ResourceType::User][..], &[ResourceType::Group], ResourceType::ALL] {
        if let Some(filter) = refused_properly(Filter::parse(text, types, notes)) {
            let again = Filter::parse(&filter.to_string(), types, notes).expect("canonical text parses");
            assert_eq!(again, filter);
        }
        let _ = AttributePath::resolve(text, types);
        refused_properly(Sort::parse(text, false, types));
        for name in
            ["filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes", text]
        {
            for cursor_timeout in [None, Some(60)] {
                let capabilities = Capabilities { cursor_timeout, ..Capabilities::default() };
                let query = ListQuery::from_pairs([(name, text)], types, &capabilities, notes);
                let query = refused_properly(query);
                assert!(query.is_none_or(|query| query.page.count() <= 200));
            }
        }
    }
    for resource_type in [ResourceType::User, ResourceType::Group] {
        if let Some(path) = refused_properly(PatchPath::parse(text, resource_type, notes)) {
            let again = PatchPath::parse(&path.to_string(), resource_type, notes).expect("canonical text parses");
            assert_eq!(again, path);
        }
    }
    if let Some(tags) = refused_properly(Tags::parse(text)) {
        let _ = tags.contains(ETag(1));
    }
    let _ = muster_scim::instant::parse(text);
    let _ = Dialect::notice(Some(text), notes.as_slice());
    for document in [text, "{}"] {
        let meta = Meta {
            resource_type: ResourceType::User,
            created: i64::MIN,
            last_modified: i64::MAX,
            version: 0,
            base_url: text,
        };
        let _ = Answer { document, id: text, groups: &[], members: &[], meta }.render();
    }
}

fn values(value: &Value) {
    let notes = &mut Notes::default();
    for resource_type in [ResourceType::User, ResourceType::Group] {
        let incoming = refused_properly(Incoming::from_value(resource_type, value.clone(), notes));
        if let Some(incoming) = incoming {
            let created = Resource::create(&incoming);
            assert_eq!(created.put(&incoming), created);
        }
    }
    refused_properly(UserPatch::from_value(value.clone(), notes));
    refused_properly(GroupPatch::from_value(value.clone(), notes));
    let operations = if value.is_array() { value.clone() } else { Value::Array(vec![value.clone()]) };
    let stored = crate::user(serde_json::json!({"userName": "ada", "emails": [{"value": "a", "type": "work"}]}));
    if let Some(patch) = refused_properly(UserPatch::from_value(message(&operations), notes)) {
        refused_properly(patch.apply(&stored, notes));
    }
    refused_properly(GroupPatch::from_value(message(&operations), notes));
    for cursor_timeout in [None, Some(60)] {
        let capabilities = Capabilities { cursor_timeout, ..Capabilities::default() };
        refused_properly(ListQuery::from_search_request(value.clone(), ResourceType::ALL, &capabilities, notes));
    }
    if let Ok(filter) = Filter::parse("not (emails[type pr].value eq \"x\")", &[ResourceType::User], notes) {
        let _ = filter.matches(value);
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in any::<String>()) {
        texts(&text);
    }

    #[test]
    fn nearly_right_text_is_taken_or_refused(text in pieces()) {
        texts(&text);
    }

    #[test]
    fn any_json_is_taken_or_refused(value in any_json()) {
        values(&value);
    }

    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        refused_properly(Incoming::parse(ResourceType::User, &bytes, &mut Notes::default()));
        refused_properly(UserPatch::parse(&bytes, &mut Notes::default()));
        if let Some(mark) = Mark::from_bytes(&bytes) {
            assert_eq!(Mark::from_bytes(&mark.to_bytes()), Some(mark));
        }
    }
}

#[test]
fn what_is_large_is_refused_quickly() {
    texts(&"(".repeat(1_000_000));
    texts(&"emails[".repeat(100_000));
    texts(&"a".repeat(1_000_000));
    texts(&"\u{10ffff}".repeat(1_000_000));
    texts(&format!("userName eq \"{}\"", "\\".repeat(10_001)));
    let deep = format!("{}1{}", "{\"emails\":[".repeat(50_000), "]}".repeat(50_000));
    refused_properly(Incoming::parse(ResourceType::User, deep.as_bytes(), &mut Notes::default()));
}

#[test]
fn patches_whose_work_would_multiply_are_refused() {
    use muster_scim::limits;
    let roles: Value = (0..limits::VALUES).map(|index| serde_json::json!({"value": index.to_string()})).collect();
    for op in ["add", "replace", "remove"] {
        let operation = serde_json::json!({"op": op, "path": "roles", "value": roles});
        let repeated = |count: usize| message(&Value::Array(vec![operation.clone(); count]));
        let most = limits::PATCH_VALUES / limits::VALUES;
        assert!(UserPatch::from_value(repeated(most), &mut Notes::default()).is_ok());
        let error = UserPatch::from_value(repeated(most + 1), &mut Notes::default()).unwrap_err();
        assert_eq!(error.status(), 413);
    }
}

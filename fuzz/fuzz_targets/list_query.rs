//! The parameters of a list never panic, and pages are never larger than allowed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::{Notes, json};
use muster_scim::etag::{ETag, Tags};
use muster_scim::list::ListQuery;
use muster_scim::schema::{Capabilities, ResourceType};

fuzz_target!(|text: &str| {
    let notes = &mut Notes::default();
    let capabilities = Capabilities { cursor_timeout: Some(60), ..Capabilities::default() };
    // `name=value` on each line.
    let pairs = text.lines().map(|line| line.split_once('=').unwrap_or((line, "")));
    if let Ok(query) = ListQuery::from_pairs(pairs, ResourceType::ALL, &capabilities, notes) {
        assert!(query.page.count() <= capabilities.max_page_size);
    }
    if let Ok(body) = json::parse(text.as_bytes()) {
        let _ = ListQuery::from_search_request(body, ResourceType::ALL, &capabilities, notes);
    }
    if let Ok(tags) = Tags::parse(text) {
        let _ = tags.contains(ETag(1));
    }
});

//! The body of a POST search is taken or refused, and what is taken is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::list::ListQuery;
use muster_scim::schema::{Capabilities, ResourceType};
use muster_scim::{Notes, json};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = json::parse(body) else { return };
    let notes = &mut Notes::default();
    let capabilities = Capabilities { cursor_timeout: Some(60), ..Capabilities::default() };
    for types in [&[ResourceType::User][..], ResourceType::ALL] {
        match ListQuery::from_search_request(body.clone(), types, &capabilities, notes) {
            Ok(query) => {
                assert!(query.page.count() <= capabilities.max_page_size);
                assert!(!query.canonical(types).is_empty());
            }
            Err(error) => assert_eq!(error.status(), 400),
        }
    }
});

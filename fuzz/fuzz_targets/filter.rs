//! A filter that is accepted prints as a text that means the same, and never panics on a resource.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::Notes;
use muster_scim::filter::Filter;
use muster_scim::schema::ResourceType;
use serde_json::json;

fuzz_target!(|text: &str| {
    let parse = |text: &str| Filter::parse(text, ResourceType::ALL, &mut Notes::default());
    let Ok(filter) = parse(text) else { return };
    let again = parse(&filter.to_string()).expect("the canonical text parses");
    assert_eq!(filter, again);
    let folded = parse(&filter.canonical_key()).expect("the key parses");
    let user = json!({
        "id": "u", "userName": "Ada", "active": true, "emails": [{"value": "a@x", "type": "work", "primary": true}, null],
        "members": [{"value": "u"}], "meta": {"created": "2011-05-13T04:42:34Z", "lastModified": 7}
    });
    assert_eq!(filter.matches(&user), folded.matches(&user));
});

//! A PATCH path that is accepted prints as a text that is the same path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::Notes;
use muster_scim::path::{AttributePath, PatchPath};
use muster_scim::schema::ResourceType;
use muster_scim::sort::Sort;

fuzz_target!(|text: &str| {
    for resource_type in [ResourceType::User, ResourceType::Group] {
        if let Ok(path) = PatchPath::parse(text, resource_type, &mut Notes::default()) {
            let again = PatchPath::parse(&path.to_string(), resource_type, &mut Notes::default());
            assert_eq!(again.expect("the canonical text parses"), path);
        }
        if let Ok(path) = AttributePath::resolve(text, &[resource_type]) {
            assert_eq!(AttributePath::resolve(&path.to_string(), &[resource_type]), Ok(path));
        }
        let _ = Sort::parse(text, false, &[resource_type]);
    }
});

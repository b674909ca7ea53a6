//! A body that is accepted becomes a resource that can be stored, answered and put back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::Notes;
use muster_scim::resource::{Answer, Incoming, Meta, Resource};
use muster_scim::schema::ResourceType;

fuzz_target!(|body: &[u8]| {
    let notes = &mut Notes::default();
    for resource_type in [ResourceType::User, ResourceType::Group] {
        let Ok(incoming) = Incoming::parse(resource_type, body, notes) else { continue };
        let created = Resource::create(&incoming);
        let document = created.to_document();
        let meta = Meta { resource_type, created: 0, last_modified: 0, version: 1, base_url: "https://x" };
        let answer = Answer { document: &document, id: "i", groups: &[], members: &[], meta }.render();
        let again = Incoming::parse(resource_type, answer.as_bytes(), notes).expect("what is answered is accepted");
        assert_eq!(created.put(&again).to_document(), document);
    }
});

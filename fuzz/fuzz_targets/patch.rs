//! A PATCH that is accepted leaves a resource that can be stored, read and put back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_scim::Notes;
use muster_scim::patch::{GroupPatch, PATCH_OP_URN, UserPatch};
use muster_scim::resource::{Incoming, Resource};
use muster_scim::schema::ResourceType;
use serde_json::{Value, json};

// The bytes are the `Operations`, so that the fuzzer needs not find the frame.
fuzz_target!(|operations: &[u8]| {
    let Ok(operations) = serde_json::from_slice::<Value>(operations) else { return };
    let message = json!({"schemas": [PATCH_OP_URN], "Operations": operations});
    let notes = &mut Notes::default();
    let _ = GroupPatch::from_value(message.clone(), notes);
    let Ok(patch) = UserPatch::from_value(message, notes) else { return };
    let body = json!({
        "userName": "ada", "name": {"givenName": "Ada"}, "emails": [{"value": "a@x", "type": "work", "primary": true}]
    });
    let before = Resource::create(&Incoming::from_value(ResourceType::User, body, notes).expect("a user"));
    let Ok(after) = patch.apply(&before, notes) else { return };
    let document = after.to_document();
    assert_eq!(Resource::from_document(ResourceType::User, &document).expect("a document"), after);
    let again = Incoming::parse(ResourceType::User, document.as_bytes(), notes).expect("what is stored is accepted");
    assert_eq!(after.put(&again), after);
});

//! The crate from outside: the RFCs' own examples, every served attribute, and properties of arbitrary input.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod attributes;
mod bulk;
mod dialects;
mod generate;
mod oracle;
mod properties;
mod rfc7643;
mod rfc7644;
mod robustness;

use muster_scim::Notes;
use muster_scim::patch::PATCH_OP_URN;
use muster_scim::resource::{Answer, GroupLink, Incoming, Meta, Resource};
use muster_scim::schema::ResourceType;
use serde_json::{Value, json};

/// A user from the body of a POST.
fn user(body: Value) -> Resource {
    let incoming = Incoming::from_value(ResourceType::User, body, &mut Notes::default());
    Resource::create(&incoming.expect("a user"))
}

/// A PATCH message.
fn message(operations: &Value) -> Value {
    json!({"schemas": [PATCH_OP_URN], "Operations": operations})
}

/// What a GET of a stored resource answers.
fn answer(resource: &Resource) -> Value {
    let meta = Meta {
        resource_type: resource.resource_type(),
        created: 1_264_222_582_000_000,
        last_modified: 1_305_261_754_000_000,
        version: 1,
        base_url: "https://example.com/v2",
    };
    let document = resource.to_document();
    let groups = [GroupLink { id: "e9e30dba-f08f-4109-8486-d5c6a331660a", display: "moby:guides" }];
    let id = "2819c223-7f76-453a-919d-413861904646";
    let groups = if resource.resource_type() == ResourceType::User { &groups[..] } else { &[] };
    Answer { document: &document, id, groups, members: &[], meta }.to_value()
}

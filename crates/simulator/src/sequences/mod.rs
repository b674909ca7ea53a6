//! What each identity provider sends, as lists of steps.

pub mod entra;
pub mod google;
pub mod jumpcloud;
pub mod okta;
pub mod onelogin;
pub mod ping;

use serde_json::{Value, json};

use crate::directory::{Group, Person};
use crate::step::{Check, Step};

/// The core user schema (RFC 7643 §4.1).
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The group schema (RFC 7643 §4.2).
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension (RFC 7643 §4.3).
const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The extension that carries `dockerRole`.
const DOCKER_USER: &str = "urn:ietf:params:scim:schemas:extension:docker:2.0:User";
/// The PATCH message (RFC 7644 §3.5.2).
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A PATCH message of these operations.
fn patch(operations: &[Value]) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

/// A made-up UUID, always the same for the same name: the id of an object in the IdP's own directory.
fn object_id(name: &str) -> String {
    let (high, low) = (hash(name, 1), hash(name, 2));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

/// FNV-1a, which needs to be neither fast nor secure, only the same on every run.
fn hash(name: &str, seed: u8) -> u64 {
    name.bytes()
        .chain([seed])
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A step that is due the person's resource, remembered, with the right user name.
fn answers_person(step: Step, person: &Person) -> Step {
    step.remember(person.name()).check(Check::Equals("/userName", json!(person.email)))
}

/// A step that is due the group's resource, remembered, with the right name.
fn answers_group(step: Step, group: &Group) -> Step {
    step.remember(group.name()).check(Check::Equals("/displayName", json!(group.display_name)))
}

/// Deletes a person.
fn delete_user(person: &Person) -> Step {
    Step::delete(format!("delete {}", person.email), format!("/Users/{}", person.id()))
}

/// Deletes a group.
fn delete_group(group: &Group) -> Step {
    Step::delete(format!("delete the group {}", group.display_name), format!("/Groups/{}", group.id()))
}

/// The people by reference, as most builders want them.
fn each(people: &[Person]) -> Vec<&Person> {
    people.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_ids_are_uuids_and_stay_the_same() {
        assert_eq!(object_id("ada"), object_id("ada"));
        assert_ne!(object_id("ada"), object_id("bruno"));
        let lengths: Vec<usize> = object_id("ada").split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}

//! How logged texts are packed.

use muster_store::packing::{self, Dictionary};

pub use muster_store::packing::UnpackError as CodecError;

/// What SCIM bodies have in common. Rows refer to it by number: it is never changed, only followed by another.
const BODIES_1: Dictionary = Dictionary { number: 3, text: include_bytes!("dictionary-1.txt") };

/// Packs a body.
pub(super) fn pack_body(text: &[u8]) -> Vec<u8> {
    packing::pack(text, Some(BODIES_1))
}

/// Packs many lines.
pub(crate) fn pack_lines(text: &[u8]) -> Vec<u8> {
    packing::pack(text, None)
}

/// The text that was packed.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, CodecError> {
    packing::unpack(packed, &[BODIES_1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_packed_to_a_fraction_and_unpacks() {
        let body =
            br#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com","active":true}"#;
        let packed = pack_body(body);
        assert!(packed.len() * 2 < body.len(), "{} bytes", packed.len());
        assert_eq!(unpack(&packed).unwrap(), body);
    }
}

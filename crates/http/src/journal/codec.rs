//! Compression of logged texts. The first byte says how.

use std::{cell::RefCell, io};

use zstd::bulk::{Compressor, Decompressor};

/// The text as it is.
const PLAIN: u8 = 0;
/// zstd.
const ZSTD: u8 = 1;
/// zstd with [`DICTIONARY_1`].
const ZSTD_DICTIONARY_1: u8 = 2;

/// Fast, and what more effort saves on a kilobyte is little.
const LEVEL: i32 = 1;
/// What SCIM bodies have in common. Rows refer to it by number: it is never changed, only followed by another.
const DICTIONARY_1: &[u8] = include_bytes!("dictionary-1.txt");
/// The largest text that is unpacked, in bytes: a chunk of lines, or the largest body and then some.
const UNPACKED_BYTES: usize = 64 * 1024 * 1024;

/// Why a text cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer program, or damaged.
    #[error("the text is packed in the unknown manner {0:?}")]
    Unknown(Option<u8>),
    /// Damaged.
    #[error("the packed text is damaged")]
    Damaged(#[source] io::Error),
}

thread_local! {
    // Making a compressor costs more than using it.
    static BODIES: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::with_dictionary(LEVEL, DICTIONARY_1).ok());
    static LINES: RefCell<Option<Compressor<'static>>> = RefCell::new(Compressor::new(LEVEL).ok());
}

/// Packs a body.
pub(super) fn pack_body(text: &[u8]) -> Vec<u8> {
    BODIES.with_borrow_mut(|compressor| pack(compressor.as_mut(), ZSTD_DICTIONARY_1, text))
}

/// Packs many lines.
pub(crate) fn pack_lines(text: &[u8]) -> Vec<u8> {
    LINES.with_borrow_mut(|compressor| pack(compressor.as_mut(), ZSTD, text))
}

/// A text that does not get smaller is kept as it is.
fn pack(compressor: Option<&mut Compressor<'static>>, manner: u8, text: &[u8]) -> Vec<u8> {
    let compressed = compressor.and_then(|compressor| compressor.compress(text).ok());
    let (manner, text) = match &compressed {
        Some(compressed) if compressed.len() < text.len() => (manner, compressed.as_slice()),
        _ => (PLAIN, text),
    };
    let mut packed = Vec::with_capacity(text.len() + 1);
    packed.push(manner);
    packed.extend_from_slice(text);
    packed
}

/// The text that was packed.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, CodecError> {
    let Some((manner, text)) = packed.split_first() else { return Err(CodecError::Unknown(None)) };
    let decompressor = match *manner {
        PLAIN => return Ok(text.to_vec()),
        ZSTD => Decompressor::new(),
        ZSTD_DICTIONARY_1 => Decompressor::with_dictionary(DICTIONARY_1),
        other => return Err(CodecError::Unknown(Some(other))),
    };
    decompressor.and_then(|mut decompressor| decompressor.decompress(text, UNPACKED_BYTES)).map_err(CodecError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_unpacks() {
        let long = "{\"userName\":\"ada@example.com\"}".repeat(50_000);
        for text in ["", "x", "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"]}", &long] {
            assert_eq!(unpack(&pack_body(text.as_bytes())).unwrap(), text.as_bytes());
            assert_eq!(unpack(&pack_lines(text.as_bytes())).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn the_dictionary_pays_for_a_small_body() {
        let body = br#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bruno@example.com","name":{"givenName":"Bruno","familyName":"Silva"},"active":true}"#;
        assert!(pack_body(body).len() * 2 < body.len(), "{} of {}", pack_body(body).len(), body.len());
    }

    #[test]
    fn damage_is_an_error() {
        assert!(matches!(unpack(&[]), Err(CodecError::Unknown(None))));
        assert!(matches!(unpack(&[9, 1]), Err(CodecError::Unknown(Some(9)))));
        assert!(matches!(unpack(&[ZSTD, 1, 2, 3]), Err(CodecError::Damaged(_))));
    }
}

//! Texts packed for the disk. The first byte says how, so that what is stored stays readable when the manner changes.

use std::{cell::RefCell, io};

use zstd::bulk::{Compressor, Decompressor};

/// The text as it is.
const PLAIN: u8 = 0;
/// zstd.
const ZSTD: u8 = 1;

/// With a dictionary the fast levels lose little and take less than half the time; packing happens where writes wait.
const LEVEL_WITH_DICTIONARY: i32 = -3;
/// For long texts.
const LEVEL: i32 = 1;
/// The largest text that is unpacked, in bytes.
const UNPACKED_BYTES: usize = 64 * 1024 * 1024;

/// What texts of one kind have in common. Rows refer to it by number: it is never changed, only followed by another.
#[derive(Debug, Clone, Copy)]
pub struct Dictionary {
    /// The byte that packed texts begin with; from 2 on, and no other dictionary's.
    pub number: u8,
    /// Typical text, the most typical at the end.
    pub text: &'static [u8],
}

/// Why a text cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// Written by a newer program, or damaged.
    #[error("the text is packed in the unknown manner {0:?}")]
    Unknown(Option<u8>),
    /// Damaged.
    #[error("the packed text is damaged")]
    Damaged(#[source] io::Error),
}

thread_local! {
    // Making a compressor costs more than using it: each thread keeps those it has used.
    static COMPRESSORS: RefCell<Vec<(u8, Compressor<'static>)>> = const { RefCell::new(Vec::new()) };
}

/// Packs a text; one that does not get smaller is kept as it is.
#[must_use]
pub fn pack(text: &[u8], dictionary: Option<Dictionary>) -> Vec<u8> {
    let number = dictionary.map_or(ZSTD, |dictionary| dictionary.number);
    let compressed = COMPRESSORS.with_borrow_mut(|compressors| {
        if !compressors.iter().any(|(known, _)| *known == number) {
            let made = match dictionary {
                Some(dictionary) => Compressor::with_dictionary(LEVEL_WITH_DICTIONARY, dictionary.text),
                None => Compressor::new(LEVEL),
            };
            compressors.push((number, made.ok()?));
        }
        let (_, compressor) = compressors.iter_mut().find(|(known, _)| *known == number)?;
        compressor.compress(text).ok()
    });
    let (manner, text) = match &compressed {
        Some(compressed) if compressed.len() < text.len() => (number, compressed.as_slice()),
        _ => (PLAIN, text),
    };
    let mut packed = Vec::with_capacity(text.len() + 1);
    packed.push(manner);
    packed.extend_from_slice(text);
    packed
}

/// The text that was packed, with one of these dictionaries or none.
///
/// # Errors
///
/// Any [`UnpackError`].
pub fn unpack(packed: &[u8], dictionaries: &[Dictionary]) -> Result<Vec<u8>, UnpackError> {
    let Some((manner, text)) = packed.split_first() else { return Err(UnpackError::Unknown(None)) };
    let decompressor = match *manner {
        PLAIN => return Ok(text.to_vec()),
        ZSTD => Decompressor::new(),
        number => {
            let known = dictionaries.iter().find(|dictionary| dictionary.number == number);
            let Some(dictionary) = known else { return Err(UnpackError::Unknown(Some(number))) };
            Decompressor::with_dictionary(dictionary.text)
        }
    };
    decompressor
        .and_then(|mut decompressor| decompressor.decompress(text, UNPACKED_BYTES))
        .map_err(UnpackError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DICTIONARY: Dictionary = Dictionary { number: 2, text: b"{\"userName\":\"@example.com\",\"active\":true}" };

    #[test]
    fn what_is_packed_unpacks() {
        let long = "{\"userName\":\"ada@example.com\"}".repeat(50_000);
        for text in ["", "x", "{\"userName\":\"ada@example.com\",\"active\":true}", long.as_str()] {
            for dictionary in [None, Some(DICTIONARY)] {
                let packed = pack(text.as_bytes(), dictionary);
                assert!(packed.len() <= text.len() + 1);
                assert_eq!(unpack(&packed, &[DICTIONARY]).unwrap(), text.as_bytes());
            }
        }
    }

    #[test]
    fn what_was_never_packed_is_an_error() {
        assert!(matches!(unpack(&[], &[]), Err(UnpackError::Unknown(None))));
        assert!(matches!(unpack(&[9, 1, 2], &[DICTIONARY]), Err(UnpackError::Unknown(Some(9)))));
        assert!(matches!(unpack(&[ZSTD, 1, 2, 3], &[]), Err(UnpackError::Damaged(_))));
    }
}

//! Values at rest: AES-256-GCM under data keys that the master key wraps.
//!
//! A sealed value is `codec | key id | nonce | ciphertext and tag`. Where it is stored (table, column, row) is
//! authenticated with it, so a ciphertext that is copied elsewhere does not open.

use std::collections::BTreeMap;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use uuid::Uuid;

use crate::{Blinder, MasterKey, NoRandomness, random};

/// The first byte of every sealed value: which layout follows.
const CODEC: u8 = 1;
const HEAD: usize = 1 + 4 + NONCE_LEN;
const TAG: usize = 16;

/// Where a sealed value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's id.
    pub row: Uuid,
}

impl Place {
    fn authenticated(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.table.len() + self.column.len() + 18);
        // Lengths first, so that no two places give the same bytes.
        for name in [self.table, self.column] {
            bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes.extend_from_slice(self.row.as_bytes());
        bytes
    }
}

/// Why a value was not sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was changed, is of another place, or was sealed with another installation's key.
    #[error("a sealed value does not open: it was changed, moved, or sealed with another key")]
    DoesNotOpen,
    /// Its data key is not in this installation.
    #[error("a sealed value names data key {0}, which this installation does not have")]
    UnknownKey(u32),
    /// Not of a known layout.
    #[error("a sealed value is not of a layout that this program knows")]
    Malformed,
    /// No randomness for the nonce.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A data key in the clear, with its number.
#[derive(Clone)]
pub struct DataKey {
    id: u32,
    key: [u8; 32],
}

impl DataKey {
    /// A new random key.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn generate(id: u32) -> Result<Self, NoRandomness> {
        let mut key = [0; 32];
        random(&mut key)?;
        Ok(Self { id, key })
    }

    /// Its number, which sealed values carry.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Wraps it with the master key, for the database.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`].
    pub fn wrap(&self, master: &MasterKey) -> Result<Vec<u8>, SealError> {
        seal_with(&cipher(master.bytes())?, 0, &Self::place(self.id), &self.key)
    }

    /// Unwraps it.
    ///
    /// # Errors
    ///
    /// [`SealError::DoesNotOpen`] with another master key.
    pub fn unwrap(id: u32, wrapped: &[u8], master: &MasterKey) -> Result<Self, SealError> {
        let opened = open_with(&cipher(master.bytes())?, &Self::place(id), wrapped)?;
        let key = opened.try_into().map_err(|_| SealError::Malformed)?;
        Ok(Self { id, key })
    }

    fn place(id: u32) -> Place {
        Place { table: "data_keys", column: "wrapped", row: Uuid::from_u128(u128::from(id)) }
    }
}

/// Seals with the newest data key, opens with all.
pub struct Sealer {
    current: u32,
    keys: BTreeMap<u32, LessSafeKey>,
    fingerprints: hmac::Key,
    blinder: Blinder,
}

impl Sealer {
    /// A sealer with these keys; the one with the greatest number seals.
    ///
    /// # Errors
    ///
    /// [`SealError::UnknownKey`] when there is none.
    pub fn new(keys: &[DataKey]) -> Result<Self, SealError> {
        let current = keys.iter().map(DataKey::id).max().ok_or(SealError::UnknownKey(0))?;
        let newest = keys.iter().max_by_key(|key| key.id).ok_or(SealError::UnknownKey(0))?;
        // A key of its own, made from the data key, so that one key does one thing.
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &newest.key), b"muster fingerprints");
        let fingerprints = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        let oldest = keys.iter().min_by_key(|key| key.id).ok_or(SealError::UnknownKey(0))?;
        let blinder = Blinder::new(&oldest.key);
        let keys = keys.iter().map(|key| Ok((key.id, cipher(&key.key)?))).collect::<Result<_, SealError>>()?;
        Ok(Self { current, keys, fingerprints, blinder })
    }

    /// What makes values comparable that must not be kept.
    #[must_use]
    pub fn blinder(&self) -> &Blinder {
        &self.blinder
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    ///
    /// [`SealError::NoRandomness`].
    pub fn seal(&self, place: &Place, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.keys.get(&self.current).ok_or(SealError::UnknownKey(self.current))?;
        seal_with(key, self.current, place, plain)
    }

    /// The same for the same `parts`, under the newest data key; without it, nothing can be learnt or guessed from it.
    /// `purpose` keeps what is compared for one thing from being compared for another.
    #[must_use]
    pub fn fingerprint(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.fingerprints);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            // Lengths first, so that no two lists of parts give the same bytes.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(context.sign().as_ref());
        fingerprint
    }

    /// Opens a value that was sealed for this place.
    ///
    /// # Errors
    ///
    /// Any [`SealError`].
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let id = key_id(sealed)?;
        let key = self.keys.get(&id).ok_or(SealError::UnknownKey(id))?;
        open_with(key, place, sealed)
    }
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, SealError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| SealError::Malformed)
}

fn key_id(sealed: &[u8]) -> Result<u32, SealError> {
    match sealed {
        [CODEC, a, b, c, d, ..] if sealed.len() >= HEAD + TAG => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(SealError::Malformed),
    }
}

fn seal_with(key: &LessSafeKey, id: u32, place: &Place, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_LEN];
    random(&mut nonce)?;
    let mut sealed = Vec::with_capacity(HEAD + plain.len() + TAG);
    sealed.push(CODEC);
    sealed.extend_from_slice(&id.to_be_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let (_, body) = sealed.split_at_mut(HEAD);
    let aad = Aad::from(place.authenticated());
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, body)
        .map_err(|_| SealError::Malformed)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

fn open_with(key: &LessSafeKey, place: &Place, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    key_id(sealed)?;
    let nonce = Nonce::try_assume_unique_for_key(&sealed[5..HEAD]).map_err(|_| SealError::Malformed)?;
    let mut body = sealed[HEAD..].to_vec();
    let plain = key
        .open_in_place(nonce, Aad::from(place.authenticated()), &mut body)
        .map_err(|_| SealError::DoesNotOpen)?
        .len();
    body.truncate(plain);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { table: "requests", column: "body", row: Uuid::from_u128(7) };

    fn sealer(ids: &[u32]) -> Sealer {
        Sealer::new(&ids.iter().map(|id| DataKey::generate(*id).unwrap()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let sealer = sealer(&[1, 2]);
        let sealed = sealer.seal(&PLACE, b"secret").unwrap();
        assert_eq!(sealer.open(&PLACE, &sealed).unwrap(), b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        for other in [
            Place { table: "request", ..PLACE },
            Place { column: "steps", ..PLACE },
            Place { row: Uuid::from_u128(8), ..PLACE },
        ] {
            assert_eq!(sealer.open(&other, &sealed), Err(SealError::DoesNotOpen));
        }
        assert_eq!(sealed[1..5], 2_u32.to_be_bytes(), "the newest key seals");
    }

    #[test]
    fn a_fingerprint_is_of_its_parts_purpose_and_key() {
        let sealer = sealer(&[1]);
        let first = sealer.fingerprint("request", &[b"PATCH", b"/Users/1"]);
        assert_eq!(first, sealer.fingerprint("request", &[b"PATCH", b"/Users/1"]));
        for (purpose, parts) in
            [("request", [b"PATCH/".as_slice(), b"Users/1"]), ("cursor", [b"PATCH".as_slice(), b"/Users/1"])]
        {
            assert_ne!(first, sealer.fingerprint(purpose, &parts));
        }
        assert_ne!(first, self::sealer(&[1]).fingerprint("request", &[b"PATCH", b"/Users/1"]));
    }

    #[test]
    fn a_changed_value_does_not_open() {
        let sealer = sealer(&[1]);
        let sealed = sealer.seal(&PLACE, b"secret").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(&PLACE, &changed).is_err(), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(sealer.open(&PLACE, &sealed[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_data_key_opens_only_with_its_master_key() {
        let (master, other) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let key = DataKey::generate(3).unwrap();
        let wrapped = key.wrap(&master).unwrap();
        assert_eq!(DataKey::unwrap(3, &wrapped, &master).unwrap().key, key.key);
        assert!(DataKey::unwrap(3, &wrapped, &other).is_err());
        assert!(DataKey::unwrap(4, &wrapped, &master).is_err(), "under another number");
    }
}

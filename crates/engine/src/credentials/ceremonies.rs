//! What a browser has begun with us and not ended: the second step of a sign-in, an authenticator app that is being set up, a
//! passkey that is asked for. Kept sealed for a few minutes, bound to the browser, and ended once, by whichever node.

use std::time::Duration;

use muster_crypto::{Place, Sealer};
use muster_model::{AccountId, Timestamp};
use muster_store::{Ceremony, Conn, StoreError, Tx};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{EngineError, Env};

/// How long somebody may take.
pub const LIVES: Duration = Duration::from_mins(10);

/// What must be known when something ends that was begun.
pub trait Kept: Serialize + DeserializeOwned {
    /// What it is for. Sealed for one thing, it does not open for another.
    const PURPOSE: &'static str;
}

/// Of which ceremony a browser speaks, and that it is the one that began it. Both are hashes: of a key that the page has, and
/// of the browser's cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The key's hash.
    pub key: [u8; 32],
    /// The cookie's hash.
    pub browser: [u8; 32],
}

/// Begins something, for an account where that is known.
///
/// # Errors
///
/// The store's; when it cannot be sealed.
pub fn begin<T: Kept>(
    tx: &mut Tx<'_>,
    env: &Env,
    sealer: &Sealer,
    binding: &Binding,
    account: Option<AccountId>,
    content: &T,
) -> Result<(), EngineError> {
    let text = serde_json::to_vec(content).map_err(StoreError::other)?;
    let content = sealer.seal(&place::<T>(&binding.key), &text).map_err(StoreError::other)?;
    let expires = env.now().after(LIVES);
    let Binding { key, browser } = *binding;
    Ok(tx.insert_ceremony(&Ceremony { key, account, browser, content, expires })?)
}

/// What was begun for this purpose in this browser, while it has not ended.
///
/// # Errors
///
/// The store's.
pub fn look<T: Kept>(
    conn: &mut Conn<'_>,
    sealer: &Sealer,
    binding: &Binding,
    now: Timestamp,
) -> Result<Option<T>, EngineError> {
    let found = conn.ceremony(&binding.key, &binding.browser, now)?;
    Ok(found.and_then(|ceremony| open(sealer, &ceremony)))
}

/// Ends what was begun for this purpose in this browser: nobody else does.
///
/// # Errors
///
/// The store's.
pub fn take<T: Kept>(tx: &mut Tx<'_>, env: &Env, sealer: &Sealer, binding: &Binding) -> Result<Option<T>, EngineError> {
    let taken = tx.take_ceremony(&binding.key, &binding.browser, env.now())?;
    Ok(taken.and_then(|ceremony| open(sealer, &ceremony)))
}

fn open<T: Kept>(sealer: &Sealer, ceremony: &Ceremony) -> Option<T> {
    let text = sealer.open(&place::<T>(&ceremony.key), &ceremony.content).ok()?;
    serde_json::from_slice(&text).ok()
}

fn place<T: Kept>(key: &[u8; 32]) -> Place {
    let mut head = [0; 16];
    head.copy_from_slice(&key[..16]);
    Place { table: "ceremonies", column: T::PURPOSE, row: Uuid::from_bytes(head) }
}

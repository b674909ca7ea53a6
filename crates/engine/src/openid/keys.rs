//! The keys that tokens are signed with. A new one is shown a day before it signs, so that every client knows it by then, and an old one
//! for a day after it signed last.

use std::time::Duration;

use muster_model::Timestamp;
use muster_store::{Conn, SigningKeyRow, Tx};
use uuid::Uuid;

use crate::{EngineError, Env};

/// How long a key signs.
const SIGNS: Duration = Duration::from_hours(24 * 90);
/// How long it is shown before, and after.
const SHOWN: Duration = Duration::from_hours(24);

/// What there is to do about keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// A key is to be made: the present one signs for a day more.
    Make,
    /// A key is to be forgotten.
    Forget,
}

/// The key that signs at `now`.
#[must_use]
pub fn signing(keys: &[SigningKeyRow], now: Timestamp) -> Option<&SigningKeyRow> {
    keys.iter().rfind(|key| key.active_from <= now && key.retired.is_none_or(|retired| now < retired))
}

/// What there is to do about keys.
///
/// # Errors
///
/// The store's.
pub fn due(conn: &mut Conn<'_>, now: Timestamp) -> Result<Due, EngineError> {
    let keys = conn.signing_keys()?;
    if keys.iter().any(|key| is_over(key, now)) {
        return Ok(Due::Forget);
    }
    // The first one is made when it is asked for.
    Ok(if !keys.is_empty() && needs_another(&keys, now) { Due::Make } else { Due::Nothing })
}

/// Adds a key that was made outside, if one is needed: at once if nothing signs, else once clients had a day to learn of it. Whether
/// it was needed.
///
/// # Errors
///
/// That its number is taken, if another node was first; the store's.
pub fn add(tx: &mut Tx<'_>, env: &Env, id: Uuid, public_key: &[u8], private_key: &[u8]) -> Result<bool, EngineError> {
    let (now, keys) = (env.now(), tx.signing_keys()?);
    if !needs_another(&keys, now) {
        return Ok(false);
    }
    let present = signing(&keys, now);
    let active_from = present.map_or(now, |present| present.active_from.after(SIGNS).max(now.after(SHOWN)));
    for key in &keys {
        tx.retire_signing_key(key.id, active_from)?;
    }
    tx.insert_signing_key(&SigningKeyRow {
        id,
        number: keys.iter().map(|key| key.number).max().unwrap_or(0) + 1,
        algorithm: "ES256".to_owned(),
        public_key: public_key.to_vec(),
        private_key: private_key.to_vec(),
        created: now,
        active_from,
        retired: None,
    })?;
    Ok(true)
}

/// Forgets keys that nothing lives of any more.
///
/// # Errors
///
/// The store's.
pub fn forget(tx: &mut Tx<'_>, env: &Env) -> Result<(), EngineError> {
    for key in tx.signing_keys()?.iter().filter(|key| is_over(key, env.now())) {
        tx.delete_signing_key(key.id)?;
    }
    Ok(())
}

fn is_over(key: &SigningKeyRow, now: Timestamp) -> bool {
    key.retired.is_some_and(|retired| retired.after(SHOWN) <= now)
}

/// Whether no key waits that takes over in time.
fn needs_another(keys: &[SigningKeyRow], now: Timestamp) -> bool {
    let Some(newest) = keys.iter().filter(|key| key.retired.is_none()).max_by_key(|key| key.active_from) else {
        return true;
    };
    newest.active_from.after(SIGNS) <= now.after(SHOWN)
}

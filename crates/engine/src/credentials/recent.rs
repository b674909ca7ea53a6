//! Showing again who one is: whoever finds a browser signed in must not be able to change how its owner signs in.

use std::time::Duration;

use muster_crypto::Sealer;
use muster_model::{Session, Timestamp};
use muster_store::Tx;

use super::{
    attempts::Attempts,
    passkeys::{self, Used},
    password::{self, Challenge},
    totp,
};
use crate::{EngineError, Env, Refusal};

/// For how long it counts.
pub const RECENT: Duration = Duration::from_mins(10);

/// Whether the person in a session has shown recently who they are.
#[must_use]
pub fn is_recent(session: &Session, now: Timestamp) -> bool {
    now < session.authenticated.after(RECENT)
}

/// Refuses what needs that.
///
/// # Errors
///
/// [`Refusal::NotRecent`].
pub fn require(env: &Env, session: &Session) -> Result<(), EngineError> {
    if is_recent(session, env.now()) { Ok(()) } else { Err(Refusal::NotRecent.into()) }
}

/// By the password, which was checked outside: whether it is right. Wrong ones are counted as at signing in (SSO-10).
///
/// # Errors
///
/// The store's.
pub fn by_password(
    tx: &mut Tx<'_>,
    env: &mut Env,
    session: &Session,
    challenge: &Challenge,
    is_right: bool,
) -> Result<bool, EngineError> {
    let knows = challenge.is_of(session.account) && password::confirm(tx, env, challenge, is_right)?;
    note(tx, env, session, knows)
}

/// By a code of the authenticator app: whether it is right. Wrong ones are counted like passwords (SSO-10).
///
/// # Errors
///
/// The store's.
pub fn by_code(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    session: &Session,
    code: &str,
) -> Result<bool, EngineError> {
    let attempts = Attempts::new("password", Some(session.account), "", None);
    if attempts.are_locked(tx, env)? {
        return Ok(false);
    }
    let is_right = totp::accept(tx, env, sealer, session.account, code)?;
    if !is_right {
        attempts.fail(tx, env)?;
    }
    note(tx, env, session, is_right)
}

/// By a passkey, which was verified outside: whether it is the person's.
///
/// # Errors
///
/// The store's.
pub fn by_passkey(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    session: &Session,
    used: &Used,
) -> Result<bool, EngineError> {
    let is_theirs = passkeys::accept(tx, env, sealer, session.account, used)?;
    note(tx, env, session, is_theirs)
}

fn note(tx: &mut Tx<'_>, env: &Env, session: &Session, is_shown: bool) -> Result<bool, EngineError> {
    if is_shown {
        tx.note_authentication(session.id, env.now())?;
    }
    Ok(is_shown)
}

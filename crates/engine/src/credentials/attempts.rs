//! How often a password may be wrong (SSO-10), exactly, on any number of nodes: who counts holds a row until the commit.
//!
//! What nobody's account is called is counted alike, so that being locked tells nothing (SEC-5). A device that has signed
//! in before is counted for itself: who tries from elsewhere cannot lock it out, and who has stolen it cannot try for ever.

use std::time::Duration;

use muster_crypto::sha256;
use muster_model::{AccountId, Timestamp};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env};

/// So many failures within [`WITHIN`] lock for [`LOCKED_FOR`].
const FAILURES: i64 = 10;
const WITHIN: Duration = Duration::from_mins(5);
const LOCKED_FOR: Duration = Duration::from_mins(5);

/// How many old counts are removed in one transaction.
const FORGOTTEN_AT_ONCE: i64 = 1_000;

/// Forgets failures that nobody counts any more.
///
/// # Errors
///
/// The store's.
pub fn forget_old(tx: &mut Tx<'_>, env: &Env) -> Result<(), EngineError> {
    tx.forget_rates(env.now(), FORGOTTEN_AT_ONCE)?;
    Ok(())
}

/// Whose failures are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempts {
    failures: [u8; 32],
    lock: [u8; 32],
}

impl Attempts {
    /// Those at `what` of an account, or of a name that is nobody's; from one device, if it has signed in before.
    pub(super) fn new(what: &str, account: Option<AccountId>, name: &str, device: Option<&[u8; 32]>) -> Self {
        let whose = account.map_or_else(|| name.to_owned(), |account| account.to_string());
        let key = |purpose: &str| {
            let mut bytes = format!("{purpose}\n{what}\n{whose}\n").into_bytes();
            bytes.extend(device.into_iter().flatten());
            sha256(&bytes)
        };
        Self { failures: key("failures"), lock: key("lock") }
    }

    /// Whether another attempt counts for nothing; nobody else counts under the same name until the end of the transaction.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(super) fn are_locked(&self, tx: &mut Tx<'_>, env: &Env) -> Result<bool, EngineError> {
        tx.hold_rate(&self.failures, env.now().after(WITHIN))?;
        self.have_been_locked(tx, env.now())
    }

    fn have_been_locked(&self, conn: &mut Conn<'_>, now: Timestamp) -> Result<bool, EngineError> {
        Ok(conn.rate(&self.lock, now.before(LOCKED_FOR))? > 0)
    }

    /// Counts a failure, and locks if it is one too many.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(super) fn fail(&self, tx: &mut Tx<'_>, env: &Env) -> Result<(), EngineError> {
        let now = env.now();
        tx.count_rate(&self.failures, now, now.after(WITHIN))?;
        if tx.rate(&self.failures, now.before(WITHIN))? >= FAILURES {
            tx.count_rate(&self.lock, now, now.after(LOCKED_FOR))?;
        }
        Ok(())
    }
}

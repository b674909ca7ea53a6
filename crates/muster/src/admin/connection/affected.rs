//! Who would be affected by a switch of a connection, before it is turned (SSO-9, JIT-8).

use muster_engine::{EngineError, credentials::enforcement, sign_in};
use muster_model::{Account, Connection};
use serde::{Deserialize, Serialize};

use crate::admin::{AdminError, Installation};

/// Who would be affected, by address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AffectedView {
    /// The connection.
    pub(crate) connection: String,
    /// By turning enforcement on.
    pub(crate) by_enforcement: ByEnforcement,
    /// By turning JIT off: neither member nor invited.
    pub(crate) without_jit: Vec<String>,
}

/// Whom enforcement would affect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ByEnforcement {
    /// How many accounts have an address of the connection's domains.
    pub(crate) accounts: usize,
    /// Those who have a password or a passkey, which would count no more.
    pub(crate) with_password: Vec<String>,
    /// Those who have never signed in through the connection, and may not be able to.
    pub(crate) never_tried: Vec<String>,
}

pub(super) fn affected(installation: &Installation, connection: Connection) -> Result<AffectedView, AdminError> {
    let now = installation.surroundings.now();
    let view = installation.store.scan_blocking(move |conn| {
        let enforced = enforcement::affected(conn, &connection)?;
        let losing = sign_in::losing_without_jit(conn, &connection, now)?;
        Ok::<_, EngineError>(AffectedView {
            connection: connection.name.clone(),
            by_enforcement: ByEnforcement {
                accounts: enforced.accounts,
                with_password: addresses(&enforced.with_password),
                never_tried: addresses(&enforced.never_tried),
            },
            without_jit: addresses(&losing),
        })
    })?;
    Ok(view)
}

fn addresses(accounts: &[Account]) -> Vec<String> {
    accounts.iter().filter_map(|account| account.email.as_ref()).map(ToString::to_string).collect()
}

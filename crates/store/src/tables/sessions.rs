//! Sessions, as far as provisioning ends them; sign-in fills the table.

use muster_model::{AccountId, ConnectionId, Timestamp};

use crate::{Expect, StoreError, Tx, vals};

impl Tx<'_> {
    /// Ends the live sessions that an account began through a connection (SES-4); the reason stays with each (SES-3).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn end_sessions(
        &mut self,
        account: AccountId,
        connection: ConnectionId,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(
            "UPDATE sessions SET ended = ?3, reason = ?4, version = version + 1 \
             WHERE account = ?1 AND connection = ?2 AND ended IS NULL",
            vals![account, connection, at, reason],
            Expect::Any,
        )
    }
}

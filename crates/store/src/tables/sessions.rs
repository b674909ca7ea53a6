//! Sessions, as far as provisioning ends them; sign-in fills the table.

use muster_model::{AccountId, ConnectionId, SessionId, Timestamp, Version};

use crate::{StoreError, Tx, vals};

impl Tx<'_> {
    /// Ends the live sessions that an account began through a connection; which they were, with their versions after.
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
    ) -> Result<Vec<(SessionId, Version)>, StoreError> {
        self.query_returning(
            "UPDATE sessions SET ended = ?3, reason = ?4, version = version + 1 \
             WHERE account = ?1 AND connection = ?2 AND ended IS NULL RETURNING id, version",
            vals![account, connection, at, reason],
            |row| Ok((SessionId(row.get(0)?), row.get(1)?)),
        )
    }
}

//! What was written since: whether something old may still be done.

use muster_model::{ConnectionId, LedgerId, Rule, Version};
use muster_store::{Conn, Tx};
use uuid::Uuid;

use crate::{EngineError, Refusal};

/// A resource that must not have been written since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritten {
    /// The directory user or group.
    pub resource: Uuid,
    /// The request, or the ledger row, after which it must not have been written.
    pub since: Uuid,
    /// The ledger rows, from one to the other, that do not count: those of who asks.
    pub except: Option<(LedgerId, LedgerId)>,
}

impl Unwritten {
    /// Whether it holds as far as one can see, without keeping it so.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn holds(&self, conn: &mut Conn<'_>, connection: ConnectionId) -> Result<bool, EngineError> {
        let Self { resource, since, except } = *self;
        Ok(!conn.resource_was_written_since(connection, resource, since, except)?)
    }

    /// Holds the resource until the end of the transaction, and refuses if it was written.
    ///
    /// # Errors
    ///
    /// [`Refusal::Overtaken`]; the store's.
    pub fn require(&self, tx: &mut Tx<'_>, connection: ConnectionId) -> Result<(), EngineError> {
        hold(tx, connection, self.resource)?;
        if self.holds(tx, connection)? { Ok(()) } else { Err(Refusal::Overtaken(Rule::Scim11).into()) }
    }
}

/// Holds a directory user or group until the end of the transaction, so that nobody else writes it meanwhile; its version.
/// What is gone never comes back, and needs no holding.
pub(crate) fn hold(tx: &mut Tx<'_>, connection: ConnectionId, resource: Uuid) -> Result<Option<Version>, EngineError> {
    if let Some(user) = tx.directory_user(connection, resource.into())? {
        return Ok(Some(user.version));
    }
    Ok(tx.directory_group(connection, resource.into())?.map(|group| group.version))
}

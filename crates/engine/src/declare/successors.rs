//! Who succeeds whom (SSO-12).

use muster_model::{Connection, ConnectionId};

use super::{Work, prune::is_pruned, quoted, refuse};
use crate::{EngineError, domains};

impl Work<'_, '_> {
    /// States the successors, once every connection that is named is there. The two know each other: the old one for what
    /// it no longer says, the new one for whom it takes over.
    pub(super) fn successors(&mut self) -> Result<(), EngineError> {
        for stated in &self.declaration.connections {
            let Some(connection) = self.tx.connection_by_name(&stated.name)? else { continue };
            let successor = match &stated.successor {
                Some(name) => Some(self.successor(&connection, name)?),
                None => None,
            };
            let former = connection.settings.successor;
            if former == successor.as_ref().map(|successor| successor.id) {
                continue;
            }
            if let Some(former) = former.map(|id| self.tx.connection(id)).transpose()?.flatten() {
                self.relate(former, |settings| settings.predecessor = None)?;
            }
            let (id, new) = (connection.id, successor.as_ref().map(|successor| successor.id));
            self.relate(connection, |settings| settings.successor = new)?;
            if let Some(successor) = successor {
                self.relate(successor, |settings| settings.predecessor = Some(id))?;
            }
        }
        Ok(())
    }

    fn successor(&mut self, of: &Connection, name: &str) -> Result<Connection, EngineError> {
        let place = format!("connection `{}`", of.name);
        let wrong = |why: &str| refuse(&place, "successor", quoted(name), why);
        let found = self.tx.connection_by_name(name)?.filter(|successor| !is_pruned(successor));
        let Some(successor) = found else {
            return Err(wrong("there is no such connection: state it as `[[connection]]`"));
        };
        if !domains::speaks_for(self.tx, of.holder, successor.holder)?
            && !domains::speaks_for(self.tx, successor.holder, of.holder)?
        {
            return Err(wrong("it is another holder's: a successor has the same holder, or its company (TEN-1)"));
        }
        if !self.owns(successor.holder)? {
            return Err(wrong("there is no such connection: state it as `[[connection]]`"));
        }
        if successor.settings.predecessor.is_some_and(|other| other != of.id) {
            return Err(wrong("it succeeds another connection already: name one that succeeds none"));
        }
        if self.succeeds(&successor, of.id)? {
            return Err(wrong("the two would succeed each other: name one that comes after both"));
        }
        Ok(successor)
    }

    /// Whether `other` comes after `connection`, directly or not.
    fn succeeds(&mut self, connection: &Connection, other: ConnectionId) -> Result<bool, EngineError> {
        let mut next = connection.settings.successor;
        while let Some(id) = next {
            if id == other {
                return Ok(true);
            }
            next = self.tx.connection(id)?.and_then(|connection| connection.settings.successor);
        }
        Ok(false)
    }

    pub(super) fn relate(
        &mut self,
        before: Connection,
        change: impl FnOnce(&mut muster_model::connection::Settings),
    ) -> Result<(), EngineError> {
        let mut after = Connection { version: before.version + 1, ..before.clone() };
        change(&mut after.settings);
        self.tx.update_connection(&after)?;
        self.record_connection(&before, &after)
    }
}

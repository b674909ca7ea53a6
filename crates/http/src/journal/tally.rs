//! Counting what came, by connection and day, beside the request log: in memory, and added every few seconds.

use std::sync::{Mutex, PoisonError};

use muster_engine::traffic::Tally;
use muster_model::{ConnectionId, Timestamp};
use muster_store::TrafficKind;

/// What was counted since it was last added. It is as large as there are connections in use.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Tally>);

impl Counted {
    /// Counts one.
    pub(crate) fn count(&self, connection: ConnectionId, at: Timestamp, kind: TrafficKind, is_refused: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count(connection, at, kind, is_refused);
    }

    /// What was counted, which is forgotten.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes back what could not be added.
    pub(crate) fn take_back(&self, tally: Tally) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join(tally);
    }
}

//! Where pages begin.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

use muster_model::{ConnectionId, Timestamp};
use muster_store::{Conn, Counter, Listed};
use uuid::Uuid;

use crate::{EngineError, retention::SETTLED};

/// Every so many ids one is kept, so that a jump to any page is at most this many steps along the index.
const STRIDE: usize = 256;
/// Connections whose ids are kept; the least recently made index goes first.
const CONNECTIONS: usize = 256;

/// Where pages begin: for each connection every 256th id, kept in memory.
///
/// A resource is made above the newest id that its transaction sees. So no id comes between old ones, and an index of them
/// stays right until one is deleted; then it is made anew. Where transactions run beside each other, among those of the last
/// minute another may still appear, of one that began before others and ends after them: they are not kept, but walked to.
#[derive(Debug, Default)]
pub struct Anchors {
    known: Mutex<HashMap<(ConnectionId, Listed), Arc<Index>>>,
}

#[derive(Debug)]
struct Index {
    deletes: i64,
    /// The id at place 1 + n * STRIDE.
    ids: Vec<Uuid>,
    /// How many ids there were that are settled; places beyond are walked to from the last kept id.
    length: i64,
}

impl Anchors {
    /// Whether a page can be found without reading all ids first. If not, read it in the scan lane.
    #[must_use]
    pub fn covers(&self, connection: ConnectionId, listed: Listed, start: i64) -> bool {
        start <= near() || self.get(connection, listed).is_some_and(|index| start <= index.length + near())
    }

    fn get(&self, connection: ConnectionId, listed: Listed) -> Option<Arc<Index>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&(connection, listed)).cloned()
    }

    /// The id after which a page begins, and how many further ids to leave out.
    pub(super) fn find(
        &self,
        conn: &mut Conn<'_>,
        now: Timestamp,
        connection: ConnectionId,
        listed: Listed,
        start: i64,
    ) -> Result<(Uuid, i64), EngineError> {
        let skip = start - 1;
        if skip < near() {
            return Ok((Uuid::nil(), skip));
        }
        let deletes = conn.count(connection.0, Counter::Deletes)?;
        let kept = self.get(connection, listed).filter(|index| index.deletes == deletes);
        let index = match kept {
            Some(index) if start <= index.length + near() => index,
            kept => self.extend(conn, kept, now, (connection, listed), deletes)?,
        };
        let place = usize::try_from(skip).unwrap_or(usize::MAX) / STRIDE;
        let anchor = place.min(index.ids.len().saturating_sub(1));
        let Some(id) = index.ids.get(anchor) else { return Ok((Uuid::nil(), skip)) };
        let passed = i64::try_from(anchor * STRIDE).unwrap_or(i64::MAX);
        // `id` itself is at place `passed + 1`: step back to just before it.
        Ok((before(*id), skip - passed))
    }

    /// An index of all ids that are settled by now; what is kept of an earlier one is not read again.
    fn extend(
        &self,
        conn: &mut Conn<'_>,
        kept: Option<Arc<Index>>,
        now: Timestamp,
        (connection, listed): (ConnectionId, Listed),
        deletes: i64,
    ) -> Result<Arc<Index>, EngineError> {
        let mut ids = kept.map_or_else(Vec::new, |kept| kept.ids.clone());
        // Begins with the last kept id itself.
        let after = ids.pop().map_or(Uuid::nil(), before);
        let mut length = ids.len() * STRIDE;
        let unsettled = if conn.is_written_in_turn() { Uuid::max() } else { now.before(SETTLED).first_id() };
        conn.each_directory_id(connection, listed, after, |id| {
            if id >= unsettled {
                return ControlFlow::Break(());
            }
            if length.is_multiple_of(STRIDE) {
                ids.push(id);
            }
            length += 1;
            ControlFlow::Continue(())
        })?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let index = Arc::new(Index { deletes, ids, length });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CONNECTIONS && !known.contains_key(&(connection, listed)) {
            known.clear();
        }
        known.insert((connection, listed), Arc::clone(&index));
        Ok(index)
    }
}

fn near() -> i64 {
    i64::try_from(STRIDE).unwrap_or(i64::MAX)
}

/// The largest id below this one.
fn before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}

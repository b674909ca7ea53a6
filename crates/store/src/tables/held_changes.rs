//! Requests that the mass-change guard keeps (MIG-3).

use muster_model::{ConnectionId, HeldChange, HeldChangeId, HeldState, LedgerId, RequestId, Timestamp};
use uuid::Uuid;

use super::{from_json, json, word};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "held_changes";
const COLUMNS: &str = "id, connection, request, fingerprint, resource, resource_version, endings, lifted, state, note, \
                       bars_until, created, decided";

fn held_change(row: &Row<'_>) -> Result<HeldChange, StoreError> {
    let id = HeldChangeId(row.get(0)?);
    let fingerprint: Vec<u8> = row.get(3)?;
    Ok(HeldChange {
        id,
        connection: ConnectionId(row.get(1)?),
        request: RequestId(row.get(2)?),
        fingerprint: fingerprint.try_into().map_err(|_| StoreError::Corrupt { table: TABLE, key: id.to_string() })?,
        resource: row.get(4)?,
        resource_version: row.get(5)?,
        endings: from_json(row, 6, TABLE)?,
        lifted: row.get(7)?,
        state: word(row, 8, TABLE, HeldState::parse)?,
        note: row.get(9)?,
        bars_until: row.get::<Option<i64>>(10)?.map(Timestamp),
        created: Timestamp(row.get(11)?),
        decided: row.get::<Option<i64>>(12)?.map(Timestamp),
    })
}

impl Conn<'_> {
    /// The number that changes with what nodes cache under `name` (0 before it first changed), and whether any request
    /// of a connection bars its resource: one look for both, because every write needs both.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn version_and_barring(
        &mut self,
        name: &str,
        connection: ConnectionId,
        now: Timestamp,
    ) -> Result<(i64, bool), StoreError> {
        self.one(
            "SELECT coalesce((SELECT value FROM versions WHERE name = ?1), 0), \
             EXISTS (SELECT 1 FROM held_changes WHERE connection = ?2 AND bars_until IS NOT NULL AND bars_until > ?3)",
            vals![name, connection, now],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The requests that bar a resource at `now`, oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn barring_changes(
        &mut self,
        connection: ConnectionId,
        resource: Uuid,
        now: Timestamp,
    ) -> Result<Vec<HeldChange>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM held_changes WHERE connection = ?1 AND resource = ?2 AND bars_until IS NOT NULL \
             AND bars_until > ?3 ORDER BY id"
        );
        self.query(&sql, vals![connection, resource, now], held_change)
    }

    /// A kept request of a connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn held_change(
        &mut self,
        connection: ConnectionId,
        id: HeldChangeId,
    ) -> Result<Option<HeldChange>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM held_changes WHERE connection = ?1 AND id = ?2");
        self.opt(&sql, vals![connection, id], held_change)
    }

    /// How many requests of a connection wait for a decision at `now`, and how many of them are about this resource; not
    /// counted beyond `limit`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn count_pending_held_changes(
        &mut self,
        connection: ConnectionId,
        resource: Option<Uuid>,
        now: Timestamp,
        limit: i64,
    ) -> Result<(i64, i64), StoreError> {
        self.one(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM held_changes WHERE connection = ?1 AND state = 'held' \
             AND bars_until > ?3 LIMIT ?4) a), \
             (SELECT count(*) FROM (SELECT 1 FROM held_changes WHERE connection = ?1 AND resource = ?2 \
             AND bars_until IS NOT NULL AND state = 'held' AND bars_until > ?3 LIMIT ?4) b)",
            vals![connection, resource, now, limit],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Whether a request about a resource that was held after this one was done already.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn later_held_change_was_applied(
        &mut self,
        connection: ConnectionId,
        resource: Uuid,
        id: HeldChangeId,
    ) -> Result<bool, StoreError> {
        self.one(
            "SELECT EXISTS (SELECT 1 FROM held_changes WHERE connection = ?1 AND resource = ?2 AND id > ?3 \
             AND state = 'applied')",
            vals![connection, resource, id],
            |row| row.get(0),
        )
    }

    /// A page of a connection's kept requests, in the order in which they came.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn held_changes(
        &mut self,
        connection: ConnectionId,
        after: HeldChangeId,
        limit: i64,
    ) -> Result<Vec<HeldChange>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM held_changes WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        self.query(&sql, vals![connection, after, limit], held_change)
    }

    /// As [`Conn::held_changes`], those that wait for a decision at `now`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn pending_held_changes(
        &mut self,
        connection: ConnectionId,
        now: Timestamp,
        after: HeldChangeId,
        limit: i64,
    ) -> Result<Vec<HeldChange>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM held_changes WHERE connection = ?1 AND state = 'held' AND bars_until > ?2 \
             AND id > ?3 ORDER BY id LIMIT ?4"
        );
        self.query(&sql, vals![connection, now, after, limit], held_change)
    }

    /// Whether a logged request changed a resource after `since` was made, other than by an owner's approval of what the
    /// guard held, and other than in the ledger rows from one of `except` to the other.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn resource_was_written_since(
        &mut self,
        connection: ConnectionId,
        resource: Uuid,
        since: Uuid,
        except: Option<(LedgerId, LedgerId)>,
    ) -> Result<bool, StoreError> {
        let (from, to) = except.map_or((Uuid::max(), Uuid::nil()), |(from, to)| (from.0, to.0));
        self.one(
            "SELECT EXISTS (SELECT 1 FROM ledger_subjects s JOIN ledger l ON l.id = s.ledger \
             JOIN requests r ON r.id = l.request WHERE s.subject = ?2 AND s.ledger > ?3 AND l.connection = ?1 \
             AND r.resource = ?2 AND r.kind <> 'approval' AND NOT (s.ledger >= ?4 AND s.ledger <= ?5))",
            vals![connection, resource, since, from, to],
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// As [`Conn::held_change`], held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn held_change_for_update(
        &mut self,
        connection: ConnectionId,
        id: HeldChangeId,
    ) -> Result<Option<HeldChange>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM held_changes WHERE connection = ?1 AND id = ?2{}", self.for_update());
        self.opt(&sql, vals![connection, id], held_change)
    }

    /// Notes that the guard was lifted for a kept request; whether it was not before.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_lifted(&mut self, connection: ConnectionId, id: HeldChangeId) -> Result<bool, StoreError> {
        let sql = "UPDATE held_changes SET lifted = ?3 WHERE connection = ?1 AND id = ?2 AND lifted <> ?3";
        Ok(self.exec(sql, vals![connection, id, true])? == 1)
    }

    /// Keeps a request, unless the same one waits for a decision already; whether it did. What nobody decided about in
    /// time waits no more.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_held_change(&mut self, held: &HeldChange) -> Result<bool, StoreError> {
        self.put(
            "UPDATE held_changes SET state = 'expired', decided = bars_until, bars_until = NULL \
             WHERE connection = ?1 AND state = 'held' AND bars_until <= ?2",
            vals![held.connection, held.created],
            Expect::Any,
        )?;
        let sql = format!(
            "INSERT INTO held_changes ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
             ON CONFLICT (connection, fingerprint) WHERE state = 'held' DO NOTHING"
        );
        let vals = vals![
            held.id,
            held.connection,
            held.request,
            &held.fingerprint,
            held.resource,
            held.resource_version,
            json(&held.endings)?,
            held.lifted,
            held.state.as_str(),
            held.note.as_deref(),
            held.bars_until,
            held.created,
            held.decided,
        ];
        Ok(self.exec(&sql, vals)? == 1)
    }

    /// Stores what became of a kept request that was still held.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if somebody decided meanwhile.
    pub fn decide_held_change(&mut self, held: &HeldChange) -> Result<(), StoreError> {
        self.put(
            "UPDATE held_changes SET state = ?3, note = ?4, bars_until = ?5, decided = ?6 \
             WHERE connection = ?1 AND id = ?2 AND state = 'held'",
            vals![held.connection, held.id, held.state.as_str(), held.note.as_deref(), held.bars_until, held.decided,],
            Expect::One,
        )
    }

    /// Something newer about a resource was done: what is held of it counts no more, and bars nothing.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn supersede_held_changes(
        &mut self,
        connection: ConnectionId,
        resource: Uuid,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(
            "UPDATE held_changes SET state = CASE state WHEN 'held' THEN 'superseded' ELSE state END, \
             decided = coalesce(decided, ?3), bars_until = NULL \
             WHERE connection = ?1 AND resource = ?2 AND bars_until IS NOT NULL",
            vals![connection, resource, at],
            Expect::Any,
        )
    }
}

//! How large the request log is, and what of it goes (SCIM-11, PRE-2).

use muster_model::{ConnectionId, RequestId, Timestamp};
use uuid::Uuid;

use super::{pad, placeholders};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

/// What a logged request takes in the database, about: its variable parts, and as much again as the rest of a row and its
/// index entries take.
const SIZE: &str = "octet_length(target) + octet_length(steps) + coalesce(octet_length(body), 0) + 250";
/// The same of a chunk of reads.
const CHUNK_SIZE: &str = "octet_length(content) + 50";
/// Whether an owner has still to decide about a logged request at `?1`: what was sent in it is kept until then (MIG-3).
const HELD: &str = "EXISTS (SELECT 1 FROM held_changes h WHERE h.request = requests.id AND h.state = 'held' \
                    AND h.bars_until > ?1)";

/// A row of the request log, by what matters for keeping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    /// The request's id, or the chunk's.
    pub id: Uuid,
    /// Whose log.
    pub connection: Option<ConnectionId>,
    /// What it takes, in bytes.
    pub bytes: i64,
    /// How many of them are the body's.
    pub body_bytes: i64,
    /// Whether the request changed something, so that values and grants name it.
    pub changed: bool,
    /// Whether the mass-change guard holds it, and an owner has still to decide about it (MIG-3).
    pub held: bool,
}

/// What was removed of one connection's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// Whose log.
    pub connection: Option<ConnectionId>,
    /// What it took, in bytes.
    pub bytes: i64,
}

fn entry(row: &Row<'_>) -> Result<LogEntry, StoreError> {
    Ok(LogEntry {
        id: row.get(0)?,
        connection: row.get::<Option<Uuid>>(1)?.map(ConnectionId),
        bytes: row.get(2)?,
        body_bytes: row.get(3)?,
        changed: row.get::<String>(4)? == "changed",
        held: row.get(5)?,
    })
}

fn expired(row: &Row<'_>) -> Result<Expired, StoreError> {
    Ok(Expired { connection: row.get::<Option<Uuid>>(0)?.map(ConnectionId), bytes: row.get(1)? })
}

impl Conn<'_> {
    /// The id of the first logged request above `after`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn next_request(&mut self, after: Uuid) -> Result<Option<RequestId>, StoreError> {
        let sql = "SELECT id FROM requests WHERE id > ?1 ORDER BY id LIMIT 1";
        self.opt(sql, vals![after], |row| Ok(RequestId(row.get(0)?)))
    }

    /// The bytes that each connection's log has between two ids, the second one included; those without any are left out.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn logged_bytes(&mut self, after: Uuid, to: Uuid) -> Result<Vec<(ConnectionId, i64)>, StoreError> {
        let sql = format!(
            "SELECT id, CAST(requests + chunks AS BIGINT) FROM (SELECT c.id AS id, \
             (SELECT coalesce(sum({SIZE}), 0) FROM requests r WHERE r.connection = c.id AND r.id > ?1 AND r.id <= ?2) \
             AS requests, (SELECT coalesce(sum({CHUNK_SIZE}), 0) FROM read_chunks k \
             WHERE k.connection = c.id AND k.id > ?1 AND k.id <= ?2) AS chunks \
             FROM connections c) s WHERE requests + chunks > 0 ORDER BY id"
        );
        self.query(&sql, vals![after, to], |row| Ok((ConnectionId(row.get(0)?), row.get(1)?)))
    }

    /// The oldest logged requests between two ids, neither included, oldest first, as they are at `now`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn log_entries(
        &mut self,
        now: Timestamp,
        after: Uuid,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let sql = format!(
            "SELECT id, connection, {SIZE}, coalesce(octet_length(body), 0), outcome, {HELD} FROM requests \
             WHERE id > ?2 AND id < ?3 ORDER BY id LIMIT ?4"
        );
        self.query(&sql, vals![now, after, before, limit], entry)
    }

    /// As [`Conn::log_entries`], those that the mass-change guard has held and that are decided about; the first id is
    /// included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn decided_log_entries(
        &mut self,
        now: Timestamp,
        from: Uuid,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let sql = format!(
            "SELECT id, connection, {SIZE}, coalesce(octet_length(body), 0), outcome, 1 = 0 FROM requests \
             WHERE id IN (SELECT request FROM held_changes WHERE request >= ?2 AND request < ?3) AND NOT {HELD} \
             ORDER BY id LIMIT ?4"
        );
        self.query(&sql, vals![now, from, before, limit], entry)
    }

    /// The oldest request from one id up to another about which an owner has still to decide at `now`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_held_request(
        &mut self,
        now: Timestamp,
        from: Uuid,
        before: Uuid,
    ) -> Result<Option<RequestId>, StoreError> {
        let sql = "SELECT request FROM held_changes WHERE request >= ?2 AND request < ?3 AND state = 'held' \
                   AND bars_until > ?1 ORDER BY request LIMIT 1";
        self.opt(sql, vals![now, from, before], |row| Ok(RequestId(row.get(0)?)))
    }

    /// The oldest logged requests of a connection, without those that the mass-change guard holds: what was sent in them
    /// is still to be decided about.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_log_entries(
        &mut self,
        now: Timestamp,
        connection: ConnectionId,
        limit: i64,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let sql = format!(
            "SELECT id, connection, {SIZE}, coalesce(octet_length(body), 0), outcome, 1 = 0 FROM requests \
             WHERE connection = ?2 AND NOT {HELD} ORDER BY id LIMIT ?3"
        );
        self.query(&sql, vals![now, connection, limit], entry)
    }

    /// The oldest chunks of logged reads of a connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_read_chunks(&mut self, connection: ConnectionId, limit: i64) -> Result<Vec<LogEntry>, StoreError> {
        let sql = format!(
            "SELECT id, connection, {CHUNK_SIZE}, 0, 'read', 1 = 0 FROM read_chunks WHERE connection = ?1 ORDER BY id LIMIT ?2"
        );
        self.query(&sql, vals![connection, limit], entry)
    }

    /// A connection with chunks of logged reads older than an id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection_with_chunks_before(&mut self, before: Uuid) -> Result<Option<ConnectionId>, StoreError> {
        let sql = "SELECT c.id FROM connections c \
                   WHERE EXISTS (SELECT 1 FROM read_chunks k WHERE k.connection = c.id AND k.id < ?1) LIMIT 1";
        self.opt(sql, vals![before], |row| Ok(ConnectionId(row.get(0)?)))
    }
}

impl Tx<'_> {
    /// Removes logged requests.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_requests(&mut self, ids: &[Uuid]) -> Result<(), StoreError> {
        self.of_ids("DELETE FROM requests", ids)
    }

    /// Removes the bodies of logged requests; the rest of them stays.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn clear_request_bodies(&mut self, ids: &[Uuid]) -> Result<(), StoreError> {
        self.of_ids("UPDATE requests SET body = NULL", ids)
    }

    /// Removes the oldest logged requests before an id, without those that the mass-change guard holds at `now`; what went.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_requests_before(
        &mut self,
        now: Timestamp,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<Expired>, StoreError> {
        let sql = format!(
            "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE id < ?2 AND NOT {HELD} ORDER BY id LIMIT ?3) \
             RETURNING connection, {SIZE}"
        );
        self.query_returning(&sql, vals![now, before, limit], expired)
    }

    /// Forgets the oldest held requests before an id about which nothing is left to decide at `now`; how many.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_held_changes_before(&mut self, now: Timestamp, before: Uuid, limit: i64) -> Result<u64, StoreError> {
        let sql = "DELETE FROM held_changes WHERE id IN (SELECT id FROM held_changes WHERE id < ?2 \
                   AND (bars_until IS NULL OR bars_until <= ?1) ORDER BY id LIMIT ?3)";
        self.exec(sql, vals![now, before, limit])
    }

    /// Removes the oldest chunks of a connection's logged reads up to an id, that one included; what went.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_read_chunks(
        &mut self,
        connection: ConnectionId,
        to: Uuid,
        limit: i64,
    ) -> Result<Vec<Expired>, StoreError> {
        let sql = format!(
            "DELETE FROM read_chunks WHERE connection = ?1 AND id IN \
             (SELECT id FROM read_chunks WHERE connection = ?1 AND id <= ?2 ORDER BY id LIMIT ?3) \
             RETURNING connection, {CHUNK_SIZE}"
        );
        self.query_returning(&sql, vals![connection, to, limit], expired)
    }

    fn of_ids(&mut self, statement: &str, ids: &[Uuid]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut vals = Vec::new();
        pad(&mut vals, ids.iter().map(|id| (*id).into()));
        self.put(&format!("{statement} WHERE id IN {}", placeholders(1, ids.len())), vals, Expect::Any)
    }
}

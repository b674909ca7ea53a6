//! The request log (SCIM-11).

use muster_model::{AccountId, ConnectionId, RequestId, Timestamp, TokenId, Version, trace::Step};
use uuid::Uuid;

use super::{from_json, json};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "requests";
pub(super) const COLUMNS: &str = "id, connection, at, micros, kind, method, target, status, dialect, outcome, token, resource, \
                       resource_version, repeats, part_of, steps, body";

/// One logged request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// The TraceID.
    pub id: RequestId,
    /// Whose log.
    pub connection: Option<ConnectionId>,
    /// When it arrived.
    pub at: Timestamp,
    /// How long it took, in microseconds, up to the commit.
    pub micros: i64,
    /// `scim` for a client's request; `replay` or `approval` for a recorded one that was run again; later `sso`.
    pub kind: String,
    /// HTTP method.
    pub method: String,
    /// Path and query below the base URL.
    pub target: String,
    /// HTTP status answered.
    pub status: i64,
    /// The IdP that was recognised.
    pub dialect: Option<String>,
    /// `changed`, `refused`, ...
    pub outcome: String,
    /// The token that opened it.
    pub token: Option<TokenId>,
    /// The resource that was written.
    pub resource: Option<Uuid>,
    /// Its version after.
    pub resource_version: Option<Version>,
    /// The recorded request that this one runs again.
    pub repeats: Option<RequestId>,
    /// The Bulk whose operation it is; that is not on the log itself, except as a line.
    pub part_of: Option<RequestId>,
    /// What was decided, in order.
    pub steps: Vec<Step>,
    /// What was sent: redacted, compressed, sealed.
    pub body: Option<Vec<u8>>,
}

pub(super) fn request(row: &Row<'_>) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        id: RequestId(row.get(0)?),
        connection: row.get::<Option<Uuid>>(1)?.map(ConnectionId),
        at: Timestamp(row.get(2)?),
        micros: row.get(3)?,
        kind: row.get(4)?,
        method: row.get(5)?,
        target: row.get(6)?,
        status: row.get(7)?,
        dialect: row.get(8)?,
        outcome: row.get(9)?,
        token: row.get::<Option<Uuid>>(10)?.map(TokenId),
        resource: row.get(11)?,
        resource_version: row.get(12)?,
        repeats: row.get::<Option<Uuid>>(13)?.map(RequestId),
        part_of: row.get::<Option<Uuid>>(14)?.map(RequestId),
        steps: from_json(row, 15, TABLE)?,
        body: row.get(16)?,
    })
}

impl Conn<'_> {
    /// A logged request.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn request(&mut self, id: RequestId) -> Result<Option<RequestRow>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM requests WHERE id = ?1"), vals![id], request)
    }

    /// The newest logged requests of a connection, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn requests(&mut self, connection: ConnectionId, limit: i64) -> Result<Vec<RequestRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE connection = ?1 ORDER BY id DESC LIMIT ?2");
        self.query(&sql, vals![connection, limit], request)
    }

    /// An account's newest logged sign-ins without an identity provider, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn local_sign_ins(&mut self, account: AccountId, limit: i64) -> Result<Vec<RequestRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM requests WHERE resource = ?1 AND connection IS NULL ORDER BY id DESC LIMIT ?2"
        );
        self.query(&sql, vals![account, limit], request)
    }

    /// The newest logged requests of a connection before an id, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn requests_before(
        &mut self,
        connection: ConnectionId,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<RequestRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE connection = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
        self.query(&sql, vals![connection, before, limit], request)
    }

    /// The oldest logged requests of a connection between two ids, the first one included, oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn requests_between(
        &mut self,
        connection: ConnectionId,
        from: Uuid,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<RequestRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM requests WHERE connection = ?1 AND id >= ?2 AND id < ?3 ORDER BY id LIMIT ?4"
        );
        self.query(&sql, vals![connection, from, before, limit], request)
    }

    /// The newest chunks of logged reads of a connection whose first line is before an id, newest first: each with the id
    /// of that line.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn read_chunks_before(
        &mut self,
        connection: ConnectionId,
        before: Uuid,
        limit: i64,
    ) -> Result<Vec<(Uuid, Vec<u8>)>, StoreError> {
        let sql = "SELECT id, content FROM read_chunks WHERE connection = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        self.query(sql, vals![connection, before, limit], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The newest chunks of logged reads of a connection, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn read_chunks(&mut self, connection: ConnectionId, limit: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "SELECT content FROM read_chunks WHERE connection = ?1 ORDER BY id DESC LIMIT ?2";
        self.query(sql, vals![connection, limit], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Logs a request.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_request(&mut self, request: &RequestRow) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO requests (id, connection, at, micros, kind, method, target, status, dialect, outcome, token, \
             resource, resource_version, repeats, part_of, steps, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            vals![
                request.id,
                request.connection,
                request.at,
                request.micros,
                &request.kind,
                &request.method,
                &request.target,
                request.status,
                request.dialect.as_deref(),
                &request.outcome,
                request.token,
                request.resource,
                request.resource_version,
                request.repeats,
                request.part_of,
                json(&request.steps)?,
                request.body.as_ref(),
            ],
            Expect::Any,
        )
    }

    /// Logs up to a second of reads in one row.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_read_chunk(
        &mut self,
        connection: ConnectionId,
        id: Uuid,
        lines: i64,
        content: Vec<u8>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO read_chunks (connection, id, lines, content) VALUES (?1, ?2, ?3, ?4)";
        self.put(sql, vals![connection, id, lines, content], Expect::Any)
    }
}

//! Whose IdP's metadata is fetched, and how that goes (SSO-8).

use muster_model::{ConnectionId, Timestamp};

use crate::{Conn, Expect, Row, StoreError, Tx, vals};

/// How fetching a connection's metadata goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpMetadata {
    /// Whose IdP's.
    pub connection: ConnectionId,
    /// From where.
    pub url: String,
    /// When it is fetched next.
    pub due: Timestamp,
    /// Until when whoever fetches it now has time for that; `None` if nobody does.
    pub busy_until: Option<Timestamp>,
    /// When it was last tried.
    pub tried: Option<Timestamp>,
    /// When that last succeeded.
    pub fetched: Option<Timestamp>,
    /// Until when it was good, as it said itself.
    pub valid_until: Option<Timestamp>,
    /// How often it has failed since it last succeeded.
    pub failures: i64,
    /// Why it last failed; `None` once it has succeeded.
    pub failure: Option<String>,
}

const COLUMNS: &str = "connection, url, due, busy_until, tried, fetched, valid_until, failures, failure";

fn read(row: &Row<'_>) -> Result<IdpMetadata, StoreError> {
    let time = |at: Option<i64>| at.map(Timestamp);
    Ok(IdpMetadata {
        connection: ConnectionId(row.get(0)?),
        url: row.get(1)?,
        due: Timestamp(row.get(2)?),
        busy_until: time(row.get(3)?),
        tried: time(row.get(4)?),
        fetched: time(row.get(5)?),
        valid_until: time(row.get(6)?),
        failures: row.get(7)?,
        failure: row.get(8)?,
    })
}

impl Conn<'_> {
    /// How fetching a connection's metadata goes; `None` where none is fetched. Who is going to change it holds the row.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn idp_metadata(&mut self, connection: ConnectionId) -> Result<Option<IdpMetadata>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM idp_metadata WHERE connection = ?1{}", self.for_update());
        self.opt(&sql, vals![connection], read)
    }

    /// A connection whose metadata is to be fetched by now, and that nobody fetches; one look into an index.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn due_idp_metadata(&mut self, now: Timestamp) -> Result<Option<ConnectionId>, StoreError> {
        let sql = "SELECT connection FROM idp_metadata \
                   WHERE due <= ?1 AND (busy_until IS NULL OR busy_until <= ?1) ORDER BY due LIMIT 1";
        self.opt(sql, vals![now], |row| Ok(ConnectionId(row.get(0)?)))
    }
}

impl Tx<'_> {
    /// Keeps how fetching a connection's metadata goes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn put_idp_metadata(&mut self, row: &IdpMetadata) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO idp_metadata (connection, url, due, busy_until, tried, fetched, valid_until, failures, failure) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (connection) DO UPDATE SET url = excluded.url, \
             due = excluded.due, busy_until = excluded.busy_until, tried = excluded.tried, fetched = excluded.fetched, \
             valid_until = excluded.valid_until, failures = excluded.failures, failure = excluded.failure",
            vals![
                row.connection,
                row.url.as_str(),
                row.due,
                row.busy_until,
                row.tried,
                row.fetched,
                row.valid_until,
                row.failures,
                row.failure.as_deref(),
            ],
            Expect::One,
        )
    }

    /// A connection's metadata is fetched no longer.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_idp_metadata(&mut self, connection: ConnectionId) -> Result<(), StoreError> {
        self.put("DELETE FROM idp_metadata WHERE connection = ?1", vals![connection], Expect::Any)
    }
}

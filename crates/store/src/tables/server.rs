//! What a database server tells of itself, where there is one.

use muster_model::Timestamp;

use crate::{Conn, StoreError, vals};

/// A database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseServer {
    /// Its version as a number: 150004 is 15.4.
    pub version: i64,
    /// What its clock says.
    pub now: Timestamp,
}

impl Conn<'_> {
    /// The server that holds the database; `None` where it is embedded.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn database_server(&mut self) -> Result<Option<DatabaseServer>, StoreError> {
        if self.is_embedded() {
            return Ok(None);
        }
        let sql = "SELECT CAST(current_setting('server_version_num') AS BIGINT), \
                   CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
        let read = |row: &crate::Row<'_>| Ok(DatabaseServer { version: row.get(0)?, now: Timestamp(row.get(1)?) });
        self.one(sql, vals![], read).map(Some)
    }
}

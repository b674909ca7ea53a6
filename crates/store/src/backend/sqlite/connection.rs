//! Opening SQLite connections, and what their errors mean.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig, ffi};

use crate::{
    error::{Refusal, StoreError},
    unique::Unique,
};

/// Statements that a connection keeps prepared.
const PREPARED: usize = 256;

/// How long a connection waits for another.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What both kinds of connection have in common.
const COMMON: &str = "PRAGMA foreign_keys=ON; PRAGMA case_sensitive_like=ON; PRAGMA temp_store=MEMORY; \
                      PRAGMA trusted_schema=OFF;";

/// Opens the connection that writes. What it deletes is overwritten with zeros (ACC-2), which costs nothing that could be
/// measured.
pub(super) fn open_writer(path: &Path, temporary: bool, max_bytes: Option<u64>) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let synchronous = if temporary { "OFF" } else { "FULL" };
    let mode: String = connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0)).map_err(meaning)?;
    if mode != "wal" {
        return Err(StoreError::unavailable(
            "the file system does not support SQLite's write-ahead log: use a local disk",
        ));
    }
    connection
        .execute_batch(&format!(
            "{COMMON} PRAGMA synchronous={synchronous}; PRAGMA fullfsync=ON; PRAGMA cache_size=-16384; \
             PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
        ))
        .map_err(meaning)?;
    if let Some(max_bytes) = max_bytes {
        let page: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(meaning)?;
        let pages = (max_bytes / u64::from(page.max(1))).max(1);
        connection.query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| Ok(())).map_err(meaning)?;
    }
    Ok(connection)
}

/// Opens a file that nobody else knows, to write what is thrown away: a transaction in it cannot be rolled back.
pub(super) fn open_scratch(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.query_row("PRAGMA journal_mode=OFF", [], |_| Ok(())).map_err(meaning)?;
    connection
        .execute_batch(&format!(
            "{COMMON} PRAGMA synchronous=OFF; PRAGMA cache_size=-16384; PRAGMA locking_mode=EXCLUSIVE;"
        ))
        .map_err(meaning)?;
    Ok(connection)
}

/// Opens a connection that reads, with a cache of at most this many KiB.
pub(super) fn open_reader(path: &Path, cache: u32) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection
        .execute_batch(&format!("{COMMON} PRAGMA query_only=ON; PRAGMA cache_size=-{cache};"))
        .map_err(meaning)?;
    Ok(connection)
}

fn open(path: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(meaning)?;
    connection.busy_timeout(PATIENCE).map_err(meaning)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    // Without it, binding a value may make the planner prepare a statement anew each time: a quarter of a write's cost.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(meaning)?;
    Ok(connection)
}

/// What an error of SQLite means to the caller.
pub(super) fn meaning(error: rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, message) = &error else { return StoreError::other(error) };
    let message = message.as_deref().unwrap_or_default();
    let detail = message.split_once("constraint failed: ").map_or("", |(_, detail)| detail);
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE => return StoreError::Taken(Unique::from_columns(detail, false)),
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            return StoreError::Taken(Unique::from_columns(detail, true));
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return StoreError::Refused(Refusal::ForeignKey(detail.to_owned())),
        ffi::SQLITE_CONSTRAINT_CHECK => return StoreError::Refused(Refusal::Check(detail.to_owned())),
        ffi::SQLITE_CONSTRAINT_NOTNULL => return StoreError::Refused(Refusal::NotNull(detail.to_owned())),
        _ => {}
    }
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full(Arc::new(error)),
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => {
            StoreError::Unavailable(Arc::new(error))
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::OperationInterrupted => StoreError::Interrupted,
        ErrorCode::TooBig => StoreError::Refused(Refusal::TooLarge),
        _ => StoreError::other(error),
    }
}

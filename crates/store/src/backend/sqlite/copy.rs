//! Copying a database file while others write to it, and looking into one that is not open.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::{
    connection::{meaning, open_reader, open_writer},
    location::Location,
};
use crate::{
    error::{SchemaError, StoreError},
    migrate::{Applied, outstanding},
    migrations::MIGRATIONS,
};

/// The cache of a connection that looks at each page once, in KiB.
const COPY_CACHE: u32 = 2_048;
/// Pages of one step: 4 MiB.
const STEP: std::ffi::c_int = 1_024;

/// Takes the lock of a database that no process may hold.
pub(crate) fn claim(path: &Path) -> Result<File, StoreError> {
    Location::file(path).claim()
}

/// Copies a database into a new file that only its owner can read, as it is at one moment.
///
/// The whole copy is one read transaction, so writers go on meanwhile. The copy is one file without a log, on disk when
/// this returns.
pub(crate) fn copy(source: &Path, target: &Path) -> Result<(), StoreError> {
    duplicate(source, target)?;
    File::open(target).and_then(|file| file.sync_all()).map_err(StoreError::unavailable)
}

/// As [`copy`], for a copy that need not outlive the process: it may be in the system's memory alone.
pub(super) fn duplicate(source: &Path, target: &Path) -> Result<(), StoreError> {
    let reader = open_reader(source, COPY_CACHE)?;
    // The moment: what is committed later is not seen by this connection.
    reader.execute_batch("BEGIN").map_err(meaning)?;
    reader.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(meaning)?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(target);
    drop(made.map_err(StoreError::unavailable)?);
    let mut writer =
        Connection::open_with_flags(target, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(meaning)?;
    Backup::new(&reader, &mut writer)
        .and_then(|backup| backup.run_to_completion(STEP, std::time::Duration::ZERO, None))
        .map_err(meaning)?;
    reader.execute_batch("COMMIT").map_err(meaning)?;
    let mode: String = writer.query_row("PRAGMA journal_mode=DELETE", [], |row| row.get(0)).map_err(meaning)?;
    if mode != "delete" {
        return Err(StoreError::other(format!("the copy's journal cannot be closed (`{mode}`)")));
    }
    writer.close().map_err(|(_, error)| meaning(error))
}

/// Moves what is in the log of a database that nobody else holds into its file.
pub(crate) fn settle(path: &Path) -> Result<(), StoreError> {
    let connection = open_writer(path, false, None)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(meaning)?;
    connection.close().map_err(|(_, error)| meaning(error))
}

/// A database file, open for looking into it.
pub(crate) struct Inspection(Connection);

impl Inspection {
    pub(crate) fn open(path: &Path) -> Result<Inspection, StoreError> {
        open_reader(path, COPY_CACHE).map(Inspection)
    }

    /// What a check finds wrong: of everything, or only of what a quick look shows.
    pub(crate) fn damage(&self, thorough: bool) -> Result<Option<String>, StoreError> {
        let check = if thorough { "PRAGMA integrity_check(1)" } else { "PRAGMA quick_check(1)" };
        let found: String = self.0.query_row(check, [], |row| row.get(0)).map_err(meaning)?;
        Ok(Some(found).filter(|found| found != "ok"))
    }

    /// The last migration, if this program can use the tables or bring them up to date; `None` if they are not ours.
    pub(crate) fn schema(&self) -> Result<Result<Option<u32>, SchemaError>, StoreError> {
        let known = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'";
        let ours: i64 = self.0.query_row(known, [], |row| row.get(0)).map_err(meaning)?;
        if ours == 0 {
            return Ok(Ok(None));
        }
        let mut statement =
            self.0.prepare("SELECT version, sha256 FROM schema_migrations ORDER BY version").map_err(meaning)?;
        let rows = statement
            .query_map([], |row| Ok(Applied { version: row.get(0)?, sha256: row.get(1)? }))
            .map_err(meaning)?;
        let applied = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(meaning)?;
        let version = applied.iter().map(|applied| applied.version).max();
        Ok(outstanding(MIGRATIONS, &applied).map(|_| version))
    }

    /// The check value of the master key that the database was set up with.
    pub(crate) fn key_check(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.0.prepare("SELECT key_check FROM installation WHERE id = 1").map_err(meaning)?;
        let mut rows = statement.query([]).map_err(meaning)?;
        rows.next().map_err(meaning)?.map(|row| row.get(0)).transpose().map_err(meaning)
    }

    /// How many rows a table has; 0 if a database of an older schema has no such table.
    pub(crate) fn count(&self, table: &str) -> Result<u64, StoreError> {
        let known = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let exists: i64 = self.0.query_row(known, [table], |row| row.get(0)).map_err(meaning)?;
        if exists == 0 {
            return Ok(0);
        }
        // The names are this crate's own.
        let count = self.0.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
        count.map(|count| u64::try_from(count).unwrap_or(0)).map_err(meaning)
    }
}

//! Backups of the embedded database: a file that is whole, at one moment, while others write.
//!
//! On PostgreSQL its own tools make backups; nothing here is for it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::{
    backend::sqlite_copy::{self, Inspection},
    error::{SchemaError, StoreError},
    migrations::MIGRATIONS,
};

/// What a backup tells of itself by counting.
const TABLES: [&str; 8] = [
    "accounts",
    "organizations",
    "memberships",
    "grants",
    "connections",
    "directory_users",
    "directory_groups",
    "requests",
];

/// Why there is no backup, or why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is not a database, or not one of this program's.
    #[error("{path} is not a database of Muster", path = .0.display())]
    NotOurs(PathBuf),
    /// It is damaged.
    #[error("{path} is damaged ({what}): use another backup", path = .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first thing that SQLite found.
        what: String,
    },
    /// Its tables are not those of this program, nor older ones.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error("{path} cannot be used", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// What is in a database file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The last migration that it has seen.
    pub schema: u32,
    /// The check value of the master key that it was set up with; `None` if it never was.
    pub key_check: Option<Vec<u8>>,
    /// How many rows the tables have that people ask about.
    pub counts: Vec<(&'static str, u64)>,
    /// Its size.
    pub bytes: u64,
}

/// Keeps other processes away from a database file, until dropped.
#[derive(Debug)]
pub struct Claim {
    _lock: File,
}

/// Claims a database file that no server holds.
///
/// # Errors
///
/// [`StoreError::Unavailable`] if a process holds it, or the folder cannot be written.
pub fn claim(path: &Path) -> Result<Claim, StoreError> {
    sqlite_copy::claim(path).map(|lock| Claim { _lock: lock })
}

/// Copies a database, as it is at one moment, into a new file with mode 0600, and checks the copy wholly.
///
/// Safe while this process's own store, or nobody, holds the database: writers go on. What was acknowledged before the
/// call is in it.
///
/// # Errors
///
/// `target` exists, the disk is full, or the copy fails its check; then `target` is removed.
pub fn copy(source: &Path, target: &Path) -> Result<Contents, BackupError> {
    if target.exists() {
        return Err(BackupError::File { path: target.to_owned(), source: io::ErrorKind::AlreadyExists.into() });
    }
    let copied = sqlite_copy::copy(source, target).map_err(BackupError::from).and_then(|()| inspect(target));
    if copied.is_err() {
        // What is half there would be taken for a backup.
        drop(fs::remove_file(target));
    }
    copied
}

/// Checks a database file wholly, and says what is in it. For files that no store has open.
///
/// # Errors
///
/// Any [`BackupError`].
pub fn inspect(path: &Path) -> Result<Contents, BackupError> {
    let file = |source| BackupError::File { path: path.to_owned(), source };
    let bytes = fs::metadata(path).map_err(file)?.len();
    let not_ours = |_| BackupError::NotOurs(path.to_owned());
    let inspection = Inspection::open(path).map_err(not_ours)?;
    let schema = inspection.schema().map_err(not_ours)??.ok_or_else(|| BackupError::NotOurs(path.to_owned()))?;
    if let Some(what) = inspection.damage(true)? {
        return Err(BackupError::Damaged { path: path.to_owned(), what });
    }
    let mut counts = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        counts.push((table, inspection.count(table)?));
    }
    Ok(Contents { schema, key_check: inspection.key_check()?, counts, bytes })
}

/// What a quick look at a database file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickCheck {
    /// The first damage that was found.
    pub damage: Option<String>,
    /// The last migration that it has seen.
    pub schema: u32,
    /// The last migration of this program.
    pub program: u32,
    /// The check value of the master key that it was set up with; `None` if it never was.
    pub key_check: Option<Vec<u8>>,
}

/// Looks quickly at a database file. Also safe while a process has it open.
///
/// # Errors
///
/// [`BackupError::NotOurs`], [`BackupError::Schema`], or what the database says.
pub fn quick_check(path: &Path) -> Result<QuickCheck, BackupError> {
    let inspection = Inspection::open(path)?;
    let schema = inspection.schema()??.ok_or_else(|| BackupError::NotOurs(path.to_owned()))?;
    let program = MIGRATIONS.last().map_or(0, |last| last.version);
    Ok(QuickCheck { damage: inspection.damage(false)?, schema, program, key_check: inspection.key_check()? })
}

/// Brings a claimed database's file up to date, so that it can be moved without its log.
///
/// # Errors
///
/// What the database says.
pub fn settle(path: &Path, _claim: &Claim) -> Result<(), StoreError> {
    sqlite_copy::settle(path)
}

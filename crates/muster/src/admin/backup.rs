//! Backing the embedded database up, in the process that holds it.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use muster_store::backup::{self, BackupError, Contents};
use serde::{Deserialize, Serialize};

use super::AdminError;

/// What is to be backed up, and where to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BackUp {
    /// The database's file.
    pub(crate) database: PathBuf,
    /// The backup's file.
    pub(crate) file: PathBuf,
    /// Whether it may be there already.
    pub(crate) force: bool,
    /// The key file, to see whether it belongs to the database.
    pub(crate) key_file: PathBuf,
}

/// A backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BackedUp {
    /// The file.
    pub(crate) file: PathBuf,
    /// Its size.
    pub(crate) bytes: u64,
    /// The last migration in it.
    pub(crate) schema: u32,
    /// How many rows its tables have.
    pub(crate) counts: Vec<(String, u64)>,
    /// The key file, which is not in it.
    pub(crate) key_file: PathBuf,
    /// Whether that key opens it: `None` where there is no key to try.
    pub(crate) key_fits: Option<bool>,
}

/// Copies the database beside the file that is asked for, checks the copy, and moves it there: whoever finds a file of
/// that name finds a whole backup.
pub(crate) fn back_up(request: &BackUp) -> Result<BackedUp, AdminError> {
    let BackUp { database, file, force, key_file } = request;
    if let Some(own) = OWN_FILES.iter().map(|suffix| named(database, suffix)).find(|own| is_same(own, file)) {
        let own = own.display();
        return Err(AdminError::Wrong(format!("{own} belongs to the database that is backed up: name another file")));
    }
    if file.exists() && !force {
        return Err(AdminError::Wrong(format!("{} exists: name another file, or add --force", file.display())));
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.is_dir()) {
        return Err(AdminError::Wrong(format!("there is no folder {}: make it first", folder.display())));
    }
    let unfinished = beside(file, "unfinished");
    // Left behind by a process that was killed.
    drop(fs::remove_file(&unfinished));
    let contents = backup::copy(database, &unfinished)?;
    put_in_place(&unfinished, file)?;
    let key_fits = fits(key_file, &contents);
    let counts = contents.counts.iter().map(|(table, count)| ((*table).to_owned(), *count)).collect();
    let (bytes, schema) = (contents.bytes, contents.schema);
    Ok(BackedUp { file: file.clone(), bytes, schema, counts, key_file: key_file.clone(), key_fits })
}

/// What the names of a database's own files end with, after its name.
const OWN_FILES: [&str; 4] = ["", "-wal", "-shm", ".lock"];

/// Whether two names are of one file, which need not be there.
fn is_same(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    let same_name = one.file_name() == other.file_name() && folder(one) == folder(other);
    let inode = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    same_name || (inode(one).is_some() && inode(one) == inode(other))
}

/// A name in the same folder, so that a move is one step.
pub(crate) fn beside(file: &Path, what: &str) -> PathBuf {
    named(file, &format!(".{what}"))
}

/// A file's name with something after it.
pub(crate) fn named(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Moves a file into its place, also for after a power failure.
pub(crate) fn put_in_place(from: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |source: io::Error| BackupError::File { path: to.to_owned(), source };
    fs::rename(from, to).map_err(failed)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Whether a key file opens a database.
pub(crate) fn fits(key_file: &Path, contents: &Contents) -> Option<bool> {
    let key = muster_crypto::MasterKey::open(key_file, false).ok()?;
    contents.key_check.as_ref().map(|check| *check == key.check_value())
}

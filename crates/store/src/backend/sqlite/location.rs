//! Where a SQLite database lies, and the lock that keeps other processes away from it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::error::StoreError;

/// The place of a database; a temporary one is removed when this is dropped.
pub(crate) struct Location {
    pub(super) path: PathBuf,
    directory: Option<PathBuf>,
}

impl Location {
    /// A file that stays.
    pub(crate) fn file(path: &Path) -> Location {
        Location { path: path.to_owned(), directory: None }
    }

    /// A file in a directory of its own, in memory where the system offers that.
    ///
    /// SQLite's own databases in memory lock whole tables against readers and have no write-ahead log, so a test on one
    /// would not see what a file does.
    pub(crate) fn temporary() -> Result<Location, StoreError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let shared_memory = Path::new("/dev/shm");
        let parent = if shared_memory.is_dir() { shared_memory.to_owned() } else { std::env::temp_dir() };
        loop {
            let name = format!("muster-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
            let directory = parent.join(name);
            match fs::DirBuilder::new().mode(0o700).create(&directory) {
                Ok(()) => {
                    return Ok(Location { path: directory.join("muster.db"), directory: Some(directory) });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::unavailable(error)),
            }
        }
    }

    /// Whether the database need not outlive the process.
    pub(super) fn is_temporary(&self) -> bool {
        self.directory.is_some()
    }

    /// Makes the file, readable by its owner alone, and takes the lock beside it.
    pub(super) fn claim(&self) -> Result<File, StoreError> {
        let mut lock_path = self.path.clone().into_os_string();
        lock_path.push(".lock");
        let lock = open_private(Path::new(&lock_path)).map_err(|error| explain(Path::new(&lock_path), &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::unavailable(format!(
                    "another process holds `{}`: stop it, or choose another data directory",
                    self.path.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(explain(Path::new(&lock_path), &error)),
        }
        open_private(&self.path).map_err(|error| explain(&self.path, &error))?;
        Ok(lock)
    }
}

impl Drop for Location {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory
            && let Err(error) = fs::remove_dir_all(directory)
        {
            tracing::warn!(directory = %directory.display(), %error, "a temporary database is left behind");
        }
    }
}

fn open_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn explain(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::unavailable(format!("cannot open `{}`: {error}", path.display()))
}

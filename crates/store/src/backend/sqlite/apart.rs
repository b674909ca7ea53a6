//! Rehearsals that take longer than others should wait: on a copy of the database.
//!
//! A rehearsal begins in the writer's transaction, where it costs nothing but its time. When that is up it is rolled back and
//! run again on a private copy of the file, from its beginning, while the writer goes on. It sees what the copy saw: so does
//! every rehearsal, which is why applying compares.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{Session, Shared, connection::open_scratch, copy::duplicate};
use crate::{
    backend::{self, spawn},
    conn::Tx,
    error::StoreError,
    job::WriteJob,
};

/// How long a rehearsal may keep the writer to itself.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// A copy of a database that is gone when this is dropped.
struct Scratch(PathBuf);

/// Runs a rehearsal on a copy, on a thread of its own, and answers it. One at a time, because each needs as much room as the
/// database.
pub(super) fn rehearse(shared: &Arc<Shared>, job: Box<dyn WriteJob>) {
    let own = Arc::clone(shared);
    // The job waits for its thread here: if there is no thread, it is answered here, too.
    let waiting = Arc::new(Mutex::new(Some(job)));
    let given = Arc::clone(&waiting);
    let take = |slot: &Mutex<Option<Box<dyn WriteJob>>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    let started = spawn("store-rehearse".to_owned(), move || {
        let Some(mut job) = take(&given) else { return };
        let _turn = own.rehearsing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = run(&own.location.path, job.as_mut()) {
            tracing::warn!(%error, "a rehearsal could not be run on a copy of the database");
            job.fail(error);
        }
        job.answer();
    });
    let Err(error) = started else { return };
    if let Some(mut job) = take(&waiting) {
        job.fail(error);
        job.answer();
    }
}

fn run(database: &Path, job: &mut dyn WriteJob) -> Result<(), StoreError> {
    let scratch = Scratch::of(database);
    duplicate(database, &scratch.0)?;
    let connection = open_scratch(&scratch.0)?;
    connection.execute_batch("BEGIN").map_err(super::connection::meaning)?;
    job.work(&mut Tx::new(backend::Session::Sqlite(Session::new(&connection))));
    Ok(())
}

/// Removes copies that a process which was killed has left behind. The database's lock is held.
pub(super) fn remove_leftovers(database: &Path) {
    drop(Scratch::of(database));
}

impl Scratch {
    /// Beside the database, where there is as much room as for a backup, and nobody else may read.
    fn of(database: &Path) -> Self {
        let mut name = OsString::from(database);
        name.push(".rehearsal");
        Self(PathBuf::from(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a rehearsal's copy of the database is left behind");
        }
    }
}

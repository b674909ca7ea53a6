//! A thread that reads, with a limit on how long a job may take.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use async_channel::Receiver;
use rusqlite::Connection;

use super::{
    Session, Shared,
    connection::{self, meaning},
};
use crate::{
    backend,
    conn::Conn,
    error::StoreError,
    job::{ReadHere, ReadJob},
};

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 2_000;

/// Readers for jobs that run on their caller's own thread: a few rows are read in less time than it takes to wake another
/// thread and be woken by it.
pub(super) struct Nearby(Vec<Mutex<Reader>>);

impl Nearby {
    pub(super) fn open(shared: &Arc<Shared>, limit: Duration, count: usize) -> Result<Nearby, StoreError> {
        (0..count).map(|_| Reader::open(shared, limit).map(Mutex::new)).collect::<Result<_, _>>().map(Nearby)
    }
}

impl ReadHere for Nearby {
    fn try_serve(&self, job: &mut dyn ReadJob) -> bool {
        let Some(reader) = self.0.iter().find_map(|reader| reader.try_lock().ok()) else { return false };
        reader.serve(job);
        true
    }
}

/// A connection that reads, and its clock.
pub(super) struct Reader {
    connection: Connection,
    start: Instant,
    /// When the running job must have ended, in microseconds after `start`.
    deadline: Arc<AtomicU64>,
    limit: Duration,
    shared: Arc<Shared>,
}

impl Reader {
    pub(super) fn open(shared: &Arc<Shared>, limit: Duration) -> Result<Reader, StoreError> {
        let mut connection = connection::open_reader(&shared.location.path)?;
        let start = Instant::now();
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let ends = Arc::clone(&deadline);
        let late = move || start.elapsed().as_micros() > u128::from(ends.load(Relaxed));
        connection.progress_handler(STEPS, Some(late)).map_err(meaning)?;
        Ok(Reader { connection, start, deadline, limit, shared: Arc::clone(shared) })
    }

    /// Answers jobs until the lane is closed and empty.
    pub(super) fn run(self, jobs: &Receiver<Box<dyn ReadJob>>) {
        while let Ok(mut job) = jobs.recv_blocking() {
            if job.abandoned() {
                continue;
            }
            self.serve(job.as_mut());
            job.answer();
        }
    }

    /// Runs one job; its answer is for whoever holds it.
    fn serve(&self, job: &mut dyn ReadJob) {
        let _busy = self.shared.gauges.reading();
        self.set_deadline();
        if let Err(error) = self.read(job) {
            job.fail(meaning(error));
        }
    }

    fn read(&self, job: &mut dyn ReadJob) -> rusqlite::Result<()> {
        if job.snapshot() {
            self.connection.prepare_cached("BEGIN")?.execute([])?;
        }
        job.run(&mut Conn::new(backend::Session::Sqlite(Session::new(&self.connection))));
        if !self.connection.is_autocommit() {
            // The end of a read must not be interrupted for being late.
            self.deadline.store(u64::MAX, Relaxed);
            self.connection.prepare_cached("ROLLBACK")?.execute([])?;
        }
        Ok(())
    }

    fn set_deadline(&self) {
        let ends = (self.start.elapsed() + self.limit).as_micros();
        self.deadline.store(u64::try_from(ends).unwrap_or(u64::MAX), Relaxed);
    }
}

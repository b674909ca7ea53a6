//! A thread that reads, with a limit on how long a job may take.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex, PoisonError,
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

/// The cache of a reader that serves its callers' own threads, in KiB: what is random among 100,000 users is one row each,
/// and all of an index.
const NEAR_CACHE: u32 = 16_384;
/// The cache of a reader with a thread of its own, in KiB.
const CACHE: u32 = 8_192;
/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 2_000;

/// Readers for jobs that run on their caller's own thread: a few rows are read in less time than it takes to wake another
/// thread and be woken by it.
pub(super) struct Nearby(Vec<Mutex<Near>>);

/// A reader whose transaction stays open from job to job while nothing is committed: a tenth of a look-up is the locks at
/// both ends of a transaction.
struct Near {
    reader: Reader,
    /// How many commits there had been when the open transaction began.
    seen: Cell<Option<u64>>,
}

impl Nearby {
    pub(super) fn open(shared: &Arc<Shared>, limit: Duration, count: usize) -> Result<Nearby, StoreError> {
        let near = || {
            Reader::with_cache(shared, limit, NEAR_CACHE)
                .map(|reader| Mutex::new(Near { reader, seen: Cell::new(None) }))
        };
        (0..count).map(|_| near()).collect::<Result<_, _>>().map(Nearby)
    }

    /// Ends the transactions that no job is using, so that they keep no part of the log from being copied and written anew.
    pub(super) fn let_go(&self) {
        for near in &self.0 {
            near.lock().unwrap_or_else(PoisonError::into_inner).let_go();
        }
    }
}

impl ReadHere for Nearby {
    fn try_serve(&self, job: &mut dyn ReadJob) -> bool {
        let Some(near) = self.0.iter().find_map(|near| near.try_lock().ok()) else { return false };
        near.serve(job);
        true
    }
}

impl Near {
    fn serve(&self, job: &mut dyn ReadJob) {
        let _busy = self.reader.shared.gauges.reading();
        self.reader.set_deadline();
        if let Err(error) = self.look() {
            job.fail(meaning(error));
        } else if !self.reader.run_job(job) {
            self.let_go();
        }
    }

    /// Sees everything that was committed before now.
    fn look(&self) -> rusqlite::Result<()> {
        // Counted before the transaction begins, so that it may see more than this, and never less. A commit is counted
        // before its jobs are answered: whoever knows of it finds it.
        let commits = self.reader.shared.gauges.commits();
        if self.seen.get() == Some(commits) {
            return Ok(());
        }
        self.let_go();
        self.reader.connection.prepare_cached("BEGIN")?.execute([])?;
        self.seen.set(Some(commits));
        Ok(())
    }

    fn let_go(&self) {
        if self.seen.take().is_some()
            && let Err(error) = self.reader.end()
        {
            tracing::warn!(%error, "a read could not be ended");
        }
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
        Reader::with_cache(shared, limit, CACHE)
    }

    fn with_cache(shared: &Arc<Shared>, limit: Duration, cache: u32) -> Result<Reader, StoreError> {
        let mut connection = connection::open_reader(&shared.location.path, cache)?;
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
        self.run_job(job);
        self.end()
    }

    /// Runs one job as the connection stands; whether all its statements succeeded.
    fn run_job(&self, job: &mut dyn ReadJob) -> bool {
        let mut conn = Conn::new(backend::Session::Sqlite(Session::new(&self.connection)));
        job.run(&mut conn);
        conn.failure.is_none()
    }

    /// Ends the transaction, if there is one.
    fn end(&self) -> rusqlite::Result<()> {
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

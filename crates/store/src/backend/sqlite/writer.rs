//! The thread that writes: many jobs in one commit.
//!
//! A batch is run plainly, without savepoints. Only when a job fails after it has written is the batch rolled back and
//! run again with a savepoint for each job. Nobody waits for a batch to fill: it fills while the commit before it runs.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use async_channel::Receiver;
use rusqlite::Connection;

use super::{
    Session, Shared,
    apart::{PATIENCE, rehearse},
    connection::meaning,
    reader::Nearby,
};
use crate::{
    backend,
    conn::{Hook, Tx},
    error::StoreError,
    job::{Verdict, WriteJob, guarded},
};

/// The most jobs in a batch.
const JOBS: usize = 256;
/// How long a batch may take before it is committed.
const TIME: Duration = Duration::from_millis(20);

/// The connection that writes.
pub(super) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    near: Arc<Nearby>,
    /// Set once a commit has failed on the disk: what the file holds is known only to who opens it anew.
    broken: bool,
}

/// A job that has run.
struct Ran {
    job: Box<dyn WriteJob>,
    step: Step,
}

/// What a job has left in the transaction.
enum Step {
    /// Its writes, or its record.
    Kept(Vec<Hook>),
    /// Nothing.
    Clean,
    /// Writes that must go, in a batch without savepoints.
    Dirty,
    /// Nothing yet: it takes longer than others should wait.
    Apart,
    /// No transaction: the engine has rolled it back.
    Lost(StoreError),
}

/// How jobs are kept apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// Not at all.
    Plain,
    /// By a savepoint each.
    Savepoints,
}

impl Writer {
    pub(super) fn new(connection: Connection, shared: Arc<Shared>, near: Arc<Nearby>) -> Writer {
        Writer { connection, shared, near, broken: false }
    }

    /// Runs jobs until the lane is closed and empty, then empties the log.
    pub(super) fn run(mut self, jobs: &Receiver<Box<dyn WriteJob>>) {
        while let Ok(first) = jobs.recv_blocking() {
            self.batch(first, jobs);
            if self.shared.finish_log.swap(false, Relaxed) {
                self.checkpoint("PASSIVE");
                // All is copied: who reads from now on reads the file, and the next batch can start the log again.
                self.near.let_go();
            }
        }
        if !self.broken && !self.shared.location.is_temporary() {
            self.near.let_go();
            self.checkpoint("TRUNCATE");
        }
    }

    fn checkpoint(&self, mode: &str) {
        let sql = format!("PRAGMA wal_checkpoint({mode})");
        if let Err(error) = self.connection.query_row(&sql, [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log could not be checkpointed");
        }
    }

    /// Runs `first` and what is queued behind it, and commits it all at once.
    fn batch(&mut self, first: Box<dyn WriteJob>, jobs: &Receiver<Box<dyn WriteJob>>) {
        let start = Instant::now();
        let mut ran = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next.take() {
            if !job.abandoned() {
                if ran.is_empty()
                    && let Err(error) = self.begin()
                {
                    fail(job, error);
                } else if !self.add(&mut ran, job) {
                    return;
                }
            }
            if ran.len() < JOBS && start.elapsed() < TIME {
                next = jobs.try_recv().ok();
            }
        }
        self.commit(ran);
    }

    /// Runs `job` in the present transaction. `false` if that ended the batch, whose jobs are then answered.
    fn add(&mut self, ran: &mut Vec<Ran>, mut job: Box<dyn WriteJob>) -> bool {
        let step = self.run_job(job.as_mut(), Apart::Plain);
        let ended = matches!(step, Step::Dirty | Step::Lost(_));
        ran.push(Ran { job, step });
        if ended {
            let ran = std::mem::take(ran);
            match ran.last() {
                Some(Ran { step: Step::Dirty, .. }) => self.rescue(ran),
                _ => self.lost(ran),
            }
        }
        !ended
    }

    /// Runs the jobs of a batch again, with a savepoint each.
    fn rescue(&mut self, ran: Vec<Ran>) {
        self.shared.gauges.retried(ran.len() as u64);
        if let Err(error) = self.roll_back().and_then(|()| self.begin()) {
            return ran.into_iter().for_each(|ran| fail(ran.job, error.clone()));
        }
        let mut again = Vec::with_capacity(ran.len());
        let mut rest = ran.into_iter();
        for Ran { mut job, .. } in rest.by_ref() {
            let step = self.run_job(job.as_mut(), Apart::Savepoints);
            let lost = matches!(step, Step::Lost(_));
            again.push(Ran { job, step });
            if lost {
                self.lost(again);
                return rest.for_each(|ran| self.alone(ran.job));
            }
        }
        self.commit(again);
    }

    /// Answers a batch whose transaction the engine has rolled back because of its last job.
    fn lost(&mut self, ran: Vec<Ran>) {
        let cause = match ran.last() {
            Some(Ran { step: Step::Lost(cause), .. }) => cause.clone(),
            _ => StoreError::RolledBack,
        };
        let hopeless = matches!(cause, StoreError::Full(_) | StoreError::Unavailable(_));
        for Ran { job, step } in ran {
            match step {
                Step::Kept(_) if hopeless => fail(job, StoreError::RolledBack),
                Step::Kept(_) => self.alone(job),
                Step::Apart => rehearse(&self.shared, job),
                Step::Clean | Step::Dirty | Step::Lost(_) => job.answer(),
            }
        }
    }

    /// Runs a job in a transaction of its own.
    fn alone(&mut self, mut job: Box<dyn WriteJob>) {
        self.shared.gauges.retried(1);
        if let Err(error) = self.begin() {
            return fail(job, error);
        }
        match self.run_job(job.as_mut(), Apart::Savepoints) {
            Step::Lost(_) => job.answer(),
            step => self.commit(vec![Ran { job, step }]),
        }
    }

    /// Runs one job, and leaves in the transaction what is to be kept of it.
    fn run_job(&self, job: &mut dyn WriteJob, apart: Apart) -> Step {
        let apart = if job.rehearsal() { Apart::Savepoints } else { apart };
        let before = self.connection.total_changes();
        if let Err(error) = self.set_savepoint(apart) {
            return self.broken_job(job, meaning(error));
        }
        let mut tx = self.tx();
        if job.rehearsal() {
            tx = tx.until(Instant::now() + PATIENCE);
        }
        let mut verdict = job.work(&mut tx);
        if verdict == Verdict::Done
            && let Err(error) = job.record(&mut tx)
        {
            job.fail(error);
            verdict = Verdict::Failed;
        }
        if verdict == Verdict::Done && !job.rehearsal() {
            return self.keep(job, tx, apart);
        }
        if let Some(step) = self.undo(job, &tx, apart, before) {
            return step;
        }
        if job.rehearsal() && matches!(tx.failure, Some(StoreError::Interrupted)) {
            return self.release(job, apart, Step::Apart);
        }
        if verdict != Verdict::Refused || job.rehearsal() || !job.recorded() {
            return self.release(job, apart, Step::Clean);
        }
        let mut tx = self.tx();
        match job.record(&mut tx) {
            Ok(()) => self.keep(job, tx, apart),
            Err(error) => {
                job.fail(error);
                self.undo(job, &tx, apart, before).unwrap_or_else(|| self.release(job, apart, Step::Clean))
            }
        }
    }

    fn tx(&self) -> Tx<'_> {
        Tx::new(backend::Session::Sqlite(Session::new(&self.connection)))
    }

    fn keep(&self, job: &mut dyn WriteJob, tx: Tx<'_>, apart: Apart) -> Step {
        self.release(job, apart, Step::Kept(tx.hooks))
    }

    /// Takes back what the job has written; `Some` if that ends the batch.
    fn undo(&self, job: &mut dyn WriteJob, tx: &Tx<'_>, apart: Apart, before: u64) -> Option<Step> {
        if self.connection.is_autocommit() {
            return Some(Step::Lost(tx.failure.clone().unwrap_or(StoreError::RolledBack)));
        }
        match apart {
            Apart::Plain => (self.connection.total_changes() != before).then_some(Step::Dirty),
            Apart::Savepoints => {
                self.control("ROLLBACK TO job").err().map(|error| self.broken_job(job, meaning(error)))
            }
        }
    }

    fn set_savepoint(&self, apart: Apart) -> rusqlite::Result<()> {
        if apart == Apart::Savepoints { self.control("SAVEPOINT job") } else { Ok(()) }
    }

    fn release(&self, job: &mut dyn WriteJob, apart: Apart, step: Step) -> Step {
        if apart == Apart::Plain {
            return step;
        }
        match self.control("RELEASE job") {
            Ok(()) => step,
            Err(error) => self.broken_job(job, meaning(error)),
        }
    }

    /// A control statement failed around `job`: its transaction cannot be trusted any more.
    fn broken_job(&self, job: &mut dyn WriteJob, error: StoreError) -> Step {
        if let Err(error) = self.roll_back() {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        job.fail(error.clone());
        Step::Lost(error)
    }

    fn begin(&self) -> Result<(), StoreError> {
        if self.broken {
            return Err(StoreError::unavailable("the disk failed during a commit: check it and start again"));
        }
        self.control("BEGIN IMMEDIATE").map_err(meaning)
    }

    fn roll_back(&self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() { Ok(()) } else { self.control("ROLLBACK").map_err(meaning) }
    }

    fn control(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Commits what the jobs have kept, then answers them.
    fn commit(&mut self, ran: Vec<Ran>) {
        if ran.is_empty() {
            return;
        }
        let kept = ran.iter().filter(|ran| matches!(ran.step, Step::Kept(_))).count() as u64;
        let outcome = if kept == 0 { self.roll_back() } else { self.try_commit() };
        if kept > 0 && outcome.is_ok() {
            self.shared.gauges.committed(kept);
        }
        for Ran { job, step } in ran {
            match (step, &outcome) {
                (Step::Kept(hooks), Ok(())) => {
                    run_hooks(hooks);
                    job.answer();
                }
                (Step::Kept(_), Err(error)) => fail(job, error.clone()),
                (Step::Apart, _) => rehearse(&self.shared, job),
                (Step::Clean | Step::Dirty | Step::Lost(_), _) => job.answer(),
            }
        }
    }

    fn try_commit(&mut self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            return Err(StoreError::RolledBack);
        }
        let Err(error) = self.control("COMMIT") else { return Ok(()) };
        match meaning(error) {
            StoreError::Unavailable(cause) => {
                tracing::error!(error = %cause, "the disk failed during a commit: no more writes until the next start");
                self.broken = true;
                self.shared.gauges.trouble(Some(format!("the disk failed during a commit: {cause}")));
                Err(StoreError::OutcomeUnknown(cause))
            }
            error => {
                self.roll_back()?;
                Err(error)
            }
        }
    }
}

fn fail(mut job: Box<dyn WriteJob>, error: StoreError) {
    job.fail(error);
    job.answer();
}

/// Runs what was to wait for the commit, before the caller hears of it: so the caller finds its own change everywhere.
fn run_hooks(hooks: Vec<Hook>) {
    for hook in hooks {
        if guarded(hook).is_err() {
            tracing::error!("work after a commit panicked");
        }
    }
}

//! A thread with a connection: it runs jobs, again when they collide, and connects anew when the server went away.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_channel::Receiver;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{
    connection::{Connection, Connector, Last, Transaction},
    fault::{Fault, Remedy},
    session::Session,
};
use crate::{
    backend::{self, Gauges},
    conn::{Conn, Hook, Tx},
    error::StoreError,
    job::{ReadJob, Verdict, WriteJob, guarded},
    options::Isolation,
};

/// How often and how long a transaction is run again.
const TRIES: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to wait between two attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often an idle connection is used to see whether the server answers.
const PROBE: Duration = Duration::from_secs(5);

const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A database thread.
pub(super) struct Worker {
    runtime: Runtime,
    connector: Connector,
    connection: Option<Connection>,
    /// When to try next to connect, after a failure, and how long to wait after the next one.
    next_try: Instant,
    pause: Duration,
    gauges: Arc<Gauges>,
    isolation: Isolation,
    stripe: i64,
}

/// What came of running a transaction once.
enum Outcome {
    /// The job has its result.
    Settled,
    /// It must run again, and this is why.
    Again(Fault),
}

impl Worker {
    pub(super) fn new(
        connector: Connector,
        gauges: Arc<Gauges>,
        isolation: Isolation,
        stripe: i64,
    ) -> Result<Worker, StoreError> {
        let runtime = Connector::runtime()?;
        let next_try = Instant::now();
        Ok(Worker { runtime, connector, connection: None, next_try, pause: FIRST_PAUSE, gauges, isolation, stripe })
    }

    /// Answers reading jobs until the lane is closed and empty.
    pub(super) fn run_reads(mut self, jobs: &Receiver<Box<dyn ReadJob>>, probes: bool) {
        loop {
            match self.wait(jobs, probes) {
                Waited::Job(job) if job.abandoned() => {}
                Waited::Job(mut job) => {
                    let busy = Arc::clone(&self.gauges);
                    let busy = busy.reading();
                    self.read(job.as_mut());
                    drop(busy);
                    job.answer();
                }
                Waited::TooLong => self.probe(),
                Waited::Closed => return,
            }
        }
    }

    /// Answers writing jobs until the lane is closed and empty.
    pub(super) fn run_writes(mut self, jobs: &Receiver<Box<dyn WriteJob>>) {
        loop {
            match self.wait(jobs, false) {
                Waited::Job(job) if job.abandoned() => {}
                Waited::Job(mut job) => {
                    let hooks = self.write(job.as_mut());
                    for hook in hooks {
                        if guarded(hook).is_err() {
                            tracing::error!("work after a commit panicked");
                        }
                    }
                    job.answer();
                }
                Waited::TooLong => {}
                Waited::Closed => return,
            }
        }
    }

    /// Waits for a job while the connection lives on: it notices when the server closes it.
    fn wait<J>(&self, jobs: &Receiver<J>, probes: bool) -> Waited<J> {
        let patience = if probes { PROBE } else { Duration::from_secs(3600) };
        let waited = self.runtime.block_on(async { tokio::time::timeout(patience, jobs.recv()).await });
        match waited {
            Ok(Ok(job)) => Waited::Job(job),
            Ok(Err(_)) => Waited::Closed,
            Err(_) => Waited::TooLong,
        }
    }

    fn read(&mut self, job: &mut dyn ReadJob) {
        let start = Instant::now();
        for attempt in 1.. {
            let begin = job.snapshot().then_some(BEGIN_SNAPSHOT);
            let (runtime, connection) = match self.connected() {
                Ok(connected) => connected,
                Err(error) => return job.fail(error),
            };
            connection.transaction = Transaction::new(begin);
            job.run(&mut Conn::new(backend::Session::Postgres(Session::new(runtime, connection, 0))));
            let fault = connection.transaction.fault.clone();
            connection.roll_back(runtime);
            match fault {
                Some(fault) if self.recover(&fault, attempt, start) => {}
                _ => return,
            }
        }
    }

    /// Runs a job to its end; returns what is to be done after the commit.
    fn write(&mut self, job: &mut dyn WriteJob) -> Vec<Hook> {
        let start = Instant::now();
        for attempt in 1.. {
            let mut hooks = Vec::new();
            match self.attempt(job, &mut hooks, attempt < TRIES) {
                Ok(Outcome::Settled) => return hooks,
                Ok(Outcome::Again(fault)) => {
                    if !self.recover(&fault, attempt, start) {
                        job.fail(fault.error);
                        return Vec::new();
                    }
                    self.gauges.retried(1);
                }
                Err(error) => {
                    job.fail(error);
                    return Vec::new();
                }
            }
        }
        Vec::new()
    }

    /// Runs the job's transaction, and its record's if that is another one, once. With `again`, a job that others have
    /// overtaken is to run again; without, it ends as it did.
    fn attempt(&mut self, job: &mut dyn WriteJob, hooks: &mut Vec<Hook>, again: bool) -> Result<Outcome, StoreError> {
        let mut verdict = self.in_transaction(hooks, |tx| {
            let verdict = job.work(tx);
            if verdict != Verdict::Done {
                return verdict;
            }
            job.record(tx).map_or_else(
                |error| {
                    job.fail(error);
                    Verdict::Failed
                },
                |()| Verdict::Done,
            )
        })?;
        if verdict == Verdict::Done {
            match self.finish(job.rehearsal()) {
                Ok(()) => return Ok(Outcome::Settled),
                Err(fault) if fault.remedy != Remedy::Tell => return Ok(Outcome::Again(fault)),
                Err(fault) => verdict = job.fail(fault.error),
            }
        }
        hooks.clear();
        if let Some(fault) = self.abandon() {
            return Ok(Outcome::Again(fault));
        }
        if again && job.overtaken() {
            return Ok(Outcome::Again(Fault { error: StoreError::Stale, remedy: Remedy::Again }));
        }
        if verdict != Verdict::Refused || !job.recorded() || job.rehearsal() {
            return Ok(Outcome::Settled);
        }
        if let Err(error) = self.in_transaction(hooks, |tx| job.record(tx))? {
            hooks.clear();
            if let Some(fault) = self.abandon() {
                return Ok(Outcome::Again(fault));
            }
            job.fail(error);
            return Ok(Outcome::Settled);
        }
        match self.finish(false) {
            Ok(()) => {}
            Err(fault) if fault.remedy != Remedy::Tell => return Ok(Outcome::Again(fault)),
            Err(fault) => {
                hooks.clear();
                self.abandon();
                job.fail(fault.error);
            }
        }
        Ok(Outcome::Settled)
    }

    /// Runs `work` in a new transaction, which is left open.
    fn in_transaction<T>(
        &mut self,
        hooks: &mut Vec<Hook>,
        work: impl FnOnce(&mut Tx<'_>) -> T,
    ) -> Result<T, StoreError> {
        let begin = match self.isolation {
            Isolation::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE",
        };
        let stripe = self.stripe;
        let (runtime, connection) = self.connected()?;
        connection.transaction = Transaction::new(Some(begin));
        let mut tx = Tx::new(backend::Session::Postgres(Session::new(runtime, connection, stripe)));
        let result = work(&mut tx);
        hooks.append(&mut tx.hooks);
        Ok(result)
    }

    /// Commits the open transaction, or, in a rehearsal, only sends what was deferred and rolls back.
    fn finish(&mut self, rehearsal: bool) -> Result<(), Fault> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let transaction = &connection.transaction;
        if let Some(fault) = transaction.fault.clone() {
            return Err(fault);
        }
        if rehearsal {
            if !transaction.queue.is_empty() {
                connection.flight(&self.runtime, &Last::Nothing)?;
            }
            connection.roll_back(&self.runtime);
            return Ok(());
        }
        let validated = self.isolation == Isolation::Serializable && transaction.begun;
        if !transaction.wrote && !validated {
            connection.roll_back(&self.runtime);
            return Ok(());
        }
        let committed = connection.flight(&self.runtime, &Last::Commit);
        // It has ended either way: `COMMIT` rolls a failed transaction back.
        connection.transaction = Transaction::new(None);
        match committed {
            Ok(_) => {
                self.gauges.committed(1);
                Ok(())
            }
            Err(Fault { error: StoreError::Unavailable(cause), remedy: Remedy::Reconnect }) => {
                self.connection = None;
                Err(Fault { error: StoreError::OutcomeUnknown(cause), remedy: Remedy::Tell })
            }
            Err(fault) => Err(fault),
        }
    }

    /// Rolls back; the fault, if the transaction failed for a reason that running it again may mend.
    fn abandon(&mut self) -> Option<Fault> {
        let connection = self.connection.as_mut()?;
        let fault = connection.transaction.fault.take();
        connection.roll_back(&self.runtime);
        fault.filter(|fault| fault.remedy != Remedy::Tell)
    }

    /// Prepares for running a job again; `false` if it should not be.
    fn recover(&mut self, fault: &Fault, attempt: u32, start: Instant) -> bool {
        match (fault.remedy, &mut self.connection) {
            (Remedy::Tell, _) => return false,
            (Remedy::Reconnect, connection) => *connection = None,
            (Remedy::Again | Remedy::Forget, None) => {}
            (Remedy::Again, Some(connection)) => connection.roll_back(&self.runtime),
            (Remedy::Forget, Some(connection)) => {
                connection.roll_back(&self.runtime);
                connection.forget_statements();
            }
        }
        let tries = if fault.remedy == Remedy::Again { TRIES } else { 2 };
        if attempt >= tries || start.elapsed() >= PATIENCE {
            return false;
        }
        // Full jitter, 1 to 64 ms at most.
        let longest = 1_000_u64 << attempt.min(6);
        let chance = Uuid::now_v7().as_u64_pair().1 % longest;
        self.runtime.block_on(async { tokio::time::sleep(Duration::from_micros(chance)).await });
        true
    }

    /// The connection, made anew if it is lost and enough time has passed since the last failure.
    fn connected(&mut self) -> Result<(&Runtime, &mut Connection), StoreError> {
        if self.connection.as_ref().is_some_and(|connection| connection.client.is_closed()) {
            self.connection = None;
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None if Instant::now() < self.next_try => {
                return Err(StoreError::unavailable("the last attempt to connect failed a moment ago"));
            }
            None => match self.connector.connect(&self.runtime) {
                Ok(connection) => {
                    self.pause = FIRST_PAUSE;
                    self.gauges.trouble(None);
                    connection
                }
                Err(fault) => {
                    self.next_try = Instant::now() + self.pause;
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                    self.gauges.trouble(Some(format!("PostgreSQL cannot be reached: {}", chain(&fault.error))));
                    return Err(match fault.error {
                        StoreError::Unavailable(cause) => StoreError::Unavailable(cause),
                        error => StoreError::unavailable(error),
                    });
                }
            },
        };
        Ok((&self.runtime, self.connection.insert(connection)))
    }

    /// Asks the server for the database's size, to see that it answers.
    fn probe(&mut self) {
        let Ok((runtime, connection)) = self.connected() else { return };
        connection.transaction = Transaction::new(None);
        let mut conn = Conn::new(backend::Session::Postgres(Session::new(runtime, connection, 0)));
        let bytes = conn.one("SELECT pg_database_size(current_database())", [], |row| row.get::<i64>(0));
        match bytes {
            Ok(bytes) => {
                self.gauges.measured(u64::try_from(bytes).unwrap_or(0), 0);
                self.gauges.trouble(None);
            }
            Err(error) => {
                self.connection = None;
                self.gauges.trouble(Some(format!("PostgreSQL does not answer: {}", chain(&error))));
            }
        }
    }
}

/// What waiting for a job ended with.
enum Waited<J> {
    Job(J),
    TooLong,
    Closed,
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

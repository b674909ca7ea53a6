//! The store: lanes of database threads, and the closures that run on them.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use async_channel::{Sender, TrySendError};
use tokio::sync::oneshot;

use crate::{
    backend::{self, Gauges},
    conn::{Conn, Tx},
    error::{StoreError, TxError},
    job::{NoRecord, Read, ReadHere, ReadJob, Reply, Write, WriteJob},
    options::Options,
};

/// What Muster remembers. Cloning is cheap; all clones are one store.
///
/// Closures are `FnMut` because they may run again: after a collision on PostgreSQL, or beside a failed job in a batch
/// on SQLite. So a closure owns its input and changes nothing outside; effects belong in [`Tx::after_commit`]. Inside a
/// closure there is no network, no sleep and no password hashing: aim for less than 5 ms.
///
/// A caller that stops waiting before its job has started cancels it. A started job runs to its end.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    lanes: Lanes,
    gauges: Arc<Gauges>,
    empty_log: Arc<AtomicBool>,
    queue_wait: Duration,
    threads: Mutex<Vec<JoinHandle<()>>>,
    join_on_drop: bool,
}

/// The ways in to the database threads.
pub(crate) struct Lanes {
    pub(crate) reads: Sender<Box<dyn ReadJob>>,
    pub(crate) scans: Sender<Box<dyn ReadJob>>,
    pub(crate) writes: Sender<Box<dyn WriteJob>>,
    /// For point reads on the caller's own thread, where that is quicker.
    pub(crate) here: Option<Arc<dyn ReadHere>>,
}

/// A store's state in numbers, for the metrics page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Reads that wait for a thread.
    pub queued_reads: usize,
    /// Scans that wait for a thread.
    pub queued_scans: usize,
    /// Writes that wait for a thread.
    pub queued_writes: usize,
    /// Threads at work on reads and scans.
    pub busy_readers: usize,
    /// Commits since the start; on SQLite one commit may hold many jobs.
    pub commits: u64,
    /// Writing jobs that were committed since the start.
    pub committed_jobs: u64,
    /// The most jobs that one commit has held.
    pub largest_batch: u64,
    /// Writing jobs that were run again since the start.
    pub retries: u64,
    /// Jobs turned away because their queue stayed full.
    pub turned_away: u64,
    /// The size of the database in bytes.
    pub database_bytes: u64,
    /// The size of SQLite's write-ahead log in bytes; 0 on PostgreSQL.
    pub wal_bytes: u64,
}

/// Whether the store can serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Healthy,
    /// It cannot, for the reason given.
    Unhealthy(String),
}

impl Store {
    /// Opens the database, migrates it and starts its threads. Call it on a plain thread or before the runtime starts.
    ///
    /// # Errors
    ///
    /// Fails if the database cannot be opened, another process holds it, or its tables are not those of this program.
    pub fn open(options: &Options) -> Result<Store, StoreError> {
        let backend::Opened { lanes, gauges, empty_log, threads, join_on_drop } = backend::open(options)?;
        let threads = Mutex::new(threads);
        let inner = Inner { lanes, gauges, empty_log, queue_wait: options.queue_wait, threads, join_on_drop };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Has what was deleted leave the files of the embedded database, too, as soon as nobody reads it any more. What was
    /// overwritten is zeros already; its former text is in the write-ahead log until that is emptied. Elsewhere that is the
    /// server's matter.
    pub fn forget_deleted(&self) {
        self.inner.empty_log.store(true, Ordering::Relaxed);
    }

    /// Reads a few rows.
    ///
    /// # Errors
    ///
    /// What `work` returns; [`StoreError::Busy`], [`StoreError::Unavailable`], [`StoreError::Interrupted`] or
    /// [`StoreError::Panicked`] from the store.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        self.read_here_or_send(work).await
    }

    /// Reads a few rows; all statements see one state.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub async fn snapshot<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_read(&self.inner.lanes.reads, true, work).await
    }

    /// Reads many rows, in a lane of its own so that point reads need not wait; all statements see one state.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub async fn scan<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_read(&self.inner.lanes.scans, true, work).await
    }

    /// Runs `work` in a transaction and commits it if it succeeds.
    ///
    /// # Errors
    ///
    /// What `work` returns, which rolls back; any [`StoreError`] from the store.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_write(work, None::<NoRecord<T, E>>, false).await
    }

    /// As [`Store::write`], and `record` writes down what came of it, in the same commit.
    ///
    /// After the caller's own refusal, [`StoreError::Taken`] or [`StoreError::Stale`], all that `work` wrote is rolled
    /// back and the record's rows are committed alone. After any other error nothing is recorded. If neither wrote
    /// anything, there is nothing to commit and no cost.
    ///
    /// # Errors
    ///
    /// As [`Store::write`]; a failed record rolls all back and is the result.
    pub async fn write_recorded<T, E, F, R>(&self, work: F, record: R) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        R: FnMut(&mut Tx<'_>, &Result<T, E>) -> Result<(), StoreError> + Send + 'static,
    {
        self.send_write(work, Some(record), false).await
    }

    /// Runs `work` as [`Store::write`] does and rolls it back: what would come of it?
    ///
    /// Where one thread writes for all, it gives way after 100 ms: then `work` is run again, on a copy of the file, for
    /// which there must be room.
    ///
    /// # Errors
    ///
    /// As [`Store::write`].
    pub async fn rehearse<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_write(work, None::<NoRecord<T, E>>, true).await
    }

    /// [`Store::read`] for a plain thread.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub fn read_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_read_blocking(&self.inner.lanes.reads, false, work)
    }

    /// [`Store::snapshot`] for a plain thread.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub fn snapshot_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_read_blocking(&self.inner.lanes.reads, true, work)
    }

    /// [`Store::scan`] for a plain thread.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub fn scan_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_read_blocking(&self.inner.lanes.scans, true, work)
    }

    /// [`Store::write`] for a plain thread.
    ///
    /// # Errors
    ///
    /// As [`Store::write`].
    pub fn write_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_write_blocking(work, None::<NoRecord<T, E>>, false)
    }

    /// [`Store::write_recorded`] for a plain thread.
    ///
    /// # Errors
    ///
    /// As [`Store::write_recorded`].
    pub fn write_recorded_blocking<T, E, F, R>(&self, work: F, record: R) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        R: FnMut(&mut Tx<'_>, &Result<T, E>) -> Result<(), StoreError> + Send + 'static,
    {
        self.send_write_blocking(work, Some(record), false)
    }

    /// [`Store::rehearse`] for a plain thread.
    ///
    /// # Errors
    ///
    /// As [`Store::write`].
    pub fn rehearse_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.send_write_blocking(work, None::<NoRecord<T, E>>, true)
    }

    /// The store's state in numbers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let lanes = &self.inner.lanes;
        Stats {
            queued_reads: lanes.reads.len(),
            queued_scans: lanes.scans.len(),
            queued_writes: lanes.writes.len(),
            ..self.inner.gauges.stats()
        }
    }

    /// Whether the store can serve, from what its threads last saw: asking costs nothing.
    #[must_use]
    pub fn healthy(&self) -> Health {
        self.inner.gauges.health()
    }

    /// Takes no more jobs, finishes those accepted, brings the database file up to date and ends the threads.
    pub async fn close(self) {
        self.inner.lanes.close();
        let (done, closed) = oneshot::channel();
        let joining = thread::Builder::new().name("store-close".to_owned()).spawn(move || {
            self.inner.join();
            // Nobody waits any more if the caller has given up.
            let _ = done.send(());
        });
        if joining.is_ok() {
            // An error means that the thread has ended, which is what is awaited.
            drop(closed.await);
        }
    }

    /// [`Store::close`] for a plain thread.
    pub fn close_blocking(self) {
        self.inner.lanes.close();
        self.inner.join();
    }

    /// Reads a few rows on this thread if a connection is free, which spares two changes of thread; else in the lane.
    async fn read_here_or_send<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        let lanes = &self.inner.lanes;
        let mut job = Read { work, snapshot: false, result: None, reply: Reply::Here };
        if let Some(here) = lanes.here.as_ref().filter(|_| !lanes.reads.is_closed())
            && here.try_serve(&mut job)
        {
            return job.result.unwrap_or_else(|| Err(closed().into()));
        }
        self.send_read(&lanes.reads, false, job.work).await
    }

    async fn send_read<T, E, F>(&self, lane: &Sender<Box<dyn ReadJob>>, snapshot: bool, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.enter(lane, Box::new(Read { work, snapshot, result: None, reply: Reply::Task(reply) })).await?;
        answer.await.unwrap_or_else(|_| Err(closed().into()))
    }

    fn send_read_blocking<T, E, F>(&self, lane: &Sender<Box<dyn ReadJob>>, snapshot: bool, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        self.enter_blocking(lane, Box::new(Read { work, snapshot, result: None, reply: Reply::Thread(reply) }))?;
        answer.recv().unwrap_or_else(|_| Err(closed().into()))
    }

    async fn send_write<T, E, F, R>(&self, work: F, record: Option<R>, rehearsal: bool) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        R: FnMut(&mut Tx<'_>, &Result<T, E>) -> Result<(), StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Write { work, record, rehearsal, result: None, reply: Reply::Task(reply) };
        self.enter(&self.inner.lanes.writes, Box::new(job)).await?;
        answer.await.unwrap_or_else(|_| Err(vanished().into()))
    }

    fn send_write_blocking<T, E, F, R>(&self, work: F, record: Option<R>, rehearsal: bool) -> Result<T, E>
    where
        T: Send + 'static,
        E: TxError,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        R: FnMut(&mut Tx<'_>, &Result<T, E>) -> Result<(), StoreError> + Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        let job = Write { work, record, rehearsal, result: None, reply: Reply::Thread(reply) };
        self.enter_blocking(&self.inner.lanes.writes, Box::new(job))?;
        answer.recv().unwrap_or_else(|_| Err(vanished().into()))
    }

    fn enter<'s, J: Send + 's>(
        &'s self,
        lane: &'s Sender<J>,
        job: J,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 's {
        // The timer is made only when the queue is full.
        let first = lane.try_send(job);
        async move {
            match first {
                Ok(()) => Ok(()),
                Err(TrySendError::Closed(_)) => Err(closed()),
                Err(TrySendError::Full(job)) => {
                    match tokio::time::timeout(self.inner.queue_wait, lane.send(job)).await {
                        Ok(Ok(())) => Ok(()),
                        Ok(Err(_)) => Err(closed()),
                        Err(_) => Err(self.inner.gauges.turn_away()),
                    }
                }
            }
        }
    }

    fn enter_blocking<J>(&self, lane: &Sender<J>, mut job: J) -> Result<(), StoreError> {
        let start = Instant::now();
        loop {
            match lane.try_send(job) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(closed()),
                Err(TrySendError::Full(_)) if start.elapsed() >= self.inner.queue_wait => {
                    return Err(self.inner.gauges.turn_away());
                }
                Err(TrySendError::Full(back)) => job = back,
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Lanes {
    /// Takes no more jobs; those accepted are still handed out.
    fn close(&self) {
        self.reads.close();
        self.scans.close();
        self.writes.close();
    }
}

impl Inner {
    /// Waits for the database threads, unless this is one of them.
    fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let current = thread::current().id();
        if threads.iter().any(|thread| thread.thread().id() == current) {
            return;
        }
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The threads finish what they accepted and end by themselves.
        self.lanes.close();
        if self.join_on_drop {
            self.join();
        }
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}

fn vanished() -> StoreError {
    StoreError::outcome_unknown("the database thread has ended")
}

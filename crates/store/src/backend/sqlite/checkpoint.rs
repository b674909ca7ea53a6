//! The thread that moves the write-ahead log into the database file, so that no commit has to.

use std::{
    sync::{
        Arc,
        atomic::Ordering::Relaxed,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, hooks::Wal};

use super::{Shared, connection, reader::Nearby};
use crate::error::StoreError;

/// Pages in the log that are worth a checkpoint while writes go on: 32 MiB. Then the log starts again from its beginning:
/// writing over what is there costs half of making a file longer.
const PAGES: i64 = 8_192;
const TICK: Duration = Duration::from_millis(500);
/// How long an emptying of the log waits for readers.
const SHORTLY: Duration = Duration::from_millis(100);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A connection that only checkpoints.
pub(super) struct Checkpointer {
    connection: Connection,
    shared: Arc<Shared>,
    near: Arc<Nearby>,
}

/// Has the connection that writes say when the log has become long.
pub(super) fn announce(writer: &mut Connection, long: SyncSender<()>) -> Result<(), StoreError> {
    let hook = move |_: &mut Wal, pages| {
        if i64::from(pages) >= PAGES {
            // A full channel says it already; a closed one means that the checkpointer is gone.
            let _ = long.try_send(());
        }
        Ok(())
    };
    writer.wal_hook(Some(hook)).map_err(connection::meaning)
}

/// The log's pages.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Log {
    pages: i64,
    copied: i64,
}

impl Checkpointer {
    pub(super) fn open(shared: &Arc<Shared>, near: &Arc<Nearby>) -> Result<Checkpointer, StoreError> {
        let temporary = shared.location.is_temporary();
        let connection = connection::open_writer(&shared.location.path, temporary, None)?;
        let checkpointer = Checkpointer { connection, shared: Arc::clone(shared), near: Arc::clone(near) };
        checkpointer.measure();
        Ok(checkpointer)
    }

    /// Looks after the log until the writer has ended: now and then, and whenever the writer says that it is long.
    pub(super) fn run(self, long: &Receiver<()>) {
        let mut before = Log { pages: 0, copied: 0 };
        let mut optimized = Instant::now();
        while long.recv_timeout(TICK) != Err(RecvTimeoutError::Disconnected) {
            self.measure();
            self.near.let_go();
            if self.shared.empty_log.load(Relaxed) {
                self.empty();
            }
            match self.tend(before) {
                Ok(log) => before = log,
                Err(error) => tracing::warn!(%error, "the write-ahead log could not be checkpointed"),
            }
            if optimized.elapsed() > DAY {
                optimized = Instant::now();
                if let Err(error) = self.connection.execute_batch("PRAGMA analysis_limit=400; PRAGMA optimize;") {
                    tracing::warn!(%error, "the query planner's statistics could not be renewed");
                }
            }
        }
    }

    /// Checkpoints when enough has gathered, or when writes have paused.
    fn tend(&self, before: Log) -> rusqlite::Result<Log> {
        let log = self.checkpoint("NOOP")?;
        // The writer finishes the log after its next batch; a checkpoint begun here would only keep it from that.
        if self.shared.finish_log.load(Relaxed) && log.pages != before.pages {
            return Ok(log);
        }
        let waiting = log.pages - log.copied;
        if waiting < PAGES && (waiting <= 0 || log.pages != before.pages) {
            return Ok(log);
        }
        let log = self.checkpoint("PASSIVE")?;
        // What was written meanwhile, which this connection does not see, is little, and only the writer can keep it from
        // growing: unless it finishes, the log never starts again while writes go on.
        if log.pages >= PAGES {
            self.shared.finish_log.store(true, Relaxed);
        }
        Ok(log)
    }

    /// Empties the log, if no reader still needs it; otherwise this is tried again at the next tick.
    fn empty(&self) {
        // While it waits for readers, nobody writes.
        let patience = |length| self.connection.busy_timeout(length);
        let emptied = patience(SHORTLY).and_then(|()| {
            let busy = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
            patience(connection::PATIENCE)?;
            busy
        });
        match emptied {
            Ok(busy) => self.shared.empty_log.store(busy, Relaxed),
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be emptied; this is tried again"),
        }
    }

    fn checkpoint(&self, mode: &str) -> rusqlite::Result<Log> {
        self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok(Log { pages: row.get(1)?, copied: row.get(2)? })
        })
    }

    fn measure(&self) {
        let path = &self.shared.location.path;
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
        self.shared.gauges.measured(size(path), size(log.as_ref()));
    }
}

//! The one thread that writes: what queues up while a commit is on its way to the disk becomes the next commit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OptionalExtension as _};
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Writes that may wait.
const QUEUE: usize = 1_024;
/// Writes in one transaction, at most.
const BATCH: usize = 256;
/// A transaction takes no further writes after this long.
const BATCH_TIME: Duration = Duration::from_millis(20);
/// The log is copied into the database from this size on, by a thread of its own.
const CHECKPOINT_BYTES: u64 = 64 << 20;

/// Why a write did not happen.
pub(crate) enum Refusal {
    /// The user name is taken.
    Taken,
    /// There is no such user.
    Absent,
    /// The database failed.
    Failed(String),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Refusal {
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Refusal::Taken,
            _ => Refusal::Failed(error.to_string()),
        }
    }
}

/// The user's document after the write.
type Outcome = Result<String, Refusal>;

enum Change {
    Insert { id: Uuid, user_name_key: String, doc: String },
    SetActive { id: Uuid, active: bool },
}

struct Job {
    change: Change,
    reply: oneshot::Sender<Outcome>,
}

/// Sends writes to the thread.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: async_channel::Sender<Job>,
    total: Arc<AtomicUsize>,
}

impl Writer {
    /// Stores a new user's document.
    pub(crate) async fn insert(&self, id: Uuid, user_name_key: String, doc: String) -> Outcome {
        self.ask(Change::Insert { id, user_name_key, doc }).await
    }

    /// Changes `active` in a user's document and raises its version.
    pub(crate) async fn set_active(&self, id: Uuid, active: bool) -> Outcome {
        self.ask(Change::SetActive { id, active }).await
    }

    /// How many users there are.
    pub(crate) fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }

    async fn ask(&self, change: Change) -> Outcome {
        let gone = || Refusal::Failed("the writer has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { change, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// Opens the database, makes its table, and starts the thread.
pub(crate) fn start(path: &Path) -> rusqlite::Result<Writer> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000;
         PRAGMA case_sensitive_like=ON; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;
         PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=65536; PRAGMA journal_size_limit=67108864;
         CREATE TABLE IF NOT EXISTS users (
           n INTEGER PRIMARY KEY,
           id BLOB NOT NULL UNIQUE,
           user_name_key TEXT NOT NULL UNIQUE,
           version INTEGER NOT NULL,
           doc TEXT NOT NULL
         ) STRICT;",
    )?;
    let count: i64 = connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
    let total = Arc::new(AtomicUsize::new(usize::try_from(count).unwrap_or(0)));
    let (sender, jobs) = async_channel::bounded(QUEUE);
    let counter = Arc::clone(&total);
    std::thread::spawn(move || {
        while let Ok(first) = jobs.recv_blocking() {
            commit(&connection, first, &jobs, &counter);
        }
    });
    let path = path.to_owned();
    std::thread::spawn(move || checkpoint(&path));
    Ok(Writer { jobs: sender, total })
}

/// Runs one transaction of what is queued, then answers.
fn commit(connection: &Connection, first: Job, jobs: &async_channel::Receiver<Job>, total: &AtomicUsize) {
    let begun = Instant::now();
    let began = execute(connection, "BEGIN IMMEDIATE");
    let mut replies = Vec::with_capacity(64);
    let mut inserted = 0;
    let mut next = Some(first);
    while let Some(Job { change, reply }) = next {
        let outcome = apply(connection, change, &mut inserted);
        replies.push((reply, outcome));
        next = (replies.len() < BATCH && begun.elapsed() < BATCH_TIME).then(|| jobs.try_recv().ok()).flatten();
    }
    let committed = began.and_then(|()| execute(connection, "COMMIT"));
    if committed.is_ok() {
        total.fetch_add(inserted, Ordering::Relaxed);
    }
    for (reply, outcome) in replies {
        let outcome = match &committed {
            Ok(()) => outcome,
            Err(error) => Err(Refusal::Failed(error.to_string())),
        };
        // A client that hung up needs no answer.
        let _ = reply.send(outcome);
    }
}

fn apply(connection: &Connection, change: Change, inserted: &mut usize) -> Outcome {
    match change {
        Change::Insert { id, user_name_key, doc } => {
            connection
                .prepare_cached("INSERT INTO users (id, user_name_key, version, doc) VALUES (?1, ?2, 1, ?3)")?
                .execute((id.as_bytes(), &user_name_key, &doc))?;
            *inserted += 1;
            Ok(doc)
        }
        Change::SetActive { id, active } => {
            let (version, doc) = connection
                .prepare_cached("SELECT version, doc FROM users WHERE id = ?1")?
                .query_row([id.as_bytes()], |row| {
                    let doc = row.get_ref(1)?.as_bytes().map(serde_json::from_slice::<Map<String, Value>>)?;
                    Ok((row.get::<_, i64>(0)?, doc))
                })
                .optional()?
                .ok_or(Refusal::Absent)?;
            let mut doc = doc.map_err(|error| Refusal::Failed(error.to_string()))?;
            doc.insert("active".to_owned(), Value::Bool(active));
            doc.insert("meta".to_owned(), meta(version + 1));
            let doc = Value::Object(doc).to_string();
            connection.prepare_cached("UPDATE users SET version = ?2, doc = ?3 WHERE id = ?1")?.execute((
                id.as_bytes(),
                version + 1,
                &doc,
            ))?;
            Ok(doc)
        }
    }
}

/// The `meta` of a document.
pub(crate) fn meta(version: i64) -> Value {
    serde_json::json!({ "resourceType": "User", "version": format!("W/\"{version}\"") })
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

/// Copies the log into the database when it has grown, so that no commit has to.
fn checkpoint(path: &Path) {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let Ok(connection) = Connection::open(path) else {
        return;
    };
    loop {
        std::thread::sleep(Duration::from_millis(250));
        if std::fs::metadata(&log).is_ok_and(|log| log.len() >= CHECKPOINT_BYTES) {
            // A checkpoint that could not finish is tried again in the next round.
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }
}

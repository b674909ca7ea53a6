//! Threads that read, each with a connection of its own.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Reads that may wait.
const QUEUE: usize = 1_024;

enum Query {
    Id(Uuid),
    UserNameKey(String),
    Page { offset: u32, count: u32 },
}

struct Job {
    query: Query,
    reply: oneshot::Sender<rusqlite::Result<Vec<String>>>,
}

/// Sends reads to the threads.
#[derive(Clone)]
pub(crate) struct Reader {
    jobs: async_channel::Sender<Job>,
}

impl Reader {
    /// The document with this id, if there is one.
    pub(crate) async fn by_id(&self, id: Uuid) -> Result<Vec<String>, String> {
        self.ask(Query::Id(id)).await
    }

    /// The document with this user name, if there is one.
    pub(crate) async fn by_user_name_key(&self, key: String) -> Result<Vec<String>, String> {
        self.ask(Query::UserNameKey(key)).await
    }

    /// Documents in the order of their ids.
    pub(crate) async fn page(&self, offset: u32, count: u32) -> Result<Vec<String>, String> {
        self.ask(Query::Page { offset, count }).await
    }

    async fn ask(&self, query: Query) -> Result<Vec<String>, String> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { query, reply }).await.map_err(|_| "the readers have stopped")?;
        answer.await.map_err(|_| "the readers have stopped")?.map_err(|error| error.to_string())
    }
}

/// Starts `threads` readers of an existing database.
pub(crate) fn start(path: &Path, threads: usize) -> rusqlite::Result<Reader> {
    let (sender, jobs) = async_channel::bounded::<Job>(QUEUE);
    for _ in 0..threads.max(1) {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.execute_batch(
            "PRAGMA query_only=ON; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA case_sensitive_like=ON;
             PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-8192;",
        )?;
        let jobs = jobs.clone();
        std::thread::spawn(move || {
            while let Ok(Job { query, reply }) = jobs.recv_blocking() {
                // A client that hung up needs no answer.
                let _ = reply.send(read(&connection, query));
            }
        });
    }
    Ok(Reader { jobs: sender })
}

fn read(connection: &Connection, query: Query) -> rusqlite::Result<Vec<String>> {
    let one = |doc: Option<String>| doc.into_iter().collect();
    match query {
        Query::Id(id) => connection
            .prepare_cached("SELECT doc FROM users WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()
            .map(one),
        Query::UserNameKey(key) => connection
            .prepare_cached("SELECT doc FROM users WHERE user_name_key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()
            .map(one),
        // The ids come from their index alone; only the page's own rows are read.
        Query::Page { offset, count } => connection
            .prepare_cached(
                "SELECT doc FROM users WHERE id IN (SELECT id FROM users ORDER BY id LIMIT ?1 OFFSET ?2) ORDER BY id",
            )?
            .query_map((count, offset), |row| row.get(0))?
            .collect(),
    }
}

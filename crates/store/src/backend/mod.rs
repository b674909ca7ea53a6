//! The two databases, behind one private enum.

mod gauges;
mod postgres;
mod sqlite;

use std::{
    sync::{Arc, atomic::AtomicBool},
    thread::{self, JoinHandle},
};

pub(crate) use gauges::Gauges;
pub(crate) use postgres::Whole;
pub(crate) use sqlite::copy as sqlite_copy;

use crate::{
    error::StoreError,
    options::{Database, Options},
    store::Lanes,
};

/// A connection, or the transaction on it, for as long as a job runs.
pub(crate) enum Session<'c> {
    Sqlite(sqlite::Session<'c>),
    Postgres(postgres::Session<'c>),
}

/// An open database: the ways in, its state in numbers and its threads.
pub(crate) struct Opened {
    pub(crate) lanes: Lanes,
    pub(crate) gauges: Arc<Gauges>,
    /// Set, it has the write-ahead log emptied; nobody looks at it where there is none of ours.
    pub(crate) empty_log: Arc<AtomicBool>,
    pub(crate) threads: Vec<JoinHandle<()>>,
    /// Whether dropping the store waits for its threads, because they leave something to be cleared away.
    pub(crate) join_on_drop: bool,
}

/// Opens the chosen database and starts its threads.
pub(crate) fn open(options: &Options) -> Result<Opened, StoreError> {
    match &options.database {
        Database::Sqlite { path } => sqlite::open(sqlite::Location::file(path), options),
        Database::SqliteMemory => sqlite::open(sqlite::Location::temporary()?, options),
        Database::Postgres(postgres) => postgres::open(postgres, options),
    }
}

/// Starts a named thread.
fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    thread::Builder::new().name(name).spawn(run).map_err(StoreError::unavailable)
}

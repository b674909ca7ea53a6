//! The store on SQLite: what both databases must do, and what only a file can.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

mod conformance;
mod sqlite;

use muster_store::{Database, Store};

/// A store in a temporary file of its own.
fn open() -> Store {
    Store::open(&conformance::options(Database::SqliteMemory)).unwrap()
}

conformance::suite!(crate::open);

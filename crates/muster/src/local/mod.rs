//! While a server holds the embedded database, commands reach it through a socket in the data folder.
//!
//! The client sends one [`Call`] as a line of JSON, the server does it on its own store and answers with one
//! [`Reply`]. Only the server's own user may call: the socket has mode 0600, and the peer's user id is checked.

mod client;
mod server;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    admin::{Answer, Request},
    config::Config,
};

pub(crate) use client::{Sent, send};
pub(crate) use server::Socket;

/// The longest call or reply, in bytes; what an installation's export may need.
const LINE: u64 = 64 * 1024 * 1024;

/// What a command asks a running server.
#[derive(Debug, Serialize, Deserialize)]
struct Call {
    /// The database that the command means.
    database: PathBuf,
    /// What it wants done.
    request: Request,
}

/// What the server answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    /// It was done.
    Done(Box<Answer>),
    /// It was not: why, and whether it was asked wrongly.
    Refused { why: String, is_usage: bool },
    /// The server holds another database.
    OtherDatabase,
}

impl Reply {
    fn failed(why: String) -> Self {
        Self::Refused { why, is_usage: false }
    }
}

/// Where the socket is.
fn socket(config: &Config) -> PathBuf {
    config.server.data_dir.join("muster.sock")
}

/// The embedded database's file, the same however it was written; `None` on PostgreSQL, which anybody can open.
fn embedded(config: &Config) -> Option<PathBuf> {
    match config.database() {
        muster_store::Database::Sqlite { path } => Some(canonical(&path)),
        muster_store::Database::SqliteMemory | muster_store::Database::Postgres(_) => None,
    }
}

/// Whether another process can hold the database: it is the embedded one, and it is there.
pub(crate) fn may_be_held(config: &Config) -> bool {
    embedded(config).is_some_and(|path| path.exists())
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

//! How a store is opened.

use std::{fmt, path::PathBuf, time::Duration};

use crate::{migrate::Migration, migrations::MIGRATIONS};

/// How a store is opened; [`Options::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database.
    pub database: Database,
    /// What happens when migrations are outstanding.
    pub migrate: Migrate,
    /// The tables: every migration from an empty database on. Only tests of the store itself replace them.
    pub migrations: &'static [Migration],
    /// Threads, each with its own connection, that run point reads.
    pub readers: usize,
    /// Threads, each with its own connection, that run writes (PostgreSQL only: SQLite has one).
    pub writers: usize,
    /// Threads, each with its own connection, that run scans.
    pub scanners: usize,
    /// Jobs that may wait in each lane.
    pub queue: usize,
    /// How long a caller waits for a place in a full queue.
    pub queue_wait: Duration,
    /// How long a point read or a snapshot may take.
    pub read_limit: Duration,
    /// How long a scan may take.
    pub scan_limit: Duration,
    /// The largest size of the database file, in bytes (SQLite only); `None` for no limit but the disk's.
    pub max_bytes: Option<u64>,
}

/// Which database holds the data.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// One SQLite file, owned by this process alone.
    Sqlite {
        /// The file; made, with mode 0600, when missing.
        path: PathBuf,
    },
    /// A SQLite database that is gone when the store is closed.
    SqliteMemory,
    /// A PostgreSQL server.
    Postgres(PostgresOptions),
}

/// How a PostgreSQL server is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// `postgres://user:password@host/database?sslmode=verify-full`, or `key=value` pairs.
    ///
    /// `sslmode` is `disable`, `prefer`, `require` (encrypted, server not identified), `verify-ca` or `verify-full`;
    /// without it, `prefer`. The last two trust the system's certificates, or those in `sslrootcert`.
    pub url: String,
    /// The schema that holds the tables; it is made when missing. `None`: the server's default.
    pub schema: Option<String>,
    /// The isolation of writing transactions.
    pub isolation: Isolation,
    /// Whether statements are prepared once for each connection; off for poolers in transaction mode.
    pub prepare: bool,
}

/// The isolation of writing transactions on PostgreSQL. The store's statements are right under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All transactions together are as if one after the other; colliding ones run again.
    Serializable,
}

/// What opening does when migrations are outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// Runs them.
    Run,
    /// Refuses with [`SchemaError::Older`](crate::SchemaError::Older).
    Refuse,
}

impl Options {
    /// The defaults for `database`: migrations run, queues of 1,024, 2 s for a place, 5 s a read, 30 s a scan.
    #[must_use]
    pub fn new(database: Database) -> Options {
        let readers = if matches!(database, Database::Postgres(_)) { 4 } else { 2 };
        Options {
            database,
            migrate: Migrate::Run,
            migrations: MIGRATIONS,
            readers,
            writers: 8,
            scanners: 1,
            queue: 1024,
            queue_wait: Duration::from_secs(2),
            read_limit: Duration::from_secs(5),
            scan_limit: Duration::from_secs(30),
            max_bytes: None,
        }
    }
}

impl PostgresOptions {
    /// The defaults for the server at `url`: its default schema, read committed, prepared statements.
    #[must_use]
    pub fn new(url: impl Into<String>) -> PostgresOptions {
        PostgresOptions { url: url.into(), schema: None, isolation: Isolation::ReadCommitted, prepare: true }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Sqlite { path } => out.debug_struct("Sqlite").field("path", path).finish(),
            Database::SqliteMemory => out.write_str("SqliteMemory"),
            Database::Postgres(options) => options.fmt(out),
        }
    }
}

/// Leaves the address out: it may hold a password.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("isolation", &self.isolation)
            .field("prepare", &self.prepare)
            .finish_non_exhaustive()
    }
}

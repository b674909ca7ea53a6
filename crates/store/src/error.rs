//! What can go wrong, in the meaning of the caller rather than of a driver.

use std::sync::Arc;

use crate::unique::Unique;

/// The driver's own error, kept for the log.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A value that must be unique is in use.
    #[error("{0} is already taken")]
    Taken(Unique),
    /// The row that was to be changed is gone or is of another version.
    #[error("the row was changed or removed meanwhile: read it again and repeat the change")]
    Stale,
    /// The queue stayed full, or the transaction kept colliding with others. Nothing was stored.
    #[error("the database is busy: try again in a moment")]
    Busy,
    /// The database cannot be reached or the store is closed. Nothing was stored.
    #[error("the database cannot be reached: check that it runs and that the configured address is right")]
    Unavailable(#[source] Cause),
    /// The connection or disk failed during the commit: the change is stored whole or not at all, but which is unknown.
    #[error("the database failed during the commit, so the outcome is unknown: read before repeating the change")]
    OutcomeUnknown(#[source] Cause),
    /// No space is left for the database. Nothing was stored.
    #[error("the database has no space left: free some on its disk")]
    Full(#[source] Cause),
    /// The caller's closure panicked. Nothing was stored.
    #[error("the work panicked and was rolled back")]
    Panicked,
    /// Another job in the same commit made the engine drop the whole transaction. Nothing was stored.
    #[error("the transaction was rolled back with its batch: repeat the change")]
    RolledBack,
    /// A statement took longer than its lane allows.
    #[error("the statement took too long and was interrupted: narrow the query")]
    Interrupted,
    /// A stored value cannot be what this program wrote.
    #[error("row `{key}` of table `{table}` cannot be read: restore it from a backup")]
    Corrupt {
        /// The table that holds the row.
        table: &'static str,
        /// The row's id, where it has one; never its content, because errors are logged.
        key: String,
    },
    /// The database's tables are not those of this program.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A value or a reference breaks a constraint other than uniqueness.
    #[error("{0}")]
    Refused(Refusal),
    /// Anything that only a change of the program or its environment can mend.
    #[error("the database refused a statement")]
    Other(#[source] Cause),
}

/// A broken constraint other than uniqueness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A row refers to one that does not exist, or is referred to; holds the constraint's name where the engine tells it.
    #[error("a row refers to one that does not exist, or is still referred to (`{0}`)")]
    ForeignKey(String),
    /// A value is outside what its column allows.
    #[error("a value is not allowed (`{0}`)")]
    Check(String),
    /// A value is missing.
    #[error("a value is missing (`{0}`)")]
    NotNull(String),
    /// Text holds U+0000, which PostgreSQL cannot keep.
    #[error("text must not hold the character U+0000: remove it")]
    NulInText,
    /// A value is too large for the database.
    #[error("a value is too large to be stored: shorten it")]
    TooLarge,
}

/// Why a database's tables do not fit this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A newer program has migrated the database.
    #[error("the database is at migration {database}, this program knows {program}: start the newer program")]
    Newer {
        /// The last migration in the database.
        database: u32,
        /// The last migration of this program.
        program: u32,
    },
    /// Migrations are outstanding and were not asked for.
    #[error("the database is at migration {database}, this program needs {program}: back it up and migrate it first")]
    Older {
        /// The last migration in the database, 0 if none.
        database: u32,
        /// The last migration of this program.
        program: u32,
    },
    /// A migration differs from the one that the database was made with.
    #[error(
        "migration {version} (`{name}`) is not the one that this database was made with: start the program that made it"
    )]
    Changed {
        /// The migration's number.
        version: u32,
        /// The migration's name.
        name: String,
    },
    /// Another node holds the migration lock.
    #[error("another node is migrating the database: wait until it has finished, or until its lock expires")]
    Locked,
    /// A step's own statement failed.
    #[error("migration {version} (`{name}`) failed: {reason}")]
    Failed {
        /// The migration's number.
        version: u32,
        /// The migration's name.
        name: String,
        /// The engine's words.
        reason: String,
    },
}

/// The error of a closure that the store runs: it holds a [`StoreError`], or it is the caller's own refusal.
pub trait TxError: From<StoreError> + Send + 'static {
    /// The store's error inside, `None` for the caller's own refusal.
    fn store_error(&self) -> Option<&StoreError>;

    /// Whether somebody else has changed meanwhile what the closure went by, so that running it again may end otherwise.
    /// Where one thread writes for all, that cannot be.
    fn is_overtaken(&self) -> bool {
        false
    }
}

impl TxError for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl StoreError {
    /// An [`StoreError::Other`] around a driver's error or a text.
    pub fn other(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::Other(Arc::from(cause.into()))
    }

    /// An [`StoreError::Unavailable`] around a driver's error or a text.
    pub(crate) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::Unavailable(Arc::from(cause.into()))
    }

    /// A [`StoreError::OutcomeUnknown`] around a driver's error or a text.
    pub(crate) fn outcome_unknown(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::OutcomeUnknown(Arc::from(cause.into()))
    }

    /// Whether this tells of what the caller asked for, rather than of the database's state.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            StoreError::Taken(_) | StoreError::Stale => true,
            StoreError::Busy
            | StoreError::Unavailable(_)
            | StoreError::OutcomeUnknown(_)
            | StoreError::Full(_)
            | StoreError::Panicked
            | StoreError::RolledBack
            | StoreError::Interrupted
            | StoreError::Corrupt { .. }
            | StoreError::Schema(_)
            | StoreError::Refused(_)
            | StoreError::Other(_) => false,
        }
    }
}

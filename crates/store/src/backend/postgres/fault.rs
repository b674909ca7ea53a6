//! What the server's errors mean.

use std::sync::Arc;

use tokio_postgres::{
    Error,
    error::{DbError, SqlState},
};

use crate::{
    error::{Refusal, StoreError},
    unique::Unique,
};

/// An error and what is to be done about it.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) error: StoreError,
    pub(super) remedy: Remedy,
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Tell the caller.
    Tell,
    /// Run the transaction again.
    Again,
    /// Forget the prepared statements, then run the transaction again.
    Forget,
    /// Connect anew.
    Reconnect,
}

impl Fault {
    /// A lost connection.
    pub(super) fn lost(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
        Fault { error: StoreError::unavailable(cause), remedy: Remedy::Reconnect }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        let tell = |error| Fault { error, remedy: Remedy::Tell };
        let Some(server) = error.as_db_error() else {
            let io = std::error::Error::source(&error).is_some_and(|source| source.is::<std::io::Error>());
            return if error.is_closed() || io { Fault::lost(error) } else { tell(StoreError::other(error)) };
        };
        let code = server.code();
        if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
            return Fault { error: StoreError::Busy, remedy: Remedy::Again };
        }
        let stale_plan = *code == SqlState::FEATURE_NOT_SUPPORTED && server.message().contains("cached plan");
        if stale_plan || *code == SqlState::INVALID_SQL_STATEMENT_NAME {
            return Fault { error: StoreError::Busy, remedy: Remedy::Forget };
        }
        if code.code().starts_with("08") || code.code().starts_with("57P") {
            return Fault::lost(error);
        }
        tell(refusal(server).unwrap_or_else(|| StoreError::Other(Arc::new(error))))
    }
}

/// What the caller is told, where that is more than the server's words.
fn refusal(server: &DbError) -> Option<StoreError> {
    let constraint = || server.constraint().unwrap_or_default();
    Some(match *server.code() {
        SqlState::UNIQUE_VIOLATION => StoreError::Taken(Unique::from_constraint(constraint())),
        SqlState::FOREIGN_KEY_VIOLATION => StoreError::Refused(Refusal::ForeignKey(constraint().to_owned())),
        SqlState::CHECK_VIOLATION => StoreError::Refused(Refusal::Check(constraint().to_owned())),
        SqlState::NOT_NULL_VIOLATION => {
            let [table, column] = [server.table(), server.column()].map(Option::unwrap_or_default);
            StoreError::Refused(Refusal::NotNull(format!("{table}.{column}")))
        }
        SqlState::PROGRAM_LIMIT_EXCEEDED | SqlState::STRING_DATA_RIGHT_TRUNCATION => {
            StoreError::Refused(Refusal::TooLarge)
        }
        SqlState::QUERY_CANCELED => StoreError::Interrupted,
        SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy,
        SqlState::DISK_FULL => StoreError::Full(Arc::new(server.clone())),
        SqlState::TOO_MANY_CONNECTIONS | SqlState::OUT_OF_MEMORY | SqlState::INVALID_PASSWORD => {
            StoreError::Unavailable(Arc::new(server.clone()))
        }
        _ => return None,
    })
}

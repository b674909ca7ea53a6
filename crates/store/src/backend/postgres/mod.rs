//! PostgreSQL, through tokio-postgres on a current-thread runtime in each database thread.

mod session;

use crate::{
    backend::Opened,
    error::StoreError,
    options::{Options, PostgresOptions},
};

pub(crate) use session::Session;

/// Connects and starts the threads.
pub(crate) fn open(_postgres: &PostgresOptions, _options: &Options) -> Result<Opened, StoreError> {
    Err(StoreError::unavailable("PostgreSQL is not available yet"))
}

//! SQLite: one thread that writes in batches, threads that read, one that moves the log into the database file.

mod connection;
mod location;
mod session;

pub(crate) use location::Location;
pub(crate) use session::Session;

use crate::{backend::Opened, error::StoreError, options::Options};

/// Opens the file, migrates it and starts the threads.
pub(crate) fn open(_location: Location, _options: &Options) -> Result<Opened, StoreError> {
    Err(StoreError::unavailable("SQLite is not available yet"))
}

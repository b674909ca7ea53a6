//! The system's clock and randomness, for the engine.

use std::time::{SystemTime, UNIX_EPOCH};

use muster_engine::Surroundings;
use muster_model::Timestamp;

/// The real ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct System;

impl Surroundings for System {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// Ends the process when the operating system has no randomness: ids and secrets that can be guessed are worse.
    fn random(&self, bytes: &mut [u8]) {
        if let Err(error) = muster_crypto::random(bytes) {
            tracing::error!(%error, "the server cannot go on");
            std::process::exit(1);
        }
    }
}

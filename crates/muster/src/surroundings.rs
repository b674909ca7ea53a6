//! The system's clock and randomness, for the engine.

use std::{
    cell::RefCell,
    time::{SystemTime, UNIX_EPOCH},
};

use muster_crypto::{Blinder, Sealer};
use muster_engine::Surroundings;
use muster_model::Timestamp;

/// How many random bytes are drawn at a time: each draw costs as much as a statement, and every id needs ten.
const DRAWN: usize = 1_024;

thread_local! {
    /// Random bytes that nobody has been given yet.
    static UNUSED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The real ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct System {
    blinder: Option<Blinder>,
}

impl System {
    /// With the master key at hand.
    pub(crate) fn with_keys(sealer: &Sealer) -> Self {
        Self { blinder: Some(sealer.blinder().clone()) }
    }
}

impl Surroundings for System {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn random(&self, bytes: &mut [u8]) {
        UNUSED.with_borrow_mut(|unused| {
            if bytes.len() > DRAWN {
                return draw(bytes);
            }
            if unused.len() < bytes.len() {
                unused.resize(DRAWN, 0);
                draw(unused);
            }
            // What is given away is not kept.
            let rest = unused.len() - bytes.len();
            bytes.copy_from_slice(&unused[rest..]);
            unused[rest..].fill(0);
            unused.truncate(rest);
        });
    }

    fn blinder(&self) -> Option<&Blinder> {
        self.blinder.as_ref()
    }
}

/// Ends the process when the operating system has no randomness: ids and secrets that can be guessed are worse.
fn draw(bytes: &mut [u8]) {
    if let Err(error) = muster_crypto::random(bytes) {
        tracing::error!(%error, "the server cannot go on");
        std::process::exit(1);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_byte_is_given_away_twice() {
        let mut seen = HashSet::new();
        for length in [10, 16, 1_000, 2_000, 10] {
            for _ in 0..200 {
                let mut bytes = vec![0; length];
                System::default().random(&mut bytes);
                assert!(seen.insert(bytes[..10].to_vec()), "{length}");
            }
        }
    }
}

//! A clock that stands, and randomness that repeats.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use muster_crypto::Blinder;
use muster_engine::Surroundings;
use muster_model::Timestamp;

/// Stands still until moved; its randomness is the same in every run.
#[derive(Debug)]
pub struct Clock {
    now: AtomicI64,
    seed: AtomicU64,
    blinder: Blinder,
}

impl Clock {
    /// A clock at a fixed time, with one of many sequences of randomness.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { now: AtomicI64::new(1_795_000_000_000_000), seed: AtomicU64::new(seed), blinder: Blinder::new(&[7; 32]) }
    }

    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        self.now.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

impl Surroundings for Clock {
    /// A microsecond later each time, so that no two requests began at once.
    fn now(&self) -> Timestamp {
        Timestamp(self.now.fetch_add(1, Ordering::Relaxed))
    }

    /// SplitMix64: each byte differs, and every run of a test sees the same ones.
    fn random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let state = self.seed.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }

    fn blinder(&self) -> Option<&Blinder> {
        Some(&self.blinder)
    }
}

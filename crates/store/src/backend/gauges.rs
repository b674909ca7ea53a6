//! Numbers that the database threads keep and the metrics page reads.

use std::sync::{
    Mutex, PoisonError,
    atomic::{
        AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use crate::{
    error::StoreError,
    store::{Health, Stats},
};

/// The state of a store in numbers; each is right by itself, not all at one instant.
#[derive(Default)]
pub(crate) struct Gauges {
    busy_readers: AtomicUsize,
    commits: AtomicU64,
    committed_jobs: AtomicU64,
    largest_batch: AtomicU64,
    retries: AtomicU64,
    turned_away: AtomicU64,
    database_bytes: AtomicU64,
    wal_bytes: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// A reader at work, until dropped.
pub(crate) struct BusyReader<'g>(&'g Gauges);

impl Gauges {
    pub(crate) fn reading(&self) -> BusyReader<'_> {
        self.busy_readers.fetch_add(1, Relaxed);
        BusyReader(self)
    }

    /// How many commits there have been: whoever knows of one, by its answer, finds it counted.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Acquire)
    }

    pub(crate) fn committed(&self, jobs: u64) {
        self.commits.fetch_add(1, Release);
        self.committed_jobs.fetch_add(jobs, Relaxed);
        self.largest_batch.fetch_max(jobs, Relaxed);
    }

    pub(crate) fn retried(&self, jobs: u64) {
        self.retries.fetch_add(jobs, Relaxed);
    }

    /// Counts a job for which the queue had no place.
    pub(crate) fn turn_away(&self) -> StoreError {
        self.turned_away.fetch_add(1, Relaxed);
        StoreError::Busy
    }

    pub(crate) fn measured(&self, database_bytes: u64, wal_bytes: u64) {
        self.database_bytes.store(database_bytes, Relaxed);
        self.wal_bytes.store(wal_bytes, Relaxed);
    }

    /// Sets what keeps the store from serving, or that nothing does.
    pub(crate) fn trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    pub(crate) fn health(&self) -> Health {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.as_ref().map_or(Health::Healthy, |trouble| Health::Unhealthy(trouble.clone()))
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            busy_readers: self.busy_readers.load(Relaxed),
            commits: self.commits.load(Relaxed),
            committed_jobs: self.committed_jobs.load(Relaxed),
            largest_batch: self.largest_batch.load(Relaxed),
            retries: self.retries.load(Relaxed),
            turned_away: self.turned_away.load(Relaxed),
            database_bytes: self.database_bytes.load(Relaxed),
            wal_bytes: self.wal_bytes.load(Relaxed),
            ..Stats::default()
        }
    }
}

impl Drop for BusyReader<'_> {
    fn drop(&mut self) {
        self.0.busy_readers.fetch_sub(1, Relaxed);
    }
}

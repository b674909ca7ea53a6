//! PostgreSQL: threads that each own a connection and a small runtime, so that statements can be sent together.

mod address;
mod connection;
mod fault;
mod migrations;
mod session;
mod statements;
mod tls;
mod value;
mod worker;

use std::{sync::Arc, time::Duration};

use async_channel::Receiver;
use uuid::Uuid;

pub(crate) use session::Session;
pub(crate) use value::Whole;

use self::{
    address::{Address, Role},
    connection::Connector,
    worker::Worker,
};
use crate::{
    backend::{Gauges, Opened, spawn},
    error::StoreError,
    job::{ReadJob, WriteJob},
    options::{Options, PostgresOptions},
    store::Lanes,
};

/// How long a statement of a writing transaction may take.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// Connects, migrates and starts the threads.
pub(crate) fn open(postgres: &PostgresOptions, options: &Options) -> Result<Opened, StoreError> {
    let address = Arc::new(Address::parse(postgres)?);
    let gauges = Arc::new(Gauges::default());
    migrations::run_on_thread(&address, options)?;

    let (reads, read_jobs) = async_channel::bounded(options.queue.max(1));
    let (scans, scan_jobs) = async_channel::bounded(options.queue.max(1));
    let (writes, write_jobs) = async_channel::bounded(options.queue.max(1));
    let mut threads = Vec::new();
    let worker = |limit, role, stripe| {
        let connector = Connector::new(Arc::clone(&address), role, limit, postgres.prepare);
        Worker::new(connector, Arc::clone(&gauges), postgres.isolation, stripe)
    };
    let readers = (0..options.readers.max(1)).map(|number| ("read", number, options.read_limit, &read_jobs));
    let scanners = (0..options.scanners.max(1)).map(|number| ("scan", number, options.scan_limit, &scan_jobs));
    for (lane, number, limit, jobs) in readers.chain(scanners) {
        let (worker, jobs): (Worker, Receiver<Box<dyn ReadJob>>) = (worker(limit, Role::Read, 0)?, jobs.clone());
        // The first scanner has the least to do: it also looks whether the server still answers.
        let probes = lane == "scan" && number == 0;
        threads.push(spawn(format!("store-{lane}-{number}"), move || worker.run_reads(&jobs, probes))?);
    }
    // Nodes start at different stripes, so that their first writers do not share a row.
    let first_stripe = Uuid::now_v7().as_u128();
    for number in 0..options.writers.max(1) {
        let stripe = ((first_stripe + number as u128) % STRIPES) as i64;
        let (worker, jobs): (Worker, Receiver<Box<dyn WriteJob>>) =
            (worker(WRITE_LIMIT, Role::Write, stripe)?, write_jobs.clone());
        threads.push(spawn(format!("store-write-{number}"), move || worker.run_writes(&jobs))?);
    }
    Ok(Opened {
        lanes: Lanes { reads, scans, writes, here: None },
        gauges,
        empty_log: Arc::default(),
        threads,
        join_on_drop: false,
    })
}

/// Stripes of a striped counter.
const STRIPES: u128 = 16;

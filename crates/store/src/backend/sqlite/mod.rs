//! SQLite: one thread that writes in batches, threads that read, one that moves the log into the database file.

mod apart;
mod checkpoint;
mod connection;
pub(crate) mod copy;
mod location;
mod migrations;
mod reader;
mod session;
mod writer;

use std::{
    fs::File,
    sync::{Arc, Mutex, atomic::AtomicBool, mpsc},
    thread,
};

pub(crate) use location::Location;
pub(crate) use session::Session;

use crate::{
    backend::{Gauges, Opened, spawn},
    error::StoreError,
    options::Options,
    store::Lanes,
};

/// What all threads of an open database hold: the last one to end removes a temporary database and gives the lock back.
struct Shared {
    location: Location,
    gauges: Arc<Gauges>,
    /// The checkpointer asks the writer to copy the rest of the log, so that it can start again from its beginning.
    finish_log: AtomicBool,
    /// The log is to be emptied, because it still has what was erased.
    empty_log: Arc<AtomicBool>,
    /// Held by the rehearsal that has a copy of the file.
    rehearsing: Mutex<()>,
    _lock: File,
}

/// Opens the file, migrates it and starts the threads.
pub(crate) fn open(location: Location, options: &Options) -> Result<Opened, StoreError> {
    let lock = location.claim()?;
    let gauges = Arc::new(Gauges::default());
    let empty_log = Arc::new(AtomicBool::new(false));
    let finish_log = AtomicBool::new(false);
    let shared = Arc::new(Shared {
        location,
        gauges,
        finish_log,
        empty_log: Arc::clone(&empty_log),
        rehearsing: Mutex::new(()),
        _lock: lock,
    });
    let path = &shared.location.path;
    apart::remove_leftovers(path);
    let mut connection = connection::open_writer(path, shared.location.is_temporary(), options.max_bytes)?;
    migrations::run(&mut connection, options)?;

    let (reads, read_jobs) = async_channel::bounded(options.queue.max(1));
    let (scans, scan_jobs) = async_channel::bounded(options.queue.max(1));
    let (writes, write_jobs) = async_channel::bounded(options.queue.max(1));
    let mut threads = Vec::new();
    for number in 0..options.readers.max(1) {
        let reader = reader::Reader::open(&shared, options.read_limit)?;
        let jobs = read_jobs.clone();
        threads.push(spawn(format!("store-read-{number}"), move || reader.run(&jobs))?);
    }
    for number in 0..options.scanners.max(1) {
        let reader = reader::Reader::open(&shared, options.scan_limit)?;
        let jobs = scan_jobs.clone();
        threads.push(spawn(format!("store-scan-{number}"), move || reader.run(&jobs))?);
    }
    let near = Arc::new(reader::Nearby::open(&shared, options.read_limit, options.readers.max(1))?);
    // The sender is the writing connection's: when that closes, the checkpointer ends.
    let (long, heard) = mpsc::sync_channel(1);
    checkpoint::announce(&mut connection, long)?;
    let checkpointer = checkpoint::Checkpointer::open(&shared, &near)?;
    let checkpoint_thread = spawn("store-checkpoint".to_owned(), move || checkpointer.run(&heard))?;
    let writer = writer::Writer::new(connection, Arc::clone(&shared), Arc::clone(&near));
    threads.push(spawn("store-write".to_owned(), move || {
        writer.run(&write_jobs);
        if thread::JoinHandle::join(checkpoint_thread).is_err() {
            tracing::error!("the checkpoint thread panicked");
        }
    })?);
    let gauges = Arc::clone(&shared.gauges);
    let join_on_drop = shared.location.is_temporary();
    Ok(Opened { lanes: Lanes { reads, scans, writes, here: Some(near) }, gauges, empty_log, threads, join_on_drop })
}

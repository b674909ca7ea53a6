//! The machine's own limits, without which no figure means anything.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use muster_bench::error::Error;
use muster_bench::statistics::Latencies;

/// Flushes that are timed.
const FLUSHES: usize = 200;

/// What the figures were measured on.
pub(crate) struct Machine {
    /// Logical processors.
    pub(crate) processors: usize,
    /// Their model, as the system names it.
    pub(crate) model: String,
    /// Main memory in MiB.
    pub(crate) memory: u64,
    /// The middle time to make 4 KiB durable, in microseconds.
    pub(crate) flush: u32,
}

impl Machine {
    /// Looks around, and measures the disk under `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Machine, Error> {
        let of = |path: &str, key: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(key))?;
            line.split(':').nth(1).map(|value| value.trim().to_owned())
        };
        let kibibytes = of("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Ok(Machine {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            model: of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            memory: kibibytes.unwrap_or(0) / 1024,
            flush: flush(&folder.join("flush"))?,
        })
    }
}

/// Appends 4 KiB at a time, each made durable before the next.
fn flush(path: &Path) -> Result<u32, Error> {
    let measure = || {
        let mut file = File::create(path)?;
        let mut latencies = Latencies::with_capacity(FLUSHES);
        for _ in 0..FLUSHES {
            let begun = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            latencies.record(begun.elapsed());
        }
        fs::remove_file(path)?;
        Ok(latencies.summarize(Duration::from_secs(1)).p50)
    };
    measure().map_err(|source| Error::File { path: path.to_owned(), source })
}

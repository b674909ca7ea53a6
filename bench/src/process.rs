//! What the system tells of another process.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often memory is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// Resident memory in KiB; 0 where the system does not tell.
#[must_use]
pub fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

/// Looks at a process's memory again and again.
pub struct MemoryWatch {
    over: Arc<AtomicBool>,
    highest: Arc<AtomicU64>,
    watching: JoinHandle<()>,
}

impl MemoryWatch {
    /// Begins to look.
    #[must_use]
    pub fn begin(process: u32) -> MemoryWatch {
        let (over, highest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(memory(process))));
        let (stop, seen) = (Arc::clone(&over), Arc::clone(&highest));
        let watching = thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                seen.fetch_max(memory(process), Ordering::Relaxed);
                thread::sleep(INTERVAL);
            }
        });
        MemoryWatch { over, highest, watching }
    }

    /// Ends it; answers the highest resident memory, in KiB.
    #[must_use]
    pub fn end(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        // It does not panic; and what it saw until then would be there all the same.
        let _ = self.watching.join();
        self.highest.load(Ordering::Relaxed)
    }
}

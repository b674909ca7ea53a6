//! Showing how far a simulation is: a bar on a terminal, a line for each phase elsewhere.

use std::{
    cell::RefCell,
    io::{self, IsTerminal},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use muster_simulator::trial::{Observer, Progress};

use crate::{output, progress};

/// How often a long phase says something where there is no bar.
const LINE: Duration = Duration::from_secs(30);

/// Shows progress on the standard error.
pub(super) struct Display {
    bar: Option<ProgressBar>,
    stopped: Arc<AtomicBool>,
    shown: RefCell<Shown>,
}

struct Shown {
    phase: String,
    told: Instant,
}

impl Display {
    /// A display that also tells whether the operator has had enough.
    pub(super) fn new(stopped: Arc<AtomicBool>) -> Self {
        let shown = Shown { phase: String::new(), told: Instant::now() };
        let bar = io::stderr().is_terminal().then(progress::bar);
        Self { bar, stopped, shown: RefCell::new(shown) }
    }

    /// Takes the bar off the screen.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Shows how much of a phase is done, after so many requests in all.
    pub(super) fn show(&self, phase: String, done: usize, of: usize, requests: u64) {
        let mut shown = self.shown.borrow_mut();
        let is_new = shown.phase != phase;
        if let Some(bar) = &self.bar {
            if is_new {
                bar.reset();
                bar.set_message(phase.clone());
            }
            bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        } else if done >= of || shown.told.elapsed() >= LINE {
            shown.told = Instant::now();
            output::remark(&format!("{phase}: {done}/{of}, {requests} requests"));
        }
        shown.phase = phase;
    }
}

impl Observer for Display {
    fn progress(&self, progress: &Progress<'_>) {
        let phase = format!("{}: {}", progress.idp.title(), progress.phase);
        self.show(phase, progress.done, progress.of, progress.requests);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

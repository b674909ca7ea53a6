//! Showing how far a simulation is: a bar on a terminal, a line for each phase elsewhere.

use std::{
    cell::RefCell,
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use muster_simulator::trial::{Observer, Progress};

/// Cells of the bar.
const WIDTH: usize = 24;
/// How often a bar is drawn anew, at most.
const FRAME: Duration = Duration::from_millis(100);
/// How often a long phase says something where there is no bar.
const LINE: Duration = Duration::from_secs(30);

/// Shows progress on the standard error.
pub(super) struct Display {
    terminal: bool,
    stopped: Arc<AtomicBool>,
    shown: RefCell<Shown>,
}

struct Shown {
    phase: String,
    begun: Instant,
    requests_before: u64,
    drawn: Instant,
}

impl Display {
    /// A display that also tells whether the operator has had enough.
    pub(super) fn new(stopped: Arc<AtomicBool>) -> Self {
        let now = Instant::now();
        let shown = Shown { phase: String::new(), begun: now, requests_before: 0, drawn: now };
        Self { terminal: io::stderr().is_terminal(), stopped, shown: RefCell::new(shown) }
    }

    /// Ends the line that is being drawn.
    pub(super) fn finish(&self) {
        if self.terminal {
            write("\r\x1b[K");
        }
    }
}

impl Display {
    /// Shows how much of a phase is done, after so many requests in all.
    pub(super) fn show(&self, phase: String, done: usize, of: usize, requests: u64) {
        let mut shown = self.shown.borrow_mut();
        let (now, last) = (Instant::now(), done >= of);
        let new = shown.phase != phase;
        if new {
            shown.phase = phase;
            shown.begun = now;
            shown.requests_before = requests;
        }
        let pause = if self.terminal { FRAME } else { LINE };
        let due = now.duration_since(shown.drawn) >= pause;
        if !(last || due || (new && self.terminal)) {
            return;
        }
        shown.drawn = now;
        let seconds = now.duration_since(shown.begun).as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = requests.saturating_sub(shown.requests_before) as f64 / seconds;
        let count = format!("{done}/{of}");
        if self.terminal {
            let text = format!("\r\x1b[K{} {:<46} {count:>15} {rate:>6.0}/s", bar(done, of), shown.phase);
            write(&text);
        } else {
            write(&format!("{}: {count}, {requests} requests\n", shown.phase));
        }
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

fn bar(done: usize, of: usize) -> String {
    let filled = (done * WIDTH).checked_div(of).unwrap_or(WIDTH).min(WIDTH);
    format!("[{}{}]", "#".repeat(filled), " ".repeat(WIDTH - filled))
}

fn write(text: &str) {
    let mut out = io::stderr().lock();
    // There is nowhere left to tell that this failed.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

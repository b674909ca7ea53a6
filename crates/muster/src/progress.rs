//! Telling whoever waits at a terminal that something goes on.

use std::{
    io::{self, IsTerminal},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// What is done by then needs no words.
const UNNOTICED: Duration = Duration::from_secs(1);
/// How often a sign of life is given.
const FRAME: Duration = Duration::from_millis(120);

/// Does something that may take long. On a terminal it is said after a second what is being done, and since when, until it is.
pub(crate) fn while_waiting<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let (done, is_done) = mpsc::channel();
    let shown = thread::spawn(move || show(what, &is_done));
    let result = work();
    drop::<mpsc::Sender<()>>(done);
    // Nothing of it stays on the screen when the answer is shown.
    drop(shown.join());
    result
}

fn show(what: &'static str, is_done: &Receiver<()>) {
    if is_done.recv_timeout(UNNOTICED) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let spinner = ProgressBar::new_spinner().with_message(what).with_style(style("{spinner} {msg} {elapsed}"));
    spinner.enable_steady_tick(FRAME);
    // Nobody sends anything: it ends when the other side is dropped.
    is_done.recv().ok();
    spinner.finish_and_clear();
}

/// A bar of something of which it is known how much there is.
pub(crate) fn bar() -> ProgressBar {
    ProgressBar::no_length().with_style(style("[{bar:24}] {msg:<46} {human_pos:>7}/{human_len} {per_sec:>12}"))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("## ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_good() {
        for template in ["{spinner} {msg} {elapsed}", "[{bar:24}] {msg:<46} {human_pos:>7}/{human_len} {per_sec:>12}"] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn what_is_waited_for_is_answered() {
        assert_eq!(while_waiting("counting", || 1 + 1), 2);
        let (done, is_done) = mpsc::channel();
        drop::<mpsc::Sender<()>>(done);
        show("nothing", &is_done);
    }
}

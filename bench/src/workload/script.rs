//! What one client asks, and what it expects.

use crate::answer::Mismatch;
use crate::connection::Answer;
use crate::state::User;

/// Whether a request belongs to the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is what the workload measures.
    Measured,
    /// It only sets up the next one.
    Unmeasured,
    /// There is nothing more to ask.
    Done,
}

/// One client's part of a workload.
pub(super) trait Script {
    /// Writes the next request. Asked again without a [`Script::check`] in between if the connection failed.
    fn request(&mut self, request: &mut Vec<u8>) -> Step;

    /// Checks the answer to the last request and moves on.
    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch>;

    /// What the server acknowledged to have changed.
    fn finish(self: Box<Self>) -> Acknowledged {
        Acknowledged::default()
    }
}

/// Changes that the server acknowledged.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    /// Users created.
    pub(super) created: Vec<User>,
    /// Users, by their place in the state, and their value of `active` now.
    pub(super) activity: Vec<(usize, bool)>,
}

/// Boxes scripts made by `make`, one a client.
pub(super) fn boxed<S: Script + 'static>(clients: usize, mut make: impl FnMut(usize) -> S) -> Vec<Box<dyn Script>> {
    (0..clients).map(|client| Box::new(make(client)) as Box<dyn Script>).collect()
}

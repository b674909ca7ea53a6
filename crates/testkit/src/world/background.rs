//! What nodes do without being asked.

use muster_engine::{
    Surroundings, directory,
    retention::{self, Policy, Progress, Removed},
};
use uuid::Uuid;

use super::World;

impl World {
    /// Removes what has been kept long enough, on behalf of a node, until all is done or another node has the duty.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn retain(&self, policy: &Policy, node: u128) -> Removed {
        let mut removed = Removed::default();
        loop {
            let (slice, done) = match self.retain_slice(policy, node) {
                Progress::NotDue => return removed,
                Progress::More(slice) => (slice, false),
                Progress::Done(slice) => (slice, true),
            };
            removed = removed + slice;
            if done {
                return removed;
            }
        }
    }

    /// One slice of [`World::retain`].
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn retain_slice(&self, policy: &Policy, node: u128) -> Progress {
        let (policy, now) = (*policy, self.clock.now());
        let survey = self.store.scan_blocking(move |conn| retention::survey(conn, now)).expect("the log is counted");
        self.by_hand(move |tx, env| retention::slice(tx, env, &policy, Uuid::from_u128(node), &survey))
            .expect("a slice is done")
    }

    /// Lets a slice of the members of a large group follow it; whether there was one.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn move_slice(&self) -> bool {
        let Some((group, origin)) = self.read(directory::next_move) else { return false };
        self.change(origin, move |tx, env| directory::move_slice(tx, env, group)).expect("members move");
        true
    }
}

//! Setting `active` of users, as Okta's catalog applications do.

use std::rc::Rc;

use super::script::{Acknowledged, Script, Step, boxed};
use crate::answer::{self, Mismatch};
use crate::connection::Answer;
use crate::error::Error;
use crate::random::Random;
use crate::state::{State, User};
use crate::target::Target;

/// Whether the value sent differs from the one the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Every request changes something.
    Real,
    /// No request changes anything.
    None,
}

/// A client's own share of the users, so that it alone decides their state: every `clients`th, in random order.
struct Patch {
    target: Target,
    change: Change,
    users: Rc<Vec<User>>,
    /// Places in `users`, with the value of `active` that the server last acknowledged.
    share: Vec<(usize, bool)>,
    next: usize,
}

/// Clients that patch users.
pub(super) fn scripts(
    target: &Target,
    clients: usize,
    state: &State,
    change: Change,
) -> Result<Vec<Box<dyn Script>>, Error> {
    if state.users.len() < clients {
        return Err(Error::Unprepared(format!("there are fewer users than the {clients} clients")));
    }
    let mut random = Random::from_system();
    Ok(boxed(clients, |client| {
        let users = Rc::clone(&state.users);
        let mut share: Vec<_> = (client..users.len()).step_by(clients).map(|at| (at, users[at].active)).collect();
        for last in (1..share.len()).rev() {
            share.swap(last, random.below(last + 1));
        }
        Patch { target: target.clone(), change, users, share, next: 0 }
    }))
}

impl Patch {
    fn current(&self) -> (&User, bool) {
        let (at, active) = self.share[self.next];
        (&self.users[at], active ^ (self.change == Change::Real))
    }
}

impl Script for Patch {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        let (user, active) = self.current();
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","value":{{"active":{active}}}}}]}}"#
        );
        self.target.send(request, "PATCH", format_args!("/Users/{}", user.id), body.as_bytes());
        Step::Measured
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        let (user, active) = self.current();
        let checked = answer::expect_status(answer, &[200])
            .and_then(|()| answer::expect_text(&answer.body, "id", &user.id))
            .and_then(|()| answer::expect_active(&answer.body, active));
        if checked.is_ok() {
            self.share[self.next].1 = active;
        }
        self.next = (self.next + 1) % self.share.len();
        checked
    }

    fn finish(self: Box<Self>) -> Acknowledged {
        Acknowledged { activity: self.share, ..Acknowledged::default() }
    }
}

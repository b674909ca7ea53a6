//! Writing beside a listing: users come, join the large group, leave it and go, and others are switched off and on.

use std::cell::Cell;
use std::rc::Rc;

use super::script::{Acknowledged, Script, Step};
use crate::answer::{self, Mismatch};
use crate::connection::Answer;
use crate::people::Person;
use crate::state::{State, User};
use crate::target::Target;

/// What is asked next, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Create,
    Join,
    Switch,
    Leave,
    Delete,
}

/// One writing client. It switches only its own share of the prepared users, and removes only whom it made.
pub(super) struct Churn {
    target: Target,
    group: Option<String>,
    users: Rc<Vec<User>>,
    /// Places in `users`, with the value of `active` that the server last acknowledged.
    share: Vec<(usize, bool)>,
    next: usize,
    tag: u32,
    number: u64,
    made: Option<User>,
    ask: Ask,
    body: Vec<u8>,
    over: Rc<Cell<bool>>,
}

impl Churn {
    /// Client number `client` of `clients`, which writes until the listing is `over`.
    pub(super) fn new(
        target: &Target,
        state: &State,
        (client, clients): (usize, usize),
        tag: u32,
        over: Rc<Cell<bool>>,
    ) -> Churn {
        let users = Rc::clone(&state.users);
        Churn {
            target: target.clone(),
            group: state.groups.iter().max_by_key(|group| group.size).map(|group| group.id.clone()),
            share: (client..users.len()).step_by(clients).map(|at| (at, users[at].active)).collect(),
            users,
            next: 0,
            tag: tag.wrapping_add(u32::try_from(client).unwrap_or_default()),
            number: 0,
            made: None,
            ask: Ask::Create,
            body: Vec::with_capacity(1024),
            over,
        }
    }

    fn patch(&self, request: &mut Vec<u8>, path: std::fmt::Arguments<'_>, operation: &str) {
        let body =
            format!(r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operation}]}}"#);
        self.target.send(request, "PATCH", path, body.as_bytes());
    }

    /// The person who is created in this round.
    fn person(&self) -> Person {
        Person::new(self.tag, self.number)
    }

    fn made(&self) -> &str {
        self.made.as_ref().map_or("", |user| &user.id)
    }

    fn advance(&mut self) {
        self.ask = match (self.ask, &self.group, &self.made) {
            (Ask::Create, Some(_), Some(_)) => Ask::Join,
            (Ask::Create | Ask::Join, ..) => Ask::Switch,
            (Ask::Switch, Some(_), Some(_)) => Ask::Leave,
            (Ask::Switch | Ask::Leave, _, Some(_)) => Ask::Delete,
            (Ask::Switch | Ask::Leave | Ask::Delete, ..) => Ask::Create,
        };
    }
}

impl Script for Churn {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        if self.over.get() || self.share.is_empty() {
            return Step::Done;
        }
        let group = self.group.as_deref().unwrap_or_default();
        match self.ask {
            Ask::Create => {
                self.number += 1;
                self.person().write_body(&mut self.body);
                self.target.send(request, "POST", format_args!("/Users"), &self.body);
            }
            Ask::Join => {
                let operation = format!(r#"{{"op":"add","path":"members","value":[{{"value":"{}"}}]}}"#, self.made());
                self.patch(request, format_args!("/Groups/{group}"), &operation);
            }
            Ask::Switch => {
                let (at, active) = self.share[self.next];
                let operation = format!(r#"{{"op":"replace","value":{{"active":{}}}}}"#, !active);
                self.patch(request, format_args!("/Users/{}", self.users[at].id), &operation);
            }
            Ask::Leave => {
                let operation = format!(r#"{{"op":"remove","path":"members[value eq \"{}\"]"}}"#, self.made());
                self.patch(request, format_args!("/Groups/{group}"), &operation);
            }
            Ask::Delete => self.target.send(request, "DELETE", format_args!("/Users/{}", self.made()), b""),
        }
        Step::Unmeasured
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        let checked = match self.ask {
            Ask::Create => answer::expect_status(answer, &[201]).and_then(|()| {
                let user_name = self.person().user_name().to_owned();
                self.made = Some(User { id: answer::id(&answer.body)?, user_name, active: true });
                Ok(())
            }),
            Ask::Join | Ask::Leave => answer::expect_status(answer, &[200, 204]),
            Ask::Switch => {
                let (_, active) = &mut self.share[self.next];
                let checked =
                    answer::expect_status(answer, &[200]).and_then(|()| answer::expect_active(&answer.body, !*active));
                *active ^= checked.is_ok();
                self.next = (self.next + 1) % self.share.len();
                checked
            }
            Ask::Delete => answer::expect_status(answer, &[204]).map(|()| self.made = None),
        };
        self.advance();
        checked
    }

    fn finish(self: Box<Self>) -> Acknowledged {
        Acknowledged { created: self.made.into_iter().collect(), activity: self.share }
    }
}

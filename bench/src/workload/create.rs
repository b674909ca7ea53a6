//! Creating users, each with a new user name.

use std::cell::Cell;
use std::rc::Rc;

use super::script::{Acknowledged, Script, Step, boxed};
use crate::answer::{self, Mismatch};
use crate::connection::Answer;
use crate::people::Person;
use crate::random::Random;
use crate::state::User;
use crate::target::Target;

struct Create {
    target: Target,
    tag: u32,
    next: Rc<Cell<u64>>,
    limit: u64,
    person: Option<Person>,
    body: Vec<u8>,
    created: Vec<User>,
}

/// Clients that create users out of one new population: `limit` in all, or without end.
pub(super) fn scripts(target: &Target, clients: usize, limit: Option<usize>) -> Vec<Box<dyn Script>> {
    let tag = Random::from_system().next() as u32;
    let next = Rc::new(Cell::new(0));
    let limit = limit.map_or(u64::MAX, |limit| limit as u64);
    boxed(clients, |_| Create {
        target: target.clone(),
        tag,
        next: Rc::clone(&next),
        limit,
        person: None,
        body: Vec::with_capacity(1024),
        created: Vec::new(),
    })
}

impl Script for Create {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        let number = self.next.get();
        if number >= self.limit {
            return Step::Done;
        }
        self.next.set(number + 1);
        let person = Person::new(self.tag, number);
        person.write_body(&mut self.body);
        self.person = Some(person);
        self.target.send(request, "POST", format_args!("/Users"), &self.body);
        Step::Measured
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        let Some(person) = self.person.take() else {
            return Err("an answer without a request".to_owned());
        };
        answer::expect_status(answer, &[201])?;
        answer::expect_text(&answer.body, "userName", person.user_name())?;
        let id = answer::id(&answer.body)?;
        self.created.push(User { id, user_name: person.user_name().to_owned(), active: true });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Acknowledged {
        Acknowledged { created: self.created, ..Acknowledged::default() }
    }
}

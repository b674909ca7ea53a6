//! Reading one user at a time.

use std::rc::Rc;

use super::script::{Script, Step, boxed};
use crate::answer::{self, Mismatch};
use crate::connection::Answer;
use crate::error::Error;
use crate::random::Random;
use crate::state::{State, User};
use crate::target::Target;

/// How the user is named in the request.
#[derive(Clone, Copy)]
enum By {
    Id,
    UserName,
}

struct Read {
    target: Target,
    by: By,
    users: Rc<Vec<User>>,
    random: Random,
    which: usize,
}

/// Clients that get users by id.
pub(super) fn by_id(target: &Target, clients: usize, state: &State) -> Result<Vec<Box<dyn Script>>, Error> {
    scripts(target, clients, state, By::Id)
}

/// Clients that look users up by `userName eq`, as every IdP does before it creates one.
pub(super) fn by_user_name(target: &Target, clients: usize, state: &State) -> Result<Vec<Box<dyn Script>>, Error> {
    scripts(target, clients, state, By::UserName)
}

fn scripts(target: &Target, clients: usize, state: &State, by: By) -> Result<Vec<Box<dyn Script>>, Error> {
    if state.users.is_empty() {
        return Err(Error::Unprepared("there are no users to read".to_owned()));
    }
    Ok(boxed(clients, |_| Read {
        target: target.clone(),
        by,
        users: Rc::clone(&state.users),
        random: Random::from_system(),
        which: 0,
    }))
}

impl Script for Read {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        self.which = self.random.below(self.users.len());
        let user = &self.users[self.which];
        match self.by {
            By::Id => self.target.get(request, format_args!("/Users/{}", user.id)),
            By::UserName => {
                self.target.get(request, format_args!("/Users?filter=userName%20eq%20%22{}%22", user.user_name));
            }
        }
        Step::Measured
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        let user = &self.users[self.which];
        answer::expect_status(answer, &[200])?;
        match self.by {
            By::Id => {
                answer::expect_text(&answer.body, "id", &user.id)?;
                answer::expect_text(&answer.body, "userName", &user.user_name)
            }
            By::UserName => {
                answer::expect_total(&answer.body, 1)?;
                let mut found = false;
                answer::each_id(&answer.body, 1, |id| found = id == user.id.as_bytes())?;
                if found { Ok(()) } else { Err(format!("another user than {}", user.id)) }
            }
        }
    }
}

struct Fixed {
    target: Target,
}

/// Clients that get the base URL itself.
pub(super) fn fixed(target: &Target, clients: usize) -> Vec<Box<dyn Script>> {
    boxed(clients, |_| Fixed { target: target.clone() })
}

impl Script for Fixed {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        self.target.get(request, format_args!("/"));
        Step::Measured
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        answer::expect_status(answer, &[200])
    }
}

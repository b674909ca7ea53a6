//! Reading pages of users.

use std::collections::HashSet;
use std::rc::Rc;

use super::script::{Script, Step, boxed};
use crate::answer::{self, Mismatch};
use crate::connection::Answer;
use crate::error::Error;
use crate::random::Random;
use crate::state::{State, User};
use crate::target::Target;

/// Which page comes next.
enum Course {
    /// Always the first.
    First,
    /// A random one of the last tenth.
    Deep(Random),
    /// One after the other, from a place of the client's own; what it has seen must not come again.
    Walk { seen: HashSet<Box<[u8]>> },
}

struct Page {
    target: Target,
    users: Rc<Vec<User>>,
    size: usize,
    course: Course,
    /// Counted from 0.
    start: usize,
}

/// Clients that get the first page.
pub(super) fn first(
    target: &Target,
    clients: usize,
    state: &State,
    size: usize,
) -> Result<Vec<Box<dyn Script>>, Error> {
    scripts(target, clients, state, size, |_| (Course::First, 0))
}

/// Clients that jump to a page near the end.
pub(super) fn deep(target: &Target, clients: usize, state: &State, size: usize) -> Result<Vec<Box<dyn Script>>, Error> {
    scripts(target, clients, state, size, |_| (Course::Deep(Random::from_system()), 0))
}

/// Clients that walk through all pages, each beginning elsewhere.
pub(super) fn walk(target: &Target, clients: usize, state: &State, size: usize) -> Result<Vec<Box<dyn Script>>, Error> {
    let pages = state.users.len() / size.max(1);
    scripts(target, clients, state, size, |client| {
        (Course::Walk { seen: HashSet::new() }, pages * client / clients * size)
    })
}

fn scripts(
    target: &Target,
    clients: usize,
    state: &State,
    size: usize,
    mut course: impl FnMut(usize) -> (Course, usize),
) -> Result<Vec<Box<dyn Script>>, Error> {
    if state.users.is_empty() || size == 0 {
        return Err(Error::Unprepared("there are no pages of users".to_owned()));
    }
    Ok(boxed(clients, |client| {
        let (course, start) = course(client);
        Page { target: target.clone(), users: Rc::clone(&state.users), size, course, start }
    }))
}

impl Page {
    /// Resources that the page starting at `start` must have.
    fn expected(&self) -> usize {
        self.users.len().saturating_sub(self.start).min(self.size)
    }
}

impl Script for Page {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        if let Course::Deep(random) = &mut self.course {
            let last = self.users.len().saturating_sub(self.size);
            self.start = last - random.below(last / 10 + 1);
        }
        self.target.get(request, format_args!("/Users?startIndex={}&count={}", self.start + 1, self.size));
        Step::Measured
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        let expected = self.expected();
        let total = self.users.len();
        let checked = answer::expect_status(answer, &[200]).and_then(|()| answer::expect_total(&answer.body, total));
        if let Course::Walk { seen } = &mut self.course {
            let mut again = 0;
            let walked = checked.and_then(|()| {
                answer::each_id(&answer.body, expected, |id| again += usize::from(!seen.insert(id.into())))
            });
            self.start += self.size;
            if self.start >= total {
                self.start = 0;
            }
            if seen.len() + self.size > total {
                seen.clear();
            }
            walked?;
            return if again == 0 { Ok(()) } else { Err(format!("{again} users came twice in one walk")) };
        }
        checked?;
        answer::each_id(&answer.body, expected, |_| ())
    }
}

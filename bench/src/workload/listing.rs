//! Reading everything once, while other clients write: whoever was prepared must come exactly once.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

use super::churn::Churn;
use super::script::{Acknowledged, Script, Step};
use crate::answer::{self, Mismatch};
use crate::connection::Answer;
use crate::error::Error;
use crate::random::Random;
use crate::state::{State, User};
use crate::target::Target;

/// How often the large group is read.
const GROUP_READS: usize = 10;

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// All users, by `startIndex`; counted from 1.
    Index(usize),
    /// All users, by cursor (RFC 9865); empty at first.
    Cursor(String),
    /// The largest group with all its members, so many times.
    Group(usize),
}

impl Course {
    pub(super) fn by_index() -> Course {
        Course::Index(1)
    }

    pub(super) fn by_cursor() -> Course {
        Course::Cursor(String::new())
    }

    pub(super) fn of_group() -> Course {
        Course::Group(GROUP_READS)
    }
}

/// The client that reads.
struct Listing {
    target: Target,
    course: Course,
    group: String,
    users: Rc<Vec<User>>,
    /// How many of `users` must come.
    due: usize,
    size: usize,
    seen: HashSet<Box<[u8]>>,
    over: Rc<Cell<bool>>,
}

/// One client that reads, and others that write meanwhile.
pub(super) fn scripts(
    target: &Target,
    clients: usize,
    state: &State,
    size: usize,
    course: Course,
) -> Result<Vec<Box<dyn Script>>, Error> {
    let group = state.groups.iter().max_by_key(|group| group.size);
    let due = match (&course, group) {
        (Course::Group(_), group) => group.map_or(0, |group| group.size),
        (Course::Index(_) | Course::Cursor(_), _) => state.users.len(),
    };
    if due == 0 || due > state.users.len() || size == 0 {
        return Err(Error::Unprepared("there is nothing to list".to_owned()));
    }
    let over = Rc::new(Cell::new(false));
    let listing = Listing {
        target: target.clone(),
        course,
        group: group.map(|group| group.id.clone()).unwrap_or_default(),
        users: Rc::clone(&state.users),
        due,
        size,
        seen: HashSet::with_capacity(due),
        over: Rc::clone(&over),
    };
    let (writers, tag) = (clients.saturating_sub(1), Random::from_system().next() as u32);
    let churn = |client| Churn::new(target, state, (client, writers), tag, Rc::clone(&over));
    let mut all: Vec<Box<dyn Script>> = vec![Box::new(listing)];
    all.extend((0..writers).map(|client| Box::new(churn(client)) as Box<dyn Script>));
    Ok(all)
}

impl Listing {
    /// Notes who came, and answers how many.
    fn meet(&mut self, body: &[u8]) -> Result<usize, Mismatch> {
        let (mut came, mut again) = (0, 0);
        let meet = |id: &[u8]| {
            came += 1;
            again += usize::from(!self.seen.insert(id.into()));
        };
        match self.course {
            Course::Index(_) | Course::Cursor(_) => answer::every_id(body, meet)?,
            Course::Group(_) => answer::every_member(body, meet)?,
        }
        if again == 0 { Ok(came) } else { Err(format!("{again} came twice in one listing")) }
    }

    /// Refuses a listing in which somebody was missing.
    fn complete(&mut self) -> Result<(), Mismatch> {
        let met = |user: &&User| self.seen.contains(user.id.as_bytes());
        let missing = self.due - self.users[..self.due].iter().filter(met).count();
        self.seen.clear();
        if missing == 0 { Ok(()) } else { Err(format!("{missing} of {} did not come", self.due)) }
    }

    fn turn(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        answer::expect_status(answer, &[200])?;
        let came = self.meet(&answer.body)?;
        match self.course {
            Course::Index(start) => {
                self.course = Course::Index(start + came);
                self.over.set(came == 0);
            }
            Course::Cursor(_) => {
                let next = answer::next_cursor(&answer.body);
                self.over.set(next.is_none());
                self.course = Course::Cursor(next.unwrap_or_default());
            }
            Course::Group(left) => {
                self.course = Course::Group(left.saturating_sub(1));
                self.over.set(left <= 1);
                return self.complete();
            }
        }
        if self.over.get() { self.complete() } else { Ok(()) }
    }
}

impl Script for Listing {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        if self.over.get() {
            return Step::Done;
        }
        match &self.course {
            Course::Index(start) => {
                self.target.get(request, format_args!("/Users?startIndex={start}&count={}", self.size));
            }
            Course::Cursor(cursor) => {
                self.target.get(request, format_args!("/Users?cursor={cursor}&count={}", self.size));
            }
            Course::Group(_) => self.target.get(request, format_args!("/Groups/{}", self.group)),
        }
        Step::Measured
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        let turned = self.turn(answer);
        // A listing that went wrong is not gone on with.
        self.over.set(self.over.get() || turned.is_err());
        turned
    }

    fn finish(self: Box<Self>) -> Acknowledged {
        self.over.set(true);
        Acknowledged::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a walk by cursor over two prepared users that is answered so.
    fn listed(pages: &[&str]) -> Result<(), Mismatch> {
        let user = |id: &str| User { id: id.into(), user_name: format!("{id}@example.com"), active: true };
        let state = State { users: Rc::new(vec![user("a"), user("b")]), groups: Vec::new() };
        let target = Target::new("http://localhost/scim/v2", "").unwrap();
        let mut all = scripts(&target, 1, &state, 1, Course::by_cursor()).unwrap();
        let mut request = Vec::new();
        for page in pages {
            assert_eq!(all[0].request(&mut request), Step::Measured);
            all[0].check(&Answer { status: 200, body: page.as_bytes().into() })?;
        }
        assert_eq!(all[0].request(&mut request), Step::Done, "the last page has no cursor");
        Ok(())
    }

    #[test]
    fn whoever_was_prepared_must_come_exactly_once() {
        let a = r#"{"itemsPerPage":1,"nextCursor":"x","Resources":[{"id":"a"}]}"#;
        let b = r#"{"itemsPerPage":1,"Resources":[{"id":"b"}]}"#;
        let stranger = r#"{"itemsPerPage":1,"Resources":[{"id":"c"}]}"#;
        assert_eq!(listed(&[a, b]), Ok(()));
        assert_eq!(listed(&[a, stranger]), Err("1 of 2 did not come".into()));
        assert_eq!(listed(&[a, a]), Err("1 came twice in one listing".into()));
    }
}

//! Adding one member to a group, and taking it out again so that the group keeps its size.

use std::rc::Rc;

use super::script::{Script, Step, boxed};
use crate::answer::{self, Mismatch};
use crate::connection::Answer;
use crate::error::Error;
use crate::state::{State, User};
use crate::target::Target;

/// Every so many rounds the user is read back, to see that the group really has it.
const LOOK_EVERY: usize = 32;

/// What is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Add,
    Look,
    Remove,
}

/// A client's own share of the users outside the group.
struct AddOne {
    target: Target,
    group: String,
    users: Rc<Vec<User>>,
    /// The client's next candidate in `users`.
    candidate: usize,
    first: usize,
    step: usize,
    rounds: usize,
    ask: Ask,
}

/// Clients that add one user at a time to the group that was given `size` members.
pub(super) fn scripts(
    target: &Target,
    clients: usize,
    state: &State,
    size: usize,
) -> Result<Vec<Box<dyn Script>>, Error> {
    let group =
        state.group_of(size).ok_or_else(|| Error::Unprepared(format!("there is no group of {size} members")))?;
    if state.users.len() < size + clients {
        return Err(Error::Unprepared(format!("there are fewer than {clients} users outside the group of {size}")));
    }
    Ok(boxed(clients, |client| AddOne {
        target: target.clone(),
        group: group.id.clone(),
        users: Rc::clone(&state.users),
        candidate: size + client,
        first: size + client,
        step: clients,
        rounds: 0,
        ask: Ask::Add,
    }))
}

impl Script for AddOne {
    fn request(&mut self, request: &mut Vec<u8>) -> Step {
        const HEAD: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":["#;
        let id = &self.users[self.candidate].id;
        let path = format_args!("/Groups/{}", self.group);
        match self.ask {
            Ask::Add => {
                let body = format!(r#"{HEAD}{{"op":"add","path":"members","value":[{{"value":"{id}"}}]}}]}}"#);
                self.target.send(request, "PATCH", path, body.as_bytes());
                Step::Measured
            }
            Ask::Look => {
                self.target.get(request, format_args!("/Users/{id}"));
                Step::Unmeasured
            }
            Ask::Remove => {
                let body = format!(r#"{HEAD}{{"op":"remove","path":"members[value eq \"{id}\"]"}}]}}"#);
                self.target.send(request, "PATCH", path, body.as_bytes());
                Step::Unmeasured
            }
        }
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<(), Mismatch> {
        let asked = self.ask;
        match asked {
            Ask::Add if self.rounds.is_multiple_of(LOOK_EVERY) => self.ask = Ask::Look,
            Ask::Add | Ask::Look => self.ask = Ask::Remove,
            Ask::Remove => {
                self.ask = Ask::Add;
                self.rounds += 1;
                self.candidate += self.step;
                if self.candidate >= self.users.len() {
                    self.candidate = self.first;
                }
            }
        }
        match asked {
            Ask::Add | Ask::Remove => answer::expect_status(answer, &[200, 204]),
            Ask::Look => {
                answer::expect_status(answer, &[200])?;
                answer::expect_text(&answer.body, "value", &self.group)
                    .map_err(|_| format!("the added member is not in the group: {}", answer::excerpt(&answer.body)))
            }
        }
    }
}

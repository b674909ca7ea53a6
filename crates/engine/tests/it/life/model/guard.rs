//! The mass-change guard (MIG-3).

use super::{
    super::events::{Connection, Event, ORGANIZATIONS, Why},
    Done, Model, State,
};

/// What may end in an organization within an hour; a fifth of these organizations is less.
const LIMIT: usize = 50;
/// How long a rejection is in effect, in hours.
const REJECTED_FOR: u64 = 24;

/// A SCIM resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    User(usize),
    Group(usize),
}

/// Memberships and team grants that end, by organization.
type Endings = [(usize, usize); ORGANIZATIONS.len()];

#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    /// What ended, and in which hour.
    ended: Vec<(u64, Endings)>,
    held: Vec<(Connection, Resource, Endings, Event)>,
    /// Resources through which nothing ends, until when.
    rejected: Vec<(Resource, u64)>,
}

impl Model {
    /// Counts what a request ended, or holds it: nothing may end through a resource of which a request is held, or was
    /// rejected not long ago.
    pub(super) fn guard_against(&mut self, event: &Event, before: &Self) -> Done {
        let Some((by, resource)) = before.request(event) else { return Ok(()) };
        let endings = before.endings(self);
        let (now, guard) = (self.now, &mut self.guard);
        if endings == Endings::default() {
            // What is held is older than what was done.
            guard.held.retain(|(_, of, ..)| Some(*of) != resource);
            guard.rejected.retain(|(of, _)| Some(*of) != resource);
            return Ok(());
        }
        guard.ended.retain(|(hour, _)| *hour == now);
        let beyond = (0..ORGANIZATIONS.len()).any(|at| {
            let total = |count: fn(&(usize, usize)) -> usize| {
                count(&endings[at]) + guard.ended.iter().map(|(_, ended)| count(&ended[at])).sum::<usize>()
            };
            total(|(memberships, _)| *memberships) > LIMIT || total(|(_, grants)| *grants) > LIMIT
        });
        let barred = guard.held.iter().any(|(_, of, ..)| Some(*of) == resource)
            || guard.rejected.iter().any(|(of, until)| Some(*of) == resource && *until > now);
        let Some(resource) = resource.filter(|_| beyond || barred) else {
            guard.ended.push((now, endings));
            return Ok(());
        };
        if !guard.held.iter().any(|(_, of, ends, _)| *of == resource && *ends == endings) {
            guard.held.push((by, resource, endings, event.clone()));
        }
        Err(Why::Held)
    }

    /// Does what is held of a connection in the order in which it came, uncounted; or rejects it.
    pub(super) fn decide(&mut self, by: Connection, approve: bool) -> Done {
        let held = std::mem::take(&mut self.guard.held);
        let (decided, rest) = held.into_iter().partition(|(of, ..)| *of == by);
        self.guard.held = rest;
        for (_, resource, _, event) in decided {
            if approve {
                self.attempt(&event)?;
                self.settle();
            } else {
                self.guard.rejected.push((resource, self.now + REJECTED_FOR));
            }
        }
        Ok(())
    }

    /// Whose request about which resource it is; none, if it is no SCIM request.
    fn request(&self, event: &Event) -> Option<(Connection, Option<Resource>)> {
        let user = |user: usize| Some((self.user(user).ok()?.by, Some(Resource::User(user))));
        let group = |group: usize| Some((self.group(group).ok()?.by, Some(Resource::Group(group))));
        match event {
            Event::CreateUser { by, .. } | Event::CreateGroup { by, .. } => Some((*by, None)),
            Event::PutUser { user: of, .. } | Event::DeleteUser { user: of } => user(*of),
            Event::ChangeMembers { group: of, .. }
            | Event::RenameGroup { group: of, .. }
            | Event::DeleteGroup { group: of } => group(*of),
            _ => None,
        }
    }

    /// A membership that gives no access any more is one ending, whatever it takes along; while it goes on, each team
    /// grant that ended is one.
    fn endings(&self, after: &Self) -> Endings {
        let mut endings = Endings::default();
        for (&(at, account), before) in self.memberships.iter().filter(|(_, before)| before.state == State::In) {
            let Some(membership) = after.memberships.get(&(at, account)) else { continue };
            if membership.state == State::In {
                let gone = before.awake().filter(|(_, team)| team.is_some());
                endings[at].1 += gone.filter(|of| !membership.awake().any(|other| other == *of)).count();
            } else {
                endings[at].0 += 1;
            }
        }
        endings
    }
}

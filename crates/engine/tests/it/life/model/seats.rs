//! Seats, and what follows by itself when one comes free, or another owner exists (SCIM-9, ORG-1).

use super::{
    super::events::{Organization, Why},
    Account, Done, Membership, Model, Reason, State,
};

impl Model {
    /// Memberships and pending invitations.
    pub(super) fn seats_taken(&self, at: Organization) -> usize {
        let counts = |membership: &Membership| matches!(membership.state, State::In | State::Kept(_));
        let members = self.memberships.iter().filter(|((place, _), membership)| *place == at && counts(membership));
        members.count() + self.invitations.keys().filter(|(place, _)| *place == at).count()
    }

    pub(super) fn is_free(&self, at: Organization) -> bool {
        self.seats[at].is_none_or(|seats| self.seats_taken(at) < seats)
    }

    /// One that is free, or the invitation's.
    pub(super) fn has_seat(&self, at: Organization, account: Account) -> bool {
        self.is_free(at) || self.invitations.contains_key(&(at, self.people[account].email.clone()))
    }

    pub(super) fn require_seat(&self, at: Organization, account: Account) -> Done {
        if self.has_seat(at, account) { Ok(()) } else { Err(Why::NoSeat) }
    }

    pub(super) fn settle(&mut self) {
        while self.release_an_owner() || self.let_in() {}
    }

    /// What waited for another owner happens.
    fn release_an_owner(&mut self) -> bool {
        for (at, account) in self.memberships.keys().copied().collect::<Vec<_>>() {
            if !self.another_owner(at, account) {
                continue;
            }
            let membership = self.membership(at, account);
            match membership.state {
                State::Kept(by) if membership.has(Reason::Managed(by)) => membership.state = State::Asleep(by),
                State::Kept(_) => self.end(at, account),
                State::In if membership.demotion_waits => self.resolve_role(at, account),
                _ => continue,
            }
            return true;
        }
        false
    }

    /// Lets in who has waited longest.
    fn let_in(&mut self) -> bool {
        let mut waiting: Vec<_> = self
            .memberships
            .iter()
            .filter_map(|((at, account), membership)| match membership.state {
                State::Waiting(since) => Some((since, *account, *at)),
                _ => None,
            })
            .collect();
        waiting.sort_unstable();
        let next = waiting.into_iter().find(|(_, _, at)| self.is_free(*at));
        let Some((_, account, at)) = next else { return false };
        self.membership(at, account).state = State::In;
        self.resolve_role(at, account);
        true
    }
}

//! Memberships: how they begin, sleep and end (SCIM-5, SCIM-6, SCIM-8, ORG-1, ORG-2).

use std::collections::BTreeSet;

use super::{
    super::events::{Connection, Organization, Why},
    Account, Membership, Model, Reason, State, Team,
};

/// Who lets somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The person's own SCIM user, which may state a team.
    User { states_team: bool },
    /// A group.
    Group,
}

/// What came of letting somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// In, and the connection manages the membership.
    Managed,
    /// In already, and not managed (SCIM-6).
    Linked,
    /// For a seat (SCIM-9).
    Waits,
    /// By an owner (ORG-2).
    KeptOut,
}

impl Membership {
    pub(super) fn has(&self, reason: Reason) -> bool {
        self.reasons.iter().any(|(other, _)| *other == reason)
    }

    pub(super) fn is_placed_by_groups_of(&self, by: Connection) -> bool {
        self.reasons.iter().any(|(reason, _)| matches!(reason, Reason::Group(c, _) if *c == by))
    }

    /// The connections that manage it and have the user active.
    fn managers(&self) -> impl Iterator<Item = Connection> {
        let managing = self.reasons.iter().filter_map(|(reason, _)| match reason {
            Reason::Managed(by) => Some(*by),
            _ => None,
        });
        managing.filter(|by| !self.resting.contains(by))
    }

    pub(super) fn is_managed(&self) -> bool {
        self.managers().next().is_some()
    }

    pub(super) fn is_managed_only_by(&self, by: Connection) -> bool {
        self.managers().all(|other| other == by)
    }

    /// Whether somebody is in, or waits, on the word of this connection's active user.
    pub(super) fn is_wanted_by(&self, by: Connection) -> bool {
        matches!(self.state, State::In | State::Waiting(_)) && self.managers().any(|other| other == by)
    }

    /// Whether some connection that managed it may bring it back.
    pub(super) fn is_remembered(&self) -> bool {
        self.reasons.iter().any(|(reason, _)| matches!(reason, Reason::Managed(_)))
    }

    /// The reasons that hold now.
    pub(super) fn awake(&self) -> impl Iterator<Item = (Reason, Option<Team>)> {
        let holds = |reason: Reason| match reason {
            Reason::Managed(by) => !self.resting.contains(&by),
            _ => true,
        };
        self.reasons.iter().copied().filter(move |(reason, _)| self.state == State::In && holds(*reason))
    }
}

impl Model {
    /// Lets an account in on the word of a connection, or finds that it is in already. A user's own write is refused
    /// without a seat; a group's is stored, and the membership waits (SCIM-9).
    pub(super) fn admit(
        &mut self,
        by: Connection,
        at: Organization,
        account: Account,
        speaker: Speaker,
    ) -> Result<Admission, Why> {
        if self.is_kept_out(at, account) {
            return Ok(Admission::KeptOut);
        }
        let state = self.state(at, account);
        if state == State::In {
            let membership = self.membership(at, account);
            if !membership.has(Reason::Managed(by)) && !membership.is_managed() {
                return Ok(Admission::Linked);
            }
            membership.manage(by, speaker);
            return Ok(Admission::Managed);
        }
        if let State::Asleep(other) | State::Kept(other) = state
            && other != by
        {
            // The other connection has the user inactive.
            self.membership(at, account).resting.insert(other);
        }
        if matches!(state, State::Kept(_)) || self.has_seat(at, account) {
            self.begin(at, account, speaker);
            self.membership(at, account).manage(by, speaker);
            return Ok(Admission::Managed);
        }
        if speaker != Speaker::Group {
            return Err(Why::NoSeat);
        }
        let since = self.moment;
        let membership = self.membership(at, account);
        if !matches!(state, State::Waiting(_)) {
            membership.state = State::Waiting(since);
        }
        membership.manage(by, speaker);
        Ok(Admission::Waits)
    }

    /// Lets somebody in, in the seat of an invitation if there is one (SCIM-5).
    pub(super) fn begin(&mut self, at: Organization, account: Account, speaker: Speaker) {
        let invited = self.invitations.remove(&(at, self.people[account].email.clone()));
        let membership = self.membership(at, account);
        membership.state = State::In;
        if let Some(invited) = invited {
            membership.invited = Some(invited.role);
            let team = invited.team.filter(|_| speaker != Speaker::User { states_team: true });
            membership.reasons.insert((Reason::Invitation, team));
            self.resolve_role(at, account);
        }
    }

    pub(super) fn end(&mut self, at: Organization, account: Account) {
        let blocked = self.membership(at, account).blocked;
        *self.membership(at, account) = Membership { blocked, ..Membership::default() };
    }

    /// Ends a membership for which no reason is left.
    pub(super) fn end_without_reason(&mut self, at: Organization, account: Account, by: Connection) {
        let membership = self.membership(at, account);
        let is_over = match membership.state {
            State::In => membership.awake().next().is_none(),
            State::Waiting(_) => !membership.is_managed(),
            State::Asleep(_) => !membership.is_remembered(),
            State::Out | State::Kept(_) => false,
        };
        if is_over {
            self.end_or_keep(at, account, by);
        }
    }

    /// Ends a membership, or keeps the last owner on record (ORG-1).
    pub(super) fn end_or_keep(&mut self, at: Organization, account: Account, by: Connection) {
        if self.is_last_owner(at, account) {
            self.membership(at, account).state = State::Kept(by);
        } else {
            self.end(at, account);
        }
    }

    pub(super) fn sleep_or_keep(&mut self, at: Organization, account: Account, by: Connection) {
        let last_owner = self.is_last_owner(at, account);
        self.membership(at, account).state = if last_owner { State::Kept(by) } else { State::Asleep(by) };
    }

    /// Whether an owner keeps the person, or whoever has the address now, out (ORG-2). An owner's own invitation is a
    /// later act than the block of an address.
    pub(super) fn is_kept_out(&self, at: Organization, account: Account) -> bool {
        let email = &self.people[account].email;
        let begins = matches!(self.state(at, account), State::Out | State::Waiting(_));
        let given_up = self.given_up.iter().any(|(place, address, _)| *place == at && address == email);
        let invited = self.invitations.contains_key(&(at, email.clone()));
        self.memberships.get(&(at, account)).is_some_and(|membership| membership.blocked)
            || (begins && given_up && !invited)
    }

    pub(super) fn membership(&mut self, at: Organization, account: Account) -> &mut Membership {
        self.memberships.entry((at, account)).or_default()
    }

    pub(super) fn state(&self, at: Organization, account: Account) -> State {
        self.memberships.get(&(at, account)).map_or(State::Out, |membership| membership.state)
    }
}

impl Membership {
    /// A connection that has the user active manages it from now on.
    fn manage(&mut self, by: Connection, speaker: Speaker) {
        self.resting.remove(&by);
        if !self.has(Reason::Managed(by)) {
            self.reasons.insert((Reason::Managed(by), None));
            if speaker == Speaker::Group {
                self.by_groups.insert(by);
            }
        }
    }

    /// A connection manages it no longer, and says nothing of it.
    pub(super) fn forget(&mut self, by: Connection) {
        self.reasons.retain(|(reason, _)| *reason != Reason::Managed(by));
        self.resting.remove(&by);
        self.by_groups.remove(&by);
        self.said.remove(&by);
    }

    /// What identity providers withdrew stays withdrawn: each has to say itself that the person is back.
    pub(super) fn rest(&mut self) {
        let managing: BTreeSet<Connection> = self.managers().collect();
        self.resting.extend(managing);
    }
}

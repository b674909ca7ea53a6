//! What owners do by hand (ORG-1 to ORG-3, GRP-5, GRP-6).

use muster_model::Role;

use super::{
    super::events::{INVITED_FOR, Organization, Why},
    Done, Invitation, Model, Reason, State,
    places::Speaker,
};

impl Model {
    /// Adds a member, or sets a role. A block is lifted; what identity providers withdrew stays withdrawn.
    pub(super) fn set_member(&mut self, at: Organization, email: &str, role: Role) -> Done {
        let account = self.known(email)?;
        if role != Role::Owner && self.is_last_owner(at, account) {
            return Err(Why::LastOwner);
        }
        let state = self.state(at, account);
        if state != State::In {
            if !matches!(state, State::Kept(_)) {
                self.require_seat(at, account)?;
            }
            if matches!(state, State::Asleep(_) | State::Kept(_)) {
                self.membership(at, account).rest();
            }
            self.begin(at, account, Speaker::Group);
        }
        self.given_up.retain(|(place, address, by)| *place != at || (*by != account && address != email));
        let membership = self.membership(at, account);
        membership.blocked = false;
        membership.by_hand = Some(role);
        membership.reasons.insert((Reason::ByHand, None));
        self.resolve_role(at, account);
        Ok(())
    }

    pub(super) fn remove_member(&mut self, at: Organization, email: &str, block: bool) -> Done {
        let account = self.known(email)?;
        let last_owner = self.is_last_owner(at, account);
        let membership = self.memberships.get_mut(&(at, account)).ok_or(Why::NotFound)?;
        if membership.state == State::Out && (membership.blocked || !block) {
            return Err(Why::NotFound);
        }
        if last_owner {
            return Err(Why::LastOwner);
        }
        membership.blocked |= block;
        self.end(at, account);
        Ok(())
    }

    pub(super) fn add_to_team(&mut self, at: Organization, email: &str, team: &str) -> Done {
        let account = self.known(email)?;
        if self.state(at, account) != State::In {
            return Err(Why::Invalid);
        }
        let team = self.team(at, team);
        self.membership(at, account).reasons.insert((Reason::ByHand, Some(team)));
        Ok(())
    }

    /// Its members stay in the organization; who managed them goes on.
    pub(super) fn delete_team(&mut self, at: Organization, team: &str) -> Done {
        let team = self.live_team(at, team)?;
        self.teams[at][team].deleted = true;
        for (_, membership) in self.memberships.iter_mut().filter(|((place, _), _)| *place == at) {
            for (reason, named) in membership.reasons.clone() {
                if named == Some(team) {
                    membership.reasons.remove(&(reason, named));
                    if !matches!(reason, Reason::Group(..) | Reason::Linked(_)) {
                        membership.reasons.insert((reason, None));
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn invite(&mut self, at: Organization, email: &str, team: Option<&str>, role: Role) -> Done {
        let is_member = |account: usize| matches!(self.state(at, account), State::In | State::Kept(_));
        if self.known(email).is_ok_and(is_member) || self.invitations.contains_key(&(at, email.to_owned())) {
            return Err(Why::Invalid);
        }
        if !self.is_free(at) {
            return Err(Why::NoSeat);
        }
        let team = team.map(|team| self.team(at, team));
        let until = self.now + 24 * INVITED_FOR;
        self.invitations.insert((at, email.to_owned()), Invitation { team, role, until });
        Ok(())
    }
}

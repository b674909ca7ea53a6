//! What can be seen of the model.

use std::collections::BTreeSet;

use super::{
    super::events::{ORGANIZATIONS, Organization, Place, ReadBack, Seen, User},
    Account, DirectoryUser, Membership, Model, State,
};

impl Model {
    pub(in super::super) fn seen(&self) -> Seen {
        let group = |record: &Option<super::DirectoryGroup>| {
            record.as_ref().map(|record| (record.name.clone(), record.members.iter().copied().collect()))
        };
        let users = self.users.iter().enumerate();
        Seen {
            places: self.memberships.iter().map(|(key, membership)| self.place_seen(*key, membership)).collect(),
            seats: (0..ORGANIZATIONS.len()).map(|at| self.seats_taken(at)).collect(),
            users: users.map(|(user, record)| Some(self.read_back(user, record.as_ref()?))).collect(),
            groups: self.groups.iter().map(group).collect(),
        }
    }

    fn place_seen(
        &self,
        (at, account): (Organization, Account),
        membership: &Membership,
    ) -> ((&'static str, String), Place) {
        let teams: BTreeSet<_> = membership.awake().filter_map(|(_, team)| team).collect();
        let mut teams: Vec<_> = teams.into_iter().map(|team| self.teams[at][team].now.clone()).collect();
        teams.sort();
        let place = match membership.state {
            State::In => Place::In { role: membership.role, demotion_waits: membership.demotion_waits, teams },
            State::Kept(_) => Place::Kept,
            State::Waiting(_) => Place::Waiting,
            State::Out | State::Asleep(_) => Place::Out { blocked: membership.blocked },
        };
        ((ORGANIZATIONS[at], self.people[account].email.clone()), place)
    }

    fn read_back(&self, user: User, record: &DirectoryUser) -> ReadBack {
        let named = self.groups.iter().flatten().filter(|group| group.members.contains(&user));
        let mut groups: Vec<_> = named.map(|group| group.name.clone()).collect();
        groups.sort();
        let account = record.account.map(|account| &self.people[account]);
        ReadBack {
            user_name: record.said.user_name.clone(),
            active: record.said.active,
            account: account.map(|person| (person.email.clone(), person.name.clone())),
            groups,
        }
    }
}

//! What became of it: the state of the tables, in the words of the model.

use std::collections::BTreeMap;

use muster_engine::{EngineError, directory};
use muster_model::{ConnectionId, DirectoryGroupId, DirectoryUserId, MembershipState, directory::MemberId};
use muster_store::Counter;

use super::{
    super::events::{ORGANIZATIONS, Place, ReadBack, Seen},
    Play,
};

impl Play {
    /// The state of the tables, in the words of the model.
    pub(in super::super) fn seen(&self) -> Seen {
        let mut seen = Seen::default();
        for organization in &self.organizations {
            seen.seats.push(self.seats_taken(organization));
            seen.places.extend(self.places(organization));
        }
        let users: Vec<_> = self.users.clone();
        seen.users = self.world.read(move |conn| users.iter().map(|(by, id)| read_back(conn, *by, *id)).collect());
        let numbers: BTreeMap<_, _> = self.users.iter().enumerate().map(|(n, (_, id))| (*id, n)).collect();
        let groups = self.groups.clone();
        seen.groups = self.world.read(move |conn| {
            let group = |(by, id): &(ConnectionId, DirectoryGroupId)| {
                let Some(group) = conn.directory_group(*by, *id)? else { return Ok(None) };
                let members = conn.group_members(*id, uuid::Uuid::nil(), i64::MAX)?;
                let number = |member: MemberId| match member {
                    MemberId::User(id) => numbers.get(&id).copied(),
                    MemberId::Group(_) => None,
                };
                let mut members: Vec<_> = members.into_iter().filter_map(number).collect();
                members.sort_unstable();
                Ok(Some((group.display_name, members)))
            };
            groups.iter().map(group).collect()
        });
        seen
    }

    /// Counted twice: as the counters have it, and as the rows do.
    fn seats_taken(&self, organization: &muster_model::Organization) -> usize {
        let id = organization.id;
        let (counted, pending) = self.world.read(move |conn| {
            let counted = conn.count(id.0, Counter::Members)? + conn.count(id.0, Counter::Invitations)?;
            Ok((counted, conn.pending_invitations(id)?.len()))
        });
        let members = self.memberships(organization).iter().filter(|membership| membership.takes_seat()).count();
        assert_eq!(
            usize::try_from(counted).unwrap(),
            members + pending,
            "the counters of '{}' count",
            organization.name
        );
        members + pending
    }

    fn memberships(&self, organization: &muster_model::Organization) -> Vec<muster_model::Membership> {
        let id = organization.id;
        self.world.read(move |conn| Ok(conn.memberships_page(id, muster_model::AccountId(uuid::Uuid::nil()), 1_000)?))
    }

    fn places(&self, organization: &muster_model::Organization) -> Vec<((&'static str, String), Place)> {
        let name = ORGANIZATIONS[self.organizations.iter().position(|other| other.id == organization.id).unwrap()];
        let (id, memberships) = (organization.id, self.memberships(organization));
        self.world.read(move |conn| {
            let accounts: Vec<_> = memberships.iter().map(|membership| membership.account).collect();
            let grants = conn.grants_in(id, &accounts)?;
            let teams: BTreeMap<_, _> = conn.teams_ever(id)?.into_iter().map(|team| (team.id, team.name)).collect();
            let mut places = Vec::new();
            for membership in &memberships {
                let own = grants.iter().filter(|grant| grant.account == membership.account && !grant.asleep);
                let mut own: Vec<_> = own.filter_map(|grant| grant.team).map(|team| teams[&team].clone()).collect();
                own.sort();
                own.dedup();
                let place = match membership.state {
                    MembershipState::Active => {
                        Place::In { role: membership.role, demotion_waits: membership.role_kept, teams: own }
                    }
                    MembershipState::Waiting => Place::Waiting,
                    MembershipState::Kept { .. } => Place::Kept,
                    MembershipState::Asleep { .. } | MembershipState::Ended { .. } => {
                        Place::Out { blocked: membership.blocked }
                    }
                };
                let email = conn.account(membership.account)?.and_then(|account| account.email).unwrap();
                places.push(((name, email.as_str().to_lowercase()), place));
            }
            Ok(places)
        })
    }
}

fn read_back(
    conn: &mut muster_store::Conn<'_>,
    by: ConnectionId,
    id: DirectoryUserId,
) -> Result<Option<ReadBack>, EngineError> {
    let Some(user) = conn.directory_user(by, id)? else { return Ok(None) };
    let connection = conn.connection(by)?.unwrap();
    let mut groups: Vec<_> =
        directory::user_groups(conn, &connection, [&user])?.into_iter().map(|group| group.display_name).collect();
    groups.sort();
    let account = match user.account {
        Some(account) => conn.account(account)?,
        None => None,
    };
    let account = account.map(|account| (account.email.unwrap().as_str().to_lowercase(), account.full_name));
    Ok(Some(ReadBack { user_name: user.user_name, active: user.active, account, groups }))
}

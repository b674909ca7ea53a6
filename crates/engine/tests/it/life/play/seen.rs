//! What became of it: the state of the tables, in the words of the model. Whole lists are read with one statement, because
//! they are read on each day of many years.

use std::collections::BTreeMap;

use muster_engine::EngineError;
use muster_model::{
    Account, AccountId, ConnectionId, DirectoryGroup, DirectoryGroupId, DirectoryUser, DirectoryUserId, Membership,
    MembershipState, OrganizationId, TeamId, directory::MemberId,
};
use muster_store::{Conn, Counter};
use uuid::Uuid;

use super::{
    super::events::{ORGANIZATIONS, Place, ReadBack, Seen},
    Play,
};

type Accounts = BTreeMap<AccountId, Account>;
/// By organization and address.
type Places = BTreeMap<(&'static str, String), Place>;

/// What the connections read back.
#[derive(Default)]
struct Directories {
    users: BTreeMap<DirectoryUserId, ReadBack>,
    groups: BTreeMap<DirectoryGroupId, (String, Vec<DirectoryUserId>)>,
}

impl Play {
    /// The state of the tables, in the words of the model.
    pub(in super::super) fn seen(&self) -> Seen {
        let organizations: Vec<_> = self.organizations.iter().map(|organization| organization.id).collect();
        let connections = self.connections.clone();
        let (mut seen, directories) = self.world.read(move |conn| {
            let all = conn.all_accounts(AccountId(Uuid::nil()), i64::MAX)?;
            let accounts: Accounts = all.into_iter().map(|account| (account.id, account)).collect();
            let mut seen = Seen::default();
            for (name, id) in ORGANIZATIONS.iter().zip(&organizations) {
                let memberships = conn.memberships_page(*id, AccountId(Uuid::nil()), 1_000)?;
                seen.seats.push(seats_taken(conn, *id, &memberships)?);
                seen.places.extend(places(conn, name, *id, &memberships, &accounts)?);
            }
            let mut directories = Directories::default();
            for id in &connections {
                directories.read(conn, *id, &accounts)?;
            }
            Ok((seen, directories))
        });
        let numbers: BTreeMap<_, _> = self.users.iter().enumerate().map(|(n, (_, id))| (*id, n)).collect();
        seen.users = self.users.iter().map(|(_, id)| directories.users.get(id).cloned()).collect();
        let group = |(_, id): &(ConnectionId, DirectoryGroupId)| {
            let (name, members) = directories.groups.get(id)?;
            let mut members: Vec<_> = members.iter().filter_map(|id| numbers.get(id).copied()).collect();
            members.sort_unstable();
            Some((name.clone(), members))
        };
        seen.groups = self.groups.iter().map(group).collect();
        seen
    }
}

/// Counted twice: as the counters have it, and as the rows do.
fn seats_taken(
    conn: &mut Conn<'_>,
    organization: OrganizationId,
    memberships: &[Membership],
) -> Result<usize, EngineError> {
    let counted = conn.count(organization.0, Counter::Members)? + conn.count(organization.0, Counter::Invitations)?;
    let pending = conn.pending_invitations(organization)?.len();
    let taken = memberships.iter().filter(|membership| membership.takes_seat()).count() + pending;
    assert_eq!(usize::try_from(counted).unwrap(), taken, "the counters count");
    Ok(taken)
}

fn places(
    conn: &mut Conn<'_>,
    name: &'static str,
    organization: OrganizationId,
    memberships: &[Membership],
    accounts: &Accounts,
) -> Result<Places, EngineError> {
    let members: Vec<_> = memberships.iter().map(|membership| membership.account).collect();
    let names: BTreeMap<TeamId, String> =
        conn.teams_ever(organization)?.into_iter().map(|team| (team.id, team.name)).collect();
    let mut teams: BTreeMap<AccountId, Vec<String>> = BTreeMap::new();
    for grant in conn.grants_in(organization, &members)?.into_iter().filter(|grant| !grant.asleep) {
        teams.entry(grant.account).or_default().extend(grant.team.map(|team| names[&team].clone()));
    }
    let place = |membership: &Membership| match membership.state {
        MembershipState::Active => {
            let mut teams = teams.get(&membership.account).cloned().unwrap_or_default();
            teams.sort();
            teams.dedup();
            Place::In { role: membership.role, demotion_waits: membership.role_kept, teams }
        }
        MembershipState::Waiting => Place::Waiting,
        MembershipState::Kept { .. } => Place::Kept,
        MembershipState::Asleep { .. } | MembershipState::Ended { .. } => Place::Out { blocked: membership.blocked },
    };
    let key = |membership: &Membership| (name, address(&accounts[&membership.account]));
    Ok(memberships.iter().map(|membership| (key(membership), place(membership))).collect())
}

impl Directories {
    /// Adds the users and groups of a connection.
    fn read(&mut self, conn: &mut Conn<'_>, id: ConnectionId, accounts: &Accounts) -> Result<(), EngineError> {
        let found = conn.directory_users_after(id, DirectoryUserId(Uuid::nil()), i64::MAX)?;
        let mut named: BTreeMap<DirectoryUserId, Vec<String>> = BTreeMap::new();
        let in_groups: Vec<_> = found.iter().filter(|user| user.groups > 0).map(|user| user.id).collect();
        for group in conn.groups_of_users(id, &in_groups)? {
            named.entry(group.user).or_default().push(group.display_name);
        }
        for user in found {
            let DirectoryUser { id: user, user_name, active, account, .. } = user;
            let mut groups = named.remove(&user).unwrap_or_default();
            groups.sort();
            let account = account.map(|id| (address(&accounts[&id]), accounts[&id].full_name.clone()));
            self.users.insert(user, ReadBack { user_name, active, account, groups });
        }
        for DirectoryGroup { id: group, display_name, .. } in conn.all_directory_groups(id)? {
            let members = conn.group_members(group, Uuid::nil(), i64::MAX)?.into_iter();
            let members = members.filter_map(|member| match member {
                MemberId::User(id) => Some(id),
                MemberId::Group(_) => None,
            });
            self.groups.insert(group, (display_name, members.collect()));
        }
        Ok(())
    }
}

fn address(account: &Account) -> String {
    account.email.as_ref().map(|email| email.as_str().to_lowercase()).unwrap_or_default()
}

//! What a plan says would happen.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use muster_model::{
    AccountId, ConnectionId, OrganizationId, Role, TeamId,
    ledger::{Change, Kind},
};
use muster_store::{Conn, Counter};
use serde::{Deserialize, Serialize};

use crate::{
    EngineError, Env,
    describe::{self, Described},
    watch::{Move, Seen, Watch},
};

/// What would happen, or has happened. It names people by id alone, so that a kept plan holds no personal data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What changes other than people's places: connections, domains, organizations, teams, groups.
    pub settings: Vec<Described>,
    /// What it comes to for each organization in which somebody's place changes.
    pub organizations: Vec<Organization>,
    /// Whose place changes, by organization and account.
    pub members: Vec<Member>,
    /// The accounts whose full name or other values change.
    pub values: Vec<AccountId>,
}

/// One organization in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// How many seats it has; none is unlimited.
    pub seats: Option<i64>,
    /// How many were taken, by members and invitations.
    pub taken_before: i64,
    /// How many are taken then.
    pub taken_after: i64,
    /// Who comes in.
    pub added: usize,
    /// Who is out.
    pub removed: usize,
    /// Whose teams change.
    pub moved: usize,
    /// Whose role changes.
    pub role_changed: usize,
    /// Whose management by a connection changes (SCIM-6).
    pub management_changed: usize,
}

/// One person's place in one organization, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who; an account that the plan itself makes is none yet.
    pub account: Option<AccountId>,
    /// The organization's name.
    pub organization: String,
    /// What changes, in words that can be counted.
    pub effects: Vec<Effect>,
    /// The place before; none, if there had never been one.
    pub before: Option<Place>,
    /// The place then.
    pub after: Option<Place>,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `active`, `waiting`, `kept`, `asleep` or `ended`.
    pub state: String,
    /// The effective role.
    pub role: Role,
    /// Teams, by name.
    pub teams: BTreeSet<String>,
    /// The connections that manage the membership, by name.
    pub managed_by: BTreeSet<String>,
}

/// What happens to a person's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Comes in.
    Added,
    /// Is out: ended, or asleep.
    Removed,
    /// Is in before and after, in other teams.
    Moved,
    /// Has another role.
    RoleChanged,
    /// Is managed by other connections than before (SCIM-6).
    ManagementChanged,
    /// Anything else, such as waiting for a seat.
    Other,
}

impl Effect {
    /// The word in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::RoleChanged => "role",
            Self::ManagementChanged => "management",
            Self::Other => "other",
        }
    }

    fn all_of(before: Option<&Place>, after: Option<&Place>) -> Vec<Self> {
        let is_in = |place: Option<&Place>| place.is_some_and(|place| place.state == "active");
        match (is_in(before), is_in(after), before, after) {
            (false, true, ..) => vec![Self::Added],
            (true, false, ..) => vec![Self::Removed],
            (true, true, Some(before), Some(after)) => {
                let mut effects = Vec::new();
                effects.extend((before.teams != after.teams).then_some(Self::Moved));
                effects.extend((before.role != after.role).then_some(Self::RoleChanged));
                effects.extend((before.managed_by != after.managed_by).then_some(Self::ManagementChanged));
                effects
            }
            _ => vec![Self::Other],
        }
    }
}

/// What a watched run came to.
///
/// # Errors
///
/// The store's.
pub fn outcome(conn: &mut Conn<'_>, env: &Env) -> Result<Outcome, EngineError> {
    let Some(watch) = env.watch() else { return Ok(Outcome::default()) };
    let about_settings = |change: &&Change| match change.kind {
        Kind::Company
        | Kind::Organization
        | Kind::Team
        | Kind::Domain
        | Kind::Connection
        | Kind::Token
        | Kind::Client
        | Kind::Webhook
        | Kind::DirectoryGroup => true,
        Kind::Account | Kind::Factor | Kind::Membership | Kind::Grant | Kind::Invitation | Kind::DirectoryUser => false,
    };
    let settings: Vec<Change> = env.changes().iter().filter(about_settings).cloned().collect();
    let existed = |change: &&Change| change.kind == Kind::Account && change.old.is_some();
    let values = env.changes().iter().filter(existed).map(|change| AccountId(change.id)).collect::<BTreeSet<_>>();
    let mut names = Names::default();
    let mut members = Vec::new();
    let mut figures: BTreeMap<OrganizationId, Organization> = BTreeMap::new();
    for (organization, account, moved) in watch.moves() {
        let member = names.member(conn, watch, organization, account, moved)?;
        let figures = match figures.entry(organization) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(names.figures(conn, env, organization)?),
        };
        count(figures, &member.effects);
        members.push(member);
    }
    Ok(Outcome {
        settings: describe::describe(conn, &settings)?,
        organizations: figures.into_values().collect(),
        members,
        values: values.into_iter().collect(),
    })
}

fn count(figures: &mut Organization, effects: &[Effect]) {
    for effect in effects {
        match effect {
            Effect::Added => figures.added += 1,
            Effect::Removed => figures.removed += 1,
            Effect::Moved => figures.moved += 1,
            Effect::RoleChanged => figures.role_changed += 1,
            Effect::ManagementChanged => figures.management_changed += 1,
            Effect::Other => {}
        }
    }
}

/// Names for ids, looked up once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    organizations: BTreeMap<OrganizationId, String>,
    teams: BTreeMap<TeamId, String>,
    connections: BTreeMap<ConnectionId, String>,
}

impl Names {
    /// One person's move, by names.
    pub(crate) fn member(
        &mut self,
        conn: &mut Conn<'_>,
        watch: &Watch,
        organization: OrganizationId,
        account: AccountId,
        moved: &Move,
    ) -> Result<Member, EngineError> {
        let before = self.place(conn, organization, moved.before.as_ref())?;
        let after = self.place(conn, organization, moved.after.as_ref())?;
        Ok(Member {
            account: (!watch.made.contains(&account.0)).then_some(account),
            organization: self.organization(conn, organization)?,
            effects: Effect::all_of(before.as_ref(), after.as_ref()),
            before,
            after,
        })
    }

    fn place(
        &mut self,
        conn: &mut Conn<'_>,
        organization: OrganizationId,
        seen: Option<&Seen>,
    ) -> Result<Option<Place>, EngineError> {
        let Some(seen) = seen else { return Ok(None) };
        let (mut teams, mut managed_by) = (BTreeSet::new(), BTreeSet::new());
        for team in &seen.teams {
            teams.insert(self.team(conn, organization, *team)?);
        }
        for connection in &seen.managed_by {
            managed_by.insert(self.connection(conn, *connection)?);
        }
        Ok(Some(Place { state: seen.state.columns().0.to_owned(), role: seen.role, teams, managed_by }))
    }

    fn organization(&mut self, conn: &mut Conn<'_>, id: OrganizationId) -> Result<String, EngineError> {
        if let Some(name) = self.organizations.get(&id) {
            return Ok(name.clone());
        }
        let name = conn.organization(id)?.map(|organization| organization.name).unwrap_or_default();
        self.organizations.insert(id, name.clone());
        Ok(name)
    }

    fn team(&mut self, conn: &mut Conn<'_>, organization: OrganizationId, id: TeamId) -> Result<String, EngineError> {
        if let Some(name) = self.teams.get(&id) {
            return Ok(name.clone());
        }
        let name = conn.team(organization, id)?.map(|team| team.name).unwrap_or_default();
        self.teams.insert(id, name.clone());
        Ok(name)
    }

    fn connection(&mut self, conn: &mut Conn<'_>, id: ConnectionId) -> Result<String, EngineError> {
        if let Some(name) = self.connections.get(&id) {
            return Ok(name.clone());
        }
        let name = conn.connection(id)?.map(|connection| connection.name).unwrap_or_default();
        self.connections.insert(id, name.clone());
        Ok(name)
    }

    /// An organization's figures, nothing counted yet.
    fn figures(&mut self, conn: &mut Conn<'_>, env: &Env, id: OrganizationId) -> Result<Organization, EngineError> {
        let taken_after = conn.count(id.0, Counter::Members)? + conn.count(id.0, Counter::Invitations)?;
        let come = |was: bool, is: bool| i64::from(is) - i64::from(was);
        let takes = |seen: Option<&Seen>| seen.is_some_and(Seen::takes_seat);
        let moves = env.watch().into_iter().flat_map(Watch::moves).filter(|(organization, ..)| *organization == id);
        let members: i64 = moves.map(|(.., m)| come(takes(m.before.as_ref()), takes(m.after.as_ref()))).sum();
        let invitations =
            env.changes().iter().filter(|change| change.kind == Kind::Invitation && change.of == Some(id.0));
        let invited: i64 = invitations.map(|change| come(change.old.is_some(), change.new.is_some())).sum();
        Ok(Organization {
            name: self.organization(conn, id)?,
            seats: conn.organization(id)?.and_then(|organization| organization.seats),
            taken_before: taken_after - members - invited,
            taken_after,
            added: 0,
            removed: 0,
            moved: 0,
            role_changed: 0,
            management_changed: 0,
        })
    }
}

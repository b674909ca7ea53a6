//! Who is this, and why is it where it is (PRE-2): every value and grant with source, time, actor and rule.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    Account, AccountId, Actor, ConnectionId, DirectoryUser, Grant, Layers, Membership, Organization, OrganizationId,
    RequestId, Source, Statement, TeamId, Timestamp,
    ledger::{Change, Kind},
};
use muster_store::Conn;

use crate::{
    EngineError,
    activity::{Scope, Sight},
    describe::{self, Described},
    members,
    standing::Standing,
};

/// How many of the newest ledger rows are told.
const HISTORY: i64 = 1_000;

/// Everything about one account.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The account, with what each source says of its values.
    pub account: Account,
    /// Each organization where it has, or had, a membership.
    pub places: Vec<Place>,
    /// What directories say of the person.
    pub directory_users: Vec<DirectoryUser>,
    /// What happened to the person, oldest first.
    pub history: Vec<Happened>,
    /// Names for the ids above.
    pub names: Names,
}

/// What one transaction did to the person.
#[derive(Debug, Clone)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// From where it came.
    pub source: Source,
    /// Through which connection, by name, where that may be known.
    pub connection: Option<String>,
    /// Who acted.
    pub actor: Actor,
    /// In which request; its details may have expired.
    pub request: Option<RequestId>,
    /// What it did.
    pub changes: Vec<Described>,
}

/// One organization.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its name.
    pub organization: String,
    /// The membership, with what each source says of the role.
    pub membership: Membership,
    /// The reasons for it, asleep ones too.
    pub grants: Vec<Grant>,
}

/// Names for ids.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Of organizations.
    pub organizations: BTreeMap<OrganizationId, String>,
    /// Of teams.
    pub teams: BTreeMap<TeamId, String>,
    /// Of connections.
    pub connections: BTreeMap<ConnectionId, String>,
}

/// Explains all of an account, for the operator.
///
/// # Errors
///
/// Not found; the store's.
pub fn explain(conn: &mut Conn<'_>, id: AccountId) -> Result<Explanation, EngineError> {
    let mut told = of_account(conn, id)?;
    for id in told.places.iter().filter_map(|place| place.membership.state.columns().2) {
        if let Some(connection) = conn.connection(id)? {
            told.names.connections.insert(id, connection.name);
        }
    }
    told.history = history(conn, &told, Scope::Everything)?;
    Ok(told)
}

/// Explains a member as owners of an organization see them, who also own these connections: what concerns the organization and
/// the connections, and nothing of what others say or do elsewhere (TEN-3).
///
/// # Errors
///
/// Not found; the store's.
pub fn of_member(
    conn: &mut Conn<'_>,
    organization: &Organization,
    username: &str,
    connections: &BTreeSet<ConnectionId>,
) -> Result<Explanation, EngineError> {
    let account = members::find_suspended_too(conn, organization, username)?.account;
    let mut told = explained(conn, account)?;
    let scope = Scope::Organization(organization.id);
    told.places.retain(|place| place.membership.organization == organization.id);
    told.directory_users.retain(|user| connections.contains(&user.connection));
    let account = &mut told.account;
    account.names = of_these(&account.names, connections);
    account.session_minutes = of_these(&account.session_minutes, connections);
    account.conflict = account.names.in_conflict() || account.session_minutes.in_conflict();
    told.names.organizations.retain(|id, _| *id == organization.id);
    let sight = Sight::of(conn, scope)?;
    let mut seen = BTreeMap::new();
    let ended_by = told.places.iter().filter_map(|place| place.membership.state.columns().2);
    for id in told.names.connections.keys().copied().chain(ended_by) {
        if connections.contains(&id) || sight.names(conn, id)? {
            seen.extend(conn.connection(id)?.map(|connection| (id, connection.name)));
        }
    }
    told.names.connections = seen;
    told.history = history(conn, &told, scope)?;
    Ok(told)
}

/// What owners see of what is said: what these connections say, and what no connection does.
fn of_these<V: Clone + PartialEq>(said: &Layers<V>, connections: &BTreeSet<ConnectionId>) -> Layers<V> {
    let seen = |said: &&Statement<V>| said.connection.is_none_or(|connection| connections.contains(&connection));
    said.iter().filter(seen).cloned().collect()
}

/// Explains where this account is now, without its history, which may be long.
///
/// # Errors
///
/// Not found; the store's.
pub fn of_account(conn: &mut Conn<'_>, id: AccountId) -> Result<Explanation, EngineError> {
    let account = conn.account(id)?.ok_or_else(|| EngineError::not_found("account", id))?;
    explained(conn, account)
}

fn explained(conn: &mut Conn<'_>, account: Account) -> Result<Explanation, EngineError> {
    let mut names = Names::default();
    let mut places = Vec::new();
    for (organization, standing) in Standing::load_all(conn, account.id)? {
        let name = conn.organization(organization)?.map(|organization| organization.name).unwrap_or_default();
        names.organizations.insert(organization, name.clone());
        let grants: Vec<Grant> = standing.grants().cloned().collect();
        for team in grants.iter().filter_map(|grant| grant.team) {
            let team_name = conn.team(organization, team)?.map(|team| team.name).unwrap_or_default();
            names.teams.insert(team, team_name);
        }
        let Some(membership) = standing.membership().cloned() else { continue };
        places.push(Place { organization: name, membership, grants });
    }
    let directory_users = conn.directory_users_of(account.id)?;
    for id in connections_named(&account, &places, &directory_users) {
        if let Some(connection) = conn.connection(id)? {
            names.connections.insert(id, connection.name);
        }
    }
    Ok(Explanation { account, places, directory_users, history: Vec::new(), names })
}

fn connections_named(account: &Account, places: &[Place], users: &[DirectoryUser]) -> Vec<ConnectionId> {
    fn of<V>(said: &Statement<V>) -> Option<ConnectionId> {
        said.connection
    }
    let mut ids: Vec<ConnectionId> = account.names.iter().filter_map(of).collect();
    ids.extend(account.session_minutes.iter().filter_map(of));
    for place in places {
        ids.extend(place.membership.roles.iter().filter_map(of));
        ids.extend(place.grants.iter().filter_map(|grant| grant.connection));
    }
    ids.extend(users.iter().map(|user| user.connection));
    ids.sort();
    ids.dedup();
    ids
}

/// What the ledger tells of the person, as far as somebody sees it.
fn history(conn: &mut Conn<'_>, told: &Explanation, scope: Scope) -> Result<Vec<Happened>, EngineError> {
    let (mut sight, mut names) = (Sight::of(conn, scope)?, describe::Names::default());
    let mut history = Vec::new();
    for row in conn.history(told.account.id.0, HISTORY)? {
        let mut changes = Vec::new();
        for change in row.changes.iter().filter(|change| concerns(change, told)) {
            if !sight.takes(conn, &row, change)? {
                continue;
            }
            let mut described = names.describe(conn, change)?;
            described.fields.retain(|field| sight.shows(change.kind, &field.name));
            changes.push(described);
        }
        if changes.is_empty() {
            continue;
        }
        let connection = match row.connection {
            Some(id) if sight.names(conn, id)? => names.name(conn, id.0)?,
            _ => None,
        };
        let (at, source, actor, request) = (row.at, row.source, row.actor, row.request);
        history.push(Happened { at, source, connection, actor, request, changes });
    }
    Ok(history)
}

/// Whether a change is this person's: a transaction can be about many.
fn concerns(change: &Change, told: &Explanation) -> bool {
    let id = told.account.id.0;
    match change.kind {
        Kind::Account | Kind::Membership => change.id == id,
        Kind::Grant | Kind::Factor => change.of == Some(id),
        Kind::DirectoryUser => {
            told.directory_users.iter().any(|user| user.id.0 == change.id) || mentions(change, told.account.id)
        }
        Kind::Company
        | Kind::Organization
        | Kind::Team
        | Kind::Domain
        | Kind::Connection
        | Kind::Token
        | Kind::Invitation
        | Kind::DirectoryGroup
        | Kind::Client
        | Kind::Webhook => false,
    }
}

/// Whether a directory user that is gone was this account's.
fn mentions(change: &Change, account: AccountId) -> bool {
    let id = account.to_string();
    [&change.old, &change.new].into_iter().flatten().any(|state| state.get().contains(&id))
}

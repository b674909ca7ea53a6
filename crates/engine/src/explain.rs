//! Who is this, and why is it where it is (PRE-2): every value and grant with source, time, actor and rule.

use std::collections::BTreeMap;

use muster_model::{
    Account, AccountId, ConnectionId, DirectoryUser, Email, Grant, Membership, OrganizationId, Statement, TeamId,
    ledger::LedgerRow,
};
use muster_store::Conn;

use crate::{EngineError, standing::Standing};

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
    /// What happened, oldest first.
    pub history: Vec<LedgerRow>,
    /// Names for the ids above.
    pub names: Names,
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

/// Explains the account with this email.
///
/// # Errors
///
/// Not found; the store's.
pub fn explain(conn: &mut Conn<'_>, email: &Email) -> Result<Explanation, EngineError> {
    let account = conn.account_by_email(email)?.ok_or_else(|| EngineError::not_found("account", email))?;
    let history = conn.history(account.id.0, HISTORY)?;
    Ok(Explanation { history, ..explained(conn, account)? })
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

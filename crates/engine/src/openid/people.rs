//! What a product is told of somebody: what they are now, and no more than was agreed to (interfaces §3).

use std::collections::BTreeMap;

use muster_model::{
    Account, AccountId, Client, OrganizationId,
    client::{ClientScope, ClientScopes},
};
use muster_store::Conn;

use crate::EngineError;

/// What fits into an ID token: it travels in headers.
pub const IN_A_TOKEN: Bounds = Bounds { organizations: 20, teams: 100 };
/// What userinfo tells; who is in more is asked of the API.
pub const IN_AN_ANSWER: Bounds = Bounds { organizations: 500, teams: 5_000 };

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many organizations at most.
    pub organizations: usize,
    /// How many teams at most, in all of them together.
    pub teams: usize,
}

/// Somebody, as far as the scopes go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The address, and whether it is confirmed (ACC-1).
    pub email: Option<(String, bool)>,
    /// The full name, and the username.
    pub name: Option<(String, String)>,
    /// Where the person is.
    pub places: Option<Places>,
}

/// Where somebody is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Each organization, by name.
    pub all: Vec<Place>,
    /// Whether that is all there is.
    pub complete: bool,
}

/// Somebody's place in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The organization's name.
    pub organization: String,
    /// `member`, `editor` or `owner`.
    pub role: &'static str,
    /// The teams there, by name; `None` where they are too many to tell.
    pub teams: Option<Vec<String>>,
    /// Whether as a guest (ORG-8).
    pub guest: bool,
}

/// What a client is told of an account.
///
/// # Errors
///
/// The store's.
pub fn told(
    conn: &mut Conn<'_>,
    client: &Client,
    account: &Account,
    scopes: &ClientScopes,
    bounds: Bounds,
) -> Result<Told, EngineError> {
    let mut told = Told::default();
    if scopes.has(ClientScope::Email) {
        told.email = account.email.as_ref().map(|email| (email.to_string(), account.email_confirmed));
    }
    if scopes.has(ClientScope::Profile) {
        told.name = Some((account.full_name.clone(), account.username.clone()));
    }
    if scopes.has(ClientScope::Organizations) {
        told.places = Some(places(conn, client, account.id, bounds)?);
    }
    Ok(told)
}

/// Whether a client is for this person at all: an organization's is for its members.
///
/// # Errors
///
/// The store's.
pub fn serves(conn: &mut Conn<'_>, client: &Client, account: AccountId) -> Result<bool, EngineError> {
    let Some(organization) = client.organization else { return Ok(true) };
    let found = conn.memberships_in(organization, &[account])?;
    Ok(found.iter().any(muster_model::Membership::is_active))
}

fn places(conn: &mut Conn<'_>, client: &Client, account: AccountId, bounds: Bounds) -> Result<Places, EngineError> {
    let beyond = |most: usize| i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    // An organization's client learns of no other, not even that there are some (TEN-3).
    let mut found = conn.places_of(account, client.organization, beyond(bounds.organizations))?;
    let has_all = found.len() <= bounds.organizations;
    found.truncate(bounds.organizations);
    let mut teams: BTreeMap<OrganizationId, Vec<String>> = BTreeMap::new();
    let mut count = 0;
    for (organization, team) in conn.teams_of_account(account, client.organization, beyond(bounds.teams))? {
        count += 1;
        teams.entry(organization).or_default().push(team);
    }
    let has_teams = count <= bounds.teams;
    let place = |(id, organization, role, guest): (OrganizationId, String, muster_model::Role, bool)| Place {
        organization,
        role: role.as_str(),
        // All or none: half of them would be taken for all.
        teams: has_teams.then(|| teams.remove(&id).unwrap_or_default()),
        guest,
    };
    Ok(Places { all: found.into_iter().map(place).collect(), complete: has_all && has_teams })
}

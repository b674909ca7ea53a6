//! How it is told.

use std::collections::{BTreeMap, BTreeSet};

use muster_engine::{EngineError, explain};
use muster_model::{
    Account, AccountId, ConnectionId, DirectoryUser, Grant, MembershipState, Organization, Statement, grant::Origin,
};
use muster_store::Conn;
use serde::Serialize;
use serde_json::Value;

use super::{AccountLine, DirectoryLine, Explanation, GrantLine, HistoryLine, MembershipLine, Said, ValueLine};
use crate::change::Change;

/// Explains all of an account, for the operator.
///
/// # Errors
///
/// Not found; the store's.
pub fn explain(conn: &mut Conn<'_>, id: AccountId) -> Result<Explanation, EngineError> {
    let told = explain::explain(conn, id)?;
    telling(conn, told)
}

/// Explains a member as owners of an organization see them, who also own these connections (TEN-3).
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
    let told = explain::of_member(conn, organization, username, connections)?;
    telling(conn, told)
}

fn telling(conn: &mut Conn<'_>, told: explain::Explanation) -> Result<Explanation, EngineError> {
    let names = Names { groups: groups(conn, &told.places)?, known: told.names };
    Ok(Explanation {
        account: account(&told.account),
        values: values(&told.account, &told.places, &names),
        memberships: told.places.iter().map(|place| membership(place, &names)).collect(),
        directory_users: told.directory_users.iter().map(|user| names.directory_user(user)).collect(),
        history: told.history.into_iter().map(HistoryLine::from).collect(),
    })
}

/// Names for ids.
struct Names {
    known: explain::Names,
    /// Directory groups that gave a grant.
    groups: BTreeMap<uuid::Uuid, String>,
}

/// The names of the directory groups behind grants.
fn groups(conn: &mut Conn<'_>, places: &[explain::Place]) -> Result<BTreeMap<uuid::Uuid, String>, EngineError> {
    let mut names = BTreeMap::new();
    for grant in places.iter().flat_map(|place| &place.grants) {
        if let (Origin::Group(id), Some(connection)) = (grant.origin, grant.connection)
            && let Some(group) = conn.directory_group(connection, id.into())?
        {
            names.insert(id, group.display_name);
        }
    }
    Ok(names)
}

fn account(account: &Account) -> AccountLine {
    AccountLine {
        id: account.id.to_string(),
        email: account.email.as_ref().map(ToString::to_string).unwrap_or_default(),
        email_confirmed: account.email_confirmed,
        username: account.username.clone(),
        full_name: account.full_name.clone(),
        state: account.state.as_str().to_owned(),
        created: account.created.to_string(),
        conflict: account.conflict,
    }
}

fn values(account: &Account, places: &[explain::Place], names: &Names) -> Vec<ValueLine> {
    let full_name = Some(Value::from(account.full_name.clone())).filter(|_| !account.full_name.is_empty());
    let mut values = vec![ValueLine {
        attribute: "full_name".to_owned(),
        effective: full_name,
        said: account.names.iter().map(|said| names.said(said)).collect(),
    }];
    if !account.session_minutes.is_empty() {
        values.push(ValueLine {
            attribute: "session_minutes".to_owned(),
            // Concerns only sessions begun through the connection that says it.
            effective: None,
            said: account.session_minutes.iter().map(|said| names.said(said)).collect(),
        });
    }
    values.extend(places.iter().map(|place| ValueLine {
        attribute: format!("role in {}", place.organization),
        effective: Some(place.membership.role.as_str().into()),
        said: place.membership.roles.iter().map(|said| names.said(said)).collect(),
    }));
    values
}

fn membership(place: &explain::Place, names: &Names) -> MembershipLine {
    let membership = &place.membership;
    let (word, why, by) = membership.state.columns();
    let state = match membership.state {
        MembershipState::Kept { .. } => "kept on record: the last owner".to_owned(),
        _ => why.map_or_else(|| word.to_owned(), |why| format!("{word}: {why}")),
    };
    let managed_by = place.grants.iter().filter(|grant| grant.is_managing() && !grant.asleep);
    MembershipLine {
        organization: place.organization.clone(),
        state,
        ended_by: names.connection(by),
        role: membership.role.as_str().to_owned(),
        guest: membership.guest,
        blocked: membership.blocked,
        managed_by: managed_by.filter_map(|grant| names.connection(grant.connection)).collect(),
        joined: membership.joined.to_string(),
        grants: place.grants.iter().map(|grant| names.grant(grant)).collect(),
    }
}

impl Names {
    fn connection(&self, id: Option<ConnectionId>) -> Option<String> {
        id.map(|id| self.known.connections.get(&id).cloned().unwrap_or_else(|| id.to_string()))
    }

    fn said<V: Serialize>(&self, said: &Statement<V>) -> Said {
        Said {
            source: said.source.as_str().to_owned(),
            connection: self.connection(said.connection),
            value: serde_json::to_value(&said.value).unwrap_or_default(),
            rule: said.rule.id().to_owned(),
            actor: said.actor.to_string(),
            request: said.request.map(|request| request.to_string()),
            at: said.at.to_string(),
            locked: said.locked,
        }
    }

    fn grant(&self, grant: &Grant) -> GrantLine {
        let origin = match grant.origin {
            Origin::Person => "the person".to_owned(),
            Origin::Linked(_) => "the person, linked".to_owned(),
            Origin::Asserted => "a group in the assertion".to_owned(),
            Origin::Group(id) => {
                self.groups.get(&id).map_or_else(|| format!("group {id}"), |name| format!("group {name}"))
            }
        };
        let team = grant.team.map(|id| self.known.teams.get(&id).cloned().unwrap_or_else(|| id.to_string()));
        GrantLine {
            team,
            source: grant.source.as_str().to_owned(),
            connection: self.connection(grant.connection),
            origin,
            rule: grant.rule.id().to_owned(),
            actor: grant.actor.to_string(),
            request: grant.request.map(|request| request.to_string()),
            given: grant.given.to_string(),
            asleep: grant.asleep,
        }
    }

    fn directory_user(&self, user: &DirectoryUser) -> DirectoryLine {
        DirectoryLine {
            connection: self.connection(Some(user.connection)).unwrap_or_default(),
            id: user.id.to_string(),
            user_name: user.user_name.clone(),
            external_id: user.external_id.clone(),
            active: user.active,
            groups: user.groups,
            created: user.created.to_string(),
            modified: user.modified.to_string(),
        }
    }
}

impl From<explain::Happened> for HistoryLine {
    fn from(happened: explain::Happened) -> Self {
        let explain::Happened { at, source, connection, actor, request, changes } = happened;
        Self {
            at: at.to_string(),
            source: source.as_str().to_owned(),
            connection,
            actor: actor.to_string(),
            request: request.map(|request| request.to_string()),
            changes: changes.into_iter().map(Change::from).collect(),
        }
    }
}

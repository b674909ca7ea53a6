//! Covering another holder's organization: its owners consent, and take that back (TEN-1).

use muster_model::{
    Connection, ConnectionId, Organization, Rule,
    domain::Holder,
    ledger::{Event, Kind},
};
use muster_store::{Conn, Tx};

use super::{Declaration, Secrets, Work, connections::Known};
use crate::{
    EngineError, Env, Refusal,
    authority::{self, Action, Caller},
    connections,
    directory::Documents,
    domains,
    ledger::Subject,
    transact,
};

/// An organization of whoever calls, and anybody's connection, to consent to it or take that back.
///
/// # Errors
///
/// Not found; refused for who may not change connections there; the store's.
pub fn consenting(
    conn: &mut Conn<'_>,
    caller: &Caller,
    name: &str,
    id: ConnectionId,
) -> Result<(Organization, Connection), EngineError> {
    let (organization, _) = caller.organization(conn, name, Action::ChangeConnections)?;
    let connection = conn.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
    Ok((organization, connection))
}

/// A connection of another holder that may cover an organization.
#[derive(Debug, Clone)]
pub struct Consent {
    /// It.
    pub connection: Connection,
    /// Whether it covers the organization now.
    pub covers: bool,
}

/// The connections of other holders that may cover an organization, or do; those that cover it first.
///
/// # Errors
///
/// The store's.
pub fn consents(conn: &mut Conn<'_>, organization: &Organization) -> Result<Vec<Consent>, EngineError> {
    let covering = conn.connections_covering(organization.id)?;
    let more = organization.consents.iter().filter(|id| !covering.contains(id)).copied().collect::<Vec<_>>();
    let mut found = Vec::new();
    for id in covering.into_iter().chain(more) {
        let Some(connection) = conn.connection(id)? else { continue };
        if !domains::speaks_for(conn, Holder::Organization(organization.id), connection.holder)? {
            found.push(Consent { covers: connection.covered(organization.id).is_some(), connection });
        }
    }
    Ok(found)
}

/// Lets the owners of a connection's holder state this organization among those that it covers. It covers nothing by that alone.
/// Settles what follows and writes the ledger, as [`transact`] does.
///
/// # Errors
///
/// Refused for a connection of its own; [`Refusal::NotAnOwner`]; the store's.
pub fn consent(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    connection: &Connection,
) -> Result<(), EngineError> {
    transact(tx, env, |tx, env| {
        authority::require_owner(tx, env, organization)?;
        if domains::speaks_for(tx, Holder::Organization(organization.id), connection.holder)? {
            let text = format!(
                "connection `{}` is of this organization, or of its company: state what it covers in its settings",
                connection.name
            );
            return Err(Refusal::Invalid(text).into());
        }
        let mut consents = organization.consents.clone();
        match consents.binary_search(&connection.id) {
            Ok(_) => return Ok(()),
            Err(at) => consents.insert(at, connection.id),
        }
        save(tx, env, organization, consents)
    })
}

/// Takes consent back: the connection covers this organization no more. Its members, teams and roles stay, by hand (SSO-12).
/// Settles what follows and writes the ledger, as [`transact`] does.
///
/// # Errors
///
/// Refused for a connection of its own; not found, where there is neither consent nor coverage; [`Refusal::NotAnOwner`]; the
/// store's.
pub fn withdraw_consent(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    connection: &Connection,
    documents: &dyn Documents,
) -> Result<(), EngineError> {
    let (declaration, secrets) = (Declaration::default(), Secrets::default());
    transact(tx, env, |tx, env| {
        authority::require_owner(tx, env, organization)?;
        if domains::speaks_for(tx, Holder::Organization(organization.id), connection.holder)? {
            let text = format!(
                "connection `{}` is of this organization, or of its company: take the organization out of its settings",
                connection.name
            );
            return Err(Refusal::Invalid(text).into());
        }
        let mut consents = organization.consents.clone();
        let had = consents.binary_search(&connection.id).map(|at| consents.remove(at)).is_ok();
        if had {
            save(tx, env, organization, consents)?;
        }
        if connection.covered(organization.id).is_none() {
            return if had { Ok(()) } else { Err(EngineError::not_found("consent to connection", connection.id)) };
        }
        let domains = tx.connection_domain_ids(connection.id)?.into_iter().collect();
        let known = Known { connection: connection.clone(), domains };
        Work::new(tx, env, &declaration, &secrets, documents).uncover(&known, organization.id).map(drop)
    })
}

fn save(tx: &mut Tx<'_>, env: &mut Env, before: &Organization, consents: Vec<ConnectionId>) -> Result<(), EngineError> {
    let after = Organization { consents, version: before.version + 1, ..before.clone() };
    tx.update_organization(&after)?;
    let subject = Subject::new(Kind::Organization, after.id);
    env.changed(Event::OrganizationUpdated, subject, after.version, Rule::Ten1, before, &after)?;
    env.about(after.id);
    connections::changed(tx)
}

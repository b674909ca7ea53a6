//! What follows from a domain's coming and going: for the connections that name it, for passwords, for guests.

use muster_model::{
    Connection, DomainId, Rule,
    domain::Holder,
    ledger::{Event, Kind},
};
use muster_store::Tx;

use crate::{EngineError, Env, connections, credentials::enforcement, declare, ledger::Subject};

/// Makes a change of a domain that may make it count, or count no more, and lets everything else follow: the connections
/// that name it, whose settings are then others; password sessions that their enforcement covers now (SES-4); who is a guest
/// (ORG-8).
pub(super) fn followed<T>(
    tx: &mut Tx<'_>,
    env: &mut Env,
    domain: DomainId,
    holder: Holder,
    change: impl FnOnce(&mut Tx<'_>, &mut Env) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    let mut before = Vec::new();
    for id in tx.connections_naming(domain)? {
        before.extend(tx.connection(id)?);
    }
    let done = change(tx, env)?;
    for known in before {
        let Some(present) = tx.connection(known.id)?.filter(|present| present.domains != known.domains) else {
            continue;
        };
        let after = Connection { version: present.version + 1, ..present };
        tx.update_connection(&after)?;
        let subject = Subject::new(Kind::Connection, after.id);
        env.changed(Event::ConnectionUpdated, subject, after.version, Rule::Org4, &known, &after)?;
        env.about(after.id);
        connections::changed(tx)?;
        if after.domains.len() > known.domains.len() {
            enforcement::end_password_sessions(tx, env, &after)?;
        }
    }
    declare::tell_guests_apart(tx, env, &[holder])?;
    Ok(done)
}

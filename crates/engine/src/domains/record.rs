//! A domain's change: stored, on the ledger, and known to every node. What follows elsewhere is [`follow`](super::follow)'s.

use muster_model::{
    CompanyId, Domain, DomainState, OrganizationId, Rule,
    domain::Holder,
    ledger::{Event, Kind},
};
use muster_store::{DomainCheck, Tx};

use super::{check, holding};
use crate::{EngineError, Env, connections, ledger::Subject};

/// A new value for a record.
pub(crate) fn challenge(env: &mut Env) -> String {
    format!("muster-verification={}", env.digits(40))
}

/// Adds a domain that nobody has proven; its record is looked for from now on.
pub(crate) fn claim(tx: &mut Tx<'_>, env: &mut Env, claim: &Domain) -> Result<(), EngineError> {
    insert(tx, env, claim)?;
    Ok(tx.put_domain_check(&begun(claim, env.now()))?)
}

/// Adds a domain as it is.
pub(crate) fn insert(tx: &mut Tx<'_>, env: &mut Env, domain: &Domain) -> Result<(), EngineError> {
    tx.insert_domain(domain, env.now())?;
    if domain.state == DomainState::Verified {
        holding::hold(tx, env, domain)?;
    }
    env.created(Event::DomainCreated, Subject::new(Kind::Domain, domain.id), 1, Rule::Org4, domain)?;
    about(tx, env, domain)
}

/// Looking for a value that was given out now.
pub(super) fn begun(domain: &Domain, now: muster_model::Timestamp) -> DomainCheck {
    let (busy_until, checked, outcome) = (None, None, None);
    let due = Some(check::first(now));
    DomainCheck { domain: domain.id, begun: now, due, busy_until, checked, outcome }
}

/// Stores a domain's change; nothing if there is none.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    env: &mut Env,
    event: Event,
    before: &Domain,
    after: Domain,
) -> Result<Domain, EngineError> {
    if after == *before {
        return Ok(after);
    }
    let after = Domain { version: before.version + 1, ..after };
    tx.update_domain(&after)?;
    if after.state == DomainState::Verified {
        holding::hold(tx, env, &after)?;
    }
    env.changed(event, Subject::new(Kind::Domain, after.id), after.version, Rule::Org4, before, &after)?;
    about(tx, env, &after)?;
    Ok(after)
}

/// Removes a domain.
pub(crate) fn end(tx: &mut Tx<'_>, env: &mut Env, domain: &Domain) -> Result<(), EngineError> {
    tx.delete_domain(domain.id)?;
    let subject = Subject::new(Kind::Domain, domain.id);
    env.ended(Event::DomainEnded, subject, domain.version + 1, Rule::Org4, domain)?;
    about(tx, env, domain)
}

/// The domains of an organization pass to the company that it joins. Of two claims on one name the stronger stays.
///
/// # Errors
///
/// The store's.
pub(crate) fn pass_to_company(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    company: CompanyId,
) -> Result<(), EngineError> {
    let (from, to) = (Holder::Organization(organization), Holder::Company(company));
    for domain in tx.domains_of(from, "", i64::MAX)? {
        if let Some(present) = tx.domain_of(to, &domain.name)? {
            if domain.state != DomainState::Verified {
                end(tx, env, &domain)?;
                continue;
            }
            end(tx, env, &present)?;
        }
        let passed = Domain { holder: to, ..domain.clone() };
        change(tx, env, Event::DomainUpdated, &domain, passed)?;
    }
    Ok(())
}

fn about(tx: &mut Tx<'_>, env: &mut Env, domain: &Domain) -> Result<(), EngineError> {
    match domain.holder {
        Holder::Organization(id) => env.about(id),
        Holder::Company(id) => env.about(id),
    }
    connections::changed(tx)
}

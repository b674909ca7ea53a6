//! What owners do with domains: adding, seeing, removing them.

use muster_model::{Domain, DomainId, DomainState, Rule, domain::Holder, ledger::Event, trace::Note};
use muster_store::{Conn, DomainCheck, Tx};

use super::{AT_MOST, follow::followed, holder, name, record, require_owner};
use crate::{EngineError, Env, Refusal};

/// A domain, and how looking for its record goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The domain.
    pub domain: Domain,
    /// `None` where nobody has asked for a record, because the operator vouches for the domain.
    pub check: Option<DomainCheck>,
}

/// Adds a domain to a holder, or asks anew for the proof of one that it has: a new value, for which is looked in the
/// background for [`SEARCHED_FOR`](super::SEARCHED_FOR). What is verified stays so meanwhile.
///
/// # Errors
///
/// Refused for a name that nobody can claim, for what the company of an organization has, beyond [`AT_MOST`] domains;
/// [`Refusal::NotAnOwner`]; the store's.
pub fn add(tx: &mut Tx<'_>, env: &mut Env, holder: Holder, text: &str) -> Result<Domain, EngineError> {
    require_owner(tx, env, holder)?;
    let name = read(text)?;
    if let Some(own) = tx.domain_of(holder, &name)? {
        return renew(tx, env, &own);
    }
    claim(tx, env, holder, name)
}

/// The domain that a holder has, or that its company has if whoever asks owns that, too (TEN-1); or a new claim on it. Unlike [`add`], it
/// asks for no new value, and not for whose word it is: that is decided before.
///
/// # Errors
///
/// As [`add`].
pub(crate) fn had_or_claimed(
    tx: &mut Tx<'_>,
    env: &mut Env,
    holder: Holder,
    text: &str,
) -> Result<Domain, EngineError> {
    let name = read(text)?;
    for known in tx.domains_named(&name)? {
        if known.holder == holder
            || holder::speaks_for(tx, holder, known.holder)? && holder::owns(tx, env, known.holder)?
        {
            return Ok(known);
        }
    }
    claim(tx, env, holder, name)
}

fn read(text: &str) -> Result<String, EngineError> {
    let name = name::checked(text).map_err(|error| Refusal::Invalid(format!("domain `{}`: {error}", text.trim())))?;
    Ok(name)
}

fn claim(tx: &mut Tx<'_>, env: &mut Env, holder: Holder, name: String) -> Result<Domain, EngineError> {
    for other in tx.domains_named(&name)? {
        if other.holder != holder && holder::speaks_for(tx, holder, other.holder)? {
            let whose = holder::name(tx, other.holder)?;
            return Err(Refusal::Invalid(format!("`{name}` is the {whose}'s: verify it there (ORG-4)")).into());
        }
    }
    if tx.count_domains(holder)? >= AT_MOST {
        return Err(
            Refusal::Invalid(format!("there are {AT_MOST} domains, which is the most: remove one first")).into()
        );
    }
    env.note(Rule::Org4, Note::Checked(format!("`{name}` is claimed, and counts once its record is found")));
    let claim = Domain::claim(DomainId(env.new_id()), name, holder, record::challenge(env));
    record::claim(tx, env, &claim)?;
    Ok(claim)
}

/// A new value; whatever was asked for before is of no account.
fn renew(tx: &mut Tx<'_>, env: &mut Env, own: &Domain) -> Result<Domain, EngineError> {
    let challenge = record::challenge(env);
    let after = Domain { challenge, contested_since: None, ..own.clone() };
    let after = record::change(tx, env, Event::DomainUpdated, own, after)?;
    tx.put_domain_check(&record::begun(&after, env.now()))?;
    Ok(after)
}

/// A holder's own domain of this name. Whether whoever asks may know is decided before.
///
/// # Errors
///
/// Not found; the store's.
pub fn find(conn: &mut Conn<'_>, holder: Holder, text: &str) -> Result<Listed, EngineError> {
    let missing = || EngineError::not_found("domain", text.trim());
    let name = name::folded(text).ok_or_else(missing)?;
    let domain = conn.domain_of(holder, &name)?.ok_or_else(missing)?;
    let check = conn.domain_check(domain.id)?;
    Ok(Listed { domain, check })
}

/// A page of a holder's domains, by name, after the one of the name `after`; as [`find`].
///
/// # Errors
///
/// The store's.
pub fn list(conn: &mut Conn<'_>, holder: Holder, after: &str, limit: i64) -> Result<Vec<Listed>, EngineError> {
    let mut listed = Vec::new();
    for domain in conn.domains_of(holder, after, limit)? {
        let check = conn.domain_check(domain.id)?;
        listed.push(Listed { domain, check });
    }
    Ok(listed)
}

/// How many domains a holder has; as [`find`].
///
/// # Errors
///
/// The store's.
pub fn count(conn: &mut Conn<'_>, holder: Holder) -> Result<i64, EngineError> {
    Ok(conn.count_domains(holder)?)
}

/// Removes a domain: what it counted for ends, members stay. Another holder may prove it at once.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; as [`find`].
pub fn remove(tx: &mut Tx<'_>, env: &mut Env, holder: Holder, text: &str) -> Result<Domain, EngineError> {
    require_owner(tx, env, holder)?;
    let domain = find(tx, holder, text)?.domain;
    match domain.state {
        DomainState::Verified => followed(tx, env, domain.id, holder, |tx, env| record::end(tx, env, &domain))?,
        DomainState::Pending | DomainState::Lapsed => record::end(tx, env, &domain)?,
    }
    Ok(domain)
}

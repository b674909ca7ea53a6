//! Two holders, one domain: whoever proves it last has it, but not before the other had time to answer (ORG-4).

use muster_crypto::Sealer;
use muster_model::{Domain, DomainState, domain::Proof, ledger::Event};
use muster_store::Tx;

use super::{Came, NOTICE, follow::followed, notice, record};
use crate::{EngineError, Env};

/// A claim's record is there. It counts at once where nobody has the domain, or only somebody for whom it has lapsed; a live
/// holder is told, and has [`NOTICE`] to prove it anew.
pub(super) fn prove(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    claim: &Domain,
    proof: Proof,
) -> Result<Came, EngineError> {
    let mut others = tx.domains_named(&claim.name)?;
    others.retain(|other| other.id != claim.id);
    if let Some(live) = others.iter().find(|other| other.state == DomainState::Verified) {
        let since = match claim.contested_since {
            Some(since) => since,
            None => {
                announce(tx, env, sealer, claim, live)?;
                env.now()
            }
        };
        if env.now() < since.after(NOTICE) {
            return Ok(Came::Contested(since.after(NOTICE)));
        }
        lose(tx, env, live)?;
        notice::lost(tx, env, sealer, live)?;
    }
    // Whoever had it before begins anew: an old record that is still there proves nothing any more.
    for lapsed in others.iter().filter(|other| other.state == DomainState::Lapsed) {
        lose(tx, env, lapsed)?;
    }
    let after = claim.clone().proven(proof);
    followed(tx, env, claim.id, claim.holder, |tx, env| record::change(tx, env, Event::DomainVerified, claim, after))?;
    notice::verified(tx, env, sealer, claim)?;
    Ok(Came::Verified)
}

/// Tells the present holder, who gets a new value to answer with.
fn announce(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, claim: &Domain, live: &Domain) -> Result<(), EngineError> {
    let contested = Domain { contested_since: Some(env.now()), ..claim.clone() };
    record::change(tx, env, Event::DomainUpdated, claim, contested)?;
    let asked = Domain { challenge: record::challenge(env), ..live.clone() };
    let asked = record::change(tx, env, Event::DomainUpdated, live, asked)?;
    tx.put_domain_check(&record::begun(&asked, env.now()))?;
    notice::contested(tx, env, sealer, &asked)
}

/// The domain counts no more for whoever had it; only a new value could prove it again.
fn lose(tx: &mut Tx<'_>, env: &mut Env, domain: &Domain) -> Result<(), EngineError> {
    let after = Domain {
        state: DomainState::Lapsed,
        challenge: record::challenge(env),
        proof: None,
        missing_since: None,
        contested_since: None,
        ..domain.clone()
    };
    let after = followed(tx, env, domain.id, domain.holder, |tx, env| {
        record::change(tx, env, Event::DomainLapsed, domain, after)
    })?;
    stop(tx, env, &after)
}

/// The holder has proven the domain anew: claims that waited for that have lost, and begin with a new value, when their
/// holders ask for one.
pub(super) fn answer(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, live: &Domain) -> Result<(), EngineError> {
    for claim in tx.domains_named(&live.name)? {
        if claim.id == live.id || claim.contested_since.is_none() {
            continue;
        }
        let after = Domain { challenge: record::challenge(env), contested_since: None, ..claim.clone() };
        let after = record::change(tx, env, Event::DomainUpdated, &claim, after)?;
        stop(tx, env, &after)?;
        notice::answered(tx, env, sealer, &claim)?;
    }
    Ok(())
}

/// Nobody looks for its record, until somebody asks.
fn stop(tx: &mut Tx<'_>, env: &Env, domain: &Domain) -> Result<(), EngineError> {
    let check = record::begun(domain, env.now());
    Ok(tx.put_domain_check(&muster_store::DomainCheck { due: None, ..check })?)
}

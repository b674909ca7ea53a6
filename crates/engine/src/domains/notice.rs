//! What owners are told of their domains: by mail, and on the organizations' reports.

use muster_crypto::Sealer;
use muster_model::{Domain, Rule};
use muster_store::Tx;

use super::{holder, record_name};
use crate::{EngineError, Env, mail};

/// The record is missing.
pub(super) fn missing(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain) -> Result<(), EngineError> {
    let (name, record) = (&domain.name, record(domain));
    let text = format!(
        "The TXT record that proves {name} was not found in DNS.\n\nEverything goes on for 14 days. If the record is not back \
         by then, signing in through {name}, making accounts of it and enforcing single sign-on end; members stay.\n\nThe \
         record: {record}\n"
    );
    tell(tx, env, sealer, domain, &format!("The record of {name} is missing"), &text)
}

/// The record has been missing for too long.
pub(super) fn lapsed(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain) -> Result<(), EngineError> {
    let (name, record) = (&domain.name, record(domain));
    let text = format!(
        "The TXT record that proves {name} has been missing for 14 days, so the domain counts no more: nobody signs in through \
         it, no accounts are made of it, and single sign-on is not enforced for it. Members stay.\n\nIt counts again within a \
         day of the record's return: {record}\n"
    );
    tell(tx, env, sealer, domain, &format!("{name} has lapsed"), &text)
}

/// Another holder has proven the domain.
pub(super) fn contested(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain) -> Result<(), EngineError> {
    let (name, record) = (&domain.name, record(domain));
    let text = format!(
        "Somebody else in Muster has proven in DNS that {name} is theirs.\n\nTo keep it, prove it anew within 7 days, with a new \
         value: {record}\n\nWithout that, the domain passes to them then: signing in through it ends for you, members stay.\n"
    );
    tell(tx, env, sealer, domain, &format!("Somebody else claims {name}: 7 days to answer"), &text)
}

/// The domain has passed to another holder.
pub(super) fn lost(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain) -> Result<(), EngineError> {
    let name = &domain.name;
    let text = format!(
        "Somebody else has proven {name}, and no new proof came within 7 days: the domain is theirs. Nobody signs in through it \
         here any more; members stay, and enter their accounts with their own password or passkey.\n\nIf it is yours, add it \
         again and set the new record.\n"
    );
    tell(tx, env, sealer, domain, &format!("{name} has passed to somebody else"), &text)
}

/// The domain counts from now on.
pub(super) fn verified(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain) -> Result<(), EngineError> {
    let name = &domain.name;
    for organization in holder::organizations(tx, domain.holder)? {
        tx.resolve_reports(domain.id.0, Some(organization), Rule::Org4.id(), env.now())?;
    }
    let text = format!(
        "The TXT record of {name} was found: the domain is verified.\n\nLeave the record where it is. It is looked for every day.\n"
    );
    let organizations = holder::organizations(tx, domain.holder)?;
    mail::post_to_owners(tx, env, sealer, organizations, &format!("{name} is verified"), &text)
}

/// The domain's holder has answered a claim.
pub(super) fn answered(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain) -> Result<(), EngineError> {
    let name = &domain.name;
    let text = format!(
        "The present holder of {name} has proven it anew, so it stays theirs.\n\nIf it is yours, find out who can change its DNS; \
         then add it again and set the new record.\n"
    );
    tell(tx, env, sealer, domain, &format!("{name} stays with its holder"), &text)
}

fn record(domain: &Domain) -> String {
    format!("{} TXT \"{}\"", record_name(&domain.name), domain.challenge)
}

fn tell(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    domain: &Domain,
    title: &str,
    text: &str,
) -> Result<(), EngineError> {
    let organizations = holder::organizations(tx, domain.holder)?;
    for organization in &organizations {
        env.report_urgently(Rule::Org4, Some(*organization), Some(domain.id.0), title.to_owned());
    }
    mail::post_to_owners(tx, env, sealer, organizations, title, text)
}

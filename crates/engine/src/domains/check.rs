//! When a domain's record is looked for, by whom, and what comes of what was seen.

use std::time::Duration;

use muster_crypto::Sealer;
use muster_model::{Domain, DomainId, DomainState, Timestamp, domain::Proof, ledger::Event};
use muster_store::{Conn, DomainCheck, Tx};

use super::{GRACE, NOTICE, SEARCHED_FOR, contest, follow::followed, notice, record, record_name};
use crate::{EngineError, Env};

/// A new value is looked for the first time so long after it was given out.
const FIRST: Duration = Duration::from_secs(15);
/// At least so often while a new value is looked for.
const SEARCHED_EVERY: Duration = Duration::from_hours(1);
/// How often the record of a proven domain is looked for.
const DAILY: Duration = Duration::from_hours(24);
/// How often, while it is missing.
const MISSING_EVERY: Duration = Duration::from_hours(1);
/// When it is tried again where there was no answer.
const AFTER_SILENCE: Duration = Duration::from_mins(15);
/// How long whoever looks has time for that; then another does.
const BUSY_FOR: Duration = Duration::from_secs(60);
/// The longest reason that is kept, in characters.
const REASON: usize = 300;

/// What was seen of a domain's TXT records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// These values.
    Values(Vec<String>),
    /// There are no such records.
    NoRecord,
    /// These values, but not every name was answered, for this reason.
    Partly(Vec<String>, String),
    /// Nobody answered, for this reason: nothing is known.
    NoAnswer(String),
}

/// Why a record is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is time.
    Due,
    /// Somebody wants to know now.
    Wanted,
}

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Of which domain.
    pub domain: DomainId,
    /// The names at which the TXT record may be, the one that people are told first.
    pub names: [String; 2],
}

/// What came of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The record is there, and the domain is verified.
    Verified,
    /// The record is not there.
    Missing,
    /// The record is there, but another holder has the domain, and has until then to prove it anew.
    Contested(Timestamp),
    /// The operator vouches for the domain; the record that was asked for is not there.
    Vouched,
    /// Nobody answered, for this reason.
    NoAnswer(String),
}

impl Came {
    /// In words, for owners.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Verified => "the record was found".to_owned(),
            Self::Missing => "the record was not found".to_owned(),
            Self::Contested(until) => {
                format!("the record was found; the domain's present holder has until {until} to prove it anew")
            }
            Self::Vouched => "the operator vouches for the domain; no record was found".to_owned(),
            Self::NoAnswer(why) => format!("no answer: {why}"),
        }
    }
}

/// When a value that is given out now is looked for first.
pub(super) fn first(now: Timestamp) -> Timestamp {
    now.after(FIRST)
}

/// A domain whose record is to be looked for now.
///
/// # Errors
///
/// The store's.
pub fn due(conn: &mut Conn<'_>, now: Timestamp) -> Result<Option<DomainId>, EngineError> {
    Ok(conn.due_domain_check(now)?)
}

/// Takes a domain to look for its record. [`checked`] is to follow, or somebody looks again later. `None` if it is gone,
/// or somebody else looks just now.
///
/// # Errors
///
/// The store's.
pub fn take(tx: &mut Tx<'_>, env: &Env, id: DomainId, why: Why) -> Result<Option<Question>, EngineError> {
    let now = env.now();
    let Some(domain) = tx.domain(id)? else { return Ok(None) };
    let check = known(tx, env, &domain)?;
    let is_time = match why {
        Why::Due => check.due.is_some_and(|due| due <= now),
        Why::Wanted => true,
    };
    if !is_time || check.busy_until.is_some_and(|until| until > now) {
        return Ok(None);
    }
    tx.put_domain_check(&DomainCheck { busy_until: Some(now.after(BUSY_FOR)), ..check })?;
    Ok(Some(Question { domain: id, names: [record_name(&domain.name), domain.name] }))
}

/// How looking goes; for a domain that nobody ever looked for, as if it began now.
fn known(tx: &mut Tx<'_>, env: &Env, domain: &Domain) -> Result<DomainCheck, EngineError> {
    let known = tx.domain_check(domain.id)?;
    Ok(known.unwrap_or_else(|| DomainCheck { due: None, ..record::begun(domain, env.now()) }))
}

/// Takes in what was seen, and tells owners what they must know. `None` if the domain is gone.
///
/// # Errors
///
/// The store's.
pub fn checked(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    id: DomainId,
    seen: &Seen,
) -> Result<Option<Came>, EngineError> {
    let Some(before) = tx.domain(id)? else { return Ok(None) };
    let came = match seen {
        Seen::NoAnswer(why) => silent(why),
        Seen::Partly(values, why) => match found(&before, values) {
            Found::Nothing => silent(why),
            found => settle(tx, env, sealer, &before, found)?,
        },
        Seen::NoRecord => settle(tx, env, sealer, &before, Found::Nothing)?,
        Seen::Values(values) => settle(tx, env, sealer, &before, found(&before, values))?,
    };
    let Some(after) = tx.domain(id)? else { return Ok(None) };
    // Proving may have begun another value's search, for another domain's sake as well.
    let check = known(tx, env, &after)?;
    let now = env.now();
    let outcome = Some(came.text());
    let due = next(&after, &check, &came, now);
    tx.put_domain_check(&DomainCheck { due, busy_until: None, checked: Some(now), outcome, ..check })?;
    Ok(Some(came))
}

fn silent(why: &str) -> Came {
    Came::NoAnswer(why.chars().take(REASON).collect())
}

/// What of a domain was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The value that is asked for.
    Asked,
    /// The one that it was proven by.
    Former,
    Nothing,
}

fn found(domain: &Domain, values: &[String]) -> Found {
    let has = |wanted: &str| values.iter().any(|value| value.trim().trim_matches('"') == wanted);
    match &domain.proof {
        _ if has(&domain.challenge) => Found::Asked,
        Some(Proof::Record(value)) if has(value) => Found::Former,
        _ => Found::Nothing,
    }
}

fn settle(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain, found: Found) -> Result<Came, EngineError> {
    match (domain.state, found) {
        (DomainState::Verified, Found::Asked) => {
            let proof = Proof::Record(domain.challenge.clone());
            let is_new = domain.awaits_record();
            record::change(tx, env, back(domain), domain, domain.clone().proven(proof))?;
            if is_new {
                contest::answer(tx, env, sealer, domain)?;
            }
            Ok(Came::Verified)
        }
        (DomainState::Verified, Found::Former) => {
            let after = Domain { missing_since: None, ..domain.clone() };
            record::change(tx, env, back(domain), domain, after)?;
            Ok(Came::Verified)
        }
        (DomainState::Verified, Found::Nothing) => missing(tx, env, sealer, domain),
        (DomainState::Pending, Found::Asked) | (DomainState::Lapsed, Found::Asked) => {
            let proof = Proof::Record(domain.challenge.clone());
            contest::prove(tx, env, sealer, domain, proof)
        }
        (DomainState::Lapsed, Found::Former) => match domain.proof.clone() {
            Some(proof) => contest::prove(tx, env, sealer, domain, proof),
            None => Ok(Came::Missing),
        },
        (DomainState::Pending, Found::Former | Found::Nothing) | (DomainState::Lapsed, Found::Nothing) => {
            // A proof must be there for as long as the other holder has time.
            let after = Domain { contested_since: None, ..domain.clone() };
            record::change(tx, env, Event::DomainUpdated, domain, after)?;
            Ok(Came::Missing)
        }
    }
}

fn back(domain: &Domain) -> Event {
    if domain.missing_since.is_some() { Event::DomainVerified } else { Event::DomainUpdated }
}

/// The record of a verified domain is not there: owners are told at once, and after a while it counts no more.
fn missing(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, domain: &Domain) -> Result<Came, EngineError> {
    if domain.proof == Some(Proof::Operator) {
        return Ok(Came::Vouched);
    }
    let now = env.now();
    match domain.missing_since {
        None => {
            let after = Domain { missing_since: Some(now), ..domain.clone() };
            record::change(tx, env, Event::DomainMissing, domain, after)?;
            notice::missing(tx, env, sealer, domain)?;
        }
        Some(since) if since.after(GRACE) <= now => {
            let after = Domain { state: DomainState::Lapsed, ..domain.clone() };
            followed(tx, env, domain.id, domain.holder, |tx, env| {
                record::change(tx, env, Event::DomainLapsed, domain, after)
            })?;
            notice::lapsed(tx, env, sealer, domain)?;
        }
        Some(_) => {}
    }
    Ok(Came::Missing)
}

/// When the record is looked for next; `None`: only when somebody asks.
fn next(domain: &Domain, check: &DomainCheck, came: &Came, now: Timestamp) -> Option<Timestamp> {
    let age = Duration::from_micros(u64::try_from(now.0.saturating_sub(check.begun.0)).unwrap_or(0));
    // A tenth of the time that it has been looked for already: people who have just set it need not wait.
    let searching = (domain.awaits_record() && age < SEARCHED_FOR).then(|| (age / 10).clamp(FIRST, SEARCHED_EVERY));
    let proven = matches!(domain.proof, Some(Proof::Record(_)));
    let watching = match domain.state {
        _ if !proven => None,
        DomainState::Verified if domain.missing_since.is_some() => Some(MISSING_EVERY),
        DomainState::Verified | DomainState::Lapsed => Some(DAILY + spread(domain.id)),
        DomainState::Pending => None,
    };
    let contested = domain.contested_since.map(|since| {
        let left = since.after(NOTICE).0.saturating_sub(now.0);
        Duration::from_micros(u64::try_from(left).unwrap_or(0)).clamp(FIRST, DAILY)
    });
    let wait = [searching, watching, contested].into_iter().flatten().min()?;
    let is_silent = matches!(came, Came::NoAnswer(_));
    Some(now.after(if is_silent { wait.min(AFTER_SILENCE) } else { wait }))
}

/// Up to an hour, the same for a domain always, so that not all are looked for at once.
fn spread(domain: DomainId) -> Duration {
    let random = u32::from(domain.0.as_bytes()[15]);
    SEARCHED_EVERY * random / 256
}

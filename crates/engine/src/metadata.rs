//! The IdP's metadata, fetched again and again (SSO-8): when, by whom, and what becomes of a connection's settings by it.
//!
//! Fetching and reading it are others' work. Any node may do it, and one does at a time.

use std::time::Duration;

use muster_model::{
    Connection, ConnectionId, Rule, Timestamp,
    connection::{Saml, Settings, SingleSignOn},
    ledger::{Event, Kind},
    trace::Note,
};
use muster_store::{Conn, IdpMetadata, Tx};

use crate::{EngineError, Env, connections, ledger::Subject};

/// How long after it was fetched it is fetched again.
pub const INTERVAL: Duration = Duration::from_hours(1);
/// How long whoever fetches it has time for that; then another tries.
const BUSY_FOR: Duration = Duration::from_secs(30);
/// How long after a failure it is tried again; twice as long after each further one, up to [`INTERVAL`].
const AFTER_FAILURE: Duration = Duration::from_mins(1);
/// How long it is left alone after an attempt, whoever asks.
const LEFT_ALONE: Duration = Duration::from_secs(30);
/// The longest reason of a failure that is kept, in characters.
const REASON: usize = 500;

/// Metadata, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What it tells of the IdP; everything else is of no account.
    pub told: Saml,
    /// Until when it is good, as it says itself.
    pub valid_until: Option<Timestamp>,
}

/// Why a connection's metadata is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is time.
    Due,
    /// Somebody wants it now: the operator, or an answer signed with an unknown key.
    Wanted,
}

/// The metadata of a connection is fetched from now on, or no longer, as its settings say.
pub(crate) fn follow(tx: &mut Tx<'_>, env: &Env, connection: &Connection) -> Result<(), EngineError> {
    let known = tx.idp_metadata(connection.id)?;
    let url = saml(&connection.settings).and_then(|saml| saml.metadata_url.as_deref());
    match (url, known) {
        (None, None) => Ok(()),
        (None, Some(_)) => Ok(tx.delete_idp_metadata(connection.id)?),
        (Some(url), Some(known)) if known.url == url => Ok(()),
        (Some(url), _) => Ok(tx.put_idp_metadata(&IdpMetadata {
            connection: connection.id,
            url: url.to_owned(),
            due: env.now(),
            busy_until: None,
            tried: None,
            fetched: None,
            valid_until: None,
            failures: 0,
            failure: None,
        })?),
    }
}

/// Whether what a connection says of its IdP was fetched from this address.
pub(crate) fn is_fetched(conn: &mut Conn<'_>, connection: ConnectionId, url: &str) -> Result<bool, EngineError> {
    Ok(conn.idp_metadata(connection)?.is_some_and(|known| known.url == url && known.fetched.is_some()))
}

/// A connection whose metadata is to be fetched now.
///
/// # Errors
///
/// The store's.
pub fn due(conn: &mut Conn<'_>, now: Timestamp) -> Result<Option<ConnectionId>, EngineError> {
    Ok(conn.due_idp_metadata(now)?)
}

/// Takes the metadata of a connection to fetch it; the address. [`fetched`] is to follow, or somebody tries again later.
/// `None` if nothing is to be fetched, somebody else is at it, or it was tried a moment ago.
///
/// # Errors
///
/// The store's.
pub fn take(tx: &mut Tx<'_>, env: &Env, connection: ConnectionId, why: Why) -> Result<Option<String>, EngineError> {
    let now = env.now();
    let Some(known) = tx.idp_metadata(connection)? else { return Ok(None) };
    let is_time = match why {
        Why::Due => known.due <= now,
        Why::Wanted => known.tried.is_none_or(|tried| tried.after(LEFT_ALONE) <= now),
    };
    if !is_time || is_busy(&known, now) {
        return Ok(None);
    }
    let url = known.url.clone();
    tx.put_idp_metadata(&IdpMetadata { busy_until: Some(now.after(BUSY_FOR)), tried: Some(now), ..known })?;
    Ok(Some(url))
}

/// Whether somebody is fetching it.
#[must_use]
pub fn is_busy(known: &IdpMetadata, now: Timestamp) -> bool {
    known.busy_until.is_some_and(|until| until > now)
}

/// Takes over what was fetched from `url`, or notes why it could not be. Whether the connection's settings have changed.
///
/// Another identity provider under the same address is not taken over: who signs people in is an administrator's decision.
///
/// # Errors
///
/// The store's.
pub fn fetched(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: ConnectionId,
    url: &str,
    outcome: &Result<Fetched, String>,
) -> Result<bool, EngineError> {
    let now = env.now();
    let known = tx.idp_metadata(connection)?.filter(|known| known.url == url);
    let (Some(known), Some(before)) = (known, tx.connection(connection)?) else { return Ok(false) };
    let outcome = match outcome {
        Ok(fetched) => merged(&before, fetched).map(|settings| (settings, fetched.valid_until)),
        Err(reason) => Err(reason.clone()),
    };
    let row = IdpMetadata { busy_until: None, tried: Some(now), ..known.clone() };
    let (settings, valid_until) = match outcome {
        Ok(taken) => taken,
        Err(reason) => {
            let failure = Some(reason.chars().take(REASON).collect());
            let due = now.after(pause(known.failures));
            tx.put_idp_metadata(&IdpMetadata { failures: known.failures + 1, failure, due, ..row })?;
            return Ok(false);
        }
    };
    let due = now.after(INTERVAL + spread(connection));
    tx.put_idp_metadata(&IdpMetadata { due, fetched: Some(now), valid_until, failures: 0, failure: None, ..row })?;
    if settings.sso == before.settings.sso {
        return Ok(false);
    }
    take_over(tx, env, &before, settings)?;
    Ok(true)
}

fn take_over(tx: &mut Tx<'_>, env: &mut Env, before: &Connection, settings: Settings) -> Result<(), EngineError> {
    let sso_changed = if is_only_renewed(&before.settings, &settings) { settings.sso_changed } else { Some(env.now()) };
    let after =
        Connection { settings: Settings { sso_changed, ..settings }, version: before.version + 1, ..before.clone() };
    tx.update_connection(&after)?;
    let subject = Subject::new(Kind::Connection, after.id);
    env.changed(Event::ConnectionUpdated, subject, after.version, Rule::Sso8, before, &after)?;
    env.note(Rule::Sso8, Note::Checked("the identity provider's metadata says something else than before".to_owned()));
    env.about(after.id);
    connections::changed(tx)
}

/// A certificate is renewed again and again, and a sign-in tried before that counts on (SSO-11). Another address does not.
fn is_only_renewed(before: &Settings, after: &Settings) -> bool {
    let places = |settings| saml(settings).map(|saml| (saml.entity_id.clone(), saml.sso_url.clone(), saml.binding));
    places(before) == places(after)
}

/// The settings with what was fetched.
fn merged(connection: &Connection, fetched: &Fetched) -> Result<Settings, String> {
    let Some(SingleSignOn::Saml(known)) = &connection.settings.sso else {
        return Err("the connection speaks SAML no longer".to_owned());
    };
    let told = &fetched.told;
    if !known.entity_id.is_empty() && known.entity_id != told.entity_id {
        return Err(format!(
            "the metadata is of `{}`, and the connection's identity provider is `{}`: if that was replaced, state the new \
             `entity_id`",
            told.entity_id, known.entity_id
        ));
    }
    let saml = with_told(known, told);
    Ok(Settings { sso: Some(SingleSignOn::Saml(Box::new(saml))), ..connection.settings.clone() })
}

/// Settings with what metadata tells. It can demand that requests be signed, not forbid it.
pub(crate) fn with_told(known: &Saml, told: &Saml) -> Saml {
    Saml {
        entity_id: told.entity_id.clone(),
        sso_url: told.sso_url.clone(),
        binding: told.binding,
        slo_url: told.slo_url.clone(),
        certificates: told.certificates.clone(),
        sign_requests: known.sign_requests || told.sign_requests,
        ..known.clone()
    }
}

fn saml(settings: &Settings) -> Option<&Saml> {
    match &settings.sso {
        Some(SingleSignOn::Saml(saml)) => Some(saml),
        _ => None,
    }
}

/// How long to wait after a failure that so many have preceded.
fn pause(failures: i64) -> Duration {
    let doublings = u32::try_from(failures.clamp(0, 10)).unwrap_or(0);
    AFTER_FAILURE.saturating_mul(2_u32.saturating_pow(doublings)).min(INTERVAL)
}

/// Up to a tenth of the interval later, the same for a connection always, so that not all come at once.
fn spread(connection: ConnectionId) -> Duration {
    let random = u32::from(connection.0.as_bytes()[15]);
    INTERVAL / 10 * random / 256
}

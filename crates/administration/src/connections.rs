//! Connections as people see them: the IdP, its certificates, our keys, and what needs looking after (SSO-8).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_engine::{
    EngineError,
    authority::{Action, Caller, holder},
    certificates::{self, Relied, Whose},
    declare,
};
use muster_model::{
    Connection, ConnectionId, ConnectionState, Organization, Timestamp,
    connection::{KeyPurpose, OwnCertificate, SingleSignOn},
    domain::Holder,
};
use muster_saml::certificate;
use muster_store::{Conn, IdpMetadata};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::declaration::{self, connection_from_engine, merge};

/// Metadata that could not be fetched for so long is a problem.
const STALE: Duration = Duration::from_hours(24);
/// Metadata that says of itself that it ends so soon is warned of.
const ENDS_SOON: Duration = Duration::from_hours(48);

/// A connection.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Connection)]
pub struct ConnectionView {
    /// Stable.
    #[schema(format = Uuid)]
    pub id: String,
    /// Unique in the installation.
    #[schema(example = "okta")]
    pub name: String,
    /// `draft`, `pilot`, `active` or `off`.
    #[schema(example = "active")]
    pub state: String,
    /// `saml` or `oidc`; absent while single sign-on is not set up.
    pub protocol: Option<String>,
    /// The organizations that it covers.
    pub organizations: Vec<String>,
    /// Its verified domains.
    pub domains: Vec<String>,
    /// Whether Just-in-Time provisioning is on.
    pub jit: bool,
    /// Whether single sign-on is enforced.
    pub enforced: bool,
    /// Whether SCIM is enabled.
    pub scim: bool,
    /// The most that its identity provider can make of somebody.
    #[schema(example = "owner")]
    pub highest_role: String,
    /// The IdP: its entity ID or issuer.
    pub identity_provider: Option<String>,
    /// Where browsers are sent.
    pub sign_in_url: Option<String>,
    /// The IdP's signing certificates.
    pub certificates: Vec<CertificateLine>,
    /// How fetching its metadata goes.
    pub metadata: Option<MetadataView>,
    /// Our keys towards it, the newest first.
    pub keys: Vec<KeyLine>,
    /// What needs looking after.
    pub warnings: Vec<String>,
}

/// A certificate of the IdP.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Certificate)]
pub struct CertificateLine {
    /// SHA-256 of it in DER, in hexadecimal.
    pub fingerprint: String,
    /// Until when it is good.
    #[schema(format = DateTime)]
    pub ends: String,
}

/// A key of ours.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyLine {
    /// SHA-256 of its certificate in DER, in hexadecimal.
    pub fingerprint: String,
    /// `signing` or `encryption`.
    pub purpose: String,
    /// `in use`, `next`, or `former`.
    pub state: String,
    /// Since when it signs, or will.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until when its certificate is good.
    #[schema(format = DateTime)]
    pub ends: String,
}

/// How fetching the IdP's metadata goes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Metadata)]
pub struct MetadataView {
    /// Where from.
    pub url: String,
    /// When it was last fetched.
    #[schema(format = DateTime)]
    pub fetched: Option<String>,
    /// When it is fetched next.
    #[schema(format = DateTime)]
    pub next: String,
    /// How often in a row it could not be fetched.
    pub failures: i64,
    /// Why not.
    pub failure: Option<String>,
    /// Until when it says that it is good.
    #[schema(format = DateTime)]
    pub valid_until: Option<String>,
}

/// Something that needs looking after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Whether people are, or are about to be, kept out by it.
    pub is_problem: bool,
    /// What.
    pub found: String,
    /// What to do.
    pub advice: String,
}

/// A connection as people see it who may see all of it.
///
/// # Errors
///
/// The store's.
pub fn view(conn: &mut Conn<'_>, connection: &Connection, now: Timestamp) -> Result<ConnectionView, EngineError> {
    let own = certificates::of(conn, connection.id)?;
    let metadata = conn.idp_metadata(connection.id)?;
    let relied = relied_certificates(connection, &own);
    let warnings = match connection.state {
        ConnectionState::Off => Vec::new(),
        _ => warnings(connection, &relied, metadata.as_ref(), now),
    };
    let (identity_provider, sign_in_url) = match &connection.settings.sso {
        Some(SingleSignOn::Saml(saml)) => (some(&saml.entity_id), some(&saml.sso_url)),
        Some(SingleSignOn::Oidc(oidc)) => (some(&oidc.issuer), None),
        None => (None, None),
    };
    Ok(ConnectionView {
        id: connection.id.to_string(),
        name: connection.name.clone(),
        state: connection.state.as_str().to_owned(),
        protocol: connection.settings.sso.as_ref().map(|sso| sso.protocol().to_owned()),
        organizations: connection.organizations.iter().map(|covered| covered.name.clone()).collect(),
        domains: connection.domains.clone(),
        jit: connection.settings.jit,
        enforced: connection.settings.enforced,
        scim: connection.settings.scim.enabled,
        highest_role: connection.settings.highest_role.as_str().to_owned(),
        identity_provider,
        sign_in_url,
        certificates: theirs(connection),
        metadata: metadata.map(metadata_view),
        keys: keys(&own, now),
        warnings: warnings.into_iter().map(|warning| warning.found).collect(),
    })
}

/// A connection in an organization's or company's list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// As whoever looks may see it.
    pub view: ConnectionView,
    /// What holds it, if whoever looks may see all of it.
    pub holder: Option<holder::Whose>,
    /// How many held requests wait for a decision, counted no further than [`MANY`]; none of another's.
    pub waiting: i64,
}

/// How far waiting requests are counted for a list.
pub const MANY: i64 = 1_000;

/// The connections that cover an organization, as whoever calls may see them, by name (TEN-3).
///
/// # Errors
///
/// The store's.
pub fn covering(
    conn: &mut Conn<'_>,
    caller: &Caller,
    organization: &Organization,
    now: Timestamp,
) -> Result<Vec<ConnectionView>, EngineError> {
    let ids = conn.connections_covering(organization.id)?;
    Ok(listed(conn, caller, &organization.name, ids, now)?.into_iter().map(|one| one.view).collect())
}

/// The connections that cover an organization or that it holds, as whoever calls may see them, by name (TEN-3).
///
/// # Errors
///
/// The store's.
pub fn of_organization(
    conn: &mut Conn<'_>,
    caller: &Caller,
    organization: &Organization,
    now: Timestamp,
) -> Result<Vec<Listed>, EngineError> {
    let mut ids = conn.connections_covering(organization.id)?;
    for id in conn.connections_held_by(Holder::Organization(organization.id))? {
        if !ids.contains(&id) && conn.connection(id)?.is_some_and(|one| !declare::is_pruned(&one)) {
            ids.push(id);
        }
    }
    listed(conn, caller, &organization.name, ids, now)
}

/// What [`of_organization`] tells of an organization; of a company, the connections that it holds.
///
/// # Errors
///
/// The store's.
pub fn of_holder(
    conn: &mut Conn<'_>,
    caller: &Caller,
    holder: Holder,
    now: Timestamp,
) -> Result<Vec<Listed>, EngineError> {
    if let Holder::Organization(id) = holder {
        let organization = conn.organization(id)?.ok_or_else(|| EngineError::not_found("organization", id))?;
        return of_organization(conn, caller, &organization, now);
    }
    let mut kept = Vec::new();
    for id in conn.connections_held_by(holder)? {
        if conn.connection(id)?.is_some_and(|one| !declare::is_pruned(&one)) {
            kept.push(id);
        }
    }
    listed(conn, caller, "", kept, now)
}

/// What holds a connection, by name.
fn whose(conn: &mut Conn<'_>, holder: Holder) -> Result<Option<holder::Whose>, EngineError> {
    Ok(match holder {
        Holder::Organization(id) => conn.organization(id)?.map(|one| holder::Whose::Organization(one.name)),
        Holder::Company(id) => conn.company(id)?.map(|one| holder::Whose::Company(one.name)),
    })
}

fn listed(
    conn: &mut Conn<'_>,
    caller: &Caller,
    organization: &str,
    ids: Vec<ConnectionId>,
    now: Timestamp,
) -> Result<Vec<Listed>, EngineError> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(connection) = conn.connection(id)? else { continue };
        let seen = view(conn, &connection, now)?;
        let is_own = caller.connection(conn, id, Action::ReadConnections).is_ok();
        let holder = if is_own { whose(conn, connection.holder)? } else { None };
        let waiting = if is_own { conn.count_pending_held_changes(id, None, now, MANY)?.0 } else { 0 };
        let view = if is_own { seen } else { cut(seen, organization) };
        all.push(Listed { view, holder, waiting });
    }
    all.sort_by(|one, other| one.view.name.cmp(&other.view.name));
    Ok(all)
}

/// What an owner of one organization sees of another's connection that covers it (TEN-3).
fn cut(view: ConnectionView, organization: &str) -> ConnectionView {
    ConnectionView {
        organizations: vec![organization.to_owned()],
        domains: Vec::new(),
        identity_provider: None,
        sign_in_url: None,
        certificates: Vec::new(),
        metadata: None,
        keys: Vec::new(),
        warnings: Vec::new(),
        ..view
    }
}

/// A connection's settings, as they are stored.
///
/// # Errors
///
/// The store's.
pub fn stated(conn: &mut Conn<'_>, connection: &Connection) -> Result<declaration::Connection, EngineError> {
    declare::statement(conn, connection).map(connection_from_engine)
}

/// What a patch makes of a connection's settings.
///
/// # Errors
///
/// Not found; refused; what cannot be said so; the store's.
pub fn patched(
    conn: &mut Conn<'_>,
    caller: &Caller,
    id: ConnectionId,
    patch: &Map<String, Value>,
) -> Result<declaration::Connection, EngineError> {
    let connection = caller.connection(conn, id, Action::ChangeConnections)?;
    Ok(merge(&stated(conn, &connection)?, patch)?)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn theirs(connection: &Connection) -> Vec<CertificateLine> {
    let certificates = identity_provider_certificates(connection);
    let line = |one: &Relied| CertificateLine { fingerprint: hex(&one.fingerprint), ends: one.not_after.to_string() };
    certificates.iter().map(line).collect()
}

fn keys(own: &[OwnCertificate], now: Timestamp) -> Vec<KeyLine> {
    let in_use = |purpose: KeyPurpose| own.iter().find(|own| own.purpose == purpose && own.not_before <= now);
    let state = |own: &OwnCertificate| match in_use(own.purpose) {
        _ if own.not_before > now => "next",
        Some(newest) if newest.fingerprint != own.fingerprint => "former",
        _ => "in use",
    };
    own.iter()
        .map(|own| KeyLine {
            fingerprint: hex(&own.fingerprint),
            purpose: own.purpose.as_str().to_owned(),
            state: state(own).to_owned(),
            from: own.not_before.to_string(),
            ends: own.not_after.to_string(),
        })
        .collect()
}

fn metadata_view(row: IdpMetadata) -> MetadataView {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    MetadataView {
        url: row.url,
        fetched: time(row.fetched),
        next: row.due.to_string(),
        failures: row.failures,
        failure: row.failure,
        valid_until: time(row.valid_until),
    }
}

/// Octets as people compare them.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The certificates that a connection's IdP may sign with.
#[must_use]
pub fn identity_provider_certificates(connection: &Connection) -> Vec<Relied> {
    let texts = match &connection.settings.sso {
        Some(SingleSignOn::Saml(saml)) => saml.certificates.as_slice(),
        _ => &[],
    };
    let read = |text: &String| {
        let der = STANDARD.decode(text).ok()?;
        let not_after = Timestamp(certificate::ends(&der)?.saturating_mul(1_000_000));
        Some(Relied { whose: Whose::IdentityProvider, fingerprint: muster_crypto::sha256(&der), not_after })
    };
    texts.iter().filter_map(read).collect()
}

/// The certificates that a connection relies on, ours and its IdP's, of each kind the one that is good for longest: with
/// overlapping ones the end of the others does not matter.
#[must_use]
pub fn relied_certificates(connection: &Connection, own: &[OwnCertificate]) -> Vec<Relied> {
    let longest = identity_provider_certificates(connection).into_iter().max_by_key(|one| one.not_after);
    longest.into_iter().chain(certificates::own_relied(connection, own)).collect()
}

/// What needs looking after, and what to do.
#[must_use]
pub fn warnings(
    connection: &Connection,
    relied: &[Relied],
    metadata: Option<&IdpMetadata>,
    now: Timestamp,
) -> Vec<Warning> {
    let mut found: Vec<Warning> = relied.iter().filter_map(|one| ending(connection, one, now)).collect();
    found.extend(metadata.and_then(|metadata| fetching(connection, metadata, now)));
    found.extend(metadata.and_then(|metadata| outdated(metadata, now)));
    found.extend(without_domain(connection));
    found
}

/// A name as a shell takes it for one word.
fn for_a_shell(name: &str) -> String {
    let is_plain = name.chars().all(|one| one.is_ascii_alphanumeric() || "-_.".contains(one));
    if is_plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

fn without_domain(connection: &Connection) -> Option<Warning> {
    let is_useless = connection.settings.sso.is_some() && connection.domains.is_empty();
    is_useless.then(|| Warning {
        is_problem: true,
        found: "it has no verified domain: nobody can sign in through it".to_owned(),
        advice: "add the domain of your people's addresses to it, and prove that it is yours".to_owned(),
    })
}

fn ending(connection: &Connection, one: &Relied, now: Timestamp) -> Option<Warning> {
    one.warning(now)?;
    let (what, days) = (one.what(), one.days_left(now));
    let found = match days {
        ..0 => format!("{what} ended {} days ago", days.unsigned_abs()),
        0 => format!("{what} ends within a day"),
        1 => format!("{what} ends in 1 day"),
        _ => format!("{what} ends in {days} days"),
    };
    Some(Warning { is_problem: days < 1, found, advice: one.advice(connection) })
}

fn fetching(connection: &Connection, metadata: &IdpMetadata, now: Timestamp) -> Option<Warning> {
    let failure = metadata.failure.as_ref()?;
    let is_unknown = matches!(&connection.settings.sso, Some(SingleSignOn::Saml(saml)) if saml.entity_id.is_empty());
    let since = match metadata.fetched {
        Some(fetched) => format!("has not been fetched since {fetched}"),
        None => "was never fetched".to_owned(),
    };
    let found = format!("the identity provider's metadata {since}: {failure}");
    let is_stale = metadata.fetched.is_none_or(|fetched| fetched.after(STALE) < now);
    let advice = format!("mend that, and fetch it again: muster connection refresh {}", for_a_shell(&connection.name));
    Some(Warning { is_problem: is_unknown || is_stale, found, advice })
}

fn outdated(metadata: &IdpMetadata, now: Timestamp) -> Option<Warning> {
    let until = metadata.valid_until.filter(|until| *until < now.after(ENDS_SOON))?;
    let found = format!("the identity provider's metadata says that it ends at {until}");
    let advice = "see why the identity provider does not publish it anew".to_owned();
    Some(Warning { is_problem: false, found, advice })
}

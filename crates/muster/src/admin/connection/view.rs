//! Connections as the shell shows them.

use muster_engine::{
    EngineError,
    certificates::{self, Relied},
};
use muster_http::{identity_provider_certificates, relied_certificates};
use muster_model::{
    Connection, ConnectionState, Timestamp,
    connection::{KeyPurpose, OwnCertificate, SingleSignOn},
};
use muster_store::{Conn, IdpMetadata};
use serde::{Deserialize, Serialize};

use super::health;
use crate::admin::{AdminError, Installation, named};

/// A connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConnectionView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) state: String,
    /// `saml` or `oidc`; absent while single sign-on is not set up.
    pub(crate) protocol: Option<String>,
    pub(crate) organizations: Vec<String>,
    /// Its verified domains.
    pub(crate) domains: Vec<String>,
    pub(crate) jit: bool,
    pub(crate) enforced: bool,
    pub(crate) scim: bool,
    /// The IdP: its entity ID or issuer.
    pub(crate) identity_provider: Option<String>,
    /// Where browsers are sent.
    pub(crate) sign_in_url: Option<String>,
    /// The IdP's signing certificates.
    pub(crate) certificates: Vec<CertificateLine>,
    /// How fetching its metadata goes.
    pub(crate) metadata: Option<MetadataView>,
    /// Our keys towards it, the newest first.
    pub(crate) keys: Vec<KeyLine>,
    /// What needs looking after.
    pub(crate) warnings: Vec<String>,
}

/// A certificate of the IdP.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CertificateLine {
    /// SHA-256 of it in DER, in hexadecimal.
    pub(crate) fingerprint: String,
    pub(crate) ends: String,
}

/// A key of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyLine {
    /// SHA-256 of its certificate in DER, in hexadecimal.
    pub(crate) fingerprint: String,
    pub(crate) purpose: String,
    /// `in use`, `next`, or `former`.
    pub(crate) state: String,
    pub(crate) from: String,
    pub(crate) ends: String,
}

/// How fetching the IdP's metadata goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MetadataView {
    pub(crate) url: String,
    pub(crate) fetched: Option<String>,
    pub(crate) next: String,
    pub(crate) failures: i64,
    pub(crate) failure: Option<String>,
    pub(crate) valid_until: Option<String>,
}

/// Every connection, by name.
pub(super) fn all(installation: &Installation) -> Result<Vec<ConnectionView>, AdminError> {
    let now = installation.surroundings.now();
    let views = installation.store.scan_blocking(move |conn| {
        let mut views = Vec::new();
        for id in conn.connection_ids()? {
            if let Some(connection) = conn.connection(id)? {
                views.push(view(conn, &connection, now)?);
            }
        }
        views.sort_by(|one: &ConnectionView, other| one.name.cmp(&other.name));
        Ok::<_, EngineError>(views)
    })?;
    Ok(views)
}

/// The connection of this name.
pub(super) fn one(installation: &Installation, name: &str) -> Result<ConnectionView, AdminError> {
    let (now, wanted) = (installation.surroundings.now(), name.to_owned());
    let view = installation.store.snapshot_blocking(move |conn| {
        let connection = named::connection(conn, &wanted)?;
        view(conn, &connection, now)
    });
    view.map_err(|error| named::explained(installation, name, error))
}

fn view(conn: &mut Conn<'_>, connection: &Connection, now: Timestamp) -> Result<ConnectionView, EngineError> {
    let own = certificates::of(conn, connection.id)?;
    let metadata = conn.idp_metadata(connection.id)?;
    let relied = relied_certificates(connection, &own);
    let warnings = match connection.state {
        ConnectionState::Off => Vec::new(),
        _ => health::warnings(connection, &relied, metadata.as_ref(), now),
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
        identity_provider,
        sign_in_url,
        certificates: theirs(connection),
        metadata: metadata.map(metadata_view),
        keys: keys(&own, now),
        warnings: warnings.into_iter().map(|warning| warning.found).collect(),
    })
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
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

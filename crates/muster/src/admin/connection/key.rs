//! Our keys towards an IdP: overlapping, so that none is refused while the other side learns the next (SSO-8).

use std::time::Duration;

use muster_administration::connections::hex;
use muster_engine::{EngineError, certificates};
use muster_model::{
    Connection,
    connection::{KeyPurpose, OwnCertificate},
};
use serde::{Deserialize, Serialize};

use crate::admin::{AdminError, Installation};

/// What about a connection's keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyRequest {
    /// One more.
    Add {
        /// `signing` or `encryption`.
        purpose: String,
        /// In how many days it begins to sign.
        days: u32,
    },
    /// End one.
    Remove {
        /// Its fingerprint in hexadecimal, or the beginning of that.
        fingerprint: String,
    },
}

impl KeyRequest {
    /// What was done, in words.
    pub(crate) fn added(fingerprint: &str) -> String {
        format!("key {} is added: let the identity provider read our metadata again", short(fingerprint))
    }

    /// What was done, in words.
    pub(crate) fn removed(fingerprint: &str) -> String {
        format!("key {} is removed", short(fingerprint))
    }

    /// The one of these that begins as somebody typed it.
    pub(crate) fn meant(
        connection: &str,
        typed: &str,
        fingerprints: impl Iterator<Item = String>,
    ) -> Result<String, AdminError> {
        let wanted = typed.replace(':', "").to_lowercase();
        let mut matching = fingerprints.filter(|own| !wanted.is_empty() && own.starts_with(&wanted));
        match (matching.next(), matching.next()) {
            (Some(found), None) => Ok(found),
            (None, _) => Err(AdminError::Missing {
                kind: "key",
                name: typed.to_owned(),
                hint: format!("`muster connection show {connection}` lists them"),
            }),
            (Some(_), Some(_)) => {
                Err(AdminError::Wrong(format!("several keys begin with `{typed}`: write more of it")))
            }
        }
    }
}

/// As much of a fingerprint as people tell keys apart by.
fn short(fingerprint: &str) -> &str {
    fingerprint.get(..16).unwrap_or(fingerprint)
}

/// Does it; what was done, in words.
pub(super) fn run(
    installation: &Installation,
    connection: &Connection,
    request: KeyRequest,
) -> Result<String, AdminError> {
    match request {
        KeyRequest::Add { purpose, days } => {
            let wrong = || AdminError::Wrong(format!("`{purpose}` is no purpose: `signing` or `encryption`"));
            let purpose = KeyPurpose::parse(&purpose).ok_or_else(wrong)?;
            let from = installation.surroundings.now().after(Duration::from_hours(24).saturating_mul(days));
            let id = connection.id;
            let added = installation.with_app(async |app| app.add_own_key(id, purpose, from).await)??;
            Ok(KeyRequest::added(&hex(&added)))
        }
        KeyRequest::Remove { fingerprint } => {
            let found = find(installation, connection, &fingerprint)?;
            let id = connection.id;
            installation.change(move |tx, env| certificates::remove(tx, env, id, &found.fingerprint))?;
            Ok(KeyRequest::removed(&hex(&found.fingerprint)))
        }
    }
}

fn find(installation: &Installation, connection: &Connection, fingerprint: &str) -> Result<OwnCertificate, AdminError> {
    let id = connection.id;
    let own = installation.store.read_blocking::<_, EngineError, _>(move |conn| certificates::of(conn, id))?;
    let meant = KeyRequest::meant(&connection.name, fingerprint, own.iter().map(|own| hex(&own.fingerprint)))?;
    let missing = || EngineError::not_found("key", fingerprint);
    Ok(own.into_iter().find(|own| hex(&own.fingerprint) == meant).ok_or_else(missing)?)
}

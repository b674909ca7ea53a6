//! Our keys towards an IdP: overlapping, so that none is refused while the other side learns the next (SSO-8).

use std::time::Duration;

use muster_engine::{EngineError, certificates};
use muster_model::{
    Connection,
    connection::{KeyPurpose, OwnCertificate},
};
use serde::{Deserialize, Serialize};

use super::view::hex;
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
            Ok(format!("key {} is added: let the identity provider read our metadata again", &hex(&added)[..16]))
        }
        KeyRequest::Remove { fingerprint } => {
            let found = find(installation, connection, &fingerprint)?;
            let id = connection.id;
            installation.change(move |tx, env| certificates::remove(tx, env, id, &found.fingerprint))?;
            Ok(format!("key {} is removed", &hex(&found.fingerprint)[..16]))
        }
    }
}

fn find(installation: &Installation, connection: &Connection, fingerprint: &str) -> Result<OwnCertificate, AdminError> {
    let id = connection.id;
    let own = installation.store.read_blocking::<_, EngineError, _>(move |conn| certificates::of(conn, id))?;
    let wanted = fingerprint.replace(':', "").to_lowercase();
    let mut matching = own.into_iter().filter(|own| !wanted.is_empty() && hex(&own.fingerprint).starts_with(&wanted));
    match (matching.next(), matching.next()) {
        (Some(found), None) => Ok(found),
        (None, _) => Err(AdminError::Missing {
            kind: "key",
            name: fingerprint.to_owned(),
            hint: format!("`muster connection show {}` lists them", connection.name),
        }),
        (Some(_), Some(_)) => {
            Err(AdminError::Wrong(format!("several keys begin with `{fingerprint}`: write more of it")))
        }
    }
}

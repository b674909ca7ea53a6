//! Our keys towards an IdP: made when they are first needed, so that every way to make a connection has them.

use std::sync::Arc;

use muster_crypto::OwnKey;
use muster_engine::certificates;
use muster_model::{
    ConnectionId, Timestamp,
    connection::{KeyPurpose, OwnCertificate},
};

use super::provider::{self, Provider, key_place};
use crate::{App, HttpError};

/// How long a certificate of ours is good, in seconds. Ten years: what counts is the key in our metadata, and few IdPs
/// notice a new one by themselves.
const LIFE: i64 = 10 * 365 * 86_400;
/// By how much clocks may differ when a certificate begins, in seconds.
const EARLIER: i64 = 3_600;

/// The connection with keys for these purposes, made now where there are none.
pub(crate) async fn with_keys(
    app: &App,
    provider: Arc<Provider>,
    purposes: &[KeyPurpose],
) -> Result<Arc<Provider>, HttpError> {
    let missing: Vec<KeyPurpose> = purposes.iter().copied().filter(|purpose| provider.lacks(*purpose)).collect();
    if missing.is_empty() {
        return Ok(provider);
    }
    let id = provider.connection.id;
    for purpose in missing {
        add(app, id, purpose, app.surroundings().now()).await?;
    }
    Ok(provider::load(app, id, None).await?.0)
}

/// Adds a key to a connection, in our metadata at once; one for signing is used from `from` on. Those that it has stay, so that
/// an IdP which knows only them goes on being understood. The hash of its certificate.
pub(crate) async fn add(
    app: &App,
    id: ConnectionId,
    purpose: KeyPurpose,
    from: Timestamp,
) -> Result<[u8; 32], HttpError> {
    let now = app.surroundings().now().seconds();
    let (not_before, not_after) = (now - EARLIER, now + LIFE);
    let failed = |error: Arc<dyn std::error::Error + Send + Sync>| HttpError::Internal("a key cannot be made", error);
    let made = tokio::task::spawn_blocking(move || OwnKey::generate("Muster", not_before, not_after)).await;
    let made = made.map_err(|error| failed(Arc::new(error)))?.map_err(|error| failed(Arc::new(error)))?;
    let fingerprint = muster_crypto::sha256(&made.certificate);
    let sealed = app.sealer().seal(&key_place(&fingerprint), made.private_key.expose().as_bytes());
    let own = OwnCertificate {
        fingerprint,
        purpose,
        certificate: made.certificate,
        private_key: sealed.map_err(HttpError::sealing)?,
        not_before: from,
        not_after: Timestamp(not_after.saturating_mul(1_000_000)),
    };
    app.store().write(move |tx| certificates::add(tx, id, &own)).await?;
    Ok(fingerprint)
}

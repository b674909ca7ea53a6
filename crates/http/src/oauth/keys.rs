//! The keys that our tokens are signed with, kept for a short while: they change every few months, and are known a day before.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use muster_crypto::{Place, SealError, SigningKey};
use muster_engine::{
    EngineError, Env, Origin,
    openid::keys::{self as rules, Due},
};
use muster_model::Timestamp;
use muster_oidc::op::{JoseError, Signer, Verifier};
use muster_store::{SigningKeyRow, StoreError, Unique};
use uuid::Uuid;

use crate::{App, HttpError, app::Lane};

/// For how long they are kept.
const KEPT: Duration = Duration::from_secs(30);

/// The keys as they are at some time.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The one that signs.
    pub(crate) signer: Signer,
    /// Those by which tokens of ours are known.
    pub(crate) verifier: Verifier,
    until: Timestamp,
}

/// Where they are kept.
#[derive(Debug, Default)]
pub(crate) struct SigningKeys(Mutex<Option<Arc<Keys>>>);

impl SigningKeys {
    fn kept(&self, now: Timestamp) -> Option<Arc<Keys>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|keys| now < keys.until).map(Arc::clone)
    }

    fn keep(&self, keys: Option<&Arc<Keys>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys.map(Arc::clone);
    }
}

/// The keys as they are now; the first ones are made when they are asked for.
pub(super) async fn keys(app: &App) -> Result<Arc<Keys>, HttpError> {
    let clock = app.surroundings();
    if let Some(keys) = app.signing_keys().kept(clock.now()) {
        return Ok(keys);
    }
    let mut rows = read(app).await?;
    if rules::signing(&rows, clock.now()).is_none() {
        make(app).await?;
        rows = read(app).await?;
    }
    let keys = Arc::new(opened(app, &rows, clock.now())?);
    app.signing_keys().keep(Some(&keys));
    Ok(keys)
}

async fn read(app: &App) -> Result<Vec<SigningKeyRow>, HttpError> {
    app.read(Lane::Point, |conn| Ok(conn.signing_keys()?)).await
}

fn opened(app: &App, rows: &[SigningKeyRow], now: Timestamp) -> Result<Keys, HttpError> {
    let bad = |error: JoseError| HttpError::Internal("a signing key cannot be used", Arc::new(error));
    let unreadable = |error: SealError| HttpError::Internal("a signing key cannot be opened", Arc::new(error));
    let none = || HttpError::Internal("there is no signing key", Arc::new(StoreError::Stale));
    let present = rules::signing(rows, now).ok_or_else(none)?;
    let pkcs8 = app.sealer().open(&place(present.id), &present.private_key).map_err(unreadable)?;
    let mut verifier = Verifier::default();
    for row in rows {
        verifier.add(row.id.to_string(), &row.public_key).map_err(bad)?;
    }
    Ok(Keys { signer: Signer::new(present.id.to_string(), &pkcs8), verifier, until: now.after(KEPT) })
}

fn place(key: Uuid) -> Place {
    Place { table: "signing_keys", column: "private_key", row: key }
}

/// Makes a key, unless another node has just done that.
async fn make(app: &App) -> Result<(), HttpError> {
    let id = Env::new(app.surroundings(), Origin::SYSTEM).new_id();
    let made = SigningKey::generate();
    let made = made.map_err(|error| HttpError::Internal("a signing key cannot be made", Arc::new(error)))?;
    let sealed = app.sealer().seal(&place(id), &made.pkcs8).map_err(HttpError::sealing)?;
    let added = app.change(Origin::SYSTEM, move |tx, env| rules::add(tx, env, id, &made.point, &sealed)).await;
    match added {
        Ok(_) | Err(HttpError::Engine(EngineError::Store(StoreError::Taken(Unique::SigningKeyNumber)))) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Looks after the keys; whether there was something to do.
pub(crate) async fn change_keys(app: App) -> Result<bool, HttpError> {
    let now = app.surroundings().now();
    match app.read(Lane::Point, move |conn| rules::due(conn, now)).await? {
        Due::Nothing => return Ok(false),
        Due::Make => make(&app).await?,
        Due::Forget => app.change(Origin::SYSTEM, |tx, env| rules::forget(tx, env)).await?,
    }
    app.signing_keys().keep(None);
    Ok(true)
}

//! What binds sign-ins to a browser, and answers that wait for the person's word (SSO-3, SSO-7).

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use muster_crypto::{Place, SealError};
use muster_engine::sign_in;
use muster_model::ConnectionId;
use muster_store::PendingSignIn;

use super::{carried::LIFE, finish::Arrived, provider::head};
use crate::{
    App, HttpError,
    browser::{Cookies, Secret},
};

/// A sign-in that has begun.
pub(crate) struct Begun {
    /// What travels with the browser and comes back.
    pub(crate) key: String,
    /// Binds it to this browser.
    pub(crate) cookie: Option<HeaderValue>,
}

/// Keeps an answer that an IdP sent of its own accord and that was accepted, until the person goes on in the browser that sends
/// these headers.
pub(crate) async fn keep(
    app: &App,
    headers: &HeaderMap,
    connection: ConnectionId,
    arrived: &Arrived,
) -> Result<Begun, HttpError> {
    let (browser, cookie) = bind(app, headers, connection)?;
    let key = Secret::generate().map_err(HttpError::no_randomness)?;
    let hash = key.hash();
    let content = serde_json::to_vec(arrived)
        .map_err(|error| HttpError::Internal("a sign-in cannot be written", Arc::new(error)))?;
    let now = app.surroundings().now();
    let row = PendingSignIn {
        key: hash,
        connection,
        browser,
        content: app.sealer().seal(&place(&hash), &content).map_err(HttpError::sealing)?,
        created: now,
        expires: now.after(LIFE),
    };
    app.store().write(move |tx| sign_in::begin(tx, &row)).await?;
    Ok(Begun { key: key.expose().to_owned(), cookie })
}

/// The hash of what binds sign-ins to the browser that sends these headers, now if nothing does yet, and the cookie with it.
pub(super) fn bind(
    app: &App,
    headers: &HeaderMap,
    connection: ConnectionId,
) -> Result<([u8; 32], Option<HeaderValue>), HttpError> {
    // Several windows of one browser share what binds them.
    let browser = match cookie(app, headers) {
        Some((browser, _)) => browser,
        None => Secret::generate().map_err(HttpError::no_randomness)?,
    };
    let value = format!("{}.{connection}", browser.expose());
    Ok((browser.hash(), Cookies::new(app.base_url()).set_sign_in(&value, LIFE.as_secs())))
}

/// What binds sign-ins to the browser that sends these headers, and through which connection it began the last one.
fn cookie(app: &App, headers: &HeaderMap) -> Option<(Secret, Option<ConnectionId>)> {
    let (secret, connection) = Cookies::new(app.base_url()).sign_in(headers)?.split_once('.')?;
    Some((Secret::read(secret)?, connection.parse().ok()))
}

/// The hash of what binds sign-ins to the browser that sends these headers.
pub(super) fn browser(app: &App, headers: &HeaderMap) -> Option<[u8; 32]> {
    Some(cookie(app, headers)?.0.hash())
}

/// Through which connection this browser says that it began its last sign-in. Not to be believed: it tells whose log an
/// answer is written to that answers nothing (SSO-13), which is bounded, and where anybody can write by posting to the
/// connection's own address.
pub(crate) fn last_connection(app: &App, headers: &HeaderMap) -> Option<ConnectionId> {
    cookie(app, headers)?.1
}

/// The answer that was kept, if it is for the browser that sends these headers.
pub(crate) fn opened(app: &App, headers: &HeaderMap, row: &PendingSignIn) -> Result<Option<Arrived>, HttpError> {
    // Hashes of secrets may be compared as they are: who knows one knows nothing of the secret.
    if browser(app, headers) != Some(row.browser) {
        return Ok(None);
    }
    let unreadable = |error: SealError| HttpError::Internal("a sign-in cannot be opened", Arc::new(error));
    let content = app.sealer().open(&place(&row.key), &row.content).map_err(unreadable)?;
    serde_json::from_slice(&content)
        .map(Some)
        .map_err(|error| HttpError::Internal("a sign-in cannot be read", Arc::new(error)))
}

fn place(key: &[u8; 32]) -> Place {
    Place { table: "pending_sign_ins", column: "content", row: head(key) }
}

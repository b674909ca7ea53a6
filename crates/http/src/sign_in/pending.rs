//! Sign-ins on their way: begun here, bound to the browser, ended by the IdP's answer on any node (SSO-7).

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue};
use muster_crypto::{Place, SealError};
use muster_engine::sign_in;
use muster_model::{ConnectionId, SessionId};
use muster_store::PendingSignIn;
use serde::{Deserialize, Serialize};

use super::{finish::Arrived, provider::head};
use crate::{
    App, HttpError,
    browser::{Cookies, Secret},
};

/// How long a person may take at the IdP.
const LIFE: Duration = Duration::from_secs(900);

/// What must be known when the answer comes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// The session that the browser had when it began: it ends when this succeeds (SEC-4).
    pub(crate) session: Option<SessionId>,
    /// Whether nothing is to be kept of it: somebody tries the connection (SSO-12).
    pub(crate) is_test: bool,
    /// By protocol.
    pub(crate) step: Step,
}

/// What is waited for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Step {
    /// A SAML response to this request.
    Saml {
        /// The request's ID.
        request: String,
        /// When the request demanded that the person be authenticated anew, in seconds since 1970; `None` if it did not.
        anew_since: Option<i64>,
    },
    /// An OpenID provider's callback.
    Oidc {
        /// Of which nonce and PKCE's verifier are made.
        secret: [u8; 32],
        /// When the browser was sent away, in seconds since 1970.
        requested_at: i64,
        /// Whether the request demanded that the person be authenticated anew.
        forced: bool,
    },
    /// The person's word: the IdP began, and another account may be signed in here (SSO-3).
    Confirm(Box<Arrived>),
}

/// A sign-in that has begun.
pub(crate) struct Begun {
    /// What travels through the IdP and comes back.
    pub(crate) key: Secret,
    /// Binds it to this browser.
    pub(crate) cookie: Option<HeaderValue>,
}

/// Begins a sign-in in the browser that sends these headers.
pub(crate) async fn begin(
    app: &App,
    headers: &HeaderMap,
    connection: ConnectionId,
    pending: &Pending,
) -> Result<Begun, HttpError> {
    let no_randomness = |error| HttpError::Internal("a secret cannot be made", Arc::new(error));
    let cookies = Cookies::new(app.base_url());
    // Several windows of one browser share what binds them.
    let browser = match browser(app, headers) {
        Some((browser, _)) => browser,
        None => Secret::generate().map_err(no_randomness)?,
    };
    let key = Secret::generate().map_err(no_randomness)?;
    let hash = key.hash();
    let content = serde_json::to_vec(pending)
        .map_err(|error| HttpError::Internal("a sign-in cannot be written", Arc::new(error)))?;
    let now = app.surroundings().now();
    let row = PendingSignIn {
        key: hash,
        connection,
        browser: browser.hash(),
        content: app.sealer().seal(&place(&hash), &content).map_err(HttpError::sealing)?,
        created: now,
        expires: now.after(LIFE),
    };
    app.store().write(move |tx| sign_in::begin(tx, &row)).await?;
    let value = format!("{}.{connection}", browser.expose());
    Ok(Begun { key, cookie: cookies.set_sign_in(&value, LIFE.as_secs()) })
}

/// What binds sign-ins to the browser that sends these headers, and through which connection it began the last one.
fn browser(app: &App, headers: &HeaderMap) -> Option<(Secret, Option<ConnectionId>)> {
    let (secret, connection) = Cookies::new(app.base_url()).sign_in(headers)?.split_once('.')?;
    Some((Secret::read(secret)?, connection.parse().ok()))
}

/// Through which connection this browser says that it began its last sign-in. Not to be believed: it tells whose log an
/// answer is written to that answers nothing (SSO-13), which is bounded, and where anybody can write by posting to the
/// connection's own address.
pub(crate) fn last_connection(app: &App, headers: &HeaderMap) -> Option<ConnectionId> {
    browser(app, headers)?.1
}

/// What was kept of a sign-in, if it was begun in the browser that sends these headers.
pub(crate) fn opened(app: &App, headers: &HeaderMap, row: &PendingSignIn) -> Result<Option<Pending>, HttpError> {
    // Hashes of secrets may be compared as they are: who knows one knows nothing of the secret.
    if browser(app, headers).is_none_or(|(browser, _)| browser.hash() != row.browser) {
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

//! Local accounts: signing in with a password, setting one, and links that stand for one (SSO-9 to SSO-11, SEC-4, SEC-5).
//!
//! A password is hashed on a thread of its own between two transactions: see `muster_engine::credentials`.

mod break_glass;
mod change;
mod link;
mod password;
mod reset;
mod second_factor;
pub(super) mod step;
pub(crate) mod tried;

use std::sync::Arc;

use axum::{
    Router,
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use http::header;
use muster_crypto::{PasswordError, Passwords, TokenHash, TokenPrefix, TokenText};
use muster_engine::{EngineError, Env, Origin, sessions::Begin};
use muster_model::{Actor, Source, session::ClientKind};
use muster_store::Tx;

pub(super) use password::{ENFORCED, ask};

use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::{Cookies, Secret, device, visitor},
    pages,
};

/// What somebody does on pages for which nobody need be signed in.
pub(super) const NOBODY: Origin =
    Origin { source: Source::Manual, actor: Actor::System, connection: None, request: None };
/// The pages of local accounts.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/signin/password", get(password::page).post(password::submit))
        .route("/signin/second-factor", post(second_factor::submit))
        .route("/signin/reset", get(reset::page).post(reset::submit))
        .route("/signin/link", get(link::page).post(link::submit))
        .route("/signin/break-glass", get(break_glass::page).post(break_glass::submit))
        .route("/account/break-glass", get(break_glass::codes).post(break_glass::make))
        .route("/account/password", get(change::page).post(change::submit))
}

/// Does something with passwords where it keeps nobody waiting but its own client.
pub(crate) async fn with_passwords<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Passwords) -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, HttpError> {
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || app.passwords().and_then(|passwords| work(&passwords))).await;
    done.map_err(|_| HttpError::Panicked)?.map_err(|error| match error {
        PasswordError::Busy => HttpError::TooBusy,
        error => HttpError::Internal("a password cannot be checked", Arc::new(error)),
    })
}

/// One change of the engine.
pub(super) async fn commit<T: Send + 'static>(
    app: &App,
    origin: Origin,
    work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, HttpError> {
    app.change(origin, work).await
}

/// A session that is to begin in the browser that sends these headers, instead of the one that it has (SEC-4), and the secret
/// that opens it.
pub(super) async fn begin(app: &App, headers: &HeaderMap, arrival: Arrival) -> Result<(Begin, Secret), HttpError> {
    let replaces = visitor(app, headers, arrival).await?.session().map(|session| session.id);
    let secret = secret()?;
    let begin = Begin {
        hash: secret.hash(),
        kind: ClientKind::Web,
        device: device(headers),
        idp: None,
        not_after: None,
        replaces,
    };
    Ok((begin, secret))
}

fn secret() -> Result<Secret, HttpError> {
    Secret::generate().map_err(HttpError::no_randomness)
}

/// Sends the browser to one of our pages with the cookie that opens its new session.
pub(super) fn signed_in(app: &App, secret: &Secret, path: &str) -> Result<Response, HttpError> {
    let mut response = pages::see_other(&format!("{}{path}", app.base_url()))?;
    let cookie = Cookies::new(app.base_url()).set_session(secret.expose());
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// As [`signed_in`], on a device that is known from then on (SSO-10).
pub(super) fn signed_in_on(app: &App, secret: &Secret, device: &Secret, path: &str) -> Result<Response, HttpError> {
    let mut response = signed_in(app, secret, path)?;
    let cookie = Cookies::new(app.base_url()).set_device(device.expose());
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// By what the device is known, or will be.
pub(super) fn known_device(app: &App, headers: &HeaderMap) -> Result<Secret, HttpError> {
    match Cookies::new(app.base_url()).device(headers).and_then(Secret::read) {
        Some(device) => Ok(device),
        None => secret(),
    }
}

/// The hash of a link's secret, if it is of this kind.
fn link_of(text: Option<&str>, prefix: TokenPrefix) -> Option<TokenHash> {
    text.and_then(TokenText::parse).filter(|token| token.prefix() == prefix).map(|token| token.hash())
}

/// The link that a mail or the operator gave is of no use.
fn used_link() -> HttpError {
    EngineError::link_is_gone("this link was used or has expired: ask for a new one").into()
}

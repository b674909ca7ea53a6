//! Which client asks, and that it is itself.

use axum::body::Body;
use http::{HeaderMap, header};
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::openid::clients;
use muster_model::Client;
use muster_oidc::op::{ClientAuthentication, OAuthError, OAuthErrorCode, Parameters};

use crate::{App, HttpError, app::Lane, arrival::Arrival, body};

/// The largest form that a program sends.
const BYTES: usize = 32 * 1_024;

/// The form that a program sends.
pub(super) async fn form(app: &App, headers: &HeaderMap, body: Body) -> Result<Parameters, HttpError> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(HttpError::FormType);
    }
    let _room = app.room_for(body::announced(headers).unwrap_or(BYTES).min(BYTES)).ok_or(HttpError::TooBusy)?;
    let bytes = body::receive(headers, body, BYTES, app.limits().body_time).await?;
    Ok(Parameters::read(&bytes)?)
}

/// The client that sends a form, once it has shown that it is itself.
pub(super) async fn authenticated(app: &App, headers: &HeaderMap, form: &Parameters) -> Result<Client, HttpError> {
    let shown = ClientAuthentication::read(headers, form)?;
    known(app, &shown).await
}

/// Counts what a client begins that is kept before anybody is known: a public client's name is all that it takes, so whoever knows it
/// could fill the database.
///
/// # Errors
///
/// [`HttpError::TooMany`] when it has begun too much within a minute.
pub(super) fn count(app: &App, arrival: Arrival, client: &Client) -> Result<(), HttpError> {
    let rate = app.rates().count(client.id.0, app.limits().begun_by_client, arrival.at);
    if rate.admitted {
        return Ok(());
    }
    let why = "the application has begun too many sign-ins within a minute: wait, then try again";
    Err(HttpError::TooMany { why, wait: rate.wait(arrival.at) })
}

/// The client that shows this.
pub(super) async fn known(app: &App, shown: &ClientAuthentication) -> Result<Client, HttpError> {
    let wrong = || OAuthError::new(OAuthErrorCode::InvalidClient, "the client is unknown, or its secret is wrong");
    let secret = match &shown.secret {
        None => None,
        // What was never given out is no secret of anybody's.
        Some(text) => {
            let read = TokenText::parse(text).filter(|token| token.prefix() == TokenPrefix::Client);
            Some(read.ok_or_else(wrong)?.hash())
        }
    };
    let (id, now) = (shown.id.clone(), app.surroundings().now());
    let found = app.read(Lane::Point, move |conn| clients::authenticate(conn, &id, secret.as_ref(), now)).await?;
    Ok(found.ok_or_else(wrong)?)
}

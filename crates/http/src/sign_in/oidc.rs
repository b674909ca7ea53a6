//! `/sso/oidc/callback` and `/sso/oidc/{connection}/...`: OpenID Connect as a relying party.
//!
//! What a provider says is checked by [`muster_oidc`]; here are the addresses, the browser, and the database.

mod answer;
mod discovery;
mod keys;
mod logout;
mod received;
mod secret;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Request, header};
use muster_model::connection::{ClientAuthentication, KeyPurpose};
use muster_oidc::{AuthorizationRequest, Pending as Remembered, SignInError, Transport, Unreachable};
use uuid::Uuid;

pub(super) use answer::callback;
pub(crate) use discovery::{Discoveries, require_provider};
pub(super) use keys::jwks;
pub(super) use logout::{at_idp, backchannel_logout, signed_out};
pub(crate) use secret::keep as keep_secret;
pub(super) use secret::open as open_secret;

use super::{
    SignInFailure,
    carried::{self, Carried, Protocol},
    journal::Attempt,
    own_keys,
    provider::Provider,
    start::Begin,
};
use crate::{App, HttpError, arrival::Arrival, pages};

/// Where browsers come back, below the base URL.
const CALLBACK: &str = "/sso/oidc/callback";

/// What is asked for where the connection does not say.
const SCOPES: [&str; 2] = ["profile", "email"];

/// Sends the browser to the provider with a request.
pub(super) async fn go(
    app: &App,
    headers: &HeaderMap,
    arrival: Arrival,
    provider: Arc<Provider>,
    begin: Begin<'_>,
) -> Result<Response, HttpError> {
    let attempt = Attempt::new(arrival, provider.connection.id, "oidc", "GET", "/signin".to_owned()).tried(begin.trial);
    let settings = provider.oidc()?.clone();
    let provider = with_key(app, provider).await?;
    let client = match provider.client(app.base_url(), app.surroundings().now()) {
        Ok(client) => client,
        Err(failure) => return Err(attempt.refuse(app, failure).await),
    };
    let discovered = match discovery::provider(app, &provider).await {
        Ok(discovered) => discovered,
        Err(failure) => return Err(attempt.refuse(app, failure).await),
    };
    let mut secret = [0; 32];
    app.surroundings().random(&mut secret);
    let (requested_at, forced) = (app.surroundings().now().seconds(), settings.force_authn);
    let Begin { login_hint, session, trial } = begin;
    let (connection, protocol) = (provider.connection.id, Protocol::Oidc { secret });
    let carried = Carried { connection, session, began: requested_at, forced, trial, protocol };
    let begun = carried::begin(app, headers, &carried)?;
    let scopes = match settings.scopes.as_slice() {
        [] => SCOPES.map(str::to_owned).to_vec(),
        stated => stated.to_vec(),
    };
    let request = AuthorizationRequest {
        state: &begun.key,
        pending: Remembered { secret, requested_at, forced },
        scopes: &scopes,
        login_hint,
    };
    let mut response = pages::see_other(&request.url(&client, &discovered))?;
    response.headers_mut().extend(begun.cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// The connection with the key that it signs with, made now if it needs one and has none.
async fn with_key(app: &App, provider: Arc<Provider>) -> Result<Arc<Provider>, HttpError> {
    if provider.oidc()?.authentication == ClientAuthentication::PrivateKeyJwt {
        return own_keys::with_keys(app, provider, &[KeyPurpose::Signing]).await;
    }
    Ok(provider)
}

/// How requests reach providers: through the one client for what tenants cause (SEC-3).
fn transport(app: &App) -> impl Transport {
    let outbound = app.outbound().clone();
    move |request: Request<Bytes>| {
        let outbound = outbound.clone();
        async move { outbound.send(request).await.map_err(|error| Unreachable(error.to_string())) }
    }
}

/// A name that nobody used before.
fn unique_name(app: &App) -> String {
    let mut random = [0; 16];
    app.surroundings().random(&mut random);
    Uuid::from_bytes(random).simple().to_string()
}

impl From<muster_oidc::ProviderError> for SignInFailure {
    fn from(error: muster_oidc::ProviderError) -> Self {
        Self::Oidc(Box::new(SignInError::Provider(error)))
    }
}

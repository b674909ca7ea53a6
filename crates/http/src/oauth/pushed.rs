//! `POST /oauth2/par`: a client states its request over a connection of its own, and the browser carries only its name (RFC 9126).

use axum::{
    Extension,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::openid::{pushed as rules, requests};
use muster_model::Client;
use muster_oidc::op::{AuthorizationRequest, OAuthError, OAuthErrorCode, Parameters};
use serde_json::json;

use super::{clients, token::by};
use crate::{App, HttpError, app::Lane, arrival::Arrival};

/// What names of pushed requests begin with.
const URN: &str = "urn:ietf:params:oauth:request_uri:";

pub(super) async fn push(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = clients::form(&app, &headers, body).await?;
    let client = clients::authenticated(&app, &headers, &form).await?;
    if form.get("request_uri").is_some() {
        return Err(OAuthError::new(OAuthErrorCode::InvalidRequest, "`request_uri` is not pushed itself").into());
    }
    let request = AuthorizationRequest::read(&form)?;
    let destination = request.destination(&client.settings.redirect_uris);
    if !destination.is_some_and(|address| requests::is_own_address(&client, address)) {
        let text = "`redirect_uri` is none of the application's own: register it first";
        return Err(OAuthError::new(OAuthErrorCode::InvalidRequest, text).into());
    }
    clients::count(&app, arrival, &client)?;
    let name = TokenText::generate(TokenPrefix::Pushed).map_err(HttpError::no_randomness)?;
    let hash = *name.hash().as_bytes();
    let content = serde_json::to_string(&request)
        .map_err(|error| HttpError::Internal("a request cannot be written", std::sync::Arc::new(error)))?;
    app.change(by(arrival), move |tx, env| rules::keep(tx, env, &client, &hash, &content)).await?;
    let answer = json!({ "request_uri": format!("{URN}{}", name.expose()), "expires_in": rules::LIVES.as_secs() });
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response())
}

/// A request that a browser brings: as it was pushed, or in full. And the hash of its name, if it was pushed.
pub(super) async fn request(
    app: &App,
    client: &Client,
    parameters: &Parameters,
) -> Result<(AuthorizationRequest, Option<[u8; 32]>), HttpError> {
    let Some(name) = parameters.get("request_uri") else {
        return Ok((AuthorizationRequest::read(parameters)?, None));
    };
    let unknown = || OAuthError::new(OAuthErrorCode::InvalidRequestUri, "the request is unknown, was used, or is over");
    let token = name.strip_prefix(URN).and_then(TokenText::parse).filter(|it| it.prefix() == TokenPrefix::Pushed);
    let hash = *token.ok_or_else(unknown)?.hash().as_bytes();
    let (id, now) = (client.id, app.surroundings().now());
    let content = app.read(Lane::Point, move |conn| rules::find(conn, id, &hash, now)).await?;
    let content = content.ok_or_else(unknown)?;
    let request = serde_json::from_str(&content)
        .map_err(|error| HttpError::Internal("a request cannot be read", std::sync::Arc::new(error)))?;
    Ok((request, Some(hash)))
}

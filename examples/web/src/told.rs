//! What Muster tells unasked, so that whoever is out is out at once.

use std::sync::Arc;

use axum::{
    Form,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;
use serde_json::Value;
use standardwebhooks::Webhook;

use crate::{Notes, muster::Discovered};

#[derive(Deserialize)]
pub(crate) struct LoggedOut {
    logout_token: String,
}

/// What a logout token says (OpenID Connect Back-Channel Logout 1.0 §2.4).
#[derive(Deserialize)]
struct LogoutToken {
    sub: Option<String>,
    sid: Option<String>,
    events: Value,
    nonce: Option<Value>,
}

/// `POST /backchannel-logout`: a session at Muster is over.
pub(crate) async fn logged_out(
    State(notes): State<Arc<Notes>>,
    Form(LoggedOut { logout_token }): Form<LoggedOut>,
) -> Result<StatusCode, (StatusCode, String)> {
    let discovered = notes.muster.discovered().await;
    let discovered = discovered.map_err(|failure| (StatusCode::BAD_GATEWAY, failure.to_string()))?;
    let token = checked(&notes, &discovered, &logout_token).map_err(|why| (StatusCode::BAD_REQUEST, why))?;
    let of_session = |sid: &Option<String>| token.sid.is_none() || *sid == token.sid;
    let of_account = |sub: &String| token.sub.as_ref().is_none_or(|of| of == sub);
    notes.sessions.end_those(|person| of_session(&person.sid) && of_account(&person.sub)).await;
    Ok(StatusCode::NO_CONTENT)
}

/// A logout token that Muster made for this application (§2.6).
fn checked(notes: &Notes, discovered: &Discovered, token: &str) -> Result<LogoutToken, String> {
    let why = |error: jsonwebtoken::errors::Error| format!("the logout token is not good: {error}");
    let keys = serde_json::to_value(discovered.metadata.jwks()).and_then(serde_json::from_value::<JwkSet>);
    let keys = keys.map_err(|error| error.to_string())?;
    let header = decode_header(token).map_err(why)?;
    let key = header.kid.and_then(|kid| keys.find(&kid).cloned()).ok_or("the logout token names no key of Muster's")?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[&notes.settings.client_id]);
    validation.set_issuer(&[&notes.settings.issuer]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    let key = DecodingKey::from_jwk(&key).map_err(why)?;
    let token = decode::<LogoutToken>(token, &key, &validation).map_err(why)?.claims;
    let is_logout = token.events.get("http://schemas.openid.net/event/backchannel-logout").is_some();
    // An ID token would have a nonce, or say nobody in particular.
    if !is_logout || token.nonce.is_some() || (token.sub.is_none() && token.sid.is_none()) {
        return Err("this is no logout token".to_owned());
    }
    Ok(token)
}

/// A message of a webhook.
#[derive(Deserialize)]
struct Event {
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    account: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    id: String,
}

/// `POST /webhook`: something happened to somebody, who is looked up anew before they see another page.
pub(crate) async fn happened(
    State(notes): State<Arc<Notes>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, (StatusCode, String)> {
    let Some(secret) = &notes.settings.webhook_secret else {
        return Err((StatusCode::NOT_FOUND, "no webhook is set up".to_owned()));
    };
    let webhook = Webhook::new(secret).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    webhook.verify(&body, &headers).map_err(|error| (StatusCode::UNAUTHORIZED, error.to_string()))?;
    let event: Event = serde_json::from_slice(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    if let Some(Account { id }) = event.data.account {
        notes.sessions.look_again(|person| person.sub == id).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

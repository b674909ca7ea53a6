//! The endpoints of OpenID Connect.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde_json::{Value, json};

use super::{
    backchannel,
    pages::Message,
    reply::{Failure, Reply, page, parameters, redirect, session},
    sign_in,
};
use crate::sso::{
    IdentityProvider, SsoError,
    oidc::{self, Authorization, TokenError, Wrong},
    state::{Asked, Pending},
};

/// `GET /.well-known/openid-configuration`.
pub(super) async fn discovery(State(provider): State<IdentityProvider>) -> Json<Value> {
    Json(oidc::configuration(&provider))
}

/// `GET /oidc/keys`.
pub(super) async fn keys(State(provider): State<IdentityProvider>) -> impl IntoResponse {
    let keys: Vec<_> = provider.keys().announced().map(|key| json!(key.public())).collect();
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "keys": keys })))
}

/// `GET /oidc/authorize`.
pub(super) async fn authorize(
    State(provider): State<IdentityProvider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    ask(&provider, &headers, &parameters(query.unwrap_or_default().as_bytes()))
}

/// `POST /oidc/authorize`.
pub(super) async fn authorize_by_form(
    State(provider): State<IdentityProvider>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    ask(&provider, &headers, &parameters(&body))
}

fn ask(provider: &IdentityProvider, headers: &HeaderMap, parameters: &[(String, String)]) -> Reply {
    let asked = match Authorization::read(provider, parameters) {
        Ok(asked) => asked,
        Err(Wrong::Client(error)) => return Err(Failure(error)),
        Err(Wrong::Told(address)) => return redirect(&address),
    };
    let (hint, is_silent) = (asked.hint.clone(), asked.is_silent);
    if is_silent {
        let known = session(headers).and_then(|name| provider.state().sessions.get(&name).cloned());
        let Some(known) = known else {
            return redirect(&asked.answer(provider, None, &[("error", "login_required")]));
        };
        let pending = Pending { asked: Asked::Oidc(asked), hint };
        return sign_in::respond(provider, headers, &pending, &known.profile, None);
    }
    sign_in::begin(provider, Pending { asked: Asked::Oidc(asked), hint })
}

/// `POST /oidc/token`.
pub(super) async fn token(State(provider): State<IdentityProvider>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match oidc::redeem(&provider, authorization, &parameters(&body)) {
        Ok(tokens) => ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response(),
        Err(error) => refuse(&error),
    }
}

/// RFC 6749 §5.2.
fn refuse(error: &TokenError) -> Response<Body> {
    let (status, code, text) = match error {
        TokenError::Client(text) => (StatusCode::UNAUTHORIZED, "invalid_client", (*text).to_owned()),
        TokenError::Request(text) => (StatusCode::BAD_REQUEST, "invalid_request", (*text).to_owned()),
        TokenError::Grant(text) => (StatusCode::BAD_REQUEST, "invalid_grant", (*text).to_owned()),
        TokenError::GrantType => {
            (StatusCode::BAD_REQUEST, "unsupported_grant_type", "only `authorization_code` is answered".to_owned())
        }
        TokenError::Own(error) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", error.to_string()),
    };
    let mut response = (status, Json(json!({ "error": code, "error_description": text }))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let ways = HeaderValue::from_static("Basic realm=\"token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, ways);
    }
    response
}

/// `GET` and `POST /oidc/userinfo`.
pub(super) async fn userinfo(State(provider): State<IdentityProvider>, headers: HeaderMap) -> Response<Body> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let now = provider.now();
    let access = provider.state().accesses.get(token).filter(|access| access.expires > now).cloned();
    let Some(access) = access else {
        let ways = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
        return (StatusCode::UNAUTHORIZED, ways).into_response();
    };
    let code = &access.code;
    let flavour = code.asked.application.flavour;
    Json(Value::Object(oidc::user_claims(&provider, &code.profile, flavour, code.fault))).into_response()
}

/// `GET /oidc/end-session`.
pub(super) async fn end_session(
    State(provider): State<IdentityProvider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    sign_out(&provider, &headers, &parameters(query.unwrap_or_default().as_bytes())).await
}

/// `POST /oidc/end-session`.
pub(super) async fn end_session_by_form(
    State(provider): State<IdentityProvider>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    sign_out(&provider, &headers, &parameters(&body)).await
}

/// Ends the session, and sends the browser to an address that the client registered.
async fn sign_out(provider: &IdentityProvider, headers: &HeaderMap, parameters: &[(String, String)]) -> Reply {
    let get = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let hinted = get("id_token_hint").map(|token| oidc::hinted_client(provider, token));
    if hinted.as_ref().is_some_and(Option::is_none) {
        return Err(SsoError::Refused("the `id_token_hint` is no ID token of this provider".to_owned()).into());
    }
    let client_id = match (hinted.flatten(), get("client_id")) {
        (Some(hinted), Some(stated)) if hinted.client_id != stated => {
            let text = "the `id_token_hint` was made for another client than `client_id`";
            return Err(SsoError::Refused(text.to_owned()).into());
        }
        (hinted, stated) => hinted.map(|hinted| hinted.client_id).or(stated.map(str::to_owned)),
    };
    if let Some(name) = session(headers) {
        let ended = provider.state().sessions.remove(&name);
        if let Some(ended) = ended {
            backchannel::tell(provider, &name, &ended).await;
        }
    }
    let Some(to) = get("post_logout_redirect_uri") else {
        return page(&Message { title: "Signed out", text: "You are signed out here." }, &[]);
    };
    let client = client_id.and_then(|id| provider.oidc_application(&id));
    if !client.is_some_and(|client| client.logout_redirect_uris.iter().any(|known| known == to)) {
        return Err(SsoError::Refused(format!("no client registered `{to}` for after signing out")).into());
    }
    let mut address = to.to_owned();
    if let Some(state) = get("state") {
        let joint = if to.contains('?') { '&' } else { '?' };
        let state = form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
        address = format!("{to}{joint}{state}");
    }
    redirect(&address)
}

//! Those without a browser (RFC 8628): a command line shows a code, and the person types it here.

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use muster_crypto::{TokenPrefix, TokenText, sha256};
use muster_engine::openid::devices::{self, INTERVAL, LIVES, Polled};
use muster_model::{
    Client,
    client::{ClientScopes, GrantType},
};
use muster_oidc::op::{OAuthError, OAuthErrorCode};
use serde::Deserialize;
use serde_json::json;

use super::{
    clients, consent,
    issue::Issue,
    token::{by, invalid_grant, issue},
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, visitor},
    pages::{self, Frame, filters, texts},
    sign_in::way_back,
};

/// `POST /oauth2/device`: a device begins to wait.
pub(super) async fn authorize(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = clients::form(&app, &headers, body).await?;
    let client = clients::authenticated(&app, &headers, &form).await?;
    if !client.settings.grants.contains(&GrantType::DeviceCode) {
        let text = format!("application `{}` may not use device codes", client.name);
        return Err(OAuthError::new(OAuthErrorCode::UnauthorizedClient, text).into());
    }
    clients::count(&app, arrival, &client)?;
    let scopes = ClientScopes::parse(form.get("scope").unwrap_or_default());
    let code = TokenText::generate(TokenPrefix::Device).map_err(HttpError::no_randomness)?;
    let hash = *code.hash().as_bytes();
    let typed = app.change(by(arrival), move |tx, env| {
        let typed = devices::new_user_code(env);
        devices::begin(tx, env, &client, &scopes, &hash, &sha256(typed.as_bytes()))?;
        Ok(typed)
    });
    let typed = typed.await?;
    let (one, other) = typed.split_at(typed.len() / 2);
    let shown = format!("{one}-{other}");
    let page = format!("{}/oauth2/device/confirm", app.base_url());
    let answer = json!({
        "device_code": code.expose(),
        "user_code": shown,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={shown}"),
        "expires_in": LIVES.as_secs(),
        "interval": INTERVAL.as_secs(),
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response())
}

/// What a device's code is exchanged for.
pub(super) async fn exchange(app: &App, arrival: Arrival, client: Client, code: &str) -> Result<Issue, HttpError> {
    let unknown = || invalid_grant("the device code is unknown, or was used");
    let code = TokenText::parse(code).filter(|code| code.prefix() == TokenPrefix::Device).ok_or_else(unknown)?;
    let hash = *code.hash().as_bytes();
    let polled = app.change(by(arrival), move |tx, env| {
        Ok(match devices::poll(tx, env, &client, &hash)? {
            Polled::Granted(granted) => Ok(issue(tx, env, client.clone(), *granted)?),
            other => Err(other),
        })
    });
    let told = |code, text: &str| Err(OAuthError::new(code, text).into());
    match polled.await? {
        Ok(issue) => Ok(issue),
        Err(Polled::Pending) => told(OAuthErrorCode::AuthorizationPending, "nobody has typed the code yet: ask again"),
        Err(Polled::TooOften) => told(OAuthErrorCode::SlowDown, "ask less often: `interval` says how often"),
        Err(Polled::Denied) => told(OAuthErrorCode::AccessDenied, "the person said no"),
        Err(Polled::Expired) => told(OAuthErrorCode::ExpiredToken, "nobody typed the code in time: begin again"),
        Err(Polled::Unknown | Polled::Granted(_)) => Err(unknown()),
    }
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    user_code: String,
}

/// The application that waits with a code, once that is known.
struct Waits {
    name: String,
    /// What it would know, in words, if it asks for that.
    learns: Vec<String>,
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    frame: Frame,
    /// What was typed.
    typed: String,
    mistake: Option<String>,
    waits: Option<Waits>,
    /// What came of it.
    done: Option<String>,
}

/// `GET /oauth2/device/confirm`.
pub(super) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if visitor(&app, &headers, arrival).await?.session().is_none() {
        let code: String = form_urlencoded::byte_serialize(asked.user_code.as_bytes()).take(64).collect();
        let response = pages::see_other(&format!("{}/signin", app.base_url()))?;
        return way_back::remember(&app, response, &format!("/oauth2/device/confirm?user_code={code}"));
    }
    show(&app, StatusCode::OK, asked.user_code, None, None, None)
}

fn show(
    app: &App,
    status: StatusCode,
    typed: String,
    mistake: Option<&str>,
    waits: Option<Waits>,
    done: Option<&str>,
) -> Result<Response, HttpError> {
    let (mistake, done) = (mistake.map(texts::text), done.map(texts::text));
    pages::page(status, &DevicePage { frame: Frame::of(app), typed, mistake, waits, done })
}

/// `POST /oauth2/device/confirm`: first which application waits with the code, then what the person says.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(session) = visitor.session().cloned() else {
        return pages::see_other(&format!("{}/signin", app.base_url()));
    };
    let typed = form.text("user_code").unwrap_or_default().to_owned();
    let unknown = |typed| show(&app, StatusCode::UNPROCESSABLE_ENTITY, typed, Some("device-unknown"), None, None);
    let Some(code) = devices::read_user_code(&typed) else { return unknown(typed) };
    let (hash, now) = (sha256(code.as_bytes()), arrival.at);
    let found = app.read(Lane::Point, move |conn| devices::waiting(conn, &hash, now)).await?;
    let Some((client, scopes)) = found else { return unknown(typed) };
    let Some(answer) = form.text("answer") else {
        // Whoever says yes to another's application agrees to what it learns, and sees that first.
        let learns = scopes.iter().filter(|_| client.settings.third_party).filter_map(consent::learns);
        let waits = Waits { name: client.name, learns: learns.map(texts::text).collect() };
        return show(&app, StatusCode::OK, typed, None, Some(waits), None);
    };
    let is_yes = answer == "yes";
    let said = app.change(by(arrival), move |tx, env| devices::say(tx, env, &session, &hash, is_yes)).await?;
    let done = match (said, is_yes) {
        (false, _) => return unknown(typed),
        (true, true) => "device-done",
        (true, false) => "device-declined",
    };
    show(&app, StatusCode::OK, String::new(), None, None, Some(done))
}

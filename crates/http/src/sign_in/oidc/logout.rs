//! Logout: the provider ends what it began, by a request of its own, and hears of what ended here.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use muster_crypto::Place;
use muster_engine::{
    Origin, connections,
    sessions::{self, LoggedOut},
};
use muster_model::{Actor, ConnectionId, Rule, Session, Source, Timestamp, trace::Note};
use muster_oidc::{Client, ClientAuthentication, EndSessionRequest, Login, LogoutToken};
use serde_json::json;

use super::{CALLBACK, discovery, transport};
use crate::{
    App, HttpError,
    app::Written,
    arrival::Arrival,
    browser::Form,
    error::format::Rendered,
    pages,
    sign_in::{
        Segment, SignInFailure, connection_id,
        journal::Attempt,
        provider::{self, Provider, head},
    },
};

/// Where browsers come back that were signed out at a provider, below the base URL.
const SIGNED_OUT: &str = "/sso/oidc/signed-out";
/// How long somebody who signs out waits for a provider that must first be asked where people sign out there.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest form with a logout token.
const FORM_BYTES: usize = 96 * 1_024;

/// We as the provider knows us, where nothing has to be proved to it.
fn client(app: &App, provider: &Provider) -> Result<Client, SignInFailure> {
    let callback = format!("{}{CALLBACK}", app.base_url());
    Client::new(&provider.oidc()?.client_id, ClientAuthentication::None, &callback).map_err(SignInFailure::Issuer)
}

/// The ID token of a login, sealed, where it is of use for a logout.
pub(super) fn sealed_hint(app: &App, connection: ConnectionId, login: &Login) -> Option<String> {
    let sealed = app.sealer().seal(&hint_place(connection, &login.subject), login.id_token.hint()?.as_bytes());
    sealed.ok().map(|sealed| STANDARD.encode(sealed))
}

/// Where an ID token is sealed: with the person whom it names, of one connection.
fn hint_place(connection: ConnectionId, subject: &str) -> Place {
    let person = [connection.0.as_bytes().as_slice(), subject.as_bytes()].concat();
    Place { table: "sessions", column: "idp_session", row: head(&muster_crypto::sha256(&person)) }
}

/// Where to send a browser whose session has ended here, so that it ends at the provider as well; `None` if that knows of no
/// logout, or does not answer: nobody is kept here by that.
pub(in crate::sign_in) async fn at_idp(app: &App, session: &Session) -> Option<String> {
    let (id, idp) = (session.connection?, session.idp.as_ref()?);
    let (provider, _) = provider::load(app, id, None).await.ok()?;
    let client = client(app, &provider).ok()?;
    let discovered = tokio::time::timeout(PATIENCE, discovery::provider(app, &provider)).await.ok()?.ok()?;
    let sealed = idp.id_token.as_ref().and_then(|sealed| STANDARD.decode(sealed).ok());
    let opened = sealed.and_then(|sealed| app.sealer().open(&hint_place(id, &idp.subject), &sealed).ok());
    let id_token = opened.and_then(|token| String::from_utf8(token).ok());
    let return_to = format!("{}{SIGNED_OUT}", app.base_url());
    let request = EndSessionRequest { id_token: id_token.as_deref(), subject: &idp.subject, return_to: &return_to };
    request.url(&client, &discovered)
}

/// `GET /sso/oidc/signed-out`: back from the provider. Nothing is ended here that had not ended before the browser went there.
pub(in crate::sign_in) async fn signed_out(State(app): State<App>) -> Result<Response, HttpError> {
    pages::see_other(&format!("{}/signin?ended", app.base_url()))
}

/// `POST /sso/oidc/{connection}/backchannel-logout`: the provider says that sessions are over there
/// ([Back-Channel Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html) §2.5).
pub(in crate::sign_in) async fn backchannel_logout(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    id: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let id = connection_id(id)?;
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match receive(&app, arrival, id, &headers, body).await {
        Ok(()) => Ok((StatusCode::OK, no_store).into_response()),
        Err(HttpError::SignIn(_) | HttpError::FormType | HttpError::FormFields) => Ok(refused(arrival)),
        Err(HttpError::Engine(muster_engine::EngineError::Refused(_))) => Ok(refused(arrival)),
        Err(error) => Err(error),
    }
}

/// §2.8. Why is for the connection's log: the caller may be anybody.
fn refused(arrival: Arrival) -> Response {
    let description =
        format!("the logout token is not accepted: the connection's log tells why, TraceID {}", arrival.id);
    let body = Json(json!({ "error": "invalid_request", "error_description": description }));
    let mut response = (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], body).into_response();
    response.extensions_mut().insert(Rendered);
    response
}

async fn receive(
    app: &App,
    arrival: Arrival,
    id: ConnectionId,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), HttpError> {
    let (provider, _) = provider::load(app, id, None).await?;
    let attempt = Attempt::new(arrival, id, "oidc", "POST", format!("/sso/oidc/{id}/backchannel-logout")).logout();
    let client = match client(app, &provider) {
        Ok(client) => client,
        Err(failure) => return Err(attempt.refuse(app, failure).await),
    };
    let form = Form::receive(app, headers, body, FORM_BYTES).await?;
    let Some(token) = form.text("logout_token") else {
        return Err(attempt.refuse(app, SignInFailure::Missing("logout_token")).await);
    };
    let discovered = match discovery::provider(app, &provider).await {
        Ok(discovered) => discovered,
        Err(failure) => return Err(attempt.refuse(app, failure).await),
    };
    let now = app.surroundings().now().seconds();
    let (what, token) = client.logout_token(&transport(app), &discovered, token, now).await;
    let attempt = attempt.received(what.into_json());
    match token {
        Ok(token) => end(app, &provider, &attempt, token).await,
        Err(error) => Err(attempt.refuse(app, error.into()).await),
    }
}

/// Ends what a token names, and logs it, in one commit.
async fn end(app: &App, provider: &Arc<Provider>, attempt: &Attempt, token: LogoutToken) -> Result<(), HttpError> {
    let (known, under) = (provider.connection.clone(), provider.version);
    let origin =
        Origin { source: Source::Sso, actor: Actor::System, connection: Some(known.id), request: Some(attempt.id()) };
    // A name of its own beside those of assertions and requests.
    let name = muster_crypto::sha256(format!("logout {}", token.id).as_bytes());
    let subject = token.subject.as_ref().map(|subject| muster_crypto::sha256(subject.as_bytes()));
    let until = Timestamp(token.usable_until.saturating_mul(1_000_000));
    app.write(origin, attempt.record(app)?, move |tx, env| {
        env.note(Rule::Sso8, Note::Checked("the logout token is signed with a key of the provider".to_owned()));
        let connection = connections::current(tx, &known, under)?.ok_or(HttpError::Outdated)?;
        if connection.settings.sso != known.settings.sso {
            return Err(HttpError::Outdated);
        }
        let said = LoggedOut { token: (&name, until), subject: subject.as_ref(), index: token.session_id.as_deref() };
        let ended = sessions::log_out(tx, env, &connection, said)?;
        env.note(
            Rule::Ses3,
            Note::Checked(format!("sessions that end because they are over at the provider: {ended}")),
        );
        Ok(Written { value: (), changed: true, status: StatusCode::OK, resource: connection.id.0, version: None })
    })
    .await?;
    Ok(())
}

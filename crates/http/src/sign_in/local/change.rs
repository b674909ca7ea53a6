//! `/account/password`: a person's own password, set or changed. Whoever has one must know it.

use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use muster_crypto::Secret as Password;
use muster_engine::{
    EngineError, Origin, Refusal,
    credentials::{self, PASSWORD_BYTES, PASSWORD_CHARACTERS, recent},
};
use muster_model::{Account, Actor, Session, Source};

use super::{commit, reset::NewPasswordPage, with_passwords};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, visitor},
    pages::{self, Frame},
};

fn show(app: &App, status: StatusCode, account: &Account, mistake: Option<String>) -> Result<Response, HttpError> {
    let page = NewPasswordPage {
        frame: Frame::of(app),
        action: "/account/password",
        token: None,
        asks_current: account.password_set.is_some(),
        characters: PASSWORD_CHARACTERS,
        mistake,
    };
    pages::page(status, &page)
}

/// Who is signed in.
async fn signed_in(app: &App, headers: &HeaderMap, arrival: Arrival) -> Result<Option<(Session, Account)>, HttpError> {
    let visitor = visitor(app, headers, arrival).await?;
    let Some(session) = visitor.session().cloned() else { return Ok(None) };
    let id = session.account;
    let account = app.read(Lane::Point, move |conn| Ok(conn.account(id)?)).await?;
    Ok(account.map(|account| (session, account)))
}

/// `GET /account/password`.
pub(super) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    match signed_in(&app, &headers, arrival).await? {
        Some((_, account)) => show(&app, StatusCode::OK, &account, None),
        None => pages::see_other(&format!("{}/signin", app.base_url())),
    }
}

/// `POST /account/password`.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let Some((session, account)) = signed_in(&app, &headers, arrival).await? else {
        return pages::see_other(&format!("{}/signin", app.base_url()));
    };
    let refuse = |why: String| show(&app, StatusCode::UNPROCESSABLE_ENTITY, &account, Some(why));
    let origin =
        Origin { source: Source::Manual, actor: Actor::Account(account.id.0), connection: None, request: None };
    let password = Password::new(form.get("password").unwrap_or_default());
    if let Err(EngineError::Refused(Refusal::Invalid(why))) = credentials::check(&password, &account) {
        return refuse(why);
    }
    if account.password_set.is_some() {
        let current = form.get("current").filter(|current| current.len() <= PASSWORD_BYTES);
        let current = Password::new(current.unwrap_or_default());
        let username = account.username.clone();
        let challenge = app.read(Lane::Snapshot, move |conn| credentials::challenge(conn, &username, None)).await?;
        let asked = challenge.clone();
        let is_right = with_passwords(&app, move |passwords| passwords.check(&current, asked.hash())).await?;
        let knows = commit(&app, origin, move |tx, env| credentials::confirm(tx, env, &challenge, is_right)).await?;
        if !knows {
            return refuse("the present password is wrong, or was wrong too often: try again later".to_owned());
        }
    }
    let hash = with_passwords(&app, move |passwords| passwords.hash(&password)).await?;
    let has_one = account.password_set.is_some();
    let set = commit(&app, origin, move |tx, env| {
        // Whoever has a password has shown it.
        if !has_one {
            recent::require(env, &session)?;
        }
        credentials::set(tx, env, session.account, &hash, Some(session.id))
    });
    match set.await {
        Err(HttpError::Engine(EngineError::Refused(Refusal::NotRecent))) => {
            pages::see_other(&format!("{}/account/confirm", app.base_url()))
        }
        Err(HttpError::Engine(EngineError::Refused(refusal @ Refusal::SsoEnforced(_)))) => refuse(refusal.to_string()),
        Err(error) => Err(error),
        Ok(()) => pages::see_other(&format!("{}/account", app.base_url())),
    }
}

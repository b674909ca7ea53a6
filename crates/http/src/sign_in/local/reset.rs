//! `/signin/reset`: a link to a new password by mail, and what it leads to. Every address is answered alike (SEC-5).

use askama::Template;
use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use muster_crypto::{Secret as Password, TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin, Refusal,
    credentials::{self, PASSWORD_CHARACTERS},
    mail::Letter,
};
use muster_model::{Actor, Email};
use serde::Deserialize;

use super::{NOBODY, commit, link_of, used_link, with_passwords};
use crate::{
    App, HttpError,
    app::Lane,
    browser::Form,
    pages::{self, Frame, filters},
};

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage<'p> {
    frame: Frame,
    mistake: Option<&'p str>,
    sent: bool,
}

/// Where a new password is typed.
#[derive(Template)]
#[template(path = "new_password.html")]
pub(super) struct NewPasswordPage<'p> {
    pub(super) frame: Frame,
    pub(super) action: &'p str,
    pub(super) token: Option<&'p str>,
    pub(super) asks_current: bool,
    pub(super) characters: usize,
    pub(super) mistake: Option<String>,
}

/// A link's secret.
#[derive(Deserialize)]
pub(super) struct Token {
    #[serde(default)]
    pub(super) token: Option<String>,
}

/// `GET /signin/reset`: asks for the address; with a link's `token`, for the new password.
pub(super) async fn page(
    State(app): State<App>,
    query: Result<Query<Token>, QueryRejection>,
) -> Result<Response, HttpError> {
    let token = query.ok().and_then(|Query(query)| query.token);
    let Some(text) = token else {
        return pages::page(StatusCode::OK, &ResetPage { frame: Frame::of(&app), mistake: None, sent: false });
    };
    let link = link_of(Some(&text), TokenPrefix::Reset).ok_or_else(used_link)?;
    let surroundings = app.surroundings();
    app.read(Lane::Snapshot, move |conn| {
        let env = Env::new(std::sync::Arc::clone(&surroundings), NOBODY);
        credentials::whose_reset(conn, &env, &link).map(drop)
    })
    .await?;
    new_password(&app, StatusCode::OK, &text, None)
}

fn new_password(app: &App, status: StatusCode, token: &str, mistake: Option<String>) -> Result<Response, HttpError> {
    let page = NewPasswordPage {
        frame: Frame::of(app),
        action: "/signin/reset",
        token: Some(token),
        asks_current: false,
        characters: PASSWORD_CHARACTERS,
        mistake,
    };
    pages::page(status, &page)
}

/// `POST /signin/reset`: sends a link to an `email`, or sets the `password` of a `token`.
pub(super) async fn submit(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    match form.text("token") {
        Some(token) => set(&app, token, form.get("password").unwrap_or_default()).await,
        None => send(&app, form.text("email").unwrap_or_default()).await,
    }
}

async fn send(app: &App, typed: &str) -> Result<Response, HttpError> {
    let Ok(email) = Email::parse(typed) else {
        let mistake = Some("This is not an email address. Write it like name@company.com.");
        let page = ResetPage { frame: Frame::of(app), mistake, sent: false };
        return pages::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let link = TokenText::generate(TokenPrefix::Reset).map_err(HttpError::no_randomness)?;
    let base = app.base_url();
    let text = format!(
        "Somebody, probably you, asked for a new password for your account in Muster.\n\n\
         Set it here, within 30 minutes:\n\n{base}/signin/reset?token={}\n\n\
         If that was not you, there is nothing to do: your password stays as it is.\n",
        link.expose()
    );
    let letter = Letter { to: email.clone(), subject: "Set a new password".to_owned(), text, html: None };
    let (hash, sealer) = (link.hash(), app.shared_sealer());
    commit(app, NOBODY, move |tx, env| credentials::send_reset(tx, env, &sealer, &email, &hash, &letter)).await?;
    pages::page(StatusCode::OK, &ResetPage { frame: Frame::of(app), mistake: None, sent: true })
}

async fn set(app: &App, token: &str, password: &str) -> Result<Response, HttpError> {
    let link = link_of(Some(token), TokenPrefix::Reset).ok_or_else(used_link)?;
    let surroundings = app.surroundings();
    let account = app
        .read(Lane::Snapshot, move |conn| {
            let env = Env::new(std::sync::Arc::clone(&surroundings), NOBODY);
            credentials::whose_reset(conn, &env, &link)
        })
        .await?;
    let password = Password::new(password);
    if let Err(EngineError::Refused(Refusal::Invalid(why))) = credentials::check(&password, &account) {
        return new_password(app, StatusCode::UNPROCESSABLE_ENTITY, token, Some(why));
    }
    let hash = with_passwords(app, move |passwords| passwords.hash(&password)).await?;
    // The link is what says who acts.
    let origin = Origin { actor: Actor::Account(account.id.0), ..NOBODY };
    commit(app, origin, move |tx, env| credentials::reset(tx, env, &link, &hash)).await?;
    pages::see_other(&format!("{}/signin/password", app.base_url()))
}

//! `/account/confirm`: showing again who one is.

use askama::Template;
use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use muster_crypto::Secret as Password;
use muster_engine::credentials::{self, PASSWORD_BYTES, recent};
use muster_model::FactorKind;

use super::{Person, confirmed, sign_in};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::Form,
    pages::{self, Frame, filters},
    sign_in::{
        local::{commit, with_passwords},
        passkeys::{self, PasskeyButton},
    },
};

/// What is wrong with what somebody typed to show who they are.
pub(super) const WRONG: &str = "That is wrong, was used before, or was wrong too often: try again later.";

#[derive(Template)]
#[template(path = "confirm_self.html")]
struct ConfirmPage<'p> {
    frame: Frame,
    username: &'p str,
    /// What can be typed; `None` if nothing can.
    proof: Option<&'static str>,
    mistake: Option<&'p str>,
    passkey: Option<PasskeyButton<'p>>,
}

fn show(app: &App, status: StatusCode, person: &Person, mistake: Option<&str>) -> Result<Response, HttpError> {
    let passkey = PasskeyButton::to_show(app, "/account/confirm", None);
    let page = ConfirmPage {
        frame: Frame::of(app),
        username: &person.account.username,
        proof: proof(person),
        mistake,
        passkey: passkey.filter(|_| person.factor(FactorKind::Passkey).is_some()),
    };
    Ok(passkeys::with_script(pages::page(status, &page)?))
}

/// What somebody can type to show who they are.
fn proof(person: &Person) -> Option<&'static str> {
    match (person.account.password_set.is_some(), person.factor(FactorKind::Totp).is_some()) {
        (true, true) => Some("Your password, or a code from your authenticator app"),
        (true, false) => Some("Your password"),
        (false, true) => Some("A code from your authenticator app"),
        (false, false) => None,
    }
}

/// `GET /account/confirm`.
pub(super) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    match Person::find(&app, &headers, arrival).await? {
        Some(person) => show(&app, StatusCode::OK, &person, None),
        None => sign_in(&app),
    }
}

/// `POST /account/confirm`.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    let is_shown = if passkeys::is_in(&form) {
        by_passkey(&app, &headers, &person, &form).await?
    } else {
        by_typing(&app, &person, &form).await?
    };
    if is_shown {
        return confirmed(&app, &headers);
    }
    show(&app, StatusCode::UNPROCESSABLE_ENTITY, &person, Some(WRONG))
}

async fn by_passkey(app: &App, headers: &HeaderMap, person: &Person, form: &Form) -> Result<bool, HttpError> {
    let Some(used) = passkeys::used(app, headers, form).await? else { return Ok(false) };
    let (sealer, session) = (app.shared_sealer(), person.session.clone());
    commit(app, person.origin(), move |tx, env| recent::by_passkey(tx, env, &sealer, &session, &used)).await
}

/// Whether what somebody typed is the person's password, or a code of the app. No password is six digits.
pub(super) async fn by_typing(app: &App, person: &Person, form: &Form) -> Result<bool, HttpError> {
    let typed = form.get("proof").filter(|typed| typed.len() <= PASSWORD_BYTES).unwrap_or_default();
    let session = person.session.clone();
    let code: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    if code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()) {
        let sealer = app.shared_sealer();
        return commit(app, person.origin(), move |tx, env| recent::by_code(tx, env, &sealer, &session, &code)).await;
    }
    let username = person.account.username.clone();
    let challenge = app.read(Lane::Snapshot, move |conn| credentials::challenge(conn, &username, None)).await?;
    let (asked, password) = (challenge.clone(), Password::new(typed));
    let is_right = with_passwords(app, move |passwords| passwords.check(&password, asked.hash())).await?;
    commit(app, person.origin(), move |tx, env| recent::by_password(tx, env, &session, &challenge, is_right)).await
}

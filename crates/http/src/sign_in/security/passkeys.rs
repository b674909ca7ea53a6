//! `/account/security/passkeys`: adding passkeys, and removing them.

use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use muster_engine::{EngineError, Refusal, credentials::passkeys::remove as remove_passkey};
use muster_model::FactorId;

use super::{Person, done, or_confirm, show, sign_in};
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::Form,
    sign_in::{local::commit, passkeys},
};

const NOT_ADDED: &str = "No passkey was added: it took too long, or your browser runs no scripts. Try again.";

/// `POST /account/security/passkeys/options`: what the script tells the browser.
pub(super) async fn options(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let person = Person::find(&app, &headers, arrival).await?.ok_or(HttpError::SignedOut)?;
    passkeys::options_to_add(&app, &headers, person.origin(), &person.session, &person.account).await
}

/// `POST /account/security/passkeys`.
pub(super) async fn add(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    let added = passkeys::add(&app, &headers, person.origin(), &person.session, &form).await;
    if let Err(HttpError::Engine(EngineError::Refused(Refusal::Invalid(why)))) = &added {
        return show(&app, StatusCode::UNPROCESSABLE_ENTITY, &person, arrival.at, Some(why));
    }
    match or_confirm(&app, added)? {
        Err(elsewhere) => Ok(elsewhere),
        Ok(Some(_)) => done(&app),
        Ok(None) => show(&app, StatusCode::UNPROCESSABLE_ENTITY, &person, arrival.at, Some(NOT_ADDED)),
    }
}

/// `POST /account/security/passkeys/remove`.
pub(super) async fn remove(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    let id: Option<FactorId> = form.text("id").and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| EngineError::not_found("passkey", "of this form"))?;
    let (sealer, session) = (app.shared_sealer(), person.session.clone());
    let removed = commit(&app, person.origin(), move |tx, env| remove_passkey(tx, env, &sealer, &session, id));
    match or_confirm(&app, removed.await)? {
        Err(elsewhere) => Ok(elsewhere),
        Ok(()) => done(&app),
    }
}

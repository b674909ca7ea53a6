//! `/account/security`: how a person signs in, beside the password: authenticator app, recovery codes, passkeys.
//!
//! Whoever changes something has shown within the last minutes who they are (`confirm`); the engine refuses it otherwise.

mod authenticator;
mod confirm;
mod passkeys;
mod reset;

use askama::Template;
use axum::{
    Extension, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use muster_engine::{
    EngineError, Origin, Refusal,
    credentials::{enforcement, factors, recent},
};
use muster_model::{Account, Actor, Factor, FactorKind, Session, Source, Timestamp};

use super::{passkeys::with_script, way_back};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::visitor,
    pages::{self, Frame, filters, minute},
};

/// The pages.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/account/security", get(page))
        .route("/account/confirm", get(confirm::page).post(confirm::submit))
        .route("/account/security/authenticator", post(authenticator::begin))
        .route("/account/security/authenticator/confirm", post(authenticator::confirm))
        .route("/account/security/authenticator/off", post(authenticator::turn_off))
        .route("/account/security/passkeys", post(passkeys::add))
        .route("/account/security/passkeys/options", post(passkeys::options))
        .route("/account/security/passkeys/remove", post(passkeys::remove))
        .route("/account/security/recovery", post(authenticator::remake_codes))
}

/// Who is signed in, and what they have besides a password.
struct Person {
    session: Session,
    account: Account,
    factors: Vec<Factor>,
    /// The connection through which alone they sign in (SSO-9).
    enforced: Option<String>,
}

impl Person {
    /// Who sends these headers; `None` if nobody is signed in.
    async fn find(app: &App, headers: &HeaderMap, arrival: Arrival) -> Result<Option<Self>, HttpError> {
        let visitor = visitor(app, headers, arrival).await?;
        let Some(session) = visitor.session().cloned() else { return Ok(None) };
        let id = session.account;
        let read = app.read(Lane::Snapshot, move |conn| {
            let Some(account) = conn.account(id)? else { return Ok(None) };
            let enforced = enforcement::enforcing(conn, account.email.as_ref())?.into_iter().next();
            Ok(Some((account, factors::list(conn, id)?, enforced)))
        });
        let read = read.await?;
        Ok(read.map(|(account, factors, enforced)| Self { session, account, factors, enforced }))
    }

    fn factor(&self, kind: FactorKind) -> Option<&Factor> {
        self.factors.iter().find(|factor| factor.kind == kind)
    }

    /// What the person does.
    fn origin(&self) -> Origin {
        let actor = Actor::Account(self.account.id.0);
        Origin { source: Source::Manual, actor, connection: None, request: None }
    }
}

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage<'p> {
    frame: Frame,
    enforced: Option<&'p str>,
    is_recent: bool,
    password: Option<String>,
    app: Option<AppView>,
    passkeys: Vec<PasskeyView>,
    mistake: Option<&'p str>,
}

/// An authenticator app.
struct AppView {
    since: String,
    used: Option<String>,
    codes: u32,
}

/// A passkey.
struct PasskeyView {
    id: String,
    name: String,
    added: String,
    used: Option<String>,
}

/// `GET /account/security`.
async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    match Person::find(&app, &headers, arrival).await? {
        Some(person) => show(&app, StatusCode::OK, &person, arrival.at, None),
        None => sign_in(&app),
    }
}

fn show(
    app: &App,
    status: StatusCode,
    person: &Person,
    now: Timestamp,
    mistake: Option<&str>,
) -> Result<Response, HttpError> {
    let codes = person.factor(FactorKind::Recovery).and_then(|codes| codes.left).unwrap_or(0);
    let authenticator = person.factor(FactorKind::Totp).map(|totp| AppView {
        since: minute(totp.created),
        used: totp.last_used.map(minute),
        codes,
    });
    let passkeys =
        person.factors.iter().filter(|factor| factor.kind == FactorKind::Passkey).map(|passkey| PasskeyView {
            id: passkey.id.to_string(),
            name: passkey.label.clone(),
            added: minute(passkey.created),
            used: passkey.last_used.map(minute),
        });
    let page = SecurityPage {
        frame: Frame::of(app),
        enforced: person.enforced.as_deref(),
        is_recent: recent::is_recent(&person.session, now),
        password: person.account.password_set.map(minute),
        app: authenticator,
        passkeys: passkeys.collect(),
        mistake,
    };
    Ok(with_script(pages::page(status, &page)?))
}

/// To where nobody is signed in.
fn sign_in(app: &App) -> Result<Response, HttpError> {
    pages::see_other(&format!("{}/signin", app.base_url()))
}

/// On to where whoever has just shown who they are was going; or to the page.
fn confirmed(app: &App, headers: &HeaderMap) -> Result<Response, HttpError> {
    match way_back::lead(app, headers)? {
        Some(back) => Ok(back),
        None => done(app),
    }
}

/// Back to the page.
fn done(app: &App) -> Result<Response, HttpError> {
    pages::see_other(&format!("{}/account/security", app.base_url()))
}

/// Whoever has not shown recently who they are does it now; every other failure is one.
fn or_confirm<T>(app: &App, result: Result<T, HttpError>) -> Result<Result<T, Response>, HttpError> {
    match result {
        Err(HttpError::Engine(EngineError::Refused(Refusal::NotRecent))) => {
            Ok(Err(pages::see_other(&format!("{}/account/confirm", app.base_url()))?))
        }
        other => other.map(Ok),
    }
}

//! Break-glass codes (SSO-11): `/signin/break-glass`, where an owner uses one, and `/account/break-glass`, where owners make
//! them.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use muster_crypto::{TokenHash, TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin,
    credentials::{
        break_glass::{self, Opened},
        ceremonies,
    },
};
use muster_model::{AccountId, Actor, Email, OrganizationId, Source};

use super::{
    NOBODY, begin, commit, second_factor, signed_in,
    step::Step,
    tried::{Tried, decide},
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, visitor},
    pages::{self, Frame, filters},
};

const WRONG: &str = "The address or the code is wrong, or the code was used.";
const LOCKED: &str = "There were too many wrong codes. Wait five minutes, then try again.";

#[derive(Template)]
#[template(path = "break_glass.html")]
struct UsePage<'p> {
    frame: Frame,
    email: &'p str,
    mistake: Option<&'p str>,
}

#[derive(Template)]
#[template(path = "break_glass_codes.html")]
struct CodesPage<'p> {
    frame: Frame,
    code: Option<&'p str>,
    organizations: Vec<OrganizationView>,
}

struct OrganizationView {
    id: String,
    name: String,
    is_ready: bool,
}

/// `GET /signin/break-glass`.
pub(super) async fn page(State(app): State<App>) -> Result<Response, HttpError> {
    pages::page(StatusCode::OK, &UsePage { frame: Frame::of(&app), email: "", mistake: None })
}

/// `POST /signin/break-glass`.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let typed = form.text("email").unwrap_or_default();
    let refuse = |status, mistake| {
        pages::page(status, &UsePage { frame: Frame::of(&app), email: typed, mistake: Some(mistake) })
    };
    let Ok(email) = Email::parse(typed) else { return refuse(StatusCode::UNPROCESSABLE_ENTITY, WRONG) };
    // What is no code of ours is counted like one that is wrong.
    let text = form.text("code").unwrap_or_default();
    let code = TokenText::parse(text)
        .map_or_else(|| TokenHash::from(muster_crypto::sha256(text.as_bytes())), |code| code.hash());
    let (session, secret) = begin(&app, &headers, arrival).await?;
    let sealer = app.shared_sealer();
    let step = Step::begin(&app, &headers)?;
    let binding = step.binding;
    let tried = Tried { way: "break-glass code", target: "/signin/break-glass", account: None };
    let opened = decide(&app, arrival, tried, move |tx, env| {
        let opened = break_glass::open(tx, env, &sealer, &email, &code, session.clone())?;
        if let Opened::SecondFactor(passed) = &opened {
            ceremonies::begin(tx, env, &sealer, &binding, Some(passed.account), &**passed)?;
        }
        Ok(opened)
    });
    match opened.await? {
        Opened::SecondFactor(passed) => second_factor::ask(&app, step, &passed),
        Opened::SignedIn(_) => {
            tracing::warn!(request = %arrival.id, "a break-glass code was used");
            signed_in(&app, &secret, "/account/break-glass")
        }
        Opened::Wrong => refuse(StatusCode::UNPROCESSABLE_ENTITY, WRONG),
        Opened::Locked => refuse(StatusCode::TOO_MANY_REQUESTS, LOCKED),
    }
}

/// `GET /account/break-glass`.
pub(super) async fn codes(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    match visitor(&app, &headers, arrival).await?.session() {
        Some(session) => show(&app, session.account, None).await,
        None => pages::see_other(&format!("{}/signin", app.base_url())),
    }
}

async fn show(app: &App, account: AccountId, code: Option<&str>) -> Result<Response, HttpError> {
    let surroundings = app.surroundings();
    let owned = app
        .read(Lane::Snapshot, move |conn| {
            let env = Env::new(Arc::clone(&surroundings), NOBODY);
            break_glass::owned_by(conn, &env, account)
        })
        .await?;
    let view = |(organization, is_ready): (muster_model::Organization, bool)| OrganizationView {
        id: organization.id.to_string(),
        name: organization.name,
        is_ready,
    };
    let organizations = owned.into_iter().map(view).collect();
    pages::page(StatusCode::OK, &CodesPage { frame: Frame::of(app), code, organizations })
}

/// `POST /account/break-glass`: a new code, shown once.
pub(super) async fn make(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(account) = visitor.session().map(|session| session.account) else {
        return pages::see_other(&format!("{}/signin", app.base_url()));
    };
    let named = form.text("organization").and_then(|id| id.parse::<OrganizationId>().ok());
    let missing = || EngineError::not_found("organization", "of this form");
    let id = named.ok_or_else(missing)?;
    let code = TokenText::generate(TokenPrefix::BreakGlass).map_err(HttpError::no_randomness)?;
    let hash = code.hash();
    let origin = Origin { source: Source::Manual, actor: Actor::Account(account.0), connection: None, request: None };
    commit(&app, origin, move |tx, env| {
        let organization = tx.organization(id)?.ok_or_else(missing)?;
        break_glass::make(tx, env, &organization, &hash).map(drop)
    })
    .await?;
    show(&app, account, Some(code.expose())).await
}

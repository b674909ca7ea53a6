//! Passkeys: `/signin/passkey`, where anybody signs in with one, and what a form says of one elsewhere.
//!
//! A script of ours (`assets/passkeys.js`) asks for options, has the browser ask the authenticator, and sends what that says
//! with a form. Nobody types an address before: which account it is, the passkey says (SEC-5).

mod carried;
mod relying_party;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use muster_crypto::sha256;
use muster_engine::{
    EngineError, Origin,
    credentials::{
        Answer, Browser,
        ceremonies::{self, Kept},
        passkeys::{self, Passkey, Used},
    },
};
use muster_model::{Account, AccountId, Factor, Session};
use serde_json::{Value, json};

pub(crate) use relying_party::RelyingParty;

use relying_party::{Adding, CeremonyError, said};

use super::{
    local::{
        ENFORCED, begin, commit, known_device, signed_in_on,
        step::{self, Step},
        tried::{Tried, decide},
    },
    start,
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, Leave},
};

/// The field with what a browser says of a passkey, and the one with the key of what it answers.
const CREDENTIAL: &str = "credential";
const CEREMONY: &str = "passkey";
const WRONG: &str = "The passkey was not accepted: it is not known here, or took too long. Try again.";

/// The pages of signing in with a passkey.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/signin/passkey", post(submit)).route("/signin/passkey/options", post(options))
}

/// What a page says where a passkey may be used.
pub(super) struct PasskeyButton<'p> {
    /// What the button says.
    pub(super) text: &'static str,
    /// The path of where it is sent.
    pub(super) action: &'static str,
    /// The key of what it is the second step of.
    pub(super) step: Option<&'p str>,
}

impl<'p> PasskeyButton<'p> {
    /// For whoever signs in; `None` where browsers have no passkeys.
    pub(super) fn to_sign_in(app: &App) -> Option<Self> {
        Self::to(app, "Sign in with a passkey", "/signin/passkey", None)
    }

    /// For whoever shows a passkey for something else.
    pub(super) fn to_show(app: &App, action: &'static str, step: Option<&'p str>) -> Option<Self> {
        Self::to(app, "Use a passkey", action, step)
    }

    fn to(app: &App, text: &'static str, action: &'static str, step: Option<&'p str>) -> Option<Self> {
        app.relying_party().is_some().then_some(Self { text, action, step })
    }
}

/// For a page on which our script runs.
pub(super) fn with_script(mut response: Response) -> Response {
    response.extensions_mut().get_or_insert_default::<Leave>().own_script = true;
    response
}

/// Whether a form says something of a passkey.
pub(super) fn is_in(form: &Form) -> bool {
    form.text(CREDENTIAL).is_some()
}

/// `POST /signin/passkey/options`: what the browser is to be told, whoever is in front of it.
async fn options(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let (options, asking) = party(&app)?.ask().map_err(not_begun)?;
    let step = Step::begin(&app, &headers)?;
    let key = carried::seal(&app, &step.binding.browser, asking)?;
    Ok(begun(&key, options, step.cookie))
}

/// What the browser is to be told to make a passkey for the account of a session.
pub(super) async fn options_to_add(
    app: &App,
    headers: &HeaderMap,
    origin: Origin,
    session: &Session,
    account: &Account,
) -> Result<Response, HttpError> {
    let (id, sealer) = (account.id, app.shared_sealer());
    let known = app.read(Lane::Point, move |conn| passkeys::of(conn, &sealer, id)).await?;
    let known: Vec<&[u8]> = known.iter().map(|passkey| passkey.content.as_slice()).collect();
    let (options, adding) = party(app)?.add(account, &known).map_err(not_begun)?;
    let session = session.clone();
    keep(app, headers, origin, id, options, adding, move |tx, env| passkeys::may_add(tx, env, &session).map(drop)).await
}

/// Keeps what begins, if it may, and tells the script how to go on.
async fn keep<T: Kept + Send + 'static>(
    app: &App,
    headers: &HeaderMap,
    origin: Origin,
    account: AccountId,
    options: Value,
    content: T,
    mut may: impl FnMut(&mut muster_store::Tx<'_>, &muster_engine::Env) -> Result<(), EngineError> + Send + 'static,
) -> Result<Response, HttpError> {
    let step = Step::begin(app, headers)?;
    let (binding, sealer) = (step.binding, app.shared_sealer());
    commit(app, origin, move |tx, env| {
        may(tx, env)?;
        ceremonies::begin(tx, env, &sealer, &binding, Some(account), &content)
    })
    .await?;
    Ok(begun(step.key.expose(), options, step.cookie))
}

/// Tells the script how to go on.
fn begun(key: &str, options: Value, cookie: Option<HeaderValue>) -> Response {
    let mut response = Json(json!({"passkey": key, "options": options})).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// `POST /signin/passkey`.
async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let Some(used) = used(&app, &headers, &form).await? else {
        return start::again(&app, StatusCode::UNPROCESSABLE_ENTITY, WRONG);
    };
    let device = known_device(&app, &headers)?;
    let (session, secret) = begin(&app, &headers, arrival).await?;
    let browser = Browser { device: device.hash(), session };
    let sealer = app.shared_sealer();
    let tried = Tried { way: "passkey", target: "/signin/passkey", account: Some(used.passkey.factor.account) };
    let answer =
        decide(&app, arrival, tried, move |tx, env| passkeys::sign_in(tx, env, &sealer, &used, &browser)).await?;
    match answer {
        Answer::SignedIn(_) => signed_in_on(&app, &secret, &device, "/account"),
        Answer::SingleSignOn(_) => start::again(&app, StatusCode::FORBIDDEN, ENFORCED),
        Answer::Wrong | Answer::Locked | Answer::SecondFactor(_) => {
            start::again(&app, StatusCode::UNPROCESSABLE_ENTITY, WRONG)
        }
    }
}

/// The passkey that a form says something of, verified; `None` if that is not as it should be. Whether it is accepted, once, the
/// engine decides.
pub(super) async fn used(app: &App, headers: &HeaderMap, form: &Form) -> Result<Option<Used>, HttpError> {
    let party = party(app)?;
    let Some(carried) = carried::open(app, headers, form.text(CEREMONY).unwrap_or_default()) else { return Ok(None) };
    let Ok(said) = said(form.get(CREDENTIAL).unwrap_or_default()) else { return Ok(None) };
    let (handle, sealer) = (sha256(&said.raw_id), app.shared_sealer());
    let found = app.read(Lane::Point, move |conn| passkeys::find(conn, &sealer, &handle)).await?;
    let Some(passkey) = found else { return Ok(None) };
    let Passkey { factor, content, .. } = &passkey;
    match party.asked(carried.asking, &said, factor.account, content) {
        Ok(content) => Ok(Some(Used { passkey, content, answers: (carried.name, carried.expires) })),
        Err(error) => {
            tracing::info!(%error, "a passkey was not accepted");
            Ok(None)
        }
    }
}

/// Adds the passkey that a form says something of to the account of a session; `None` if that is not as it should be.
pub(super) async fn add(
    app: &App,
    headers: &HeaderMap,
    origin: Origin,
    session: &Session,
    form: &Form,
) -> Result<Option<Factor>, HttpError> {
    let party = party(app)?;
    let Some(binding) = step::binding(app, headers, form, CEREMONY) else { return Ok(None) };
    let sealer = app.shared_sealer();
    let adding = commit(app, origin, move |tx, env| ceremonies::take::<Adding>(tx, env, &sealer, &binding)).await?;
    let Some(adding) = adding.filter(|adding| adding.account == session.account) else { return Ok(None) };
    let added = match party.added(&adding, form.get(CREDENTIAL).unwrap_or_default()) {
        Ok(added) => added,
        Err(error) => {
            tracing::info!(%error, "a passkey was not added");
            return Ok(None);
        }
    };
    let (sealer, session) = (app.shared_sealer(), session.clone());
    let name = form.text("name").unwrap_or_default().to_owned();
    commit(app, origin, move |tx, env| {
        passkeys::add(tx, env, &sealer, &session, &name, &added.content, &added.handle).map(Some)
    })
    .await
}

fn party(app: &App) -> Result<&RelyingParty, HttpError> {
    app.relying_party().ok_or(HttpError::NoRoute)
}

fn not_begun(error: CeremonyError) -> HttpError {
    HttpError::Internal("a passkey cannot be asked for", Arc::new(error))
}

//! `/account/security/authenticator`: setting up an authenticator app, turning it off, and its recovery codes.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode, header};
use muster_crypto::{RecoveryCode, TokenHash, TotpSecret};
use muster_engine::{
    EngineError, Refusal,
    credentials::{
        ceremonies,
        recovery::{self, RECOVERY_CODES},
        totp::{self, SettingUp},
    },
};
use qrcode::{QrCode, render::svg};

use super::{Person, confirm, done, or_confirm, show, sign_in};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::Form,
    pages::{self, Frame, filters},
    sign_in::local::{
        commit,
        step::{self, Step},
    },
};

const WRONG: &str = "The code is wrong. Look whether the clock of the phone is right, and type the code that the app shows \
                     now.";

#[derive(Template)]
#[template(path = "authenticator.html")]
struct SetUpPage<'p> {
    frame: Frame,
    step: &'p str,
    qr: String,
    secret: String,
    mistake: Option<&'p str>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<String>,
}

fn ask(
    app: &App,
    status: StatusCode,
    person: &Person,
    step: &str,
    secret: &TotpSecret,
    mistake: Option<&str>,
) -> Result<Response, HttpError> {
    let email = person.account.email.as_ref().map_or(person.account.username.as_str(), |email| email.as_str());
    let page =
        SetUpPage { frame: Frame::of(app), step, qr: qr(&secret.address(email))?, secret: grouped(secret), mistake };
    pages::page(status, &page)
}

/// The picture that a phone reads: black on white, whatever the page's colours.
fn qr(address: &str) -> Result<String, HttpError> {
    let code =
        QrCode::new(address).map_err(|error| HttpError::Internal("a QR code cannot be made", Arc::new(error)))?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // What stands before belongs to a file of its own.
    Ok(picture.find("<svg").map_or(String::new(), |start| picture[start..].to_owned()))
}

/// The secret as people type it: in groups of four.
fn grouped(secret: &TotpSecret) -> String {
    let text: Vec<char> = secret.text().chars().collect();
    text.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// `POST /account/security/authenticator`: shows a new secret, and asks for its first code.
pub(super) async fn begin(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    let secret = TotpSecret::generate().map_err(HttpError::no_randomness)?;
    let step = Step::begin(&app, &headers)?;
    let (binding, sealer, session) = (step.binding, app.shared_sealer(), person.session.clone());
    let kept = SettingUp::new(person.account.id, &secret);
    let begun = commit(&app, person.origin(), move |tx, env| {
        totp::may_set_up(tx, env, &session)?;
        ceremonies::begin(tx, env, &sealer, &binding, Some(kept.account), &kept)
    });
    if let Err(elsewhere) = or_confirm(&app, begun.await)? {
        return Ok(elsewhere);
    }
    let mut response = ask(&app, StatusCode::OK, &person, step.key.expose(), &secret, None)?;
    response.headers_mut().extend(step.cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// `POST /account/security/authenticator/confirm`: the first code.
pub(super) async fn confirm(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    let over = || HttpError::from(EngineError::not_found("set-up", "of this browser"));
    let binding = step::binding(&app, &headers, &form, step::FIELD).ok_or_else(over)?;
    let (sealer, now) = (app.shared_sealer(), arrival.at);
    let kept = app.read(Lane::Point, move |conn| ceremonies::look::<SettingUp>(conn, &sealer, &binding, now)).await?;
    let kept = kept.filter(|kept| kept.account == person.account.id);
    let secret = kept.and_then(|kept| kept.secret()).ok_or_else(over)?;
    let code: String = form.text("code").unwrap_or_default().chars().filter(|letter| !letter.is_whitespace()).collect();
    let (codes, hashes) = new_codes()?;
    let (sealer, session, shared) = (app.shared_sealer(), person.session.clone(), secret.clone());
    let set_up = commit(&app, person.origin(), move |tx, env| {
        let is_right = totp::set_up(tx, env, &sealer, &session, &shared, &code, &hashes)?;
        if is_right {
            ceremonies::take::<SettingUp>(tx, env, &sealer, &binding)?.ok_or(Refusal::SignInNotFound)?;
        }
        Ok(is_right)
    });
    match or_confirm(&app, set_up.await)? {
        Err(elsewhere) => Ok(elsewhere),
        Ok(true) => pages::page(StatusCode::OK, &CodesPage { frame: Frame::of(&app), codes }),
        Ok(false) => {
            let key = form.text(step::FIELD).unwrap_or_default();
            ask(&app, StatusCode::UNPROCESSABLE_ENTITY, &person, key, &secret, Some(WRONG))
        }
    }
}

/// `POST /account/security/authenticator/off`: with the password or a code.
pub(super) async fn turn_off(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    if !confirm::by_typing(&app, &person, &form).await? {
        return show(&app, StatusCode::UNPROCESSABLE_ENTITY, &person, arrival.at, Some(confirm::WRONG));
    }
    // The session says since now that the person was shown.
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    let (sealer, session) = (app.shared_sealer(), person.session.clone());
    let off = commit(&app, person.origin(), move |tx, env| totp::turn_off(tx, env, &sealer, &session));
    match or_confirm(&app, off.await)? {
        Err(elsewhere) => Ok(elsewhere),
        Ok(()) => done(&app),
    }
}

/// `POST /account/security/recovery`: new recovery codes, shown once.
pub(super) async fn remake_codes(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let Some(person) = Person::find(&app, &headers, arrival).await? else { return sign_in(&app) };
    let (codes, hashes) = new_codes()?;
    let (sealer, session) = (app.shared_sealer(), person.session.clone());
    let made = commit(&app, person.origin(), move |tx, env| recovery::remake(tx, env, &sealer, &session, &hashes));
    match or_confirm(&app, made.await)? {
        Err(elsewhere) => Ok(elsewhere),
        Ok(()) => pages::page(StatusCode::OK, &CodesPage { frame: Frame::of(&app), codes }),
    }
}

fn new_codes() -> Result<(Vec<String>, Vec<TokenHash>), HttpError> {
    let codes: Result<Vec<_>, _> = (0..RECOVERY_CODES).map(|_| RecoveryCode::generate()).collect();
    let codes = codes.map_err(HttpError::no_randomness)?;
    Ok((codes.iter().map(RecoveryCode::expose).collect(), codes.iter().map(RecoveryCode::hash).collect()))
}

//! `/signin/password`: an address or username, and a password.

use askama::Template;
use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use muster_crypto::Secret as Password;
use muster_engine::credentials::{self, Answer, Browser, PASSWORD_BYTES, ceremonies, enforcement};
use muster_model::{Email, RequestId};

use super::{
    begin, known_device, second_factor, signed_in_on,
    step::Step,
    tried::{Tried, decide},
    with_passwords,
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::Form,
    pages::{self, Frame, filters},
    sign_in::passkeys::{self, PasskeyButton},
};

const WRONG: &str = "The address or the password is wrong.";
const LOCKED: &str = "There were too many wrong passwords. Wait five minutes, then try again.";
pub(in crate::sign_in) const ENFORCED: &str = "Your company wants you to sign in through it: continue with SSO.";

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'p> {
    frame: Frame,
    name: &'p str,
    mistake: Option<&'p str>,
    notice: Option<&'p str>,
    passkey: Option<PasskeyButton<'p>>,
}

fn show(app: &App, status: StatusCode, name: &str, mistake: Option<&str>) -> Result<Response, HttpError> {
    let passkey = PasskeyButton::to_sign_in(app);
    let page = PasswordPage { frame: Frame::of(app), name, mistake, notice: None, passkey };
    Ok(passkeys::with_script(pages::page(status, &page)?))
}

/// `GET /signin/password`.
pub(super) async fn page(State(app): State<App>) -> Result<Response, HttpError> {
    show(&app, StatusCode::OK, "", None)
}

/// The page for whoever has typed an address that no connection is responsible for, known or not (SEC-5).
pub(in crate::sign_in) fn ask(app: &App, email: &Email) -> Result<Response, HttpError> {
    show(app, StatusCode::OK, email.as_str(), None)
}

/// `POST /signin/password`.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let name: String = form.text("name").unwrap_or_default().chars().take(254).collect();
    let password = form.get("password").filter(|password| password.len() <= PASSWORD_BYTES);
    let password = Password::new(password.unwrap_or_default());
    // By the domain alone, so that it is answered alike whoever has the address (SEC-5).
    if let Ok(email) = Email::parse(&name)
        && !app.read(Lane::Snapshot, move |conn| enforcement::enforcing(conn, Some(&email))).await?.is_empty()
    {
        return show(&app, StatusCode::FORBIDDEN, &name, Some(ENFORCED));
    }
    let device = known_device(&app, &headers)?;
    let (called, shown) = (name.clone(), device.hash());
    let challenge = app.read(Lane::Snapshot, move |conn| credentials::challenge(conn, &called, Some(&shown))).await?;
    let asked = challenge.clone();
    let is_right = with_passwords(&app, move |passwords| passwords.check(&password, asked.hash())).await?;
    let (session, secret) = begin(&app, &headers, arrival).await?;
    let browser = Browser { device: device.hash(), session };
    let step = Step::begin(&app, &headers)?;
    let (binding, sealer) = (step.binding, app.shared_sealer());
    let tried = Tried { way: "password", target: "/signin/password", account: challenge.account() };
    let answer = decide(&app, arrival, tried, move |tx, env| {
        let answer = credentials::sign_in(tx, env, &challenge, is_right, &browser)?;
        if let Answer::SecondFactor(passed) = &answer {
            ceremonies::begin(tx, env, &sealer, &binding, Some(passed.account), &**passed)?;
        }
        Ok(answer)
    })
    .await?;
    note(arrival.id, &answer);
    match answer {
        Answer::SignedIn(_) => signed_in_on(&app, &secret, &device, "/account"),
        Answer::SecondFactor(passed) => second_factor::ask(&app, step, &passed),
        Answer::Wrong => show(&app, StatusCode::UNPROCESSABLE_ENTITY, &name, Some(WRONG)),
        Answer::Locked => show(&app, StatusCode::TOO_MANY_REQUESTS, &name, Some(LOCKED)),
        Answer::SingleSignOn(_) => show(&app, StatusCode::FORBIDDEN, &name, Some(ENFORCED)),
    }
}

/// One line for the operator; it names nobody.
pub(super) fn note(request: RequestId, answer: &Answer) {
    let outcome = match answer {
        Answer::SignedIn(_) => "signed in",
        Answer::SecondFactor(_) => "right, and the second factor is to follow",
        Answer::Wrong => "wrong",
        Answer::Locked => "locked",
        Answer::SingleSignOn(_) => "single sign-on is enforced",
    };
    tracing::info!(%request, outcome, "a password or second factor was tried");
}

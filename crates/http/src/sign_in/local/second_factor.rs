//! `/signin/second-factor`: what is asked for after a password, a link or a break-glass code, where there is a second factor.

use askama::Template;
use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode, header};
use muster_crypto::Secret as Code;
use muster_engine::{
    Refusal,
    credentials::{
        Answer, Browser, ceremonies,
        second_step::{self, Passed, Proof, Way},
    },
};

use super::{
    begin, known_device,
    password::{ENFORCED, note},
    signed_in, signed_in_on,
    step::{self, Step},
    tried::{Tried, decide},
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::Form,
    pages::{self, Frame, filters},
    sign_in::passkeys::{self, PasskeyButton},
};

const WRONG: &str = "That is wrong, or was used before. Wait for the next code, then try again.";
const LOCKED: &str = "There were too many wrong codes. Wait five minutes, then try again.";
/// More than any code has.
const CODE_BYTES: usize = 128;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage<'p> {
    frame: Frame,
    step: &'p str,
    by_code: bool,
    mistake: Option<&'p str>,
    passkey: Option<PasskeyButton<'p>>,
}

fn show(
    app: &App,
    status: StatusCode,
    step: &str,
    passed: &Passed,
    mistake: Option<&str>,
) -> Result<Response, HttpError> {
    let passkey = PasskeyButton::to_show(app, "/signin/second-factor", Some(step));
    let page = SecondFactorPage {
        frame: Frame::of(app),
        step,
        by_code: passed.by_code,
        mistake,
        passkey: passkey.filter(|_| passed.by_passkey),
    };
    Ok(passkeys::with_script(pages::page(status, &page)?))
}

/// Asks for the second factor; what was shown first was kept under this step.
pub(super) fn ask(app: &App, step: Step, passed: &Passed) -> Result<Response, HttpError> {
    let mut response = show(app, StatusCode::OK, step.key.expose(), passed, None)?;
    response.headers_mut().extend(step.cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// `POST /signin/second-factor`.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let over = || HttpError::from(muster_engine::EngineError::from(Refusal::SignInNotFound));
    let binding = step::binding(&app, &headers, &form, step::FIELD).ok_or_else(over)?;
    let (sealer, now) = (app.shared_sealer(), arrival.at);
    let passed = app.read(Lane::Point, move |conn| ceremonies::look::<Passed>(conn, &sealer, &binding, now)).await?;
    let passed = passed.ok_or_else(over)?;
    let key = form.text(step::FIELD).unwrap_or_default();
    let once_more = |status, mistake| show(&app, status, key, &passed, Some(mistake));
    let proof = if passkeys::is_in(&form) {
        match passkeys::used(&app, &headers, &form).await? {
            Some(used) => Proof::Passkey(Box::new(used)),
            None => return once_more(StatusCode::UNPROCESSABLE_ENTITY, WRONG),
        }
    } else {
        let code = form.text("code").filter(|code| code.len() <= CODE_BYTES).unwrap_or_default();
        Proof::Code(Code::new(code))
    };
    let device = known_device(&app, &headers)?;
    let (session, secret) = begin(&app, &headers, arrival).await?;
    let browser = Browser { device: device.hash(), session };
    let sealer = app.shared_sealer();
    let tried = Tried { way: "second factor", target: "/signin/second-factor", account: Some(passed.account) };
    let answer =
        decide(&app, arrival, tried, move |tx, env| second_step::finish(tx, env, &sealer, &binding, &proof, &browser))
            .await?;
    note(arrival.id, &answer);
    match answer {
        Answer::SignedIn(_) => match passed.way() {
            Way::Password => signed_in_on(&app, &secret, &device, "/account"),
            Way::Link => signed_in(&app, &secret, "/account/password"),
            Way::BreakGlass => signed_in(&app, &secret, "/account/break-glass"),
        },
        Answer::Locked => once_more(StatusCode::TOO_MANY_REQUESTS, LOCKED),
        Answer::SingleSignOn(_) => once_more(StatusCode::FORBIDDEN, ENFORCED),
        Answer::Wrong | Answer::SecondFactor(_) => once_more(StatusCode::UNPROCESSABLE_ENTITY, WRONG),
    }
}

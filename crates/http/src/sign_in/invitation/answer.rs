//! Accepting and declining.

use axum::{Extension, body::Body, extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use muster_crypto::{Secret as Password, TokenText};
use muster_engine::{
    EngineError, Origin, Refusal,
    credentials::{self, Browser, PASSWORD_BYTES},
    invitations::{self, Answered, Followed, Way},
};
use muster_model::{Account, Actor, Source};

use super::{Visit, page::show};
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::Form,
    pages,
    sign_in::{
        Segment,
        local::{
            self, NOBODY, begin, known_device, signed_in_on,
            tried::{Tried, decide},
        },
        way_back,
    },
};

/// `POST /invitations/{token}/accept`.
pub(super) async fn accept(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    token: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let visit = Visit::find(&app, &headers, arrival, token).await?;
    let Some((token, account)) = answering(&visit) else { return pages::see_other(&visit.url(&app)) };
    let link = token.hash();
    let done = app
        .change(by(&account), move |tx, env| invitations::accept(tx, env, &account, Answered::Link(&link)).map(drop));
    answered(&app, arrival, &visit, done.await)
}

/// `POST /invitations/{token}/decline`.
pub(super) async fn decline(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    token: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    Form::own(&app, &headers, body).await?;
    let visit = Visit::find(&app, &headers, arrival, token).await?;
    let done = match (answering(&visit), &visit) {
        (Some((token, account)), _) => {
            let link = token.hash();
            app.change(by(&account), move |tx, env| invitations::decline(tx, env, &account, Answered::Link(&link)))
                .await
        }
        (None, Visit { token: Some(token), person: None, .. }) => {
            let link = token.hash();
            app.change(NOBODY, move |tx, env| invitations::decline_as_newcomer(tx, env, &link)).await
        }
        (None, _) => return pages::see_other(&visit.url(&app)),
    };
    if done.is_ok() && visit.person.is_none() {
        return pages::see_other(&visit.url(&app));
    }
    answered(&app, arrival, &visit, done)
}

/// The link and the person, where the person may answer.
fn answering(visit: &Visit) -> Option<(TokenText, Account)> {
    let token = visit.token.clone()?;
    visit.person.as_ref().map(|(_, account)| (token, account.clone()))
}

/// Sends the person on, or says why not.
fn answered(app: &App, arrival: Arrival, visit: &Visit, done: Result<(), HttpError>) -> Result<Response, HttpError> {
    match done {
        Ok(()) => way_back::forgotten(app, pages::see_other(&format!("{}/account", app.base_url()))?),
        // Somebody was quicker: the page tells.
        Err(HttpError::Engine(EngineError::NotFound { kind: "invitation", .. })) => pages::see_other(&visit.url(app)),
        Err(HttpError::Engine(EngineError::Refused(Refusal::Invalid(why)))) => {
            show(app, arrival, visit, StatusCode::UNPROCESSABLE_ENTITY, "", Some(&why))
        }
        Err(error) => Err(error),
    }
}

/// `POST /invitations/{token}/account`: an account with the invited address, for who has none.
pub(super) async fn make_account(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    token: Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let visit = Visit::find(&app, &headers, arrival, token).await?;
    let (Some(token), Some(Followed::Open(shown))) = (&visit.token, &visit.followed) else {
        return pages::see_other(&visit.url(&app));
    };
    if shown.way != Way::NewAccount {
        return pages::see_other(&visit.url(&app));
    }
    let full_name = form.text("full_name").unwrap_or_default().to_owned();
    let refuse = |why: &str| show(&app, arrival, &visit, StatusCode::UNPROCESSABLE_ENTITY, &full_name, Some(why));
    let password = form.get("password").filter(|password| password.len() <= PASSWORD_BYTES).unwrap_or_default();
    let password = Password::new(password);
    if let Err(EngineError::Refused(Refusal::Invalid(why))) = credentials::check_new(&password, &[&full_name]) {
        return refuse(&why);
    }
    let hash = local::with_passwords(&app, move |passwords| passwords.hash(&password)).await?;
    let device = known_device(&app, &headers)?;
    let (session, secret) = begin(&app, &headers, arrival).await?;
    let browser = Browser { device: device.hash(), session };
    let (link, called) = (token.hash(), full_name.clone());
    let tried = Tried { way: "invitation", target: "/invitations", account: None };
    let made = decide(&app, arrival, tried, move |tx, env| {
        invitations::accept_as_newcomer(tx, env, &link, &called, &hash, &browser)
    });
    match made.await {
        Ok(_) => way_back::forgotten(&app, signed_in_on(&app, &secret, &device, "/account")?),
        // Somebody was quicker: the page tells.
        Err(HttpError::Engine(EngineError::NotFound { .. } | EngineError::Refused(Refusal::TakenMeanwhile(_)))) => {
            pages::see_other(&visit.url(&app))
        }
        Err(HttpError::Engine(EngineError::Refused(Refusal::Invalid(why)))) => refuse(&why),
        Err(error) => Err(error),
    }
}

fn by(account: &Account) -> Origin {
    Origin { source: Source::Manual, actor: Actor::Account(account.id.0), connection: None, request: None }
}

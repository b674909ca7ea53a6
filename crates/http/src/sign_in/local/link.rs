//! `/signin/link`: the single-use link of an owner whom the operator names. A look at it uses nothing up, because programs
//! look at links, too.

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use muster_crypto::TokenPrefix;
use muster_engine::credentials::{self, Followed, ceremonies};

use super::{
    begin, link_of,
    reset::Token,
    second_factor, signed_in,
    step::Step,
    tried::{Tried, decide},
    used_link,
};
use crate::{
    App, HttpError,
    arrival::Arrival,
    browser::Form,
    pages::{self, Frame, filters},
};

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'p> {
    frame: Frame,
    token: &'p str,
}

/// `GET /signin/link`.
pub(super) async fn page(
    State(app): State<App>,
    query: Result<Query<Token>, QueryRejection>,
) -> Result<Response, HttpError> {
    let token = query.ok().and_then(|Query(query)| query.token).unwrap_or_default();
    link_of(Some(&token), TokenPrefix::Link).ok_or_else(used_link)?;
    pages::page(StatusCode::OK, &LinkPage { frame: Frame::of(&app), token: &token })
}

/// `POST /signin/link`: signs in, and asks for a password.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let link = link_of(form.text("token"), TokenPrefix::Link).ok_or_else(used_link)?;
    let (session, secret) = begin(&app, &headers, arrival).await?;
    let step = Step::begin(&app, &headers)?;
    let (binding, sealer) = (step.binding, app.shared_sealer());
    let tried = Tried { way: "link", target: "/signin/link", account: None };
    let followed = decide(&app, arrival, tried, move |tx, env| {
        let followed = credentials::follow_link(tx, env, &link, session.clone())?;
        if let Followed::SecondFactor(passed) = &followed {
            ceremonies::begin(tx, env, &sealer, &binding, Some(passed.account), &**passed)?;
        }
        Ok(followed)
    });
    match followed.await? {
        Followed::SignedIn(_) => signed_in(&app, &secret, "/account/password"),
        Followed::SecondFactor(passed) => second_factor::ask(&app, step, &passed),
    }
}

//! `/account`: who is signed in, where, and why; and signing out.

pub(super) mod applications;
pub(super) mod places;
mod view;

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use muster_engine::{Origin, explain, invitations, sessions};
use muster_model::{Actor, Session, SessionId, Source, session::Ended};

use super::{local::commit, oidc, saml, way_back};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Cookies, Form, Visitor, require_same_origin, visitor},
    pages,
};

/// `GET /`: leads to the account's page, and from there to signing in.
pub(super) async fn home(State(app): State<App>) -> Result<Response, HttpError> {
    pages::see_other(&format!("{}/account", app.base_url()))
}

/// `GET /account`: a page, or JSON for programs.
pub(super) async fn page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let is_json = pages::wants_json(&headers);
    let session = match visitor(&app, &headers, arrival).await? {
        Visitor::SignedIn(session) => *session,
        Visitor::SignedOut(_) | Visitor::Stranger if is_json => return Err(HttpError::SignedOut),
        Visitor::SignedOut(_) | Visitor::Stranger => return pages::see_other(&format!("{}/signin", app.base_url())),
    };
    if !is_json && let Some(back) = way_back::lead(&app, &headers)? {
        return Ok(back);
    }
    if is_json {
        let account = session.account;
        let explanation = app.read(Lane::Snapshot, move |conn| explain::of_account(conn, account)).await?;
        let answer = view::json(&explanation, &session);
        let vary = [(header::VARY, "accept")];
        return Ok((vary, Json(answer)).into_response());
    }
    show(&app, arrival, &session, StatusCode::OK, None).await
}

/// The account's page, with the reason why something was not done.
async fn show(
    app: &App,
    arrival: Arrival,
    session: &Session,
    status: StatusCode,
    problem: Option<String>,
) -> Result<Response, HttpError> {
    let (account, now) = (session.account, arrival.at);
    let read = app.read(Lane::Snapshot, move |conn| {
        let explanation = explain::of_account(conn, account)?;
        let invitations = invitations::own(conn, &explanation.account, now)?;
        let (live, ended) = (sessions::list(conn, account, now)?, sessions::list_ended(conn, account, now)?);
        let origins = sessions::origins(conn, live.iter().chain(&ended))?;
        Ok((explanation, view::Sessions { live, ended, origins, now }, invitations))
    });
    let (explanation, sessions, invitations) = read.await?;
    view::page(app, status, &explanation, session, &sessions, invitations, problem)
}

/// `POST /signout`: ends the session here, and at the IdP where it knows of that.
pub(super) async fn sign_out(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    require_same_origin(&headers, app.base_url())?;
    let mut location = format!("{}/signin", app.base_url());
    if let Visitor::SignedIn(session) = visitor(&app, &headers, arrival).await? {
        let id = session.id;
        commit(&app, by(&session), move |tx, env| sessions::end(tx, env, id, Ended::SignedOut)).await?;
        let at_idp = match saml::at_idp(&app, &session).await? {
            Some(at_idp) => Some(at_idp),
            None => oidc::at_idp(&app, &session).await,
        };
        location = at_idp.unwrap_or(location);
    }
    let mut response = pages::see_other(&location)?;
    response.headers_mut().extend(Cookies::new(app.base_url()).clear_session().map(|it| (header::SET_COOKIE, it)));
    Ok(response)
}

/// `POST /account/sessions/end`: ends another session of the person's own.
pub(super) async fn end_session(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let form = Form::own(&app, &headers, body).await?;
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(session) = visitor.session() else { return pages::see_other(&format!("{}/signin", app.base_url())) };
    if let Some(id) = form.text("session").and_then(|id| id.parse::<SessionId>().ok()) {
        let account = session.account;
        commit(&app, by(session), move |tx, env| sessions::end_own(tx, env, account, id)).await?;
    }
    pages::see_other(&format!("{}/account", app.base_url()))
}

/// What a signed-in person does.
fn by(session: &Session) -> Origin {
    let actor = Actor::Account(session.account.0);
    Origin { source: Source::Manual, actor, connection: None, request: None }
}

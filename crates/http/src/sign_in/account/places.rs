//! What somebody does about where they are: answers invitations, and leaves organizations.

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use muster_engine::{
    EngineError, Refusal, authority,
    invitations::{self, Answered},
    organizations, returns,
};
use muster_model::{Account, AccountId, InvitationId, Organization, Session};
use muster_store::Conn;

use super::by;
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, visitor},
    pages::{self, Frame, filters},
    sign_in::local::commit,
};

/// Who sends a form of ours; `None` if nobody is signed in.
async fn sender(app: &App, arrival: Arrival, headers: &HeaderMap, body: Body) -> Result<Option<Session>, HttpError> {
    Form::own(app, headers, body).await?;
    Ok(visitor(app, headers, arrival).await?.session().cloned())
}

fn to_account(app: &App) -> Result<Response, HttpError> {
    pages::see_other(&format!("{}/account", app.base_url()))
}

fn to_sign_in(app: &App) -> Result<Response, HttpError> {
    pages::see_other(&format!("{}/signin", app.base_url()))
}

/// Why not, where that is for the person; otherwise the failure.
fn told(error: HttpError) -> Result<String, HttpError> {
    match error {
        HttpError::Engine(EngineError::Refused(refusal @ (Refusal::Invalid(_) | Refusal::LastOwner { .. }))) => {
            Ok(refusal.to_string())
        }
        error => Err(error),
    }
}

/// `POST /account/invitations/{id}/accept`.
pub(in crate::sign_in) async fn accept(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Path(id): Path<InvitationId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let Some(session) = sender(&app, arrival, &headers, body).await? else { return to_sign_in(&app) };
    let account = session.account;
    let accepted = commit(&app, by(&session), move |tx, env| {
        let account = own(tx, account)?;
        invitations::accept(tx, env, &account, Answered::Own(id)).map(drop)
    });
    match accepted.await {
        Ok(()) => to_account(&app),
        Err(error) => super::show(&app, arrival, &session, StatusCode::UNPROCESSABLE_ENTITY, Some(told(error)?)).await,
    }
}

/// `POST /account/invitations/{id}/decline`.
pub(in crate::sign_in) async fn decline(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Path(id): Path<InvitationId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let Some(session) = sender(&app, arrival, &headers, body).await? else { return to_sign_in(&app) };
    let account = session.account;
    let declined = commit(&app, by(&session), move |tx, env| {
        let account = own(tx, account)?;
        invitations::decline(tx, env, &account, Answered::Own(id))
    });
    declined.await?;
    to_account(&app)
}

#[derive(Template)]
#[template(path = "leave_organization.html")]
struct LeavePage {
    frame: Frame,
    organization: String,
    /// What would bring the person back.
    returns: Vec<String>,
    problem: Option<String>,
}

/// `GET /account/organizations/{org}/leave`: what it means.
pub(in crate::sign_in) async fn leave_page(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let visitor = visitor(&app, &headers, arrival).await?;
    let Some(session) = visitor.session() else { return to_sign_in(&app) };
    show_leave(&app, session, org, None).await
}

async fn show_leave(
    app: &App,
    session: &Session,
    org: String,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let problem = refused.map(told).transpose()?;
    let account = session.account;
    let read = app.read(Lane::Snapshot, move |conn| {
        let account = own(conn, account)?;
        let organization = place(conn, &account, &org)?;
        let ways = returns::ways_back(conn, &organization, &account)?;
        Ok((organization.name, ways))
    });
    let (organization, ways) = read.await?;
    let status = if problem.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let returns = ways.iter().map(returns::Return::warning).collect();
    pages::page(status, &LeavePage { frame: Frame::of(app), organization, returns, problem })
}

/// `POST /account/organizations/{org}/leave`.
pub(in crate::sign_in) async fn leave(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    Path(org): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, HttpError> {
    let Some(session) = sender(&app, arrival, &headers, body).await? else { return to_sign_in(&app) };
    let (account, name) = (session.account, org.clone());
    let left = commit(&app, by(&session), move |tx, env| {
        let account = own(tx, account)?;
        let organization = place(tx, &account, &name)?;
        organizations::leave(tx, env, &organization, &account)
    });
    match left.await {
        Ok(()) => to_account(&app),
        Err(error) => show_leave(&app, &session, org, Some(error)).await,
    }
}

fn own(conn: &mut Conn<'_>, id: AccountId) -> Result<Account, EngineError> {
    conn.account(id)?.ok_or_else(|| EngineError::not_found("account", id))
}

/// An organization that the person is in; of others they learn nothing (TEN-3).
fn place(conn: &mut Conn<'_>, account: &Account, name: &str) -> Result<Organization, EngineError> {
    let missing = || EngineError::not_found("organization", name);
    let organization = authority::named(conn, name)?.ok_or_else(missing)?;
    let membership = conn.memberships_in(organization.id, &[account.id])?.into_iter().next();
    if membership.is_some_and(|membership| membership.is_active()) { Ok(organization) } else { Err(missing()) }
}

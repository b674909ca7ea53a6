//! `/v2/sessions` (a person's own), `/v2/orgs/{org}/sessions` and `/v2/orgs/{org}/members/{username}/sessions`: where people
//! are signed in, and ending that (SES-3, SES-4).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::{Action, Caller, Who},
    members,
    sessions::{
        self, NoPlace, Place, Which,
        oversight::{Oversight, Page},
    },
};
use muster_model::{Account, AccountId, Session, SessionId, session::Ended, token::Scope};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    call::{Call, Reply},
    paging::PageQuery,
    sent::{Asked, Named},
};
use crate::HttpError;

/// Where somebody is signed in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct SessionView {
    #[schema(format = Uuid)]
    id: String,
    /// Whose it is.
    username: String,
    /// The address; empty where there is none.
    email: String,
    /// For what kind of client: `web` or `desktop`.
    kind: String,
    /// What the person recognises it by.
    device: String,
    /// The name of the connection through which it began; none for one that began without, or through one that is not of your
    /// organization.
    connection: Option<String>,
    /// When it began.
    #[schema(format = DateTime)]
    created_at: String,
    /// To the hour.
    #[schema(format = DateTime)]
    last_used_at: String,
    /// When it ends if it is not used until then.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The TraceID of the sign-in, where it is yours to know.
    trace_id: Option<String>,
}

/// Some of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct SessionsView {
    /// The address of the next page.
    next: Option<String>,
    /// Live sessions: a person's newest first, an organization's by person. Those of a page that are not yours to see are left
    /// out of it.
    results: Vec<SessionView>,
}

/// What was ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct EndedView {
    /// So many sessions.
    ended: usize,
    /// So many were left: of accounts whose address is of a domain that you do not hold. Remove the members to end their access
    /// to the organization.
    left: usize,
    /// What to say as `after` to end the rest: one request ends some hundreds.
    after: Option<String>,
}

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionsQuery {
    /// Of how many sessions a page tells at most: 1 to 100, 25 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
    /// Where the page begins, as `next` says it.
    after: Option<String>,
}

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EndQuery {
    /// As the answer before said.
    after: Option<String>,
}

fn view(conn: &mut Conn<'_>, account: &Account, session: &Session, in_full: bool) -> Result<SessionView, EngineError> {
    let connection = match session.connection.filter(|_| in_full) {
        Some(id) => conn.connection(id)?.map(|connection| connection.name),
        None => None,
    };
    Ok(SessionView {
        id: session.id.to_string(),
        username: account.username.clone(),
        email: account.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        kind: session.kind.as_str().to_owned(),
        device: session.device.clone(),
        connection,
        created_at: session.created.to_string(),
        last_used_at: session.last_used.to_string(),
        expires_at: session.expires().to_string(),
        trace_id: session.trace.filter(|_| in_full).map(|trace| trace.to_string()),
    })
}

fn place(text: Option<&str>) -> Result<Place, HttpError> {
    let read = text.map(|text| text.parse().map_err(|error: NoPlace| HttpError::field("after", error.to_string())));
    Ok(read.transpose()?.unwrap_or_default())
}

/// List a member's sessions
///
/// All of them if you own what holds the domain of the member's address; else those that began through a connection that covers
/// the organization.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/members/{username}/sessions", tag = "Sessions", operation_id = "listMemberSessions",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The member's username.")
    ),
    responses((status = 200, description = "Where the member is signed in.", body = SessionsView))
)]
pub(super) async fn list_member(
    Extension(call): Extension<Call>,
    Named((org, username)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    let now = call.now();
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadSessions)?;
        let account = members::find(conn, &organization, &username)?.account;
        let oversight = Oversight::of(conn, caller, &organization)?;
        let mut results = Vec::new();
        for session in oversight.of_member(conn, &account, now)? {
            results.push(view(conn, &account, &session, oversight.shows_origin(&session))?);
        }
        Ok(SessionsView { next: None, results })
    })
    .await
}

/// Sign a member out everywhere
///
/// Only for owners of what holds the domain of the member's address (SES-4). Whoever may sign in can do so again.
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/members/{username}/sessions", tag = "Sessions", operation_id = "endMemberSessions",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The member's username.")
    ),
    responses((status = 200, description = "The member is signed out, on every node.", body = EndedView))
)]
pub(super) async fn end_member(
    Extension(call): Extension<Call>,
    Named((org, username)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::EndSessions)?;
        let account = members::find(tx, &organization, &username)?.account;
        let ended = Oversight::of(tx, caller, &organization)?.end(tx, env, &account, None)?;
        Reply::json(StatusCode::OK, &EndedView { ended, left: 0, after: None })
    })
    .await
}

/// End one of a member's sessions
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/members/{username}/sessions/{id}", tag = "Sessions",
    operation_id = "endMemberSession",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The member's username."),
        ("id" = String, Path, format = Uuid, description = "The session's id.")
    ),
    responses((status = 204, description = "It is over, on every node."))
)]
pub(super) async fn end_member_session(
    Extension(call): Extension<Call>,
    Named((org, username, id)): Named<(String, String, SessionId)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::EndSessions)?;
        let account = members::find(tx, &organization, &username)?.account;
        Oversight::of(tx, caller, &organization)?.end(tx, env, &account, Some(id))?;
        Ok(Reply::nothing())
    })
    .await
}

/// List sessions of members
///
/// Of each member what [List a member's sessions](#listMemberSessions) tells.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/sessions", tag = "Sessions", operation_id = "listSessions",
    params(("org" = String, Path, description = "The organization's name."), SessionsQuery),
    responses((status = 200, description = "Where members are signed in.", body = SessionsView))
)]
pub(super) async fn list_organization(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Asked(asked): Asked<SessionsQuery>,
) -> Result<Reply, HttpError> {
    let size = PageQuery { page: None, page_size: asked.page_size, after: None }.checked()?.size;
    let after = place(asked.after.as_deref())?;
    let (now, base_url) = (call.now(), call.app.base_url().to_owned());
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadSessions)?;
        let oversight = Oversight::of(conn, caller, &organization)?;
        let limit = usize::try_from(size).unwrap_or(usize::MAX);
        let Page { sessions, next } = oversight.page(conn, Which::Live, after, limit, now)?;
        let mut results = Vec::new();
        for (account, session) in &sessions {
            results.push(view(conn, account, session, oversight.shows_origin(session))?);
        }
        let path = format!("{base_url}/v2/orgs/{}/sessions", organization.name);
        let next = next.map(|place| format!("{path}?page_size={size}&after={place}"));
        Ok(SessionsView { next, results })
    })
    .await
}

/// Sign members out
///
/// Everywhere, all whose address is of a domain that you hold. Say `after` as it is answered until it is not.
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/sessions", tag = "Sessions", operation_id = "endSessions",
    params(("org" = String, Path, description = "The organization's name."), EndQuery),
    responses((status = 200, description = "These are signed out, on every node.", body = EndedView))
)]
pub(super) async fn end_organization(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Asked(asked): Asked<EndQuery>,
) -> Result<Reply, HttpError> {
    let after = place(asked.after.as_deref())?;
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::EndSessions)?;
        let (counts, next) = Oversight::of(tx, caller, &organization)?.end_all(tx, env, after)?;
        let after = next.map(|place| place.to_string());
        Reply::json(StatusCode::OK, &EndedView { ended: counts.ended, left: counts.left, after })
    })
    .await
}

/// Who calls, as a person.
fn person(caller: &Caller, scope: Scope) -> Result<AccountId, EngineError> {
    caller.require_scope(scope)?;
    match caller.who {
        Who::Account(account) => Ok(account),
        Who::Token { .. } => Err(EngineError::not_found("account", "of an organization's token")),
    }
}

/// List your own sessions
#[utoipa::path(
    get, path = "/v2/sessions", tag = "Sessions", operation_id = "listOwnSessions",
    responses((status = 200, description = "Where you are signed in.", body = SessionsView))
)]
pub(super) async fn list_own(Extension(call): Extension<Call>) -> Result<Reply, HttpError> {
    let now = call.now();
    call.show(move |conn, caller| {
        let id = person(caller, Scope::SessionsRead)?;
        let account = conn.account(id)?.ok_or_else(|| EngineError::not_found("account", id))?;
        let mut results = Vec::new();
        for session in sessions::list(conn, id, now)? {
            results.push(view(conn, &account, &session, true)?);
        }
        Ok(SessionsView { next: None, results })
    })
    .await
}

/// Sign yourself out everywhere
///
/// Access tokens go on.
#[utoipa::path(
    delete, path = "/v2/sessions", tag = "Sessions", operation_id = "endOwnSessions",
    responses((status = 200, description = "You are signed out, on every node.", body = EndedView))
)]
pub(super) async fn end_own(Extension(call): Extension<Call>) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let id = person(caller, Scope::SessionsWrite)?;
        let ended = sessions::end_all(tx, env, id, Ended::EndedByPerson)?;
        Reply::json(StatusCode::OK, &EndedView { ended, left: 0, after: None })
    })
    .await
}

/// End one of your own sessions
#[utoipa::path(
    delete, path = "/v2/sessions/{id}", tag = "Sessions", operation_id = "endOwnSession",
    params(("id" = String, Path, format = Uuid, description = "The session's id.")),
    responses((status = 204, description = "It is over, on every node."))
)]
pub(super) async fn end_own_session(
    Extension(call): Extension<Call>,
    Named(id): Named<SessionId>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let account = person(caller, Scope::SessionsWrite)?;
        if !sessions::end_own(tx, env, account, id)? {
            return Err(EngineError::not_found("session", id).into());
        }
        Ok(Reply::nothing())
    })
    .await
}

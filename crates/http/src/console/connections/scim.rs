//! A connection's SCIM: where requests go, by which tokens, and switching it (SCIM-1, SCIM-7).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_engine::{EngineError, authority::Action, tokens};
use muster_model::{ConnectionId, Timestamp, Token, TokenId};
use serde::Deserialize;
use serde_json::{Map, json};

use super::{mark::Mark, path, plan, read, settings::planned};
use crate::{
    HttpError,
    connecting::guide::Guide,
    console::{
        list::address,
        shell::{self, Shell},
        visit::{Posted, Visit, is_not_recent},
    },
    pages::{self, filters},
    scim_tokens::{NewToken, Rotating},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    guide: String,
    #[serde(default)]
    done: String,
}

/// What was typed.
#[derive(Debug, Clone)]
struct Typed {
    label: String,
    days: String,
    hours: String,
}

impl Default for Typed {
    fn default() -> Self {
        Self { label: String::new(), days: String::new(), hours: "24".to_owned() }
    }
}

#[derive(Template)]
#[template(path = "console/connections/scim.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    is_enabled: bool,
    state: Mark,
    base_url: String,
    guide: Guide,
    tokens: Vec<Line>,
    has_live: bool,
    typed: Typed,
}

/// A token.
struct Line {
    token: Token,
    is_live: bool,
    state: Mark,
}

/// `GET …/connections/{id}/scim`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, &asked, Typed::default(), None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    asked: &Asked,
    typed: Typed,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let (shell, connection, found) = read(visit, org, id, |conn, _, connection| tokens::list(conn, connection)).await?;
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let tokens: Vec<Line> = found.into_iter().rev().map(|token| line(token, now)).collect();
    let is_enabled = connection.settings.scim.enabled;
    let page = Page {
        here: shell.at(&format!("/connections/{id}")),
        shell,
        name: connection.name,
        is_enabled,
        state: Mark::switch(is_enabled),
        base_url: format!("{}/scim/v2", visit.app().base_url()),
        guide: Guide::named(&asked.guide),
        has_live: tokens.iter().any(|line| line.is_live),
        tokens,
        typed,
    };
    shell::page(status, &page)
}

fn line(token: Token, now: Timestamp) -> Line {
    let is_live = token.is_live(now);
    Line { token, is_live, state: if is_live { Mark::WORKS } else { Mark::OVER } }
}

/// The page again, with what was typed and the reason; or that there is nothing.
async fn again(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    typed: Typed,
    error: HttpError,
) -> Result<Response, HttpError> {
    if is_not_recent(&error) {
        return visit.confirm_first(&format!("{}/connections/{id}/scim", visit.home(org)));
    }
    match error.status() {
        StatusCode::NOT_FOUND => Ok(error.into_response()),
        _ => show(visit, org, id, &Asked::default(), typed, Some(error)).await,
    }
}

/// A whole number that was typed; none where nothing was.
fn number(field: &'static str, text: &str) -> Result<Option<u32>, HttpError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| HttpError::field(field, "use a whole number"))
}

/// `POST …/connections/{id}/scim/tokens`: a token, shown once.
pub(in crate::console) async fn make(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    let text = |name| form.text(name).unwrap_or_default().to_owned();
    let typed = Typed { label: text("label"), days: text("days"), ..Typed::default() };
    let made = async {
        let new = NewToken::read(&typed.label, number("days", &typed.days)?)?;
        let (secret, visiting) = (new.text.expose().to_owned(), visit.clone());
        let made = visit.change_of(&org, Action::ChangeConnections, move |tx, env, at| {
            visiting.require_recent(env)?;
            let connection = at.caller.connection_of(tx, at.holder, id, Action::ChangeConnections)?;
            new.make(tx, env, &connection)
        });
        made.await.map(|_| secret)
    };
    match made.await {
        Ok(secret) => once(&visit, &org, id, secret).await,
        Err(error) => again(&visit, &org, id, typed, error).await,
    }
}

/// `POST …/connections/{id}/scim/rotate`: a token that takes the place of the others, shown once.
pub(in crate::console) async fn rotate(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    let typed = Typed { hours: form.text("hours").unwrap_or_default().to_owned(), ..Typed::default() };
    let made = async {
        let hours = number("hours", &typed.hours)?;
        let hours = hours.ok_or_else(|| HttpError::field("hours", "use 0 to end the others at once"))?;
        let rotating = Rotating::read(hours)?;
        let (secret, visiting) = (rotating.text.expose().to_owned(), visit.clone());
        let made = visit.change_of(&org, Action::ChangeConnections, move |tx, env, at| {
            visiting.require_recent(env)?;
            let connection = at.caller.connection_of(tx, at.holder, id, Action::ChangeConnections)?;
            rotating.make(tx, env, &connection)
        });
        made.await.map(|_| secret)
    };
    match made.await {
        Ok(secret) => once(&visit, &org, id, secret).await,
        Err(error) => again(&visit, &org, id, typed, error).await,
    }
}

async fn once(visit: &Visit, org: &str, id: ConnectionId, secret: String) -> Result<Response, HttpError> {
    let (shell, connection, ()) = read(visit, org, id, |_, _, _| Ok(())).await?;
    plan::token(shell, id, connection.name, secret)
}

#[derive(Template)]
#[template(path = "console/connections/revoke.html")]
struct Revoking {
    shell: Shell,
    here: String,
    name: String,
    token: Token,
    /// Whether no other token works.
    is_last: bool,
}

/// `GET …/connections/{id}/scim/tokens/{token}/revoke`: what that means.
pub(in crate::console) async fn revoking(
    visit: Visit,
    Path((org, id, token)): Path<(String, String, String)>,
) -> Result<Response, HttpError> {
    let (id, wanted): (ConnectionId, TokenId) = (super::id("connection", &id)?, super::id("token", &token)?);
    let now = visit.acting().now();
    let read = read(&visit, &org, id, move |conn, _, connection| {
        let (mut found, others): (Vec<_>, Vec<_>) =
            tokens::list(conn, connection)?.into_iter().partition(|token| token.id == wanted);
        let found = found.pop().ok_or_else(|| EngineError::not_found("token", wanted))?;
        Ok((found, !others.iter().any(|token| token.is_live(now))))
    });
    let (shell, connection, (token, is_last)) = read.await?;
    let here = shell.at(&format!("/connections/{id}"));
    shell::page(StatusCode::OK, &Revoking { shell, here, name: connection.name, token, is_last })
}

/// `POST …/connections/{id}/scim/tokens/{token}/revoke`.
pub(in crate::console) async fn revoke(
    visit: Visit,
    Path((org, id, token)): Path<(String, String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let (id, token): (ConnectionId, TokenId) = (super::id("connection", &id)?, super::id("token", &token)?);
    let revoked = visit.change_of(&org, Action::ChangeConnections, move |tx, env, at| {
        let connection = at.caller.connection_of(tx, at.holder, id, Action::ChangeConnections)?;
        tokens::revoke(tx, env, &connection, token).map(drop)
    });
    match revoked.await {
        Ok(()) => pages::see_other(&address(&path(&visit, &org, id, "/scim"), &[("done", "done-token-revoked")])),
        Err(error) => again(&visit, &org, id, Typed::default(), error).await,
    }
}

/// `POST …/connections/{id}/scim/switch`: a plan of switching it.
pub(in crate::console) async fn switch(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    let is_on = form.text("to") == Some("on");
    let patch = Map::from_iter([("scim".to_owned(), json!({ "enabled": is_on }))]);
    match planned(&visit, &org, id, patch).await {
        Ok(plan) => pages::see_other(&path(&visit, &org, id, &format!("/plans/{plan}"))),
        Err(error) => again(&visit, &org, id, Typed::default(), error).await,
    }
}

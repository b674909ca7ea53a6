//! Set-up links: made, shown once, revoked (SEC-2); and what only owners do with a draft in the end: activate it.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError,
    authority::Action,
    setup::{self, Draft},
};
use muster_model::{ConnectionId, Timestamp, Token, TokenId};
use serde_json::{Map, json};

use super::{one, path, read, settings::planned};
use crate::{
    HttpError,
    console::{
        shell::{self, Shell},
        state::State,
        visit::{Posted, Visit, is_not_recent},
    },
    pages::{self, filters},
};

/// A link.
pub(super) struct Line {
    pub(super) token: Token,
    pub(super) state: State,
    pub(super) is_live: bool,
}

impl Line {
    pub(super) fn of(token: Token, now: Timestamp) -> Self {
        let is_live = token.is_live(now);
        Self { token, is_live, state: if is_live { State::On } else { State::Expired } }
    }
}

#[derive(Template)]
#[template(path = "console/connections/link.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    label: String,
    link: String,
}

/// `POST …/connections/{id}/links`: a link, shown once.
pub(in crate::console) async fn make(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let label = form.text("label").unwrap_or_default().to_owned();
    let text = TokenText::generate(TokenPrefix::SetUp).map_err(HttpError::no_randomness)?;
    let (hash, visiting, named) = (text.hash(), visit.clone(), label.clone());
    let made = visit.change_of(&org, Action::ChangeConnections, move |tx, env, at| {
        visiting.require_recent(env)?;
        let connection = at.caller.connection_of(tx, at.holder, id, Action::ChangeConnections)?;
        setup::make(tx, env, &Draft::of(connection)?, &hash, &named)
    });
    match made.await {
        Ok(_) => {
            let (shell, connection, ()) = read(&visit, &org, id, |_, _, _| Ok(())).await?;
            let here = shell.at(&format!("/connections/{id}"));
            let link = format!("{}/setup/{}", visit.app().base_url(), text.expose());
            shell::page(StatusCode::OK, &Page { shell, here, name: connection.name, label, link })
        }
        Err(error) if is_not_recent(&error) => visit.confirm_first(&format!("{}/connections/{id}", visit.home(&org))),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => one::again(&visit, &org, id, error).await,
    }
}

#[derive(Template)]
#[template(path = "console/connections/revoke_link.html")]
struct Revoking {
    shell: Shell,
    here: String,
    name: String,
    link: Token,
    /// The SCIM tokens that were made by it and work.
    tokens: Vec<Token>,
}

/// `GET …/connections/{id}/links/{link}/revoke`: what that ends.
pub(in crate::console) async fn revoking(
    visit: Visit,
    Path((org, id, link)): Path<(String, String, String)>,
) -> Result<Response, HttpError> {
    let (id, link): (ConnectionId, TokenId) = (super::id("connection", &id)?, super::id("set-up link", &link)?);
    let now = visit.acting().now();
    let read = read(&visit, &org, id, move |conn, _, connection| {
        let found = setup::list(conn, connection.id)?.into_iter().find(|known| known.id == link);
        let found = found.ok_or_else(|| EngineError::not_found("set-up link", link))?;
        Ok((found, setup::tokens_by(conn, connection, link)?.into_iter().filter(|token| token.is_live(now)).collect()))
    });
    let (shell, connection, (link, tokens)) = read.await?;
    let here = shell.at(&format!("/connections/{id}"));
    shell::page(StatusCode::OK, &Revoking { shell, here, name: connection.name, link, tokens })
}

/// `POST …/connections/{id}/links/{link}/revoke`.
pub(in crate::console) async fn revoke(
    visit: Visit,
    Path((org, id, link)): Path<(String, String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let (id, link): (ConnectionId, TokenId) = (super::id("connection", &id)?, super::id("set-up link", &link)?);
    let revoked = visit.change_of(&org, Action::ChangeConnections, move |tx, env, at| {
        at.caller.connection_of(tx, at.holder, id, Action::ChangeConnections)?;
        setup::revoke(tx, env, id, link)
    });
    revoked.await?;
    one::back(&visit, &org, id, "done-link-revoked")
}

/// `POST …/connections/{id}/state`: a plan of activating it, of switching it off, or of enforcing it.
pub(in crate::console) async fn switch(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let patch = match form.text("to") {
        Some("active") => json!({ "state": "active" }),
        Some("off") => json!({ "state": "off", "enforced": false }),
        Some("enforced") => json!({ "enforced": true }),
        Some("optional") => json!({ "enforced": false }),
        Some("pilot") => {
            let pilots = form.text("pilots").unwrap_or_default();
            let pilots = pilots.split([',', ';', '\n', ' ']).map(str::trim).filter(|one| !one.is_empty());
            json!({ "state": "pilot", "pilots": pilots.collect::<Vec<_>>() })
        }
        _ => return Err(HttpError::field("to", "use one of the buttons")),
    };
    let patch: Map<_, _> = patch.as_object().cloned().unwrap_or_default();
    match planned(&visit, &org, id, patch).await {
        Ok(plan) => pages::see_other(&path(&visit, &org, id, &format!("/plans/{plan}"))),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => one::again(&visit, &org, id, error).await,
    }
}

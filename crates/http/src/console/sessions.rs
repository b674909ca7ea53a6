//! Where members are signed in (SES-4): all sessions of people whose address is of a domain that is held here, of others those
//! that began through a connection of the organization.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_engine::{
    authority::Action,
    members,
    sessions::{
        Place,
        oversight::{Oversight, Page as Found},
    },
};
use muster_model::{Account, Session, SessionId};
use serde::Deserialize;

use super::{
    list::address,
    members::{change::back, one},
    shell::{self, Section, Shell},
    visit::{Posted, Visit, called},
};
use crate::{
    HttpError,
    pages::{self, filters},
};

/// How many sessions a page has.
const SESSIONS: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/sessions.html")]
struct Page {
    shell: Shell,
    sessions: Vec<(Account, Session)>,
    next: Option<String>,
}

/// `GET /console/orgs/{org}/sessions`.
pub(super) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    // A place that is none is the beginning.
    let after: Place = asked.after.parse().unwrap_or_default();
    let now = visit.acting().now();
    let read = visit.organization(&org, Section::Sessions, move |conn, at| {
        Oversight::of(conn, at.caller, &at.organization)?.page(conn, after, SESSIONS, now)
    });
    let (shell, Found { sessions, next }) = read.await?;
    let next = next.map(|after| address(&shell.at("/sessions"), &[("after", &after.to_string())]));
    let shell = shell.done(&asked.done);
    shell::page(StatusCode::OK, &Page { shell, sessions, next })
}

/// `POST …/members/{username}/sessions/end`: ends one of a member's sessions, or all of them.
pub(super) async fn end(
    visit: Visit,
    Path((org, username)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let session = match form.text("session") {
        Some(id) => Some(id.parse::<SessionId>().map_err(|_| HttpError::NoRoute)?),
        None => None,
    };
    let who = username.clone();
    let ended = visit.change(&org, Action::EndSessions, move |tx, env, at| {
        let account = members::find(tx, &at.organization, &who)?.account;
        Oversight::of(tx, at.caller, &at.organization)?.end(tx, env, &account, session)
    });
    match ended.await {
        Ok(_) if form.text("from") == Some("sessions") => {
            let path = format!("{}/console/orgs/{org}/sessions", visit.app().base_url());
            pages::see_other(&address(&path, &[("done", "done-session-ended")]))
        }
        Ok(_) => back(&visit, &org, &username, "done-session-ended"),
        Err(error) => one::refused(&visit, &org, &username, error).await,
    }
}

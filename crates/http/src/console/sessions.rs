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
        Place, Which,
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
    pages::{
        self,
        endings::{self, Over},
        filters,
    },
};

/// How many sessions a page has.
const SESSIONS: usize = 50;
/// What is asked for to see those that ended.
const ENDED: &str = "ended";

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    /// `ended`: those that ended lately.
    #[serde(default)]
    show: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/sessions.html")]
struct Page {
    shell: Shell,
    shows_ended: bool,
    sessions: Vec<Line>,
    next: Option<String>,
}

/// Where somebody is signed in, or was.
struct Line {
    account: Account,
    session: Session,
    through: String,
    limit: String,
    over: Option<Over>,
}

/// `GET /console/orgs/{org}/sessions`.
pub(super) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    // A place that is none is the beginning.
    let after: Place = asked.after.parse().unwrap_or_default();
    let which = if asked.show == ENDED { Which::Ended } else { Which::Live };
    let now = visit.acting().now();
    let read = visit.organization(&org, Section::Sessions, move |conn, at| {
        let oversight = Oversight::of(conn, at.caller, &at.organization)?;
        let Found { sessions, next } = oversight.page(conn, which, after, SESSIONS, now)?;
        let origins = oversight.origins(conn, sessions.iter().map(|(_, session)| session))?;
        let line = |(account, session): (Account, Session)| Line {
            account,
            through: endings::through(&session, &origins),
            limit: endings::limit(&session, &origins),
            over: oversight.ending(&session, now).map(|ending| Over::of(&session, ending, &origins)),
            session,
        };
        Ok((sessions.into_iter().map(line).collect(), next))
    });
    let (shell, (sessions, next)) = read.await?;
    let shows_ended = which == Which::Ended;
    let show = if shows_ended { ENDED } else { "" };
    let next = next.map(|after| address(&shell.at("/sessions"), &[("show", show), ("after", &after.to_string())]));
    let shell = shell.done(&asked.done);
    shell::page(StatusCode::OK, &Page { shell, shows_ended, sessions, next })
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

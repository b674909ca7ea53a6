//! What came through a connection: sign-ins and SCIM requests, and each as a story (SCIM-11, SSO-13).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_model::RequestId;
use serde::Deserialize;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{mark::Mark, path, read};
use crate::{
    HttpError,
    console::{
        list::{LINES, Pager, address},
        members::one::shown,
        shell::{self, Shell},
        visit::Visit,
    },
    pages::{self, filters, texts},
    traces::{self, Person, RequestDetails, RequestLine, Wanted},
};

/// How many pages of the log are read for one page: it may be long, and hold none of what is sought.
const READ: usize = 20;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    /// `errors`, `replays`, or anything.
    #[serde(default)]
    which: String,
    /// Somebody's `userName` or address.
    #[serde(default)]
    user: String,
    #[serde(default)]
    before: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/connections/log.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    asked: Asked,
    lines: Vec<Line>,
    pager: Pager,
}

/// One sign-in or request.
struct Line {
    told: RequestLine,
    kind: String,
    state: Mark,
}

impl Line {
    fn of(told: RequestLine) -> Self {
        Self { kind: kind(&told.kind), state: Mark::of_outcome(&told.outcome), told }
    }
}

fn kind(kind: &str) -> String {
    texts::text(match kind {
        "scim" => "log-scim",
        "replay" => "log-replay",
        "approval" => "log-approval",
        _ => "log-sign-in",
    })
}

/// `GET …/connections/{id}/log`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    // What people are told when they are refused leads to what happened.
    if let Ok(trace) = asked.user.trim().parse::<RequestId>()
        && traces::trace(visit.acting(), id, trace).await.is_ok()
    {
        return pages::see_other(&path(&visit, &org, id, &format!("/log/{trace}")));
    }
    let user = Some(asked.user.trim().to_owned()).filter(|user| !user.is_empty());
    let read = read(&visit, &org, id, move |conn, _, connection| {
        user.as_deref().map(|user| Person::named(conn, connection, user)).transpose()
    });
    let (shell, connection, person) = read.await?;
    let outcomes = match asked.which.as_str() {
        "errors" => vec!["refused".to_owned(), "failed".to_owned()],
        _ => Vec::new(),
    };
    let wanted = Wanted { outcomes, person, replays: asked.which == "replays", ..Wanted::default() };
    let before = asked.before.parse().unwrap_or(Uuid::max());
    let store = visit.app().store().clone();
    let limit = usize::try_from(LINES).unwrap_or(usize::MAX);
    // It reads page after page, which is for a plain thread.
    let found = spawn_blocking(move || traces::traces(&store, id, &wanted, before, limit, READ)).await;
    let (lines, next) = found.map_err(|_| HttpError::Panicked)??;
    let shell = shell.done(&asked.done);
    let here = shell.at(&format!("/connections/{id}"));
    let next = next.map(|before| {
        let before = before.to_string();
        address(&format!("{here}/log"), &[("which", &asked.which), ("user", &asked.user), ("before", &before)])
    });
    let pager = Pager { count: texts::say("log-count", [("count", lines.len().into())]), next };
    let lines = lines.into_iter().map(Line::of).collect();
    shell::page(StatusCode::OK, &Page { shell, here, name: connection.name, asked, lines, pager })
}

#[derive(Template)]
#[template(path = "console/connections/trace.html")]
struct TracePage {
    shell: Shell,
    here: String,
    name: String,
    trace: RequestDetails,
    kind: String,
    state: Mark,
    sent: Option<String>,
}

/// `GET …/connections/{id}/log/{trace}`: one sign-in or request as a story.
pub(in crate::console) async fn one(
    visit: Visit,
    Path((org, id, trace)): Path<(String, String, String)>,
) -> Result<Response, HttpError> {
    let (id, trace) = (super::id("connection", &id)?, super::id::<RequestId>("trace", &trace)?);
    let (shell, connection, ()) = read(&visit, &org, id, |_, _, _| Ok(())).await?;
    let trace = traces::trace(visit.acting(), id, trace).await?;
    let page = TracePage {
        here: shell.at(&format!("/connections/{id}")),
        shell,
        name: connection.name,
        kind: kind(&trace.request.kind),
        state: Mark::of_outcome(&trace.request.outcome),
        sent: trace.sent.as_ref().map(|sent| format!("{sent:#}")),
        trace,
    };
    shell::page(StatusCode::OK, &page)
}

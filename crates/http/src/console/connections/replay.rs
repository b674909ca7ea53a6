//! Recorded requests run again under today's rules: chosen, tried, and then done (SCIM-11).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_model::{ConnectionId, RequestId, Timestamp};
use serde::Deserialize;

use super::{mark::Mark, path, read};
use crate::{
    HttpError,
    browser::Form,
    console::{
        list::{LINES, address},
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters},
    replay::{Replay, Replayed, Which},
    traces::{ReplayLine, ReplayView},
};

/// Which requests are to be run again, as forms and addresses say it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    /// One, by its TraceID.
    trace: String,
    /// Or those from a time on, in UTC.
    from: String,
    /// To a time; now without.
    to: String,
    /// Or the rest of a range, from this request on.
    rest: String,
    /// What was done.
    done: String,
}

impl Asked {
    fn read(form: &Form) -> Self {
        let text = |name| form.text(name).unwrap_or_default().to_owned();
        Self { trace: text("trace"), from: text("from"), to: text("to"), rest: text("rest"), done: String::new() }
    }

    /// Which they are, at most as many as a page has, and where they end.
    fn which(&self, now: Timestamp) -> Result<(Which, Timestamp), HttpError> {
        if !self.trace.is_empty() {
            return Ok((Which::These(vec![super::id("trace", &self.trace)?]), now));
        }
        let to = time("to", &self.to)?.unwrap_or(now);
        let first = if self.rest.is_empty() {
            let from = time("from", &self.from)?.ok_or_else(|| HttpError::field("from", "say from when on"))?;
            RequestId(from.first_id())
        } else {
            super::id("trace", &self.rest)?
        };
        Ok((Which::From(first, to, usize::try_from(LINES).unwrap_or(usize::MAX)), to))
    }
}

/// A time that was typed, in UTC: as a browser's field has it, or as RFC 3339.
fn time(field: &'static str, text: &str) -> Result<Option<Timestamp>, HttpError> {
    if text.is_empty() {
        return Ok(None);
    }
    let whole = match text.len() {
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    };
    let read = Timestamp::parse(&whole);
    read.map(Some).map_err(|_| HttpError::field(field, "use a time such as 2026-01-31T08:00"))
}

#[derive(Template)]
#[template(path = "console/connections/replay.html")]
struct Choice {
    shell: Shell,
    here: String,
    name: String,
    asked: Asked,
}

/// `GET …/connections/{id}/replay`: from when to when; or the rest, once a part of it was done.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    choose(&visit, &org, super::id("connection", &id)?, asked, None).await
}

async fn choose(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    asked: Asked,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (shell, connection, ()) = read(visit, org, id, |_, _, _| Ok(())).await?;
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let here = shell.at(&format!("/connections/{id}"));
    shell::page(status, &Choice { shell, here, name: connection.name, asked })
}

/// One recorded request, and what would come of it.
struct Line {
    told: ReplayLine,
    state: Mark,
}

#[derive(Template)]
#[template(path = "console/connections/rehearsal.html")]
struct Rehearsal {
    shell: Shell,
    here: String,
    name: String,
    lines: Vec<Line>,
    /// The only one, if one was asked for.
    trace: String,
    /// Where the range ends.
    to: String,
    /// From which request on there are more than are shown.
    rest: Option<String>,
    /// Whether the only one is skipped because its resource was written since, and can be confirmed.
    can_confirm: bool,
    /// Whether that was confirmed.
    is_confirmed: bool,
}

/// `POST …/connections/{id}/replay`: what would come of it.
pub(in crate::console) async fn attempt(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let asked = Asked::read(&form);
    let is_confirmed = form.text(ALTHOUGH).is_some() && !asked.trace.is_empty();
    let (shell, connection, ()) = read(&visit, &org, id, |_, _, _| Ok(())).await?;
    let tried = async {
        let (which, to) = asked.which(visit.acting().now())?;
        Ok((run(&visit, id, which, is_confirmed, false).await?, to))
    };
    let (view, to) = match tried.await {
        Ok((replayed, to)) => (ReplayView::of(replayed, false), to),
        Err(error) => return refused(&visit, &org, id, asked, error).await,
    };
    let skipped = |line: &ReplayLine| line.outcome == "skipped";
    let page = Rehearsal {
        here: shell.at(&format!("/connections/{id}")),
        shell,
        name: connection.name,
        can_confirm: !asked.trace.is_empty() && !is_confirmed && view.requests.iter().any(skipped),
        is_confirmed,
        rest: view.rest.map(|rest| rest.to_string()),
        lines: view.requests.into_iter().map(line).collect(),
        trace: asked.trace,
        to: to.to_string(),
    };
    shell::page(StatusCode::OK, &page)
}

/// `POST …/connections/{id}/replay/apply`: those that were shown, for real.
pub(in crate::console) async fn apply(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let asked = Asked::read(&form);
    read(&visit, &org, id, |_, _, _| Ok(())).await?;
    let done = async {
        let shown =
            form.values("shown-").map(|trace| super::id("trace", trace)).collect::<Result<Vec<RequestId>, _>>()?;
        let is_confirmed = form.text(ALTHOUGH).is_some() && shown.len() == 1;
        run(&visit, id, Which::These(shown), is_confirmed, true).await
    };
    match done.await {
        Ok(_) if asked.rest.is_empty() => {
            let log = path(&visit, &org, id, "/log");
            pages::see_other(&address(&log, &[("which", "replays"), ("done", "done-replayed")]))
        }
        Ok(_) => {
            let rest = [("rest", asked.rest.as_str()), ("to", &asked.to), ("done", "done-replayed")];
            pages::see_other(&address(&path(&visit, &org, id, "/replay"), &rest))
        }
        Err(error) => refused(&visit, &org, id, asked, error).await,
    }
}

/// The field that confirms that the resource was written since.
const ALTHOUGH: &str = "although_written";

async fn run(
    visit: &Visit,
    id: ConnectionId,
    which: Which,
    is_confirmed: bool,
    apply: bool,
) -> Result<Replayed, HttpError> {
    let acting = visit.acting();
    acting.administer(move |administrator| administrator.may_decide(id)).await?;
    let confirmed = match &which {
        Which::These(ids) if is_confirmed => ids.clone(),
        _ => Vec::new(),
    };
    visit.app().replay(&Replay { connection: id, which, apply, confirmed, actor: acting.who.actor() }).await
}

/// The choice again, with why it was not done.
async fn refused(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    asked: Asked,
    error: HttpError,
) -> Result<Response, HttpError> {
    if error.status() == StatusCode::NOT_FOUND {
        return Ok(error.into_response());
    }
    choose(visit, org, id, asked, Some(error)).await
}

fn line(told: ReplayLine) -> Line {
    Line { state: Mark::of_outcome(&told.outcome), told }
}

//! Recorded requests run again under today's rules: tried first, then done (SCIM-11).

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_model::{ConnectionId, RequestId, Timestamp};

use super::{mark::Mark, read};
use crate::{
    HttpError,
    browser::Form,
    console::{
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::filters,
    replay::{Replay, Which},
    traces::{ReplayLine, ReplayView},
};

/// One recorded request, and what would come of it.
struct Line {
    told: ReplayLine,
    state: Mark,
}

#[derive(Template)]
#[template(path = "console/connections/replay.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    /// Whether it was for real.
    is_done: bool,
    lines: Vec<Line>,
    /// Which requests: fields of the form that does it.
    trace: String,
    from: String,
    to: String,
    /// Whether the only one is skipped because its resource was written since, and can be confirmed.
    can_confirm: bool,
    /// Whether that was confirmed.
    is_confirmed: bool,
    /// Where to go on, if there are more.
    rest: Option<String>,
}

/// What is to be run again.
struct Wanted {
    trace: String,
    from: String,
    to: String,
    is_confirmed: bool,
}

impl Wanted {
    fn read(form: &Form) -> Self {
        let text = |name| form.text(name).unwrap_or_default().to_owned();
        Self {
            trace: text("trace"),
            from: text("from"),
            to: text("to"),
            is_confirmed: form.text("although_written").is_some(),
        }
    }

    fn which(&mut self, now: Timestamp) -> Result<(Which, Vec<RequestId>), HttpError> {
        if !self.trace.is_empty() {
            let trace: RequestId = super::id("trace", &self.trace)?;
            return Ok((Which::These(vec![trace]), if self.is_confirmed { vec![trace] } else { Vec::new() }));
        }
        let from = time("from", &self.from)?.ok_or_else(|| HttpError::field("from", "say from when on"))?;
        let to = time("to", &self.to)?.unwrap_or(now);
        // What is run is what was shown: nothing that comes in between.
        self.to = to.to_string();
        Ok((Which::Between(from, to), Vec::new()))
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

/// `POST …/connections/{id}/replay`: what would come of it.
pub(in crate::console) async fn attempt(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    run(visit, org, &id, Wanted::read(&form), false).await
}

/// `POST …/connections/{id}/replay/apply`: for real.
pub(in crate::console) async fn apply(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    run(visit, org, &id, Wanted::read(&form), true).await
}

async fn run(visit: Visit, org: String, id: &str, mut wanted: Wanted, is_done: bool) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", id)?;
    let (shell, connection, ()) = read(&visit, &org, id, |_, _, _| Ok(())).await?;
    let acting = visit.acting();
    let replayed = async {
        let (which, confirmed) = wanted.which(acting.now())?;
        acting.administer(move |administrator| administrator.may_decide(id)).await?;
        let actor = acting.who.actor();
        visit.app().replay(&Replay { connection: id, which, apply: is_done, confirmed, actor }).await
    };
    let (view, refused) = match replayed.await {
        Ok(replayed) => (ReplayView::of(replayed, is_done), None),
        Err(error) if error.status() == StatusCode::NOT_FOUND => return Ok(error.into_response()),
        Err(error) => (ReplayView { applied: false, requests: Vec::new(), rest: None }, Some(error)),
    };
    let (status, shell) = shell.refused(&visit, refused)?;
    let skipped = |line: &ReplayLine| line.outcome == "skipped";
    let page = Page {
        here: shell.at(&format!("/connections/{id}")),
        shell,
        name: connection.name,
        is_done,
        can_confirm: !wanted.trace.is_empty() && !wanted.is_confirmed && view.requests.iter().any(skipped),
        is_confirmed: wanted.is_confirmed,
        rest: view.rest.map(|rest| rest.to_string()),
        lines: view.requests.into_iter().map(line).collect(),
        trace: wanted.trace,
        from: wanted.from,
        to: wanted.to,
    };
    shell::page(status, &page)
}

fn line(told: ReplayLine) -> Line {
    Line { state: Mark::of_outcome(&told.outcome), told }
}

//! Running recorded requests again (SCIM-11): tried first, then for real.

use muster_engine::EngineError;
use muster_http::{Replay, Verdict, Which};
use muster_model::{Actor, ConnectionId, RequestId};
use muster_store::RequestRow;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::time;
use crate::admin::{AdminError, Installation, named};

/// What is to be run again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReplayRequest {
    /// These; or a range, if there are none.
    pub(crate) ids: Vec<RequestId>,
    /// The connection whose range it is.
    pub(crate) connection: Option<String>,
    /// From when.
    pub(crate) from: Option<String>,
    /// Until when.
    pub(crate) to: Option<String>,
    /// Also where the resource was written since; for one request alone.
    pub(crate) although_written: bool,
    /// For real.
    pub(crate) apply: bool,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Replayed {
    /// Whether it was for real.
    pub(crate) applied: bool,
    /// Each recorded request, in the order in which they came.
    pub(crate) requests: Vec<ReplayLine>,
    /// The first one that is left for the next time, because there are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rest: Option<RequestId>,
}

/// One recorded request, and what came of it this time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReplayLine {
    /// The recorded request.
    pub(crate) id: RequestId,
    pub(crate) at: String,
    pub(crate) method: String,
    pub(crate) target: String,
    /// How it was answered then.
    pub(crate) was: i64,
    /// `changed`, `unchanged`, `refused`, `failed`, `skipped` or `impossible`.
    pub(crate) outcome: String,
    /// How it would be, or was, answered now.
    pub(crate) status: Option<u16>,
    /// Why not.
    pub(crate) detail: Option<String>,
    /// Whether it was only tried, alone and on the present state: what others of the range take was not counted.
    pub(crate) alone: bool,
    /// The TraceID of this time, once it is for real.
    pub(crate) trace: Option<RequestId>,
}

pub(super) fn replay(installation: &Installation, request: &ReplayRequest) -> Result<Replayed, AdminError> {
    let (connection, which) = which(installation, request)?;
    let confirmed = if request.although_written { request.ids.clone() } else { Vec::new() };
    let replay = Replay { connection, which, apply: request.apply, confirmed, actor: Actor::Operator };
    let replayed = installation.with_app(async |app| app.replay(&replay).await)??;
    let requests = replayed.results.into_iter().map(|(row, verdict)| line(row, verdict, request.apply)).collect();
    Ok(Replayed { applied: request.apply, requests, rest: replayed.rest })
}

fn which(installation: &Installation, request: &ReplayRequest) -> Result<(ConnectionId, Which), AdminError> {
    if request.ids.is_empty() {
        let now = installation.surroundings.now();
        let (Some(name), Some(from)) = (&request.connection, &request.from) else {
            return Err(AdminError::Wrong("name requests, or a range with `--connection` and `--from`".to_owned()));
        };
        let from = time::parse(from, now)?;
        let to = request.to.as_deref().map_or(Ok(now), |to| time::parse(to, now))?;
        let sought = name.clone();
        let found = installation.store.read_blocking(move |conn| named::connection(conn, &sought));
        let connection = found.map_err(|error| named::explained(installation, name, error))?;
        return Ok((connection.id, Which::Between(from, to)));
    }
    let ids = request.ids.clone();
    let rows = installation.store.read_blocking::<_, EngineError, _>(move |conn| {
        ids.iter().map(|id| Ok(conn.request(*id)?.map(|row| row.connection))).collect::<Result<Vec<_>, EngineError>>()
    })?;
    let mut of = None;
    for (id, row) in request.ids.iter().zip(rows) {
        let Some(Some(connection)) = row else {
            let hint = "only requests that changed something or were refused are kept; `muster requests list` has them";
            return Err(AdminError::Missing { kind: "request", name: id.to_string(), hint: hint.to_owned() });
        };
        if *of.get_or_insert(connection) != connection {
            let text = "these requests came through different connections: replay each connection's by itself";
            return Err(AdminError::Wrong(text.to_owned()));
        }
    }
    let connection = of.unwrap_or(ConnectionId(Uuid::nil()));
    Ok((connection, Which::These(request.ids.clone())))
}

fn line(row: RequestRow, verdict: Verdict, applied: bool) -> ReplayLine {
    let alone = matches!(&verdict, Verdict::Repeated(repeated) if repeated.alone);
    let (outcome, status, detail, trace) = match verdict {
        Verdict::Repeated(repeated) => {
            (repeated.outcome.to_owned(), Some(repeated.status), repeated.detail, applied.then_some(repeated.id))
        }
        Verdict::WrittenSince => {
            let why = "the resource was written since: name this request alone with `--although-written`";
            ("skipped".to_owned(), None, Some(why.to_owned()), None)
        }
        Verdict::Impossible(why) => ("impossible".to_owned(), None, Some(why.to_string()), None),
    };
    ReplayLine {
        id: row.id,
        at: row.at.to_string(),
        method: row.method,
        target: row.target,
        was: row.status,
        outcome,
        status,
        detail,
        alone,
        trace,
    }
}

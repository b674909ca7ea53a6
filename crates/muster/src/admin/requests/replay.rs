//! Running recorded requests again (SCIM-11): tried first, then for real.

use muster_engine::EngineError;
use muster_http::{Replay, Which, traces::ReplayView};
use muster_model::{Actor, ConnectionId, RequestId};
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

pub(super) fn replay(installation: &Installation, request: &ReplayRequest) -> Result<ReplayView, AdminError> {
    let (connection, which) = which(installation, request)?;
    let confirmed = if request.although_written { request.ids.clone() } else { Vec::new() };
    let replay = Replay { connection, which, apply: request.apply, confirmed, actor: Actor::Operator };
    let replayed = installation.with_app(async |app| app.replay(&replay).await)??;
    Ok(ReplayView::of(replayed, request.apply))
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

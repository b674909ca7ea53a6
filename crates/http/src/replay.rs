//! Replaying recorded requests (SCIM-11): one or a range, under today's rules and limits, except where the resource was
//! written since.

use std::collections::BTreeSet;

use muster_model::{Actor, ConnectionId, RequestId, Timestamp};
use muster_store::RequestRow;
use uuid::Uuid;

use crate::{App, HttpError, Purpose, Repeated, Rerun, RerunError, app::Lane};

/// How many requests are replayed at once at most.
const AT_ONCE: usize = 1_000;
/// How many recorded requests are read together.
const PAGE: i64 = 200;

/// What is to be replayed.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Whose requests.
    pub connection: ConnectionId,
    /// Which of them.
    pub which: Which,
    /// `false`: only find out what would come of it.
    pub apply: bool,
    /// Those that are replayed although their resource was written since, each confirmed singly.
    pub confirmed: Vec<RequestId>,
    /// Who wants it.
    pub actor: Actor,
}

/// Which recorded requests.
#[derive(Debug, Clone)]
pub enum Which {
    /// These.
    These(Vec<RequestId>),
    /// All that a client sent from one time to another and that changed something or were refused, in their order.
    Between(Timestamp, Timestamp),
}

/// What became of the replay.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The recorded requests with what became of each, in the order in which they came.
    pub results: Vec<(RequestRow, Verdict)>,
    /// The first one that was left for the next time, because there are too many.
    pub rest: Option<RequestId>,
}

/// What became of one recorded request.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It was run again; or rehearsed.
    Repeated(Repeated),
    /// It was skipped: another request wrote the resource since.
    WrittenSince,
    /// It cannot be run again.
    Impossible(RerunError),
}

impl App {
    /// Replays recorded requests, each decided by itself on the state that the ones before it left; a rehearsal leaves
    /// nothing behind, so there each is decided on the present state.
    ///
    /// # Errors
    ///
    /// Not found, when a request that is named is not on the connection's log; what the store says.
    pub async fn replay(&self, replay: &Replay) -> Result<Replayed, HttpError> {
        let (recorded, rest) = self.recorded(replay).await?;
        let rerun = Rerun { purpose: Purpose::Replay, actor: replay.actor, apply: replay.apply };
        let mut ours = BTreeSet::new();
        let mut results = Vec::with_capacity(recorded.len());
        for row in recorded {
            let verdict = if self.was_written_since(replay, &row, &ours).await? {
                Verdict::WrittenSince
            } else {
                match self.rerun(&row, rerun).await {
                    Ok(repeated) => {
                        ours.extend(repeated.resource.filter(|_| replay.apply));
                        Verdict::Repeated(repeated)
                    }
                    Err(RerunError::Http(error)) => return Err(error),
                    Err(error) => Verdict::Impossible(error),
                }
            };
            results.push((row, verdict));
        }
        Ok(Replayed { results, rest })
    }

    /// What was recorded, and which is the first that is left for the next time.
    async fn recorded(&self, replay: &Replay) -> Result<(Vec<RequestRow>, Option<RequestId>), HttpError> {
        let connection = replay.connection;
        let (mut from, to) = match &replay.which {
            Which::These(ids) => {
                let mut rows = Vec::with_capacity(ids.len());
                for id in ids.iter().copied().collect::<BTreeSet<_>>() {
                    let row = self.read(Lane::Point, move |conn| Ok(conn.request(id)?)).await?;
                    let row = row.filter(|row| row.connection == Some(connection));
                    rows.push(row.ok_or_else(|| muster_engine::EngineError::not_found("logged request", id))?);
                }
                return Ok((rows, None));
            }
            Which::Between(from, to) => (from.first_id(), to.first_id()),
        };
        let mut rows = Vec::new();
        loop {
            let page =
                self.read(Lane::Scan, move |conn| Ok(conn.requests_between(connection, from, to, PAGE)?)).await?;
            let Some(last) = page.last().map(|row| row.id) else { return Ok((rows, None)) };
            for row in page.into_iter().filter(is_clients_write) {
                if rows.len() == AT_ONCE {
                    return Ok((rows, Some(row.id)));
                }
                rows.push(row);
            }
            from = Uuid::from_u128(last.0.as_u128().saturating_add(1));
        }
    }

    /// Whether another request wrote a recorded request's resource since, other than one of this very replay.
    async fn was_written_since(
        &self,
        replay: &Replay,
        row: &RequestRow,
        ours: &BTreeSet<Uuid>,
    ) -> Result<bool, HttpError> {
        let Some(resource) = row.resource.or_else(|| named(&row.target)) else { return Ok(false) };
        if replay.confirmed.contains(&row.id) || ours.contains(&resource) {
            return Ok(false);
        }
        let (connection, id, at) = (replay.connection, row.id, row.at);
        self.read(Lane::Point, move |conn| {
            // What it wrote itself is not "since".
            let since = conn.ledger_row_of(id, resource, at)?.map_or(id.0, |told| told.id.0);
            Ok(conn.resource_was_written_since(connection, resource, since)?)
        })
        .await
    }
}

/// Whether a client sent it, to write.
fn is_clients_write(row: &RequestRow) -> bool {
    row.kind == "scim" && matches!(row.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE")
}

/// The user or group that a target names.
fn named(target: &str) -> Option<Uuid> {
    let path = target.split('?').next()?;
    let id = path.strip_prefix("/Users/").or_else(|| path.strip_prefix("/Groups/"))?;
    Uuid::parse_str(id.trim_end_matches('/')).ok()
}

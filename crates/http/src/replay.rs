//! Replaying recorded requests (SCIM-11): one or a range, under today's rules and limits, except where the resource was
//! written since.

use std::collections::{BTreeMap, BTreeSet};

use muster_engine::directory::Unwritten;
use muster_model::{Actor, ConnectionId, LedgerId, RequestId, Timestamp};
use muster_store::RequestRow;
use uuid::Uuid;

use crate::{App, HttpError, Purpose, Repeated, Rerun, RerunError, app::Lane, journal::named};

/// How many requests are replayed at once at most.
const AT_ONCE: usize = 1_000;
/// How many requests are rehearsed together at most: as many as keep others from writing for some tenths of a second.
const TOGETHER: usize = 200;
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
    /// The same of them, from one of them on to a time, and no more than that many.
    From(RequestId, Timestamp, usize),
}

/// What became of the replay.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The recorded requests with what became of each, in the order in which they came.
    pub results: Vec<(RequestRow, Verdict)>,
    /// The first one that was left for the next time, because there are too many.
    pub rest: Option<RequestId>,
}

/// The resources that a replay has written itself: the first and the last ledger row that tells of it.
type Ours = BTreeMap<Uuid, (LedgerId, LedgerId)>;

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
    /// Replays recorded requests, each decided by itself on the state that the ones before it left. A rehearsal does the same
    /// in one transaction that is rolled back, as long as there are at most 200 requests, and they do not keep others from
    /// writing for more than half a second; of more, each is tried alone on the present state ([`Repeated::alone`]).
    ///
    /// # Errors
    ///
    /// Not found, when a request that is named is not on the connection's log; what the store says.
    pub async fn replay(&self, replay: &Replay) -> Result<Replayed, HttpError> {
        let (recorded, rest) = self.recorded(replay).await?;
        if !replay.apply
            && (2..=TOGETHER).contains(&recorded.len())
            && let Some(verdicts) = self.try_together(replay, &recorded).await?
        {
            return Ok(Replayed { results: recorded.into_iter().zip(verdicts).collect(), rest });
        }
        let mut ours = BTreeMap::new();
        let mut results = Vec::with_capacity(recorded.len());
        for row in recorded {
            let verdict = self.replay_one(replay, &row, &mut ours).await?;
            results.push((row, verdict));
        }
        Ok(Replayed { results, rest })
    }

    /// Rehearses all of them in one transaction; `None` if that takes too long.
    async fn try_together(&self, replay: &Replay, recorded: &[RequestRow]) -> Result<Option<Vec<Verdict>>, HttpError> {
        // What a rehearsal writes is on no log, so it is never "since" either.
        let ours = Ours::new();
        let mut verdicts = Vec::with_capacity(recorded.len());
        let mut reruns = Vec::new();
        for row in recorded {
            match self.rerun_of(replay, row, &ours).await? {
                Some(rerun) => {
                    reruns.push((row, rerun));
                    verdicts.push(None);
                }
                None => verdicts.push(Some(Verdict::WrittenSince)),
            }
        }
        let Some(outcomes) = self.rehearse_together(reruns).await? else { return Ok(None) };
        let mut outcomes = outcomes.into_iter();
        for tried in verdicts.iter_mut().filter(|tried| tried.is_none()) {
            *tried = outcomes.next().map(verdict).transpose()?;
        }
        Ok(Some(verdicts.into_iter().flatten().collect()))
    }

    /// How a recorded request is to be run again; `None` where its resource was written since.
    async fn rerun_of(&self, replay: &Replay, row: &RequestRow, ours: &Ours) -> Result<Option<Rerun>, HttpError> {
        let unwritten = self.unwritten(replay, row, ours).await?;
        if let Some(unwritten) = unwritten {
            // The transaction looks again. To look before spares the log a refusal for each.
            let connection = replay.connection;
            if !self.read(Lane::Point, move |conn| unwritten.holds(conn, connection)).await? {
                return Ok(None);
            }
        }
        Ok(Some(Rerun { purpose: Purpose::Replay, actor: replay.actor, apply: replay.apply, unwritten }))
    }

    async fn replay_one(&self, replay: &Replay, row: &RequestRow, ours: &mut Ours) -> Result<Verdict, HttpError> {
        let Some(rerun) = self.rerun_of(replay, row, ours).await? else { return Ok(Verdict::WrittenSince) };
        let repeated = match verdict(self.rerun(row, rerun).await)? {
            Verdict::Repeated(repeated) => repeated,
            other => return Ok(other),
        };
        if let Some(resource) = repeated.resource.filter(|_| replay.apply) {
            let (id, at) = (repeated.id, row.at);
            let told = self.read(Lane::Point, move |conn| Ok(conn.ledger_row_of(id, resource, at)?)).await?;
            if let Some(told) = told {
                ours.entry(resource).or_insert((told.id, told.id)).1 = told.id;
            }
        }
        Ok(Verdict::Repeated(repeated))
    }

    /// What was recorded, and which is the first that is left for the next time.
    async fn recorded(&self, replay: &Replay) -> Result<(Vec<RequestRow>, Option<RequestId>), HttpError> {
        let connection = replay.connection;
        let (mut from, to, at_most) = match &replay.which {
            Which::These(ids) => {
                let mut rows = Vec::with_capacity(ids.len());
                for id in ids.iter().copied().collect::<BTreeSet<_>>() {
                    let row = self.read(Lane::Point, move |conn| Ok(conn.request(id)?)).await?;
                    let row = row.filter(|row| row.connection == Some(connection));
                    rows.push(row.ok_or_else(|| muster_engine::EngineError::not_found("logged request", id))?);
                }
                return Ok((rows, None));
            }
            Which::Between(from, to) => (from.first_id(), to.first_id(), AT_ONCE),
            Which::From(first, to, at_most) => (first.0, to.first_id(), AT_ONCE.min(*at_most)),
        };
        let mut rows = Vec::new();
        loop {
            let page =
                self.read(Lane::Scan, move |conn| Ok(conn.requests_between(connection, from, to, PAGE)?)).await?;
            let Some(last) = page.last().map(|row| row.id) else { return Ok((rows, None)) };
            for row in page.into_iter().filter(is_clients_write) {
                if rows.len() == at_most {
                    return Ok((rows, Some(row.id)));
                }
                rows.push(row);
            }
            from = Uuid::from_u128(last.0.as_u128().saturating_add(1));
        }
    }

    /// What must not have been written since a recorded request, other than by this very replay; `None` where that does not
    /// matter.
    async fn unwritten(&self, replay: &Replay, row: &RequestRow, ours: &Ours) -> Result<Option<Unwritten>, HttpError> {
        let Some(resource) = row.resource.or_else(|| named(&row.target)) else { return Ok(None) };
        if replay.confirmed.contains(&row.id) {
            return Ok(None);
        }
        let (id, at) = (row.id, row.at);
        // What it wrote itself is not "since".
        let own = self.read(Lane::Point, move |conn| Ok(conn.ledger_row_of(id, resource, at)?)).await?;
        let since = own.map_or(id.0, |told| told.id.0);
        Ok(Some(Unwritten { resource, since, except: ours.get(&resource).copied() }))
    }
}

/// What a request came to that was run again; what the store could not do is no verdict.
fn verdict(outcome: Result<Repeated, RerunError>) -> Result<Verdict, HttpError> {
    match outcome {
        Ok(repeated) if repeated.overtaken => Ok(Verdict::WrittenSince),
        Ok(repeated) => Ok(Verdict::Repeated(repeated)),
        Err(RerunError::Http(error)) => Err(error),
        Err(error) => Ok(Verdict::Impossible(error)),
    }
}

/// Whether a client sent it, to write.
fn is_clients_write(row: &RequestRow) -> bool {
    row.kind == "scim" && matches!(row.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE")
}

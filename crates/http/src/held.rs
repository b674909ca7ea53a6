//! Approving what the mass-change guard held (MIG-3): each request is run again, in the order in which they came.

use std::{collections::BTreeSet, sync::Arc};

use muster_engine::{EngineError, Env, Origin, guard, transact};
use muster_model::{Actor, ConnectionId, HeldChange, HeldChangeId, HeldState, Source};
use muster_store::{RequestRow, Tx};

use crate::{App, HttpError, LogError, Purpose, Rerun, RerunError, app::Lane};

/// How often a request that the server could not serve just now is run again.
const TRIES: usize = 3;

/// Which held requests are approved, and how far the guard is lifted.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Whose.
    pub connection: ConnectionId,
    /// These; all that wait, if there are none.
    pub only: Vec<HeldChangeId>,
    /// How much of each kind may end beyond the limit for a day; as much as the approved requests end, if `None`. Each
    /// request counts once, however often it is approved.
    pub lift: Option<i64>,
    /// Who approves.
    pub actor: Actor,
}

/// What became of a held request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The request, as it was held.
    pub held: HeldChange,
    /// What became of it; [`HeldState::Held`] when the server could not do it now.
    pub state: HeldState,
    /// Why it was not done.
    pub detail: Option<String>,
}

impl Settled {
    /// The request with what became of it.
    #[must_use]
    pub fn after(self) -> HeldChange {
        HeldChange { state: self.state, note: self.detail, ..self.held }
    }
}

impl App {
    /// Approves held requests and does them in the order in which they came, except where the resource was written since;
    /// lifts the guard for a day. A resource stops at its first request that could not be done now: what came after it
    /// waits as well.
    ///
    /// # Errors
    ///
    /// Not found, when a request that is named does not wait for a decision; what the store says.
    pub async fn approve_held(&self, approval: Approval) -> Result<Vec<Settled>, HttpError> {
        let Approval { connection, only, lift, actor } = approval;
        let origin = Origin { source: Source::Manual, actor, connection: Some(connection), request: None };
        let begin = move |tx: &mut Tx<'_>, env: &mut Env| guard::begin_approval(tx, env, connection, &only, lift);
        let approved = self.decide(origin, begin).await?;
        let mut stopped = BTreeSet::new();
        let mut settled = Vec::with_capacity(approved.len());
        for held in approved {
            let one = if held.resource.is_some_and(|resource| stopped.contains(&resource)) {
                let detail = Some("an earlier request about this resource is not done yet".to_owned());
                Settled { held, state: HeldState::Held, detail }
            } else {
                self.approve_one(held, origin).await?
            };
            if one.state == HeldState::Held {
                stopped.extend(one.held.resource);
            }
            settled.push(one);
        }
        Ok(settled)
    }

    /// What was sent in a logged request, without secrets; `None` when it had no body, or one that was no JSON.
    ///
    /// # Errors
    ///
    /// When it was sealed with another installation's key, or damaged.
    pub fn logged_body(&self, request: &RequestRow) -> Result<Option<Vec<u8>>, LogError> {
        self.bodies().open(request)
    }

    async fn approve_one(&self, held: HeldChange, origin: Origin) -> Result<Settled, HttpError> {
        let (state, detail) = self.run_held(&held, origin.actor).await?;
        if matches!(state, HeldState::Skipped | HeldState::Refused) {
            let (connection, id, note) = (held.connection, held.id, detail.clone());
            let decided =
                self.decide(origin, move |tx, env| guard::settle(tx, env, connection, id, state, note.as_deref()));
            match decided.await {
                // Somebody else decided at the same time: theirs counts, and the detail says what it was.
                Ok(()) | Err(HttpError::Engine(EngineError::Refused(_) | EngineError::NotFound { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Settled { held, state, detail })
    }

    /// Runs what was held again; where it is done, the held change is settled with it.
    async fn run_held(&self, held: &HeldChange, actor: Actor) -> Result<(HeldState, Option<String>), HttpError> {
        let id = held.request;
        let Some(recorded) = self.read(Lane::Point, move |conn| Ok(conn.request(id)?)).await? else {
            return Ok((HeldState::Refused, Some("what was sent is not on the request log any more".to_owned())));
        };
        let rerun = Rerun { purpose: Purpose::Approval(held.id), actor, apply: true, unwritten: None };
        let mut failed = None;
        for _ in 0..TRIES {
            let repeated = match self.rerun(&recorded, rerun).await {
                Ok(repeated) => repeated,
                Err(RerunError::Http(error)) => return Err(error),
                Err(cannot) => return Ok((HeldState::Refused, Some(cannot.to_string()))),
            };
            match repeated.outcome {
                "failed" => failed = repeated.detail,
                "refused" if repeated.overtaken => return Ok((HeldState::Skipped, repeated.detail)),
                "refused" => return Ok((HeldState::Refused, repeated.detail)),
                _ => return Ok((HeldState::Applied, None)),
            }
        }
        Ok((HeldState::Held, failed))
    }

    async fn decide<T, F>(&self, origin: Origin, work: F) -> Result<T, HttpError>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
    {
        let surroundings = self.surroundings();
        let run = move |tx: &mut Tx<'_>| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            transact(tx, &mut env, |tx, env| work(tx, env))
        };
        Ok(self.store().write(run).await?)
    }
}

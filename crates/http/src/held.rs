//! Approving what the mass-change guard held (MIG-3): each request is run again, in the order in which they came.

use std::sync::Arc;

use muster_engine::{EngineError, Env, Origin, Refusal, guard, transact};
use muster_model::{
    Actor, ConnectionId, HeldChange, HeldChangeId, HeldState, Source,
    guard::{Endings, OrganizationEndings},
};
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
    /// How much of each kind may end beyond the limit for a day; as much as the approved requests end, if `None`.
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

impl App {
    /// Approves held requests and does them in the order in which they came, except where the resource was written since;
    /// lifts the guard for a day.
    ///
    /// # Errors
    ///
    /// Not found, when a request that is named does not wait for a decision; what the store says.
    pub async fn approve_held(&self, approval: Approval) -> Result<Vec<Settled>, HttpError> {
        let Approval { connection, only, lift, actor } = approval;
        let now = self.surroundings().now();
        let pending = self.read(Lane::Scan, move |conn| Ok(guard::pending(conn, connection, now)?.0)).await?;
        if let Some(missing) = only.iter().find(|id| !pending.iter().any(|held| held.id == **id)) {
            return Err(EngineError::not_found("held request", missing).into());
        }
        let approved: Vec<HeldChange> =
            pending.into_iter().filter(|held| only.is_empty() || only.contains(&held.id)).collect();
        let origin = Origin { source: Source::Manual, actor, connection: Some(connection), request: None };
        let room = room(&approved, lift);
        self.decide(origin, move |tx, env| guard::lift(tx, env, connection, &room)).await?;
        let mut settled = Vec::with_capacity(approved.len());
        for held in approved {
            settled.push(self.approve_one(held, origin).await?);
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
        let rerun = Rerun { purpose: Purpose::Approval(held.id), actor, apply: true };
        let mut failed = None;
        for _ in 0..TRIES {
            let repeated = match self.rerun(&recorded, rerun).await {
                Ok(repeated) => repeated,
                Err(RerunError::Http(error)) => return Err(error),
                Err(cannot) => return Ok((HeldState::Refused, Some(cannot.to_string()))),
            };
            match repeated.outcome {
                "failed" => failed = repeated.detail,
                "refused" if repeated.detail == Some(Refusal::Overtaken.to_string()) => {
                    return Ok((HeldState::Skipped, repeated.detail));
                }
                "refused" => return Ok((HeldState::Refused, repeated.detail)),
                _ => return Ok((HeldState::Applied, None)),
            }
        }
        Ok((HeldState::Held, failed))
    }

    async fn decide<F>(&self, origin: Origin, work: F) -> Result<(), HttpError>
    where
        F: Fn(&mut Tx<'_>, &mut Env) -> Result<(), EngineError> + Send + 'static,
    {
        let surroundings = self.surroundings();
        let run = move |tx: &mut Tx<'_>| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            transact(tx, &mut env, |tx, env| work(tx, env))
        };
        Ok(self.store().write(run).await?)
    }
}

/// How much more may end where the approved requests end something.
fn room(approved: &[HeldChange], lift: Option<i64>) -> Vec<OrganizationEndings> {
    let mut room: Vec<OrganizationEndings> = Vec::new();
    for of in approved.iter().flat_map(|held| &held.endings) {
        match room.iter_mut().find(|known| known.organization == of.organization) {
            Some(known) => known.endings += of.endings,
            None => room.push(*of),
        }
    }
    if let Some(each) = lift {
        for of in &mut room {
            of.endings = Endings { memberships: each, team_grants: each };
        }
    }
    room
}

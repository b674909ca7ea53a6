//! Rehearsing recorded requests together, each on the state that the ones before it left (SCIM-11): so seats, duplicates and
//! the mass-change guard add up as they would in earnest.
//!
//! A request goes through its handler as always, but where it would write, it hands over what it would do and stops. What was
//! handed over then runs in one transaction that is rolled back. So the transaction waits for nobody, and nothing is parsed
//! while others cannot write.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use muster_engine::{EngineError, Env, Origin, transact};
use muster_model::{RequestId, trace::Step};
use muster_store::{RequestRow, StoreError, Tx};
use tokio::sync::oneshot;

use super::rerun::{Came, Repeated, Rerun, RerunError, respond};
use crate::{App, HttpError, app::Written};

/// A rehearsal that keeps others from writing for longer is given up: something large is in it.
const LONGEST: Duration = Duration::from_millis(500);

/// What a request would do in a transaction.
pub(super) struct Prepared {
    pub(super) origin: Origin,
    pub(super) work: Box<Work>,
}

/// A write that may run more than once.
pub(super) type Work = dyn FnMut(&mut Tx<'_>, &mut Env) -> Result<Written<()>, HttpError> + Send;

/// How far a request came without writing.
enum Ready {
    /// It is answered: no handler would write.
    Answered(Box<Repeated>),
    /// It would write.
    Writes(RequestId, Prepared),
}

/// What came of one write, and the decisions on the way.
type Ran = (Result<Written<()>, HttpError>, Vec<Step>);

impl App {
    /// What would come of recorded requests, run in this order; `None` if that would keep others from writing for too long.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(crate) async fn rehearse_together(
        &self,
        requests: Vec<(&RequestRow, Rerun)>,
    ) -> Result<Option<Vec<Result<Repeated, RerunError>>>, HttpError> {
        let mut outcomes = Vec::with_capacity(requests.len());
        let mut writes = Vec::new();
        for (recorded, rerun) in requests {
            match self.prepare(recorded, rerun).await {
                Ok(Ready::Answered(repeated)) => outcomes.push(Some(Ok(*repeated))),
                Ok(Ready::Writes(id, prepared)) => {
                    writes.push((outcomes.len(), id, prepared));
                    outcomes.push(None);
                }
                Err(RerunError::Http(error)) => return Err(error),
                Err(error) => outcomes.push(Some(Err(error))),
            }
        }
        let (places, prepared): (Vec<_>, Vec<_>) =
            writes.into_iter().map(|(place, id, prepared)| ((place, id), prepared)).unzip();
        let Some(ran) = self.run_together(prepared).await? else { return Ok(None) };
        for ((place, id), (result, steps)) in places.into_iter().zip(ran) {
            let (written, error) = match result {
                Ok(written) => (Some(written), None),
                Err(error) => (None, Some(error)),
            };
            let status = match (&written, &error) {
                (Some(written), _) => written.status,
                (None, error) => error.as_ref().map_or(http::StatusCode::OK, HttpError::status),
            };
            let came = Came { id, status: status.as_u16(), error: error.as_ref(), written, steps };
            if let Some(outcome) = outcomes.get_mut(place) {
                *outcome = Some(Ok(came.repeated(false)));
            }
        }
        Ok(Some(outcomes.into_iter().flatten().collect()))
    }

    /// Takes a request through its handler up to where it would write.
    async fn prepare(&self, recorded: &RequestRow, rerun: Rerun) -> Result<Ready, RerunError> {
        let (sender, prepared) = oneshot::channel();
        let (exchange, request) = self.again(recorded, rerun, Some(sender)).await?;
        let id = exchange.arrival.id;
        // The handler waits for ever once it has handed over; the exchange keeps the sender until then.
        let response = tokio::select! {
            biased;
            Ok(prepared) = prepared => return Ok(Ready::Writes(id, prepared)),
            response = respond(request) => response,
        };
        let error = response.extensions().get::<Arc<HttpError>>().map(|error| &**error);
        let status = response.status().as_u16();
        let came = Came { id, status, error, written: None, steps: Vec::new() };
        Ok(Ready::Answered(Box::new(came.repeated(false))))
    }

    /// Runs writes one after the other in a transaction, and rolls it back; `None` if that takes too long.
    async fn run_together(&self, mut writes: Vec<Prepared>) -> Result<Option<Vec<Ran>>, HttpError> {
        let surroundings = self.surroundings();
        let work = move |tx: &mut Tx<'_>| {
            let begun = Instant::now();
            let mut ran = Vec::with_capacity(writes.len());
            for Prepared { origin, work } in &mut writes {
                if begun.elapsed() > LONGEST {
                    return Ok(None);
                }
                let mut env = Env::new(Arc::clone(&surroundings), *origin);
                let result = tx.attempt(|tx| transact(tx, &mut env, |tx, env| work(tx, env)));
                match result {
                    Err(HttpError::Engine(EngineError::Store(error)))
                        if !matches!(error, StoreError::Taken(_) | StoreError::Stale) =>
                    {
                        return Err(HttpError::from(EngineError::Store(error)));
                    }
                    result => ran.push((result, env.trace().to_vec())),
                }
            }
            Ok(Some(ran))
        };
        self.store().rehearse(work).await
    }
}

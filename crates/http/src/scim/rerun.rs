//! Running a recorded request again: replay (SCIM-11), and the approval of held ones (MIG-3).
//!
//! What was recorded goes through the very handlers of the first time: read by today's protocol, decided by today's rules
//! on today's state. Only who is behind it differs, which the ledger and the request log say. The conditions that the
//! client put into headers are not recorded: whoever has a request run again decides about what was written since.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{body::Body, extract::Request, response::Response};
use bytes::Bytes;
use http::Method;
use muster_engine::{EngineError, Env, Origin, Refusal, directory::Unwritten, guard};
use muster_model::{
    Actor, ConnectionId, HeldChangeId, RequestId, Source, Version,
    trace::{Note, Step},
};
use muster_store::{RequestRow, Tx};
use tokio::sync::oneshot;
use tower::ServiceExt;
use uuid::Uuid;

use super::{exchange::Exchange, rehearsal::Prepared};
use crate::{
    App, HttpError, LogError,
    app::{Lane, Written},
    arrival::Arrival,
    journal::{Outcome, TARGET_BYTES},
};

/// How a recorded request is run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rerun {
    /// What for.
    pub purpose: Purpose,
    /// Who wants it.
    pub actor: Actor,
    /// `false`: only find out what would come of it.
    pub apply: bool,
    /// What must not have been written since, in the transaction that writes it; nothing is looked at without.
    pub unwritten: Option<Unwritten>,
}

/// What a recorded request is run again for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An owner has it replayed (SCIM-11).
    Replay,
    /// An owner approved this request that the mass-change guard held (MIG-3): the IdP's word takes effect late.
    Approval(HeldChangeId),
}

impl Purpose {
    /// The word in the request log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Approval(_) => "approval",
        }
    }

    fn source(self) -> Source {
        match self {
            Self::Replay => Source::Replay,
            Self::Approval(_) => Source::Scim,
        }
    }
}

/// What came of a recorded request this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// Its own TraceID. It is on the log if it was applied, and changed something or was refused.
    pub id: RequestId,
    /// How a client would have been answered.
    pub status: u16,
    /// `changed`, `unchanged`, `refused` or `failed`.
    pub outcome: &'static str,
    /// Why it was refused, or failed.
    pub detail: Option<String>,
    /// Whether it was refused because the resource was written since.
    pub overtaken: bool,
    /// Whether it was only tried, alone and on the present state: what others of a range take of the seats, or end within
    /// the guard's hour, was not counted.
    pub alone: bool,
    /// The resource that it wrote.
    pub resource: Option<Uuid>,
    /// Its version after; `None` when it is gone, or was not written.
    pub version: Option<Version>,
    /// Each decision.
    pub steps: Vec<Step>,
}

/// Why a recorded request cannot be run at all.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RerunError {
    /// It is no SCIM request, or reads.
    #[error("`{0}` is not a SCIM request that writes: only those can be run again")]
    NotAWrite(String),
    /// Its body was no JSON, or has expired.
    #[error("its body was not kept, so it cannot be run again")]
    NoBody,
    /// What was recorded cannot be read back.
    #[error("what was recorded cannot be read back")]
    Unreadable(#[source] Arc<LogError>),
    /// Its connection is gone.
    #[error("its connection does not exist any more")]
    NoConnection,
    /// The database does not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl App {
    /// Runs a recorded request again, for real or as a rehearsal that leaves nothing behind.
    ///
    /// A refusal is an outcome, not an error.
    ///
    /// # Errors
    ///
    /// [`RerunError`], before anything is done.
    pub async fn rerun(&self, recorded: &RequestRow, rerun: Rerun) -> Result<Repeated, RerunError> {
        let (exchange, request) = self.again(recorded, rerun, None).await?;
        let id = exchange.arrival.id;
        let response = respond(request).await;
        let status = response.status().as_u16();
        let error = response.extensions().get::<Arc<HttpError>>().map(|error| &**error);
        if rerun.apply {
            exchange.log(status, error).await;
        }
        let Found { written, steps } = exchange.found();
        let mut repeated = Came { id, status, error, written, steps }.repeated(!rerun.apply);
        if let Some(row) = self.read(Lane::Point, move |conn| Ok(conn.request(id)?)).await? {
            repeated.steps = row.steps;
        }
        Ok(repeated)
    }

    /// A recorded request, ready for the handlers. With `handing`, it hands over what it would write, and goes no further.
    pub(super) async fn again(
        &self,
        recorded: &RequestRow,
        rerun: Rerun,
        handing: Option<oneshot::Sender<Prepared>>,
    ) -> Result<(Arc<Exchange>, Request), RerunError> {
        let (method, body) = self.recorded_write(recorded)?;
        let id = recorded.connection.ok_or(RerunError::NoConnection)?;
        let connection = self.read(Lane::Point, move |conn| Ok(conn.connection(id)?)).await?;
        let connection = Arc::new(connection.ok_or(RerunError::NoConnection)?);
        let request = Request::builder().method(method).uri(whole(&recorded.target)).body(Body::empty());
        let request = request.map_err(|_| RerunError::NotAWrite(recorded.target.clone()))?;
        let (mut parts, nothing) = request.into_parts();
        let again = Again::new(recorded, rerun, handing);
        let exchange = Arc::new(Exchange::again(self.clone(), Arrival::now(self), connection, again, &mut parts));
        exchange.receive(body);
        parts.extensions.insert(Arc::clone(&exchange));
        Ok((exchange, Request::from_parts(parts, nothing)))
    }

    /// The method and body of what was recorded, if it is a write.
    fn recorded_write(&self, recorded: &RequestRow) -> Result<(Method, Bytes), RerunError> {
        let named = || RerunError::NotAWrite(format!("{} {}", recorded.method, recorded.target));
        let method = Method::from_bytes(recorded.method.as_bytes()).map_err(|_| named())?;
        let has_body = match method {
            Method::POST | Method::PUT | Method::PATCH => true,
            Method::DELETE => false,
            _ => return Err(named()),
        };
        let body = self.bodies().open(recorded).map_err(|error| RerunError::Unreadable(Arc::new(error)))?;
        match body {
            Some(body) => Ok((method, Bytes::from(body))),
            None if has_body => Err(RerunError::NoBody),
            None => Ok((method, Bytes::new())),
        }
    }
}

/// Has a request served that does not come through the gate.
pub(super) async fn respond(request: Request) -> Response {
    match super::HANDLERS_WITHIN.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// How a request came out that was run again.
pub(super) struct Came<'e> {
    pub(super) id: RequestId,
    pub(super) status: u16,
    pub(super) error: Option<&'e HttpError>,
    pub(super) written: Option<Written<()>>,
    pub(super) steps: Vec<Step>,
}

impl Came<'_> {
    /// For whoever wanted it; `alone` if it was only tried, on the present state.
    pub(super) fn repeated(self, alone: bool) -> Repeated {
        let Self { id, status, error, written, mut steps } = self;
        let outcome = match (&written, error) {
            (_, Some(error)) if error.status().is_server_error() => Outcome::Failed,
            (_, Some(_)) => Outcome::Refused,
            (Some(written), None) if written.changed => Outcome::Changed,
            (_, None) => Outcome::Unchanged,
        };
        if let Some(error) = error {
            steps.push(Step { rule: error.rule(), note: Note::Refused(error.to_string()) });
        }
        let written = written.filter(|written| written.changed);
        Repeated {
            id,
            status,
            outcome: outcome.as_str(),
            detail: error.map(ToString::to_string),
            overtaken: matches!(error, Some(HttpError::Engine(EngineError::Refused(Refusal::Overtaken(_))))),
            alone,
            resource: written.as_ref().map(|written| written.resource),
            version: written.and_then(|written| written.version),
            steps,
        }
    }
}

/// A target as far as it is sure to be complete: without its query if that may have been cut.
fn whole(target: &str) -> &str {
    if target.len() < TARGET_BYTES { target } else { target.split('?').next().unwrap_or(target) }
}

/// The part of an [`Exchange`] that is about running a recorded request again.
pub(super) struct Again {
    rerun: Rerun,
    repeats: RequestId,
    dialect: Option<String>,
    found: Mutex<Found>,
    /// Where it hands over what it would write, if it is to go no further.
    handing: Mutex<Option<oneshot::Sender<Prepared>>>,
}

/// What a handler left behind.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    written: Option<Written<()>>,
    /// Of a rehearsal; otherwise they are on the log.
    steps: Vec<Step>,
}

impl Again {
    fn new(recorded: &RequestRow, rerun: Rerun, handing: Option<oneshot::Sender<Prepared>>) -> Self {
        let dialect = recorded.dialect.clone();
        Self { rerun, repeats: recorded.id, dialect, found: Mutex::default(), handing: Mutex::new(handing) }
    }

    /// Whether it is for real.
    pub(super) fn applies(&self) -> bool {
        self.rerun.apply
    }

    /// Who is behind it, in the ledger.
    pub(super) fn origin(&self) -> (Source, Actor) {
        (self.rerun.purpose.source(), self.rerun.actor)
    }

    /// What comes before anything else in the transaction that it runs in.
    pub(super) fn begin(&self) -> impl Fn(&mut Tx<'_>, &mut Env, ConnectionId) -> Result<(), EngineError> + use<> {
        let Rerun { purpose, unwritten, .. } = self.rerun;
        move |tx, env, connection| {
            if let Some(unwritten) = unwritten {
                unwritten.require(tx, connection)?;
            }
            match purpose {
                Purpose::Replay => Ok(()),
                Purpose::Approval(held) => guard::approve(tx, env, connection, held),
            }
        }
    }

    /// The kind of request that the log names.
    pub(super) fn kind(&self) -> &'static str {
        self.rerun.purpose.as_str()
    }

    /// What was recorded.
    pub(super) fn repeats(&self) -> RequestId {
        self.repeats
    }

    /// The identity provider that was recognised the first time.
    pub(super) fn dialect(&self) -> Option<&str> {
        self.dialect.as_deref()
    }

    /// Hands over a write, if that is what it is for, and then waits until nobody waits for it any more; otherwise gives it
    /// back.
    pub(super) async fn hand_over<T, F>(&self, origin: Origin, mut work: F) -> F
    where
        T: 'static,
        F: FnMut(&mut Tx<'_>, &mut Env) -> Result<Written<T>, HttpError> + Send + 'static,
    {
        let Some(handing) = self.handing.lock().unwrap_or_else(PoisonError::into_inner).take() else { return work };
        let work = Box::new(move |tx: &mut Tx<'_>, env: &mut Env| work(tx, env).map(|written| written.without_value()));
        // Whoever does not wait any more drops this as well.
        drop(handing.send(Prepared { origin, work }));
        std::future::pending().await
    }

    /// Runs a write and rolls it back.
    pub(super) async fn rehearse<T, F>(&self, app: &App, origin: Origin, work: F) -> Result<Written<T>, HttpError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>, &mut Env) -> Result<Written<T>, HttpError> + Send + 'static,
    {
        let (result, steps) = app.rehearse(origin, work).await;
        self.lock(|found| found.steps = steps);
        result
    }

    /// Remembers what a write did.
    pub(super) fn note_written<T>(&self, written: &Written<T>) {
        self.lock(|found| found.written = Some(written.without_value()));
    }

    /// What the handler left behind.
    pub(super) fn found(&self) -> Found {
        self.lock(|found| found.clone())
    }

    fn lock<T>(&self, work: impl FnOnce(&mut Found) -> T) -> T {
        work(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

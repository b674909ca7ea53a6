//! One SCIM request on its way through the handlers.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use http::{HeaderMap, Method, header, request::Parts};
use muster_engine::{EngineError, Env, Origin};
use muster_model::{Actor, Connection, RequestId, Source};
use muster_scim::{Dialect, Notes, RequestError, ResourceType, json, projection::Projection};
use muster_store::{Conn, RequestRow, StoreError, TrafficKind, Tx};
use serde_json::Value;

use super::{
    conditions::Conditions,
    rerun::{Again, Found},
};
use crate::{
    App, HttpError,
    app::{Lane, Written},
    arrival::Arrival,
    auth::Caller,
    journal::{self, Line, Outcome, Record, TARGET_BYTES},
};

/// On whose word a request is served.
pub(super) enum Authority {
    /// A SCIM client's token.
    Token(Arc<Caller>),
    /// Somebody has a recorded request run again.
    Again(Box<Again>),
}

/// A request with everything that was found out about it.
pub(super) struct Exchange {
    pub(super) app: App,
    pub(super) arrival: Arrival,
    /// What locations begin with: the base URL and the prefix that was called.
    pub(super) base_url: Arc<str>,
    connection: Arc<Connection>,
    authority: Authority,
    method: Method,
    /// Whether it only looks, as far as its method and path tell.
    is_read: bool,
    /// Path and query below the base URL.
    target: String,
    headers: HeaderMap,
    /// The parameters of the URL, decoded.
    query: Vec<(String, String)>,
    body: OnceLock<Bytes>,
    /// The body as it may be logged.
    redacted: OnceLock<Bytes>,
    notes: Mutex<Notes>,
    logged: AtomicBool,
    /// The request whose operation it is.
    part_of: Option<RequestId>,
    /// Whether one of its operations succeeded.
    parts_changed: AtomicBool,
}

impl Exchange {
    /// A request whose caller is known and whose body has not arrived. Takes the headers: handlers ask here. `prefix` is
    /// what its path has in common with the base URL.
    pub(super) fn new(
        app: App,
        base_url: Arc<str>,
        arrival: Arrival,
        caller: Arc<Caller>,
        parts: &mut Parts,
        prefix: &str,
    ) -> Self {
        let connection = Arc::clone(&caller.connection);
        Self::of(app, base_url, arrival, connection, Authority::Token(caller), parts, prefix)
    }

    /// A recorded request of this connection that is run again. What it did is for `again` to say.
    pub(super) fn again(
        app: App,
        arrival: Arrival,
        connection: Arc<Connection>,
        again: Again,
        parts: &mut Parts,
    ) -> Self {
        let base_url = Arc::from(app.base_url());
        Self::of(app, base_url, arrival, connection, Authority::Again(Box::new(again)), parts, "")
    }

    /// A request that is one operation of this one (RFC 7644 §3.7); `None` if this one is run again, whose operations are
    /// run again one by one.
    pub(super) fn part(&self, arrival: Arrival, parts: &mut Parts) -> Option<Self> {
        let Authority::Token(caller) = &self.authority else { return None };
        let mut part = Self::new(self.app.clone(), Arc::clone(&self.base_url), arrival, Arc::clone(caller), parts, "");
        part.part_of = Some(self.arrival.id);
        // Nobody sees the resource, so what is kept apart from it is not read.
        part.query = vec![("excludedAttributes".to_owned(), "groups,members".to_owned())];
        Some(part)
    }

    /// An operation of this request was served.
    pub(super) fn note_part(&self, succeeded: bool) {
        self.parts_changed.fetch_or(succeeded, Ordering::Relaxed);
    }

    fn of(
        app: App,
        base_url: Arc<str>,
        arrival: Arrival,
        connection: Arc<Connection>,
        authority: Authority,
        parts: &mut Parts,
        prefix: &str,
    ) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let whole = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut target = match whole.strip_prefix(prefix).unwrap_or(whole) {
            target if target.starts_with('/') => target.to_owned(),
            target => format!("/{target}"),
        };
        let is_read = is_read(&parts.method, target.split('?').next().unwrap_or_default());
        let end = (TARGET_BYTES..target.len()).find(|end| target.is_char_boundary(*end));
        target.truncate(end.unwrap_or(target.len()));
        Self {
            app,
            arrival,
            base_url,
            connection,
            authority,
            method: parts.method.clone(),
            is_read,
            target,
            headers: std::mem::take(&mut parts.headers),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: OnceLock::new(),
            redacted: OnceLock::new(),
            notes: Mutex::default(),
            logged: AtomicBool::new(false),
            part_of: None,
            parts_changed: AtomicBool::new(false),
        }
    }

    /// The body has arrived.
    pub(super) fn receive(&self, body: Bytes) {
        // It arrives once; a second one would be a mistake of the caller, and the first stays.
        drop(self.body.set(body));
    }

    /// Path and query below the base URL; of a very long one the beginning.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// The headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Whose directory it is about.
    pub(super) fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }

    /// The parameters of the URL.
    pub(super) fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What of a resource the client wants to see.
    pub(super) fn projection(&self, resource_type: ResourceType) -> Result<Projection, HttpError> {
        if self.query.is_empty() {
            return Ok(Projection::default());
        }
        Ok(Projection::from_pairs(self.query(), &[resource_type])?)
    }

    /// Which versions of the resource the client is content with.
    pub(super) fn conditions(&self) -> Result<Conditions, HttpError> {
        Conditions::from_headers(&self.headers)
    }

    /// Parses the body with one of SCIM's parsers.
    pub(super) fn parse<T>(
        &self,
        parse: impl FnOnce(Value, &mut Notes) -> Result<T, RequestError>,
    ) -> Result<T, HttpError> {
        let body = self.body.get().map_or(&[][..], |body| body);
        let value = json::parse(body)?;
        if let Some(body) = self.body.get() {
            self.redacted.get_or_init(|| journal::redacted(body, &value));
        }
        self.noting(|notes| Ok(parse(value, notes)?))
    }

    /// Does something that may note peculiarities of the client.
    pub(super) fn noting<T>(&self, work: impl FnOnce(&mut Notes) -> Result<T, HttpError>) -> Result<T, HttpError> {
        work(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads.
    pub(super) async fn read<T, F>(&self, lane: Lane, work: F) -> Result<T, HttpError>
    where
        T: Send + 'static,
        F: FnMut(&mut Conn<'_>) -> Result<T, EngineError> + Send + 'static,
    {
        self.app.read(lane, work).await
    }

    /// Writes, and logs that with it.
    pub(super) async fn write<T, F>(&self, mut work: F) -> Result<Written<T>, HttpError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>, &mut Env) -> Result<Written<T>, HttpError> + Send + 'static,
    {
        let current = self.require_current();
        let work = move |tx: &mut Tx<'_>, env: &mut Env| {
            current(tx, env)?;
            work(tx, env)
        };
        let result = match &self.authority {
            Authority::Again(again) if !again.applies() => {
                let work = again.hand_over(self.origin(), work).await;
                again.rehearse(&self.app, self.origin(), work).await
            }
            Authority::Token(_) | Authority::Again(_) => self.app.write(self.origin(), self.record()?, work).await,
        };
        if let (Authority::Again(again), Ok(written)) = (&self.authority, &result) {
            again.note_written(written);
        }
        if matches!(result, Err(HttpError::Outdated)) {
            self.app.forget_connections();
        }
        // What the store itself could not do it has not recorded either.
        let recorded = match &result {
            Ok(written) => written.changed,
            Err(HttpError::Engine(EngineError::Store(error))) => {
                matches!(error, StoreError::Taken(_) | StoreError::Stale)
            }
            Err(_) => true,
        };
        self.logged.store(recorded, Ordering::Relaxed);
        result
    }

    /// What a request that was run again did.
    pub(super) fn found(&self) -> Found {
        match &self.authority {
            Authority::Token(_) => Found::default(),
            Authority::Again(again) => again.found(),
        }
    }

    /// Where the ledger says that changes come from.
    fn origin(&self) -> Origin {
        let (source, actor) = match &self.authority {
            Authority::Token(caller) => (Source::Scim, Actor::Token(caller.token.id.0)),
            Authority::Again(again) => again.origin(),
        };
        Origin { source, actor, connection: Some(self.connection.id), request: Some(self.arrival.id) }
    }

    /// Whether what was read before the transaction still holds in it (SEC-1).
    fn require_current(&self) -> impl Fn(&mut Tx<'_>, &mut Env) -> Result<(), HttpError> + Send + 'static {
        let connection = Arc::clone(&self.connection);
        let (caller, begin) = match &self.authority {
            Authority::Token(caller) => (Some(Arc::clone(caller)), None),
            Authority::Again(again) => (None, Some(again.begin())),
        };
        move |tx, env| {
            match &caller {
                Some(caller) => caller.require_current(tx, env)?,
                None if tx.connection(connection.id)?.is_some_and(|current| current == *connection) => {}
                None => return Err(HttpError::Outdated),
            }
            match &begin {
                Some(begin) => Ok(begin(tx, env, connection.id)?),
                None => Ok(()),
            }
        }
    }

    /// Logs a request that was not logged with what it did.
    pub(super) async fn log(&self, status: u16, error: Option<&HttpError>) {
        self.count(status);
        if self.logged.swap(true, Ordering::Relaxed) {
            return;
        }
        let is_read = self.is_read;
        let outcome = match status {
            500.. => Outcome::Failed,
            // Looking for what is not there is an ordinary read.
            404 if is_read => Outcome::Read,
            400.. => Outcome::Refused,
            _ if is_read => Outcome::Read,
            _ if self.parts_changed.load(Ordering::Relaxed) => Outcome::Changed,
            _ => Outcome::Unchanged,
        };
        let refused = error.filter(|_| outcome == Outcome::Refused).cloned();
        if let Some(error) = refused
            && self.log_refusal(error).await
        {
            return;
        }
        self.log_line(status, outcome, error);
    }

    /// Counts the request; what is run again, and an operation of a Bulk, is none.
    fn count(&self, status: u16) {
        if matches!(self.authority, Authority::Token(_)) && self.part_of.is_none() {
            // Looking for what is not there is an ordinary read.
            let is_refused = status >= 400 && !(status == 404 && self.is_read);
            self.app.counted().count(self.connection.id, self.arrival.at, TrafficKind::Scim, is_refused);
        }
    }

    /// Writes the row of a request that never came to the engine; whether it could be written.
    async fn log_refusal(&self, error: HttpError) -> bool {
        let Ok(mut record) = self.record() else { return false };
        let written: Result<(), StoreError> = self.app.store().write(move |tx| record.write_refused(tx, &error)).await;
        written.is_ok()
    }

    fn log_line(&self, status: u16, outcome: Outcome, error: Option<&HttpError>) {
        // What is run again is no request of a client's: only what it changes, and refusals, are worth a row.
        let Authority::Token(caller) = &self.authority else { return };
        let line = Line {
            id: self.arrival.id,
            at: self.arrival.at,
            micros: self.arrival.micros(),
            method: self.method.as_str(),
            target: &self.target,
            status,
            outcome: outcome.as_str(),
            token: caller.token.id,
            dialect: self.dialect(),
            detail: error.map(ToString::to_string),
        };
        if !self.app.reads().push(self.connection.id, &line) {
            self.app.metrics().reads_dropped(1);
        }
    }

    /// The row of this request, as far as it is known before it is served.
    fn record(&self) -> Result<Record, HttpError> {
        let body = self.loggable_body().filter(|body| !body.is_empty());
        let sealed = body.map(|body| self.app.bodies().seal(self.arrival.id, &body)).transpose();
        let sealed = sealed.map_err(|error| HttpError::Internal("the body cannot be sealed", Arc::new(error)))?;
        let understood = self.noting(|notes| Ok(notes.as_slice().iter().map(ToString::to_string).collect()))?;
        let (kind, token, repeats) = match &self.authority {
            Authority::Token(caller) => ("scim", Some(caller.token.id), None),
            Authority::Again(again) => (again.kind(), None, Some(again.repeats())),
        };
        let row = RequestRow {
            id: self.arrival.id,
            connection: Some(self.connection.id),
            at: self.arrival.at,
            micros: 0,
            kind: kind.to_owned(),
            method: self.method.as_str().to_owned(),
            target: self.target.clone(),
            status: 0,
            dialect: self.dialect().map(str::to_owned),
            outcome: String::new(),
            token,
            resource: None,
            resource_version: None,
            repeats,
            part_of: self.part_of,
            steps: Vec::new(),
            body: sealed,
        };
        Ok(Record::new(row, self.arrival.started, understood))
    }

    /// The body without secrets. What is no JSON is not kept: nobody can tell what is secret in it.
    fn loggable_body(&self) -> Option<Bytes> {
        let body = self.body.get()?;
        if let Some(redacted) = self.redacted.get() {
            return Some(redacted.clone());
        }
        let value = json::parse(body).ok()?;
        Some(journal::redacted(body, &value))
    }

    /// The identity provider that it seems to come from.
    fn dialect(&self) -> Option<&str> {
        if let Authority::Again(again) = &self.authority {
            return again.dialect();
        }
        let agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let dialect = Dialect::notice(agent, notes.as_slice());
        (dialect != Dialect::Unknown).then_some(dialect.as_str())
    }
}

/// A search is a read, whatever its method (RFC 7644 §3.4.3).
fn is_read(method: &Method, path: &str) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
        || (*method == Method::POST && path.trim_end_matches('/').ends_with("/.search"))
}

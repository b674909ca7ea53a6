//! What every handler has: the store, the engine's surroundings, the caches and counters.

mod background;

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use muster_crypto::{PasswordError, Passwords, Sealer};
use muster_engine::{
    EngineError, Env, Origin, Refusal, Surroundings, guard, retention::Policy, search::Anchors, transact,
};
use muster_model::{
    Rule, Version,
    trace::{Note, Step},
};
use muster_outbound::Outbound;
use muster_scim::schema::{Bulk, Capabilities};
use muster_store::{Conn, Store, StoreError, Tx};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::{
    HttpError, Limits,
    api::Rates,
    auth::Callers,
    journal::{Bodies, Counted, ReadLog, Record, Trace},
    metrics::Metrics,
    oauth::SigningKeys,
    sign_in::{Discoveries, LogBound, Providers, RelyingParty},
    streaming::{Destination, Streaming},
};

/// The pieces in which room for bodies is given, in bytes.
const ROOM: usize = 1_024;
/// How long a cursor is good, in seconds.
const CURSOR_SECONDS: u32 = 3_600;
/// The most operations in one Bulk.
const BULK_OPERATIONS: u32 = 1_000;

/// What an [`App`] is made of.
pub struct AppOptions {
    /// What is remembered.
    pub store: Store,
    /// The clock and the source of randomness.
    pub surroundings: Arc<dyn Surroundings>,
    /// What seals the bodies in the request log.
    pub sealer: Arc<Sealer>,
    /// What clients reach the server under, such as `https://muster.example.com`; a slash at its end is ignored.
    pub base_url: String,
    /// Bounds of what clients may take.
    pub limits: Limits,
    /// How requests go out that tenants cause (SEC-3).
    pub outbound: Outbound,
    /// Whether the mail that is kept is sent; if not, whoever makes a link is shown it.
    pub sends_mail: bool,
}

/// The application behind the routes. Cloning is cheap; all clones are one.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

/// What all clones share.
pub(crate) struct Inner {
    store: Store,
    surroundings: Arc<dyn Surroundings>,
    base_url: String,
    limits: Limits,
    capabilities: Capabilities,
    anchors: Anchors,
    callers: Callers,
    sealer: Arc<Sealer>,
    bodies: Arc<Bodies>,
    reads: ReadLog,
    counted: Counted,
    metrics: Metrics,
    places: Arc<Semaphore>,
    /// Turns for what takes long over the management API.
    undertakings: Arc<Semaphore>,
    /// Room for bodies, in pieces of [`ROOM`].
    room: Arc<Semaphore>,
    /// Room for large answers, in pieces of [`ROOM`].
    answers: Arc<Semaphore>,
    providers: Providers,
    discoveries: Discoveries,
    signing_keys: SigningKeys,
    outbound: Outbound,
    sends_mail: bool,
    sign_in_log: LogBound,
    rates: Rates,
    /// Us, towards browsers that have passkeys; `None` where they have none.
    relying_party: Option<RelyingParty>,
    /// Made when the first password is checked.
    passwords: OnceLock<Arc<Passwords>>,
    closing: AtomicBool,
}

/// In which of the store's lanes something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A few rows.
    Point,
    /// A few rows, of one state.
    Snapshot,
    /// Many rows, of one state, without keeping others waiting.
    Scan,
}

/// A successful write, and what the request log says of it.
#[derive(Debug, Clone)]
pub(crate) struct Written<T> {
    /// What came of it.
    pub(crate) value: T,
    /// `false`: the request asked for what already was, so nothing is written (SCIM-13).
    pub(crate) changed: bool,
    /// How it is answered.
    pub(crate) status: StatusCode,
    /// What was written.
    pub(crate) resource: Uuid,
    /// Its version afterwards; `None` when it is gone.
    pub(crate) version: Option<Version>,
}

impl<T> Written<T> {
    /// What the request log says of it alone.
    pub(crate) fn without_value(&self) -> Written<()> {
        let Self { value: _, changed, status, resource, version } = *self;
        Written { value: (), changed, status, resource, version }
    }
}

impl App {
    /// An application, with its background work: it watches for changes made elsewhere, and writes the log of reads.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        let AppOptions { store, surroundings, sealer, mut base_url, limits, outbound, sends_mail } = options;
        base_url.truncate(base_url.trim_end_matches('/').len());
        let node = Env::new(Arc::clone(&surroundings), Origin::SYSTEM).new_id();
        let inner = Arc::new(Inner {
            metrics: Metrics::new(store.clone()),
            store,
            surroundings,
            relying_party: RelyingParty::of(&base_url),
            base_url,
            capabilities: capabilities(&limits),
            anchors: Anchors::default(),
            callers: Callers::default(),
            bodies: Arc::new(Bodies::new(Arc::clone(&sealer))),
            sealer,
            reads: ReadLog::new(limits.read_log_bytes),
            counted: Counted::default(),
            places: Arc::new(Semaphore::new(limits.in_flight.min(Semaphore::MAX_PERMITS))),
            undertakings: Arc::new(Semaphore::new(limits.undertakings.min(Semaphore::MAX_PERMITS))),
            room: Arc::new(Semaphore::new((limits.bodies / ROOM).min(Semaphore::MAX_PERMITS))),
            answers: Arc::new(Semaphore::new((limits.answers / ROOM).min(Semaphore::MAX_PERMITS))),
            limits,
            providers: Providers::default(),
            discoveries: Discoveries::default(),
            signing_keys: SigningKeys::default(),
            outbound,
            sends_mail,
            sign_in_log: LogBound::default(),
            rates: Rates::default(),
            passwords: OnceLock::new(),
            closing: AtomicBool::new(false),
        });
        background::start(&inner, node);
        Self { inner }
    }

    /// Begins to remove what has been kept long enough, in the background, together with other nodes.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start_retention(&self, policy: Policy) {
        let node = Env::new(self.surroundings(), Origin::SYSTEM).new_id();
        tokio::spawn(background::retain(Arc::downgrade(&self.inner), policy, node));
    }

    /// Begins to send the activity log on, in the background, together with other nodes (ORG-9).
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start_streams(&self, destinations: impl IntoIterator<Item = Destination>) {
        let node = Env::new(self.surroundings(), Origin::SYSTEM).new_id();
        let streams = destinations.into_iter().map(|destination| Streaming::new(destination, node)).collect();
        background::stream(&self.inner, streams);
    }

    /// Lets every member of every large group follow it now; for commands that end before the background would have done
    /// it.
    ///
    /// # Errors
    ///
    /// The store's; what is done by then stays.
    pub async fn finish_moves(&self) -> Result<(), HttpError> {
        while background::move_slice(self.clone()).await? {}
        Ok(())
    }

    /// Forgets at once what is cached of connections and tokens, after this process changed some.
    pub fn forget_connections(&self) {
        self.inner.callers.forget();
    }

    /// Writes what waits of the log of reads, so that whoever reads the log next finds everything that was answered.
    pub async fn write_reads(&self) {
        background::flush(&self.inner).await;
        background::add_counted(&self.inner).await;
    }

    /// Ends the background work and writes what is left of the log of reads. The store stays open.
    pub async fn close(&self) {
        self.inner.closing.store(true, Ordering::Relaxed);
        self.inner.reads.wake();
        background::flush(&self.inner).await;
        background::add_counted(&self.inner).await;
    }

    /// Reads in one of the store's lanes.
    pub(crate) async fn read<T, F>(&self, lane: Lane, work: F) -> Result<T, HttpError>
    where
        T: Send + 'static,
        F: FnMut(&mut Conn<'_>) -> Result<T, EngineError> + Send + 'static,
    {
        let store = &self.inner.store;
        let result = match lane {
            Lane::Point => store.read(work).await,
            Lane::Snapshot => store.snapshot(work).await,
            Lane::Scan => store.scan(work).await,
        };
        Ok(result?)
    }

    /// One change of the engine, committed if it succeeds.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        origin: Origin,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let surroundings = self.surroundings();
        let done = self.inner.store.write(move |tx| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            transact(tx, &mut env, |tx, env| work(tx, env))
        });
        Ok(done.await?)
    }

    /// Runs one change of the engine and writes it to the request log in the same commit; a refusal is logged in a
    /// commit of its own, and a change that changes nothing writes nothing (SCIM-11, SCIM-13). What the mass-change guard
    /// refuses is kept with its record (MIG-3).
    pub(crate) async fn write<T, F>(
        &self,
        origin: Origin,
        mut record: Record,
        mut work: F,
    ) -> Result<Written<T>, HttpError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>, &mut Env) -> Result<Written<T>, HttpError> + Send + 'static,
    {
        let surroundings = self.surroundings();
        let understood = record.understood();
        let trace = Trace::default();
        let kept = trace.clone();
        let run = move |tx: &mut Tx<'_>| {
            // One run: the closure may be run again, with a new time, new ids and an empty trace.
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            for what in &understood {
                env.note(Rule::Scim12, Note::Dialect(what.clone()));
            }
            let result = transact(tx, &mut env, |tx, env| work(tx, env));
            kept.keep(env.trace());
            result
        };
        let inner = Arc::clone(&self.inner);
        let record = move |tx: &mut Tx<'_>, result: &Result<Written<T>, HttpError>| {
            record.write(tx, result, &trace)?;
            match result {
                Err(HttpError::Engine(EngineError::Refused(Refusal::Held(held)))) => {
                    let fingerprint = inner.bodies.fingerprint(record.row()).map_err(StoreError::other)?;
                    guard::keep(tx, held, record.row().id, fingerprint)
                }
                _ => Ok(()),
            }
        };
        self.inner.store.write_recorded(run, record).await
    }

    /// Runs one change of the engine and rolls it back: what came of it, and the decisions on the way.
    pub(crate) async fn rehearse<T, F>(&self, origin: Origin, mut work: F) -> (Result<Written<T>, HttpError>, Vec<Step>)
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>, &mut Env) -> Result<Written<T>, HttpError> + Send + 'static,
    {
        let surroundings = self.surroundings();
        let trace = Trace::default();
        let kept = trace.clone();
        let run = move |tx: &mut Tx<'_>| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            let result = transact(tx, &mut env, |tx, env| work(tx, env));
            kept.keep(env.trace());
            result
        };
        let result = self.inner.store.rehearse(run).await;
        (result, trace.take())
    }

    /// A place among the requests in progress, until it is dropped.
    pub(crate) fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.inner.places).try_acquire_owned().ok()
    }

    /// A turn for something that takes long, once others have had theirs; `None` if that is not soon.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.inner.undertakings).acquire_owned();
        tokio::time::timeout(self.inner.limits.turn_time, turn).await.ok()?.ok()
    }

    /// Room for a body of this many bytes, until it is dropped.
    pub(crate) fn room_for(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let pieces = u32::try_from(bytes.div_ceil(ROOM)).ok()?;
        Arc::clone(&self.inner.room).try_acquire_many_owned(pieces).ok()
    }

    /// Room for a large answer of about this many bytes, until it is dropped. One that is larger than all room there is takes
    /// it all.
    pub(crate) fn room_for_answer(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let all = self.limits().answers / ROOM;
        let pieces = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(ROOM).min(all);
        Arc::clone(&self.inner.answers).try_acquire_many_owned(u32::try_from(pieces).ok()?).ok()
    }

    /// How long a cursor is good.
    pub(crate) fn cursor_lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.capabilities().cursor_timeout.unwrap_or(0)))
    }

    pub(crate) fn surroundings(&self) -> Arc<dyn Surroundings> {
        Arc::clone(&self.inner.surroundings)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    pub(crate) fn relying_party(&self) -> Option<&RelyingParty> {
        self.inner.relying_party.as_ref()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.inner.capabilities
    }

    pub(crate) fn anchors(&self) -> &Anchors {
        &self.inner.anchors
    }

    pub(crate) fn callers(&self) -> &Callers {
        &self.inner.callers
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    pub(crate) fn bodies(&self) -> &Bodies {
        &self.inner.bodies
    }

    /// What hashes and checks passwords, as many at once as there are cores. Not for a thread that others wait for.
    pub(crate) fn passwords(&self) -> Result<Arc<Passwords>, PasswordError> {
        if let Some(passwords) = self.inner.passwords.get() {
            return Ok(Arc::clone(passwords));
        }
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let made = Arc::new(Passwords::new(cores)?);
        Ok(Arc::clone(self.inner.passwords.get_or_init(|| made)))
    }

    pub(crate) fn shared_sealer(&self) -> Arc<Sealer> {
        Arc::clone(&self.inner.sealer)
    }

    pub(crate) fn shared_bodies(&self) -> Arc<Bodies> {
        Arc::clone(&self.inner.bodies)
    }

    pub(crate) fn reads(&self) -> &ReadLog {
        &self.inner.reads
    }

    pub(crate) fn counted(&self) -> &Counted {
        &self.inner.counted
    }

    pub(crate) fn providers(&self) -> &Providers {
        &self.inner.providers
    }

    pub(crate) fn signing_keys(&self) -> &SigningKeys {
        &self.inner.signing_keys
    }

    pub(crate) fn discoveries(&self) -> &Discoveries {
        &self.inner.discoveries
    }

    pub(crate) fn outbound(&self) -> &Outbound {
        &self.inner.outbound
    }

    /// Whether the mail that is kept is sent.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.inner.sends_mail
    }

    pub(crate) fn sign_in_log(&self) -> &LogBound {
        &self.inner.sign_in_log
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.inner.rates
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.inner.closing.load(Ordering::Relaxed)
    }
}

/// What is served, as discovery tells it.
fn capabilities(limits: &Limits) -> Capabilities {
    let max_payload_size = u32::try_from(limits.group_body).unwrap_or(u32::MAX);
    Capabilities {
        bulk: Some(Bulk { max_operations: BULK_OPERATIONS, max_payload_size }),
        cursor_timeout: Some(CURSOR_SECONDS),
        ..Capabilities::default()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("App").field("base_url", &self.inner.base_url).finish_non_exhaustive()
    }
}

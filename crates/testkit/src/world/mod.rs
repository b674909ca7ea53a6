//! A store with organizations and connections in it, and the requests of an IdP and an owner.
//!
//! - `setup`: organizations, connections, tokens, accounts;
//! - `requests`: what a directory asks over SCIM, and what an assertion says;
//! - `owners`: what owners and the operator do by hand;
//! - `background`: what nodes do without being asked;
//! - `looking`: what tests look at.

mod background;
mod looking;
mod owners;
mod requests;
mod setup;

use std::{sync::Arc, time::Duration};

use muster_engine::{EngineError, Env, Origin, Refusal, guard, transact};
use muster_model::{Actor, Connection, ConnectionId, RequestId, Source};
use muster_store::{Conn, Database, Options, Store, StoreError, Tx};
use uuid::Uuid;

pub use self::setup::ConnectionBuilder;
use crate::{clock::Clock, schema::Schema};

/// An installation in one process. All clones are one.
#[derive(Clone)]
pub struct World {
    /// Its store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<Clock>,
    /// What its store is on, if that is to go to another world once the last clone is gone.
    _schema: Option<Arc<Schema>>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world on SQLite in memory; on a schema of its own of the PostgreSQL server that `MUSTER_TEST_POSTGRES` names,
    /// if it names one, so that the same tests prove the same behaviour on both.
    ///
    /// # Panics
    ///
    /// When the store does not open.
    #[must_use]
    pub fn new() -> Self {
        if let Ok(url) = std::env::var("MUSTER_TEST_POSTGRES") {
            let schema = Arc::new(Schema::take(&url));
            let world = Self::on(schema.store());
            return Self { _schema: Some(schema), ..world };
        }
        let mut options = Options::new(Database::SqliteMemory);
        options.readers = 2;
        Self::on(Store::open(&options).expect("an empty store opens"))
    }

    /// A world on a store that is open already.
    #[must_use]
    pub fn on(store: Store) -> Self {
        Self { store, clock: Arc::new(Clock::new(7)), _schema: None }
    }

    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// One change on behalf of `origin`, committed if it succeeds.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn change<T: Send + 'static>(
        &self,
        origin: Origin,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let clock = Arc::clone(&self.clock);
        let work = move |tx: &mut Tx<'_>| {
            let mut env = Env::new(Arc::clone(&clock) as _, origin);
            transact(tx, &mut env, |tx, env| work(tx, env))
        };
        self.store.write_recorded_blocking(work, keep_held)
    }

    /// One change by the operator.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn by_hand<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.change(Origin::OPERATOR, work)
    }

    /// One SCIM request through a connection, as it is stored now.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn scim<T: Send + 'static>(
        &self,
        connection: ConnectionId,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Connection) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let origin = Origin {
            source: Source::Scim,
            actor: Actor::Token(Uuid::from_u128(99)),
            connection: Some(connection),
            request: None,
        };
        self.change(origin, move |tx, env| {
            let connection = tx.connection(connection)?.expect("the connection exists");
            work(tx, env, &connection)
        })
    }

    /// Reads.
    ///
    /// # Panics
    ///
    /// When the store fails.
    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Conn<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> T {
        self.store.snapshot_blocking(work).expect("the store reads")
    }
}

/// Keeps what the guard holds; a request that asks the same of the same resource is the same request.
fn keep_held<T>(tx: &mut Tx<'_>, result: &Result<T, EngineError>) -> Result<(), StoreError> {
    match result {
        Err(EngineError::Refused(Refusal::Held(held))) => {
            let fingerprint = muster_crypto::sha256(format!("{:?}", (held.resource(), held.endings())).as_bytes());
            guard::keep(tx, held, RequestId(Uuid::now_v7()), fingerprint)
        }
        _ => Ok(()),
    }
}

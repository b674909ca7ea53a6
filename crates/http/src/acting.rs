//! Whoever does something here, over the management API or on the console's pages: who they are and what they may do is decided
//! anew in every transaction (SEC-1).

use std::sync::Arc;

use muster_administration::{AdministrationError, Administrator, administrator::Behalf};
use muster_engine::{
    EngineError, Env, Origin,
    authority::{Caller, Who},
    credentials::exchange::{self, Evidence},
};
use muster_model::{Source, Timestamp};
use muster_store::{Conn, Tx};
use tokio::task::spawn_blocking;

use crate::{App, HttpError, ScimDocuments, Unauthorized, app::Lane, arrival::Arrival};

/// Somebody who has shown who they are, in one request.
#[derive(Clone)]
pub(crate) struct Acting {
    pub(crate) app: App,
    pub(crate) arrival: Arrival,
    /// Who they said they are, for the ledger.
    pub(crate) who: Who,
    /// By what it is decided anew.
    pub(crate) evidence: Evidence,
}

impl Acting {
    /// When the request came.
    pub(crate) fn now(&self) -> Timestamp {
        self.arrival.at
    }

    /// On whose behalf, and through what, things are done.
    pub(crate) fn origin(&self) -> Origin {
        Origin { source: Source::Manual, actor: self.who.actor(), connection: None, request: Some(self.arrival.id) }
    }

    /// That what was shown counts no more.
    fn nobody(&self) -> HttpError {
        match self.evidence {
            Evidence::Session(_) => HttpError::SignedOut,
            Evidence::Exchanged(_) => HttpError::Unauthorized(Unauthorized::NotApiToken),
        }
    }

    /// Who acts, by now.
    pub(crate) fn caller(&self, conn: &mut Conn<'_>, now: Timestamp) -> Result<Caller, HttpError> {
        exchange::caller(conn, self.evidence, now)?.ok_or_else(|| self.nobody())
    }

    /// Reads on their behalf.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        mut work: impl FnMut(&mut Conn<'_>, &Caller) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let (evidence, now) = (self.evidence, self.now());
        let read = self.app.read(lane, move |conn| match exchange::caller(conn, evidence, now)? {
            Some(caller) => work(conn, &caller).map(Some),
            None => Ok(None),
        });
        read.await?.ok_or_else(|| self.nobody())
    }

    /// Writes on their behalf, in one transaction; `work` settles and writes the ledger itself.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Caller) -> Result<T, HttpError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let acting = self.clone();
        let (surroundings, origin) = (self.app.surroundings(), self.origin());
        let written = self.app.store().write(move |tx| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            let caller = acting.caller(tx, env.now())?;
            work(tx, &mut env, &caller)
        });
        let written = written.await;
        // Other nodes notice within the second; this one at once.
        self.app.forget_connections();
        written
    }

    /// What takes several transactions, each of which decides anew who acts and what they may.
    pub(crate) async fn administer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Administrator) -> Result<T, AdministrationError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let administrator = Administrator {
            store: self.app.store().clone(),
            surroundings: self.app.surroundings(),
            documents: Arc::new(ScimDocuments),
            behalf: Behalf::caller(self.origin(), self.evidence),
        };
        // It waits for the store again and again, which is for a plain thread.
        let done = spawn_blocking(move || work(&administrator)).await;
        done.map_err(|_| HttpError::Panicked)?.map_err(|error| match error {
            AdministrationError::Unauthorized => self.nobody(),
            error => error.into(),
        })
    }

    /// As [`Acting::administer`], for what may take long: with few others at a time, so that no tenant keeps the rest waiting.
    pub(crate) async fn undertake<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Administrator) -> Result<T, AdministrationError> + Send + 'static,
    ) -> Result<T, HttpError> {
        let turn = self.app.turn().await.ok_or(HttpError::TooBusy)?;
        self.administer(move |administrator| {
            // Kept until it is done, also where nobody waits for the answer any more.
            let _turn = turn;
            work(administrator)
        })
        .await
    }
}

//! The row of one request, written with what it did.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use http::StatusCode;
use muster_model::{
    Rule,
    trace::{Note, Step},
};
use muster_store::{RequestRow, StoreError, Tx};
use uuid::Uuid;

use crate::{HttpError, app::Written};

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Something was read.
    Read,
    /// Something was written.
    Changed,
    /// What was asked for already was.
    Unchanged,
    /// A rule or the protocol forbids it.
    Refused,
    /// Somebody tried a connection; nothing is kept of it (SSO-12).
    Tested,
    /// The server failed.
    Failed,
}

impl Outcome {
    /// The word in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Tested => "tested",
            Self::Failed => "failed",
        }
    }
}

/// The steps of the run that counts: a closure that runs again replaces them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Vec<Step>>>);

impl Trace {
    /// Keeps the steps of a run, instead of those of the run before.
    pub(crate) fn keep(&self, steps: &[Step]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = steps.to_vec();
    }

    /// The steps, which are forgotten.
    pub(crate) fn take(&self) -> Vec<Step> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A row that lacks only what came of the request.
#[derive(Debug)]
pub(crate) struct Record {
    row: RequestRow,
    started: Instant,
    understood: Vec<String>,
}

impl Record {
    /// `row` with everything that is known before the request is served; `understood` what was read against the letter.
    pub(crate) fn new(row: RequestRow, started: Instant, understood: Vec<String>) -> Self {
        Self { row, started, understood }
    }

    /// What was read against the letter, for the trace.
    pub(crate) fn understood(&self) -> Vec<String> {
        self.understood.clone()
    }

    /// Writes the row, unless nothing changed.
    pub(crate) fn write<T>(
        &mut self,
        tx: &mut Tx<'_>,
        result: &Result<Written<T>, HttpError>,
        trace: &Trace,
    ) -> Result<(), StoreError> {
        match result {
            Ok(written) if !written.changed => return Ok(()),
            Ok(written) => {
                self.row.outcome = Outcome::Changed.as_str().to_owned();
                self.row.status = i64::from(written.status.as_u16());
                self.row.resource = Some(written.resource);
                self.row.resource_version = written.version;
                self.row.steps = trace.take();
            }
            Err(error) => {
                let steps = trace.take();
                self.refuse(error, steps);
            }
        }
        self.insert(tx)
    }

    /// The row, as far as it is written.
    pub(crate) fn row(&self) -> &RequestRow {
        &self.row
    }

    /// Writes the row of a request that was refused before the engine saw it.
    pub(crate) fn write_refused(&mut self, tx: &mut Tx<'_>, error: &HttpError) -> Result<(), StoreError> {
        let understood = self.understood();
        let steps = understood.into_iter().map(|what| Step { rule: Rule::Scim12, note: Note::Dialect(what) });
        let steps = steps.collect();
        self.refuse(error, steps);
        self.insert(tx)
    }

    /// Writes the row of something that was decided, how it ended and about what.
    pub(crate) fn write_decided(
        &mut self,
        tx: &mut Tx<'_>,
        outcome: Outcome,
        status: StatusCode,
        resource: Option<Uuid>,
        steps: Vec<Step>,
    ) -> Result<(), StoreError> {
        self.row.outcome = outcome.as_str().to_owned();
        self.row.status = i64::from(status.as_u16());
        self.row.resource = resource;
        self.row.steps = steps;
        self.insert(tx)
    }

    fn refuse(&mut self, error: &HttpError, mut steps: Vec<Step>) {
        steps.push(Step { rule: error.rule(), note: Note::Refused(error.to_string()) });
        self.row.outcome = Outcome::Refused.as_str().to_owned();
        self.row.status = i64::from(error.status().as_u16());
        self.row.steps = steps;
    }

    fn insert(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.row.micros = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        tx.insert_request(&self.row)
    }
}

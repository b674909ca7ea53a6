//! Sign-ins on the connection's request log (SSO-13): those that succeed in the commit that lets somebody in, the others in
//! one of their own.

use muster_engine::{EngineError, Refusal};
use muster_model::{ConnectionId, RequestId};
use muster_store::{RequestRow, StoreError, TestSignIn, TrafficKind};
use serde_json::Value;

use super::{SignInFailure, carried::Trial, trial};
use crate::{App, HttpError, arrival::Arrival, journal::Record};

/// An answer of an IdP that somebody brought.
#[derive(Debug)]
pub(crate) struct Attempt {
    arrival: Arrival,
    connection: ConnectionId,
    protocol: &'static str,
    method: &'static str,
    target: String,
    /// What arrived, without secrets.
    received: Option<Value>,
    /// Who tries the connection, if somebody does: then nothing is to be kept of it (SSO-12).
    trial: Option<Trial>,
    is_logout: bool,
}

impl Attempt {
    /// An attempt through a connection, at a path below the base URL.
    pub(crate) fn new(
        arrival: Arrival,
        connection: ConnectionId,
        protocol: &'static str,
        method: &'static str,
        target: String,
    ) -> Self {
        Self { arrival, connection, protocol, method, target, received: None, trial: None, is_logout: false }
    }

    /// The same, with what arrived: without signatures, codes or tokens (SEC-4).
    pub(crate) fn received(self, received: Value) -> Self {
        Self { received: Some(received), ..self }
    }

    /// The same, tried by somebody: they read why it fails (SSO-12).
    pub(crate) fn tried(self, trial: Option<Trial>) -> Self {
        Self { trial, ..self }
    }

    /// What is kept of a trial that ended so; `None` for what is none. `groups`: how many were stated.
    pub(crate) fn test(&self, passed: bool, groups: Option<i64>) -> Option<TestSignIn> {
        let token = match self.trial? {
            Trial::Owners => None,
            Trial::SetUp(token) => Some(token),
        };
        Some(TestSignIn {
            id: self.arrival.id,
            connection: self.connection,
            token,
            at: self.arrival.at,
            passed,
            groups,
        })
    }

    /// The same, of a logout that the IdP asks for.
    pub(crate) fn logout(self) -> Self {
        Self { is_logout: true, ..self }
    }

    /// Counts it, if it is of somebody who signs in.
    pub(super) fn count(&self, app: &App, is_refused: bool) {
        if self.trial.is_none() && !self.is_logout {
            app.counted().count(self.connection, self.arrival.at, TrafficKind::SignIn, is_refused);
        }
    }

    /// What arrived, without secrets.
    pub(crate) fn arrived(&self) -> Option<&Value> {
        self.received.as_ref()
    }

    /// The TraceID.
    pub(crate) fn id(&self) -> RequestId {
        self.arrival.id
    }

    /// The row for the log.
    pub(crate) fn record(&self, app: &App) -> Result<Record, HttpError> {
        let id = self.arrival.id;
        let body = self.received.as_ref().map(|received| app.bodies().seal(id, received.to_string().as_bytes()));
        let row = RequestRow {
            id,
            connection: Some(self.connection),
            at: self.arrival.at,
            micros: 0,
            kind: "sso".to_owned(),
            method: self.method.to_owned(),
            target: self.target.clone(),
            status: 0,
            dialect: Some(self.protocol.to_owned()),
            outcome: String::new(),
            token: None,
            resource: None,
            resource_version: None,
            repeats: None,
            part_of: None,
            steps: Vec::new(),
            body: body.transpose().map_err(HttpError::sealing)?,
        };
        Ok(Record::new(row, self.arrival.started, Vec::new()))
    }

    /// Logs that the protocol was not satisfied; the failure, for the answer.
    pub(crate) async fn refuse(&self, app: &App, failure: SignInFailure) -> HttpError {
        self.log(app, failure.into()).await
    }

    /// Logs that a rule forbids it before anything else was decided; the refusal, for the answer.
    pub(crate) async fn refuse_by_rule(&self, app: &App, refusal: Refusal) -> HttpError {
        self.log(app, EngineError::from(refusal).into()).await
    }

    async fn log(&self, app: &App, error: HttpError) -> HttpError {
        let error = match self.trial {
            Some(trial) => {
                let back = trial::way_on(app, self.connection, trial, Some(self.arrival.id)).await;
                HttpError::TestSignIn { error: Box::new(error), back }
            }
            None => error,
        };
        self.count(app, true);
        if !app.sign_in_log().admits(self.connection) {
            return error;
        }
        let mut record = match self.record(app) {
            Ok(record) => record,
            Err(failed) => return failed,
        };
        let refused = error.clone();
        let test = self.test(false, None);
        let written: Result<(), StoreError> = app
            .store()
            .write(move |tx| {
                if let Some(test) = &test {
                    tx.insert_test_sign_in(test)?;
                }
                record.write_refused(tx, &refused)
            })
            .await;
        match written {
            Ok(()) => error,
            Err(failed) => failed.into(),
        }
    }
}

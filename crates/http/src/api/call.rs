//! One call of the management API: everything it does is one transaction, in which it is decided who calls (SEC-1).

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use muster_administration::{AdministrationError, Administrator};
use muster_engine::{
    EngineError, Env, Origin,
    authority::{Action, Caller},
    credentials::exchange::Evidence,
    transact,
};
use muster_model::{ConnectionId, Timestamp};
use muster_store::{Conn, Tx};
use serde::Serialize;

use super::{bearer::Bearer, idempotency::Idempotency};
use crate::{App, HttpError, acting::Acting, app::Lane, arrival::Arrival};

/// What a handler has of its request besides what was sent.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) app: App,
    pub(super) arrival: Arrival,
    pub(super) bearer: Bearer,
    pub(super) idempotency: Option<Idempotency>,
}

/// An answer, written within the transaction that it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    status: StatusCode,
    body: Vec<u8>,
}

impl Reply {
    /// This as JSON.
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, HttpError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| HttpError::Internal("an answer cannot be written", Arc::new(error)))?;
        Ok(Self { status, body })
    }

    /// 204.
    pub(super) fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: Vec::new() }
    }

    pub(super) fn stored(status: u16, body: Vec<u8>) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK), body }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::NO_CONTENT {
            headers.remove(header::CONTENT_TYPE);
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl Call {
    /// When the request came.
    pub(super) fn now(&self) -> Timestamp {
        self.arrival.at
    }

    /// Whoever calls.
    pub(super) fn acting(&self) -> Acting {
        let Bearer { who, proof } = self.bearer;
        Acting { app: self.app.clone(), arrival: self.arrival, who, evidence: Evidence::Exchanged(proof) }
    }

    /// On whose behalf, and through what, things are done.
    pub(super) fn origin(&self) -> Origin {
        self.acting().origin()
    }

    /// Reads on behalf of whoever calls.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnMut(&mut Conn<'_>, &Caller) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, HttpError> {
        self.acting().read(lane, work).await
    }

    /// Reads a few rows of one state, and answers 200 with what came of it.
    pub(super) async fn show<T: Serialize + Send + 'static>(
        &self,
        work: impl FnMut(&mut Conn<'_>, &Caller) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<Reply, HttpError> {
        Reply::json(StatusCode::OK, &self.read(Lane::Snapshot, work).await?)
    }

    /// Changes something on behalf of whoever calls; once, if the request is sent again under its key.
    pub(super) async fn change(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Caller) -> Result<Reply, HttpError> + Send + 'static,
    ) -> Result<Reply, HttpError> {
        self.write(move |tx, env, caller| transact(tx, env, |tx, env| work(tx, env, caller))).await
    }

    /// As [`Call::change`], for what settles and writes the ledger itself.
    pub(super) async fn write(
        &self,
        mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Caller) -> Result<Reply, HttpError> + Send + 'static,
    ) -> Result<Reply, HttpError> {
        let call = self.clone();
        let write = move |tx: &mut Tx<'_>, env: &mut Env, caller: &Caller| {
            let (sealer, origin) = (call.app.sealer(), call.bearer.origin());
            if let Some(idempotency) = &call.idempotency
                && let Some((reply, required)) = idempotency.answered(tx, sealer, origin, env.now())?
            {
                // Nobody is told again what they may not know any more.
                caller.require_still(tx, &required)?;
                return Ok(reply);
            }
            let reply = work(tx, env, caller)?;
            if let Some(idempotency) = &call.idempotency {
                idempotency.keep(tx, sealer, origin, env.now(), &reply, caller.required())?;
            }
            Ok(reply)
        };
        self.acting().write(write).await
    }

    /// Does what takes several transactions, once: sent again under its key after it was answered, it is answered alike while
    /// whoever calls still may do this to the connection, or still owns all that they owned, where it is about no single one.
    pub(super) async fn once(
        &self,
        connection: Option<ConnectionId>,
        work: impl Future<Output = Result<Reply, HttpError>>,
    ) -> Result<Reply, HttpError> {
        let Some(idempotency) = self.idempotency.clone() else { return work.await };
        let (call, asked, now) = (self.clone(), idempotency.clone(), self.now());
        let answered = self.read(Lane::Snapshot, move |conn, caller| {
            match asked.answered(conn, call.app.sealer(), call.bearer.origin(), now) {
                Ok(Some((reply, required))) => caller.require_still(conn, &required).map(|()| Ok(Some(reply))),
                other => Ok(other.map(|_| None)),
            }
        });
        if let Some(reply) = answered.await?? {
            return Ok(reply);
        }
        let (reply, call, acting) = (work.await?, self.clone(), self.acting());
        let kept = self.app.store().write(move |tx| {
            let caller = acting.caller(tx, now)?;
            let (sealer, origin) = (call.app.sealer(), call.bearer.origin());
            // Whoever was quicker has answered.
            if let Some((reply, required)) = idempotency.answered(tx, sealer, origin, now)? {
                caller.require_still(tx, &required)?;
                return Ok(reply);
            }
            match connection {
                Some(id) => drop(caller.connection(tx, id, Action::ChangeConnections)?),
                None => caller.require_own(tx)?,
            }
            idempotency.keep(tx, sealer, origin, now, &reply, caller.required())?;
            Ok::<_, HttpError>(reply.clone())
        });
        kept.await
    }

    /// What takes several transactions and may take long.
    pub(super) async fn undertake<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Administrator) -> Result<T, AdministrationError> + Send + 'static,
    ) -> Result<T, HttpError> {
        self.acting().undertake(work).await
    }

    /// What takes several transactions, each of which decides anew who calls and what they may.
    pub(super) async fn administer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Administrator) -> Result<T, AdministrationError> + Send + 'static,
    ) -> Result<T, HttpError> {
        self.acting().administer(work).await
    }
}

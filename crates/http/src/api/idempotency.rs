//! `Idempotency-Key`: a request that is sent again under the same key is answered as it was the first time, and done once.

use std::{sync::Arc, time::Duration};

use axum::extract::Request;
use http::{HeaderName, HeaderValue};
use muster_crypto::{Place, Sealer};
use muster_engine::authority::Required;
use muster_model::Timestamp;
use muster_store::{Conn, IdempotentAnswer, StoreError, Tx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::call::Reply;
use crate::{App, HttpError};

/// The header.
pub(super) static KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);
/// The most characters of a key.
const LONGEST: usize = 255;

/// An answer, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    required: Vec<Required>,
    body: String,
}

fn unreadable(error: serde_json::Error) -> HttpError {
    HttpError::Internal("a kept answer cannot be read or written", Arc::new(error))
}

/// A request that may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Idempotency {
    key: String,
    fingerprint: [u8; 32],
}

impl Idempotency {
    /// Of a request with this key and body.
    pub(super) fn of(app: &App, key: &HeaderValue, request: &Request, body: &[u8]) -> Result<Self, HttpError> {
        let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST).ok_or_else(|| {
            HttpError::field("Idempotency-Key", format!("use 1 to {LONGEST} visible ASCII characters"))
        })?;
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let parts = [request.method().as_str().as_bytes(), target.as_bytes(), body];
        Ok(Self {
            key: key.to_owned(),
            fingerprint: app.sealer().fingerprint("requests that may be sent again", &parts),
        })
    }

    /// What the same request with the same token was answered before, and what was asked of the caller then.
    pub(super) fn answered(
        &self,
        conn: &mut Conn<'_>,
        sealer: &Sealer,
        caller: Uuid,
        now: Timestamp,
    ) -> Result<Option<(Reply, Vec<Required>)>, HttpError> {
        let Some(found) = conn.idempotent_answer(caller, &self.key, now)? else { return Ok(None) };
        if found.fingerprint != self.fingerprint.as_slice() {
            return Err(HttpError::KeyReused);
        }
        let kept = sealer.open(&self.place(caller), &found.answer).map_err(HttpError::sealing)?;
        let kept: Kept = serde_json::from_slice(&kept).map_err(unreadable)?;
        Ok(Some((Reply::stored(found.status, kept.body.into_bytes()), kept.required)))
    }

    /// Keeps an answer for whoever sends the request again.
    pub(super) fn keep(
        &self,
        tx: &mut Tx<'_>,
        sealer: &Sealer,
        caller: Uuid,
        now: Timestamp,
        reply: &Reply,
        required: Vec<Required>,
    ) -> Result<(), HttpError> {
        let body = String::from_utf8_lossy(reply.body()).into_owned();
        let kept = serde_json::to_vec(&Kept { required, body }).map_err(unreadable)?;
        let answer = sealer.seal(&self.place(caller), &kept).map_err(HttpError::sealing)?;
        let answer =
            IdempotentAnswer { fingerprint: self.fingerprint.to_vec(), status: reply.status().as_u16(), answer };
        let is_first = tx.keep_idempotent_answer(caller, &self.key, &answer, now, now.after(KEPT))?;
        // The same request was done by another transaction: run again, this one finds its answer.
        if is_first { Ok(()) } else { Err(StoreError::Stale.into()) }
    }

    fn place(&self, caller: Uuid) -> Place {
        let hash = muster_crypto::sha256(&[caller.as_bytes(), self.key.as_bytes()].concat());
        let mut row = [0; 16];
        row.copy_from_slice(&hash[..16]);
        Place { table: "idempotency_keys", column: "answer", row: Uuid::from_bytes(row) }
    }
}

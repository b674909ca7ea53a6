//! Logged bodies: compressed and sealed.

use std::sync::Arc;

use muster_crypto::{Place, SealError, Sealer};
use muster_model::RequestId;
use muster_store::RequestRow;

use super::{LogError, codec};

/// Seals bodies for the log.
pub(crate) struct Bodies {
    sealer: Arc<Sealer>,
}

impl Bodies {
    pub(crate) fn new(sealer: Arc<Sealer>) -> Self {
        Self { sealer }
    }

    /// A redacted body, for its place in the request's row.
    pub(crate) fn seal(&self, id: RequestId, body: &[u8]) -> Result<Vec<u8>, SealError> {
        self.sealer.seal(&place(id), &codec::pack_body(body))
    }

    /// What is the same for the same request sent again: method, target, and body without secrets.
    pub(crate) fn fingerprint(&self, request: &RequestRow) -> Result<[u8; 32], LogError> {
        let body = self.open(request)?.unwrap_or_default();
        Ok(self.sealer.fingerprint("request", &[request.method.as_bytes(), request.target.as_bytes(), &body]))
    }

    /// As [`logged_body`].
    pub(crate) fn open(&self, request: &RequestRow) -> Result<Option<Vec<u8>>, LogError> {
        logged_body(&self.sealer, request)
    }
}

/// What was sent in a logged request, without secrets; `None` when it had no body, or one that was no JSON.
///
/// # Errors
///
/// When it was sealed with another installation's key, or damaged.
pub fn logged_body(sealer: &Sealer, request: &RequestRow) -> Result<Option<Vec<u8>>, LogError> {
    let Some(sealed) = &request.body else { return Ok(None) };
    Ok(Some(codec::unpack(&sealer.open(&place(request.id), sealed)?)?))
}

fn place(id: RequestId) -> Place {
    Place { table: "requests", column: "body", row: id.0 }
}

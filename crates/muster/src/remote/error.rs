//! What a server did not do.

use std::collections::BTreeMap;

use http::StatusCode;
use muster_outbound::{OutboundError, SetUpError};
use serde::Deserialize;

/// Why a server did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// No answer came.
    #[error("the server cannot be asked")]
    NoAnswer(#[from] OutboundError),
    /// Nothing can be sent from here.
    #[error("no requests can be sent")]
    SetUp(#[from] SetUpError),
    /// Nor waited for.
    #[error("no requests can be sent")]
    System(#[from] std::io::Error),
    /// It refused.
    #[error("{}", refused(.status, .said))]
    Refused {
        /// How.
        status: StatusCode,
        /// Why.
        said: Said,
    },
    /// It answered what the management API does not.
    #[error("the server's answer is not the management API's: is `--server` the address of a Muster of this version?")]
    Unreadable(#[source] serde_json::Error),
}

/// What a server says of a refusal.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errinfo: BTreeMap<String, String>,
    #[serde(default)]
    trace_id: String,
}

impl ServerError {
    /// Of an answer that is no success.
    pub(super) fn refused(status: StatusCode, body: &[u8]) -> Self {
        // What stands in front of a server answers in its own way.
        Self::Refused { status, said: serde_json::from_slice(body).unwrap_or_default() }
    }

    /// Whether whoever asks may not.
    pub(super) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::FORBIDDEN, .. })
    }

    /// Whether there is no such thing, or none for whoever asks.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::NOT_FOUND, .. })
    }
}

/// Why, with each field that is wrong, and by what the operator finds the request.
fn refused(status: &StatusCode, said: &Said) -> String {
    let mut text = said.detail.clone();
    if text.is_empty() {
        text = format!("the server answered {status}");
    }
    for (field, why) in said.errinfo.iter().filter(|(field, _)| *field != "rule") {
        if !text.contains(why.as_str()) {
            text.push_str(&format!("; `{field}`: {why}"));
        } else if !text.contains(field.as_str()) {
            text.push_str(&format!(" (`{field}`)"));
        }
    }
    if !said.trace_id.is_empty() {
        text.push_str(&format!(" [TraceID {}]", said.trace_id));
    }
    text
}

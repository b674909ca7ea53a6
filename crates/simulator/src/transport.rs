//! How requests reach a server: over sockets, or into a router in memory.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use serde_json::Value;

use crate::step::Method;

/// A request, ready to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query below the SCIM base URL, encoded; it must be sent as it is, a dangling `?` or `&` included.
    pub path: String,
    /// Headers other than `Authorization` and those that frame the message. Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<Value>,
}

/// What the server answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
    /// How long it took, if the transport knows.
    pub took: Option<Duration>,
}

impl Response {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// The request could not be delivered, or its answer not be read.
#[derive(Debug, thiserror::Error)]
#[error("no answer came: {reason}")]
pub struct TransportError {
    /// What happened, causes included.
    pub reason: String,
}

impl TransportError {
    /// An error from whatever failed, with its causes.
    pub fn new(error: &dyn std::error::Error) -> TransportError {
        let mut reason = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            reason.push_str(": ");
            reason.push_str(&error.to_string());
            cause = error.source();
        }
        TransportError { reason }
    }
}

/// Delivers requests to one SCIM base URL, with its token.
pub trait Transport {
    /// Sends a request and waits for the answer. Every answer is a success here, whatever its status.
    ///
    /// # Errors
    ///
    /// There was no answer.
    fn send(&self, request: &Request) -> impl Future<Output = Result<Response, TransportError>> + Send;
}

impl fmt::Display for Request {
    /// The request line without the protocol version.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method.as_str(), self.path)
    }
}

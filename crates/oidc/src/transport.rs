//! How requests go out: through the caller's client, with its limits (SEC-3).

use std::{error::Error, future::Future};

use bytes::Bytes;
use http::{Request, Response};
use thiserror::Error;

/// No answer came; says why, in words for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// Sends a request and brings back the whole answer, whatever its status. It must bound size and time.
///
/// Every closure that takes a request and returns a future of an answer is one.
pub trait Transport: Sync {
    /// Sends a request.
    ///
    /// # Errors
    ///
    /// There was no answer.
    fn send(&self, request: Request<Bytes>) -> impl Future<Output = Result<Response<Bytes>, Unreachable>> + Send;
}

impl<F, Answer, E> Transport for F
where
    F: Fn(Request<Bytes>) -> Answer + Sync,
    Answer: Future<Output = Result<Response<Bytes>, E>> + Send,
    E: Error,
{
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unreachable> {
        self(request).await.map_err(|error| Unreachable(error.to_string()))
    }
}

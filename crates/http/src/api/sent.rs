//! What clients send: bodies, queries and paths, each mistake told with the field that it is in.

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{HttpError, body};

/// A JSON body.
pub(super) struct Sent<T>(pub(super) T);

/// The query of an address.
pub(super) struct Asked<T>(pub(super) T);

/// The parts of a path.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, HttpError> {
        body::check_type(request.headers())?;
        // All of it is here: the gate has taken and bounded it.
        let bytes = to_bytes(request.into_body(), usize::MAX).await.map_err(|_| HttpError::BodyBroken)?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let sent = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { "body".to_owned() } else { path };
            HttpError::field(path, error.into_inner().to_string())
        })?;
        json.end().map_err(|error| HttpError::field("body", error.to_string()))?;
        Ok(Self(sent))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, HttpError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => Err(HttpError::field("query", inner(&error))),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        // What cannot be read as part of a path names nothing.
        Path::from_request_parts(parts, state).await.map(|Path(named)| Self(named)).map_err(|_| HttpError::NoRoute)
    }
}

/// The innermost cause, which says which field and why.
fn inner(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

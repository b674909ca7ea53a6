//! What every request of the management API goes through before its handler.

use std::panic::AssertUnwindSafe;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, Method, header};
use muster_model::Timestamp;

use super::{
    bearer::Bearer,
    call::Call,
    idempotency::{Idempotency, KEY},
};
use crate::{App, HttpError, Unauthorized, arrival::Arrival, body};

/// Finds out who calls, counts the request, takes the body, and runs the handler.
pub(super) async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(_place) = app.admit() else { return HttpError::TooBusy.into_response() };
    let arrival = request.extensions().get::<Arrival>().copied().unwrap_or_else(|| Arrival::now(&app));
    let bearer = match bearer(&app, request.headers(), arrival.at) {
        Ok(bearer) => bearer,
        Err(why) => {
            app.metrics().unauthorized(why);
            return HttpError::from(why).into_response();
        }
    };
    let rate = app.rates().count(bearer.subject(), app.limits().api_requests, arrival.at);
    let mut response = if rate.admitted {
        match call(&app, arrival, bearer, request).await {
            Ok(request) => run(&app, request, next).await,
            Err(error) => error.into_response(),
        }
    } else {
        let why = "too many requests within a minute: wait until the time in X-RateLimit-Reset";
        HttpError::TooMany { why, wait: rate.wait(arrival.at) }.into_response()
    };
    rate.tell(response.headers_mut());
    response
}

/// For requests that need no bearer token: takes the body, and runs the handler.
pub(super) async fn receive(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(_place) = app.admit() else { return HttpError::TooBusy.into_response() };
    match received(&app, request).await {
        Ok((request, _)) => run(&app, request, next).await,
        Err(error) => error.into_response(),
    }
}

/// The request with what its handler needs to know of it.
async fn call(app: &App, arrival: Arrival, bearer: Bearer, request: Request) -> Result<Request, HttpError> {
    let (mut request, body) = received(app, request).await?;
    let key = request.headers().get(&KEY).cloned();
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let idempotency = match key.filter(|_| is_write) {
        Some(key) => Some(Idempotency::of(app, &key, &request, &body)?),
        None => None,
    };
    request.extensions_mut().insert(Call { app: app.clone(), arrival, bearer, idempotency });
    Ok(request)
}

/// The request with all of its body, and that.
async fn received(app: &App, request: Request) -> Result<(Request, Bytes), HttpError> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok((request, Bytes::new()));
    }
    let (parts, body) = request.into_parts();
    let limits = app.limits();
    let limit = limits.user_body;
    let size = body::announced(&parts.headers).unwrap_or(limit).min(limit);
    let _room = app.room_for(size).ok_or(HttpError::TooBusy)?;
    let bytes = body::receive(&parts.headers, body, limit, limits.body_time).await?;
    Ok((Request::from_parts(parts, Body::from(bytes.clone())), bytes))
}

async fn run(app: &App, request: Request, next: Next) -> Response {
    let serving = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(app.limits().request_time, serving).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => HttpError::Panicked.into_response(),
        Err(_) => HttpError::TimedOut.into_response(),
    }
}

/// What the `Authorization` header shows. The scheme's name has no case (RFC 9110 §11.1).
fn bearer(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Bearer, Unauthorized> {
    let value = headers.get(header::AUTHORIZATION).ok_or(Unauthorized::NoApiToken)?;
    let text = value.to_str().map_err(|_| Unauthorized::NotApiToken)?;
    let (scheme, token) = text.trim().split_once(' ').ok_or(Unauthorized::NoApiToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Unauthorized::NoApiToken);
    }
    Bearer::read(app, token.trim(), now)
}

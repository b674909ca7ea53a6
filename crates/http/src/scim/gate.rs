//! What every SCIM request goes through before its handler, and after.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{Method, request::Parts};
use muster_engine::directory;
use tokio::sync::OwnedSemaphorePermit;
use tracing::Instrument;

use super::exchange::Exchange;
use crate::{
    App, ErrorFormat, HttpError,
    arrival::{Arrival, Arriving},
    body,
};

/// What the gate of one prefix knows.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) app: App,
    /// What paths begin with.
    pub(super) prefix: &'static str,
    /// What locations begin with.
    pub(super) base_url: Arc<str>,
}

/// The one layer around every SCIM handler: numbers and counts the request, lets it pass, and gives failures, and panics,
/// SCIM's form.
pub(super) async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let app = gate.app.clone();
    let arriving = Arriving::new(&app, &request);
    let (arrival, is_head) = (arriving.arrival, request.method() == Method::HEAD);
    let passed = caught(pass(gate, arrival, request, next)).instrument(arriving.span.clone()).await;
    let mut response = ErrorFormat::Scim.render(passed, is_head, Some(arrival.id));
    arriving.answered(&app, &mut response);
    response
}

/// Finds out who calls, takes the body, runs the handler and logs the request.
///
/// Requests without a valid token are only counted, so that strangers cannot fill the log (SCIM-11).
async fn pass(gate: Gate, arrival: Arrival, request: Request, next: Next) -> Result<Response, HttpError> {
    let Gate { app, prefix, base_url } = gate;
    let _place = app.admit().ok_or(HttpError::TooBusy)?;
    let caller = app.authenticate(request.headers(), arrival.at).await?;
    let (mut parts, body) = request.into_parts();
    let exchange = Arc::new(Exchange::new(app, base_url, arrival, caller, &mut parts, prefix));
    let response = match admit(&exchange, &parts, body).await {
        Ok(_room) => {
            parts.extensions.insert(Arc::clone(&exchange));
            let request = Request::from_parts(parts, Body::empty());
            let time = exchange.app.limits().request_time;
            // Inside, so that a request whose handler panicked is logged too.
            match tokio::time::timeout(time, caught(async { Ok(next.run(request).await) })).await {
                Ok(response) => response,
                Err(_) => HttpError::TimedOut.into_response(),
            }
        }
        Err(error) => error.into_response(),
    };
    let error = response.extensions().get::<Arc<HttpError>>();
    exchange.log(response.status().as_u16(), error.map(|error| &**error)).await;
    Ok(response)
}

/// A failure as a response, and a panic as a failure.
async fn caught(serving: impl Future<Output = Result<Response, HttpError>>) -> Response {
    match AssertUnwindSafe(serving).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(_) => HttpError::Panicked.into_response(),
    }
}

/// Takes the body, and whether SCIM is switched on (SCIM-7): in this order, so that the log tells what was missed.
///
/// What it returns is the room that the body takes, to be kept as long as the body.
async fn admit(exchange: &Exchange, parts: &Parts, body: Body) -> Result<Option<OwnedSemaphorePermit>, HttpError> {
    let mut room = None;
    if matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
        let limits = exchange.app.limits();
        let is_large = ["/Groups", "/Bulk"].iter().any(|path| exchange.target().starts_with(path));
        let limit = if is_large { limits.group_body } else { limits.user_body };
        let size = body::announced(exchange.headers()).unwrap_or(limit).min(limit);
        room = Some(exchange.app.room_for(size).ok_or(HttpError::TooBusy)?);
        let received = body::receive(exchange.headers(), body, limit, limits.body_time).await?;
        exchange.receive(received);
        body::check_type(exchange.headers())?;
    }
    directory::require_scim(&exchange.connection())?;
    Ok(room)
}

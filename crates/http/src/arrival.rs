//! The outermost layer: every request gets an id, and is counted.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, Method};
use muster_engine::{Env, Origin};
use muster_model::{RequestId, Timestamp};
use tracing::Instrument;

use crate::{App, metrics::Route};

/// The header that tells a client the TraceID.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// When a request came, and under which id it is known from then on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// The TraceID.
    pub(crate) id: RequestId,
    /// By the application's clock.
    pub(crate) at: Timestamp,
    /// For measuring.
    pub(crate) started: Instant,
}

impl Arrival {
    /// A request that comes now.
    pub(crate) fn now(app: &App) -> Self {
        let mut env = Env::new(app.surroundings(), Origin::SYSTEM);
        Self { id: RequestId(env.new_id()), at: env.now(), started: Instant::now() }
    }

    /// Microseconds since then.
    pub(crate) fn micros(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

/// Numbers and counts a request. The query stays out of logs: it may name people.
pub(crate) async fn arrive(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let arrival = Arrival::now(&app);
    request.extensions_mut().insert(arrival);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::debug_span!("request", id = %arrival.id, %method, path = request.uri().path());
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(id) = HeaderValue::from_str(&arrival.id.to_string()) {
        response.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    let status = response.status();
    let took = arrival.started.elapsed();
    app.metrics().answered(Route::new(known(&method), matched), status, took);
    span.in_scope(|| tracing::debug!(status = status.as_u16(), micros = arrival.micros(), "answered"));
    response
}

/// The method as a label: clients must not be able to invent labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

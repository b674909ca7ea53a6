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
use tracing::{Instrument, Span};
use uuid::Uuid;

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
    let arriving = Arriving::new(&app, &request);
    request.extensions_mut().insert(arriving.arrival);
    let mut response = next.run(request).instrument(arriving.span.clone()).await;
    arriving.answered(&app, &mut response);
    response
}

/// A request that is being served, for who numbers and counts it.
pub(crate) struct Arriving {
    pub(crate) arrival: Arrival,
    /// What its log lines belong to.
    pub(crate) span: Span,
    method: &'static str,
    route: Option<String>,
}

impl Arriving {
    /// A request that comes now.
    pub(crate) fn new(app: &App, request: &Request) -> Self {
        let arrival = Arrival::now(app);
        let method = known(request.method());
        let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let span = tracing::debug_span!("request", id = %arrival.id, method, path = request.uri().path());
        Self { arrival, span, method, route }
    }

    /// Tells the client the TraceID, and counts the answer.
    pub(crate) fn answered(self, app: &App, response: &mut Response) {
        let mut text = Uuid::encode_buffer();
        if let Ok(id) = HeaderValue::from_str(self.arrival.id.0.hyphenated().encode_lower(&mut text)) {
            response.headers_mut().insert(REQUEST_ID.clone(), id);
        }
        let (status, took) = (response.status(), self.arrival.started.elapsed());
        app.metrics().answered(Route::new(self.method, self.route), status, took);
        self.span.in_scope(|| tracing::debug!(status = status.as_u16(), micros = took.as_micros(), "answered"));
    }
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

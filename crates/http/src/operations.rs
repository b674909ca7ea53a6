//! Pages for those who run the server: `/healthz`, `/readyz`, `/metrics`.

use axum::{
    Router,
    extract::{Request, State},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use muster_store::Health;

use crate::{App, ErrorFormat, HttpError, app::Lane, arrival, error::format::render};

/// The pages of a listener of its own: `/metrics`, and the probes again.
pub fn operations_router(app: &App) -> Router {
    let metrics = Router::new().route("/metrics", get(metrics)).with_state(app.clone());
    probes(app)
        .merge(metrics)
        .fallback(async |_: Request| HttpError::NoRoute)
        .layer(middleware::from_fn_with_state(ErrorFormat::Page, render))
        .layer(middleware::from_fn_with_state(app.clone(), arrival::arrive))
}

/// Whether the process is up, and whether it can serve.
pub(crate) fn probes(app: &App) -> Router {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).with_state(app.clone())
}

/// Ready is a store that is healthy and answers a read.
async fn ready(State(app): State<App>) -> Response {
    let healthy = match app.store().healthy() {
        Health::Healthy => app.read(Lane::Point, |conn| Ok(conn.versions()?)).await.map_err(|error| error.to_string()),
        Health::Unhealthy(why) => Err(why),
    };
    match healthy {
        Ok(_) if app.is_closing() => (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n").into_response(),
        Ok(_) => "ready\n".into_response(),
        Err(why) => {
            tracing::warn!(why, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

async fn metrics(State(app): State<App>) -> Result<Response, HttpError> {
    let page = app
        .metrics()
        .page()
        .map_err(|error| HttpError::Internal("the metrics cannot be written", std::sync::Arc::new(error)))?;
    let content_type = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    Ok((content_type, page).into_response())
}

//! The SCIM service provider: Users, Groups and discovery, under two paths.
//!
//! One request goes through `gate` (who calls, with what body; the request log), a handler of `users`, `groups`, `lists`
//! or `discovery`, `statement` (what the client says, free of wire format), the engine, and `answers`.

mod answers;
mod bulk;
mod candidates;
mod conditions;
mod cursor;
mod discovery;
mod exchange;
mod gate;
mod groups;
mod lists;
mod looking;
mod rehearsal;
mod rerun;
pub(crate) mod statement;
mod users;
mod walks;

use std::{
    any::Any,
    sync::{Arc, LazyLock},
};

use axum::{
    Extension, Router,
    extract::{Path, Request, rejection::PathRejection},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use exchange::Exchange;
use muster_engine::{EngineError, Env};
use muster_model::{Rule, trace};
use muster_scim::Notes;
pub use rerun::{Purpose, Repeated, Rerun, RerunError};
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use crate::{App, HttpError};

/// The paths under which SCIM is served. The second is Docker Hub's.
const PREFIXES: [&str; 2] = ["/scim/v2", "/v2/scim/2.0"];

/// Why `/Me` is not served to a connection's token.
const ME: &str = "`/Me` tells of a person, and this token is a connection's: reading it";

/// What every handler gets.
type Call = Extension<Arc<Exchange>>;
/// The part of a path that names something; it may not be decodable.
type Segment = Result<Path<String>, PathRejection>;

/// Adds the SCIM routes to a router.
pub(crate) fn mount(mut router: Router, app: &App) -> Router {
    for prefix in PREFIXES {
        let base_url = Arc::from(format!("{}{prefix}", app.base_url()));
        // Not `nest`, which would write the address of each request anew.
        router = router.merge(guarded(handlers(prefix), gate::Gate { app: app.clone(), prefix, base_url }));
    }
    router
}

/// The handlers of one prefix, which expect what the gate finds out.
fn handlers(prefix: &str) -> Router {
    let mut router = Router::new().route(&format!("{prefix}/"), get(lists::list_all));
    if !prefix.is_empty() {
        router = router.route(prefix, get(lists::list_all));
    }
    for (path, methods) in table() {
        // A slash at the end is tolerated.
        router = router.route(&format!("{prefix}{path}/"), methods.clone()).route(&format!("{prefix}{path}"), methods);
    }
    router.route(&format!("{prefix}/{{*unknown}}"), any(async || HttpError::NoRoute))
}

/// The handlers for requests that do not come through the gate: the parts of a Bulk, and what is run again. They hold
/// nothing of an application, which comes with each request, so there is one router for all.
static HANDLERS_WITHIN: LazyLock<Router> = LazyLock::new(|| handlers("").layer(CatchPanicLayer::custom(panicked)));

/// Puts around handlers what every request goes through.
fn guarded(handlers: Router, gate: gate::Gate) -> Router {
    handlers.route_layer(from_fn_with_state(gate, gate::gate))
}

/// What is answered when a handler panicked.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    HttpError::Panicked.into_response()
}

fn table() -> [(&'static str, MethodRouter); 14] {
    [
        ("/Users", get(lists::list_users).post(users::create_user)),
        ("/Users/{id}", get(users::get_user).put(users::put_user).patch(users::patch_user).delete(users::delete_user)),
        ("/Groups", get(lists::list_groups).post(groups::create_group)),
        (
            "/Groups/{id}",
            get(groups::get_group).put(groups::put_group).patch(groups::patch_group).delete(groups::delete_group),
        ),
        ("/ServiceProviderConfig", get(discovery::service_provider_config)),
        ("/ResourceTypes", get(discovery::resource_types)),
        ("/ResourceTypes/{name}", get(discovery::resource_type)),
        ("/Schemas", get(discovery::schemas)),
        ("/Schemas/{urn}", get(discovery::schema)),
        // RFC 7644 §3.11: read-only (SCIM-2), and only a person's token has somebody behind it.
        ("/Me", get(async |_: Request| HttpError::NotImplemented(ME))),
        ("/Bulk", post(bulk::bulk)),
        ("/.search", post(lists::search_all)),
        ("/Users/.search", post(lists::search_users)),
        ("/Groups/.search", post(lists::search_groups)),
    ]
}

/// Puts what was understood while a change was applied into its trace.
fn note(env: &mut Env, notes: &Notes) {
    for note in notes.as_slice() {
        env.note(Rule::Scim12, trace::Note::Dialect(note.to_string()));
    }
}

/// The id in a path. What is no id of ours is the id of nothing.
fn path_id(kind: &'static str, id: Segment) -> Result<Uuid, HttpError> {
    let text = id.map(|Path(id)| id).unwrap_or_default();
    statement::id(&text).ok_or_else(|| {
        let named: String = text.chars().take(80).collect();
        EngineError::not_found(kind, named).into()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use http::StatusCode;
    use http_body_util::BodyExt;
    use muster_crypto::{DataKey, Sealer};
    use muster_model::ConnectionId;
    use muster_testkit::World;
    use tower::ServiceExt;

    use super::*;
    use crate::{AppOptions, Limits};

    async fn handler() -> StatusCode {
        panic!("in the handler")
    }

    fn app(world: &World, limits: Limits) -> App {
        App::new(AppOptions {
            store: world.store.clone(),
            surroundings: Arc::clone(&world.clock) as _,
            sealer: Arc::new(Sealer::new(&[DataKey::generate(1).unwrap()]).unwrap()),
            base_url: String::new(),
            limits,
            outbound: muster_outbound::Outbound::new("".parse().unwrap()).unwrap(),
            sends_mail: true,
        })
    }

    /// A world with one connection, and the `Authorization` of its client.
    fn world() -> (World, ConnectionId, String) {
        let world = World::new();
        let organization = world.organization("moby");
        let connection = world.connection("okta", &[&organization]).build();
        let token = world.scim_token(connection);
        (world, connection, format!("Bearer {}", token.expose()))
    }

    async fn get_from(router: &Router, path: &str, authorization: &str) -> (StatusCode, String) {
        let request = Request::get(path).header("authorization", authorization).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_logged_like_any_failure() {
        let (world, connection, authorization) = world();
        let app = app(&world, Limits::default());
        let work = |call: Call| async move { call.write::<(), _>(|_, _| panic!("in the store")).await.map(|_| ()) };
        let handlers = Router::new().route("/handler", get(handler)).route("/store", get(work));
        let router = guarded(handlers, gate::Gate { app: app.clone(), prefix: "", base_url: Arc::from("") });
        for path in ["/handler", "/store"] {
            let (status, body) = get_from(&router, path, &authorization).await;
            assert_eq!(status, 500);
            assert!(body.contains("\"status\":\"500\"") && !body.contains("panic"), "{body}");
        }
        assert!(app.read(crate::app::Lane::Point, |conn| Ok(conn.versions()?)).await.is_ok(), "the store goes on");
        app.close().await;
        let chunks = world.read(move |conn| Ok(conn.read_chunks(connection, 10)?));
        let lines: Vec<_> = chunks.iter().flat_map(|chunk| crate::logged_reads(chunk).unwrap()).collect();
        assert!(lines.len() == 2 && lines.iter().all(|line| line.outcome == "failed"), "{lines:?}");
    }

    #[tokio::test]
    async fn a_handler_that_takes_too_long_is_503() {
        let (world, _, authorization) = world();
        let limits = Limits { request_time: Duration::from_millis(10), ..Limits::default() };
        let handlers = Router::new().route("/slow", get(async || std::future::pending::<()>().await));
        let router = guarded(handlers, gate::Gate { app: app(&world, limits), prefix: "", base_url: Arc::from("") });
        let (status, body) = get_from(&router, "/slow", &authorization).await;
        assert_eq!(status, 503);
        assert!(body.contains("took too long"), "{body}");
    }
}

//! A connection's requests and sign-ins: its log, its errors, one trace with all that was decided, and replaying (SCIM-11, SSO-13).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_engine::authority::Action;
use muster_model::{ConnectionId, RequestId, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    HttpError, Replay, Which,
    api::{
        call::{Call, Reply},
        sent::{Asked, Named, Sent},
    },
    app::Lane,
    traces::{self, Person, ReplayView, RequestDetails, RequestLine, Wanted, traces},
};

/// The most requests of a page.
const PAGE: usize = 100;
/// How many pages of the log are read for one answer: it may be long, and hold none of what is sought.
const READ: usize = 50;

/// A page of a connection's log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct Traces {
    /// What to ask for as `before` for the next page; a page may be empty although there is a next one.
    #[schema(format = Uuid)]
    next: Option<String>,
    /// The requests and sign-ins, newest first.
    results: Vec<RequestLine>,
}

/// Which requests and sign-ins.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Sought {
    /// From this time on.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Time>,
    /// Before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// The status that was answered, such as `409` or `4xx`.
    status: Option<String>,
    /// `changed`, `unchanged`, `read`, `refused` or `failed`.
    outcome: Option<String>,
    /// The id of a user or group.
    #[param(format = Uuid)]
    resource: Option<Uuid>,
    /// A person's `userName` or address.
    user: Option<String>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>, format = Uuid)]
    before: Option<RequestId>,
}

/// A time, as RFC 3339 writes it.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Time(#[serde(with = "muster_model::time::text")] Timestamp);

/// What is to be replayed: named requests, or a range.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Replaying {
    /// These.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    trace_ids: Vec<RequestId>,
    /// Or all that changed something or were refused from this time on.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Until this time; now without.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Also where the resource was written since; for one named request alone.
    #[serde(default)]
    although_written: bool,
    /// For real; without, only what would come of it.
    #[serde(default)]
    apply: bool,
}

async fn answer(call: Call, id: ConnectionId, sought: Sought, outcomes: Vec<String>) -> Result<Reply, HttpError> {
    let Sought { since, until, status, outcome: _, resource, user, before } = sought;
    let status = status.as_deref().map(statuses).transpose()?;
    let person = call.read(Lane::Snapshot, move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        user.as_deref().map(|user| Person::named(conn, &connection, user)).transpose()
    });
    let wanted = Wanted {
        since: since.map(|Time(at)| at),
        status,
        outcomes,
        resource,
        person: person.await?,
        ..Wanted::default()
    };
    let until = until.map_or(Uuid::max(), |Time(at)| at.first_id());
    let before = before.map_or(until, |before| until.min(before.0));
    let store = call.app.store().clone();
    // It reads page after page, which is for a plain thread.
    let found = spawn_blocking(move || traces(&store, id, &wanted, before, PAGE, READ)).await;
    let (results, next) = found.map_err(|_| HttpError::Panicked)??;
    Reply::json(StatusCode::OK, &Traces { next: next.map(|next| next.to_string()), results })
}

/// `409`, or `4xx`: from and to.
fn statuses(text: &str) -> Result<(u16, u16), HttpError> {
    let wrong = || HttpError::field("status", "use one such as 409, or 4xx");
    if let Some(class) = text.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class)).ok_or_else(wrong)?;
        return Ok((class * 100, class * 100 + 99));
    }
    let status = text.parse().ok().filter(|status| (100..=599).contains(status)).ok_or_else(wrong)?;
    Ok((status, status))
}

/// List a connection's requests and sign-ins
#[utoipa::path(
    get, path = "/v2/connections/{id}/traces", tag = "Traces", operation_id = "listTraces",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), Sought),
    responses((status = 200, description = "A page of the log.", body = Traces))
)]
pub(in crate::api) async fn list(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(sought): Asked<Sought>,
) -> Result<Reply, HttpError> {
    let outcomes = sought.outcome.clone().into_iter().collect();
    answer(call, id, sought, outcomes).await
}

/// List a connection's errors
///
/// Every sign-in and request that was refused or failed, with why (SSO-13).
#[utoipa::path(
    get, path = "/v2/connections/{id}/errors", tag = "Traces", operation_id = "listErrors",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), Sought),
    responses((status = 200, description = "A page of the log.", body = Traces))
)]
pub(in crate::api) async fn errors(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(sought): Asked<Sought>,
) -> Result<Reply, HttpError> {
    answer(call, id, sought, vec!["refused".to_owned(), "failed".to_owned()]).await
}

/// See a trace
///
/// What was sent, without secrets; each check and decision with its rule; what it changed.
#[utoipa::path(
    get, path = "/v2/connections/{id}/traces/{trace_id}", tag = "Traces", operation_id = "getTrace",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("trace_id" = String, Path, format = Uuid, description = "The TraceID.")
    ),
    responses((status = 200, description = "The trace.", body = RequestDetails))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named((id, trace)): Named<(ConnectionId, RequestId)>,
) -> Result<Reply, HttpError> {
    Reply::json(StatusCode::OK, &traces::trace(&call.acting(), id, trace).await?)
}

/// Replay recorded requests
///
/// Each is run again under today's rules and limits; one whose resource was written since is skipped. Without `apply`, only what
/// would come of it.
#[utoipa::path(
    post, path = "/v2/connections/{id}/traces/replay", tag = "Traces", operation_id = "replayTraces",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = Replaying,
    responses((status = 200, description = "What became of each, or would.", body = ReplayView))
)]
pub(in crate::api) async fn replay(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(Replaying { trace_ids, from, to, although_written, apply }): Sent<Replaying>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        if although_written && trace_ids.len() != 1 {
            return Err(HttpError::field("although_written", "name one request alone in `trace_ids`"));
        }
        let which = match (trace_ids.is_empty(), from) {
            (true, Some(Time(from))) => Which::Between(from, to.map_or(call.now(), |Time(to)| to)),
            (false, None) => Which::These(trace_ids.clone()),
            _ => return Err(HttpError::field("trace_ids", "name requests, or a range with `from`; not both")),
        };
        call.administer(move |administrator| administrator.may_decide(id)).await?;
        let confirmed = if although_written { trace_ids } else { Vec::new() };
        let replay = Replay { connection: id, which, apply, confirmed, actor: call.bearer.who.actor() };
        let replayed = call.app.replay(&replay).await?;
        Reply::json(StatusCode::OK, &ReplayView::of(replayed, apply))
    };
    asked.once(Some(id), done).await
}

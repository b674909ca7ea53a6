//! What the mass-change guard holds of a connection, and what owners decide about it (MIG-3).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_administration::held::Held;
use muster_model::{ConnectionId, HeldChangeId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Approval, HttpError, Settled,
    api::{
        call::{Call, Reply},
        sent::{Asked, Named, Sent},
    },
};

/// The most held requests of an answer.
const SHOWN: usize = 1_000;

/// Which held requests.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Which {
    /// Also those that are decided.
    #[serde(default)]
    all: bool,
}

/// Which held requests are decided about.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Rejection {
    /// These; all that wait without.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    ids: Vec<HeldChangeId>,
}

/// Which held requests are approved.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Approving {
    /// These; all that wait without.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    ids: Vec<HeldChangeId>,
    /// How much of each kind may end beyond the limit for a day; as much as these end without.
    #[schema(minimum = 0)]
    lift: Option<i64>,
}

/// List held requests
#[utoipa::path(
    get, path = "/v2/connections/{id}/held", tag = "Plans", operation_id = "listHeld",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), Which),
    responses((status = 200, description = "The requests, oldest first, and what those that wait would end.", body = Held))
)]
pub(in crate::api) async fn list(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(Which { all }): Asked<Which>,
) -> Result<Reply, HttpError> {
    let held = call.administer(move |administrator| administrator.held(id, all, SHOWN));
    Reply::json(StatusCode::OK, &held.await?)
}

/// See a held request, with what was sent
#[utoipa::path(
    get, path = "/v2/connections/{id}/held/{held}", tag = "Plans", operation_id = "getHeld",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("held" = String, Path, format = Uuid, description = "The held request's id.")
    ),
    responses((status = 200, description = "The request.", body = Held))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named((id, held)): Named<(ConnectionId, HeldChangeId)>,
) -> Result<Reply, HttpError> {
    let found = call.administer(move |administrator| administrator.held_one(id, held));
    let (mut found, recorded) = found.await?;
    if let (Some(line), Some(recorded)) = (found.held.first_mut(), recorded) {
        let body = call.app.logged_body(&recorded)?;
        line.body = body.and_then(|body| serde_json::from_slice(&body).ok());
    }
    Reply::json(StatusCode::OK, &found)
}

/// Approve held requests
///
/// They are done in the order in which they came, except where the resource was written since; the guard is lifted for as much
/// as that for a day.
#[utoipa::path(
    post, path = "/v2/connections/{id}/held/approve", tag = "Plans", operation_id = "approveHeld",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = Approving,
    responses((status = 200, description = "What became of each.", body = Held))
)]
pub(in crate::api) async fn approve(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(Approving { ids, lift }): Sent<Approving>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        if lift.is_some_and(|lift| lift < 0) {
            return Err(HttpError::field("lift", "use 0 or more"));
        }
        call.administer(move |administrator| administrator.may_decide(id)).await?;
        let approval = Approval { connection: id, only: ids, lift, actor: call.bearer.who.actor() };
        let settled: Vec<_> = call.app.approve_held(approval).await?.into_iter().map(Settled::after).collect();
        let held = call.administer(move |administrator| administrator.held_after(id, settled));
        Reply::json(StatusCode::OK, &held.await?)
    };
    asked.once(Some(id), done).await
}

/// Reject held requests
///
/// They are discarded; nothing of them is done.
#[utoipa::path(
    post, path = "/v2/connections/{id}/held/reject", tag = "Plans", operation_id = "rejectHeld",
    params(("id" = String, Path, format = Uuid, description = "The connection's id.")),
    request_body = Rejection,
    responses((status = 200, description = "What became of each.", body = Held))
)]
pub(in crate::api) async fn reject(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Sent(Rejection { ids }): Sent<Rejection>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        let held = call.administer(move |administrator| administrator.reject_held(id, &ids));
        Reply::json(StatusCode::OK, &held.await?)
    };
    asked.once(Some(id), done).await
}

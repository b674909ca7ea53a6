//! What has come apart from what a connection's directory last said, and repairing it.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_administration::drift::Drift;
use muster_model::{ConnectionId, DirectoryUserId};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        sent::{Asked, Named},
    },
};

/// Where to begin.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct After {
    /// The `next` of the check before.
    #[param(value_type = Option<String>, format = Uuid)]
    after: Option<DirectoryUserId>,
}

async fn answer(call: Call, id: ConnectionId, after: After, repair: bool) -> Result<Reply, HttpError> {
    let after = after.after.unwrap_or(DirectoryUserId(Uuid::nil()));
    let found =
        call.undertake(move |administrator| administrator.drift(id, after, repair, muster_administration::drift::TOLD));
    Reply::json(StatusCode::OK, &found.await?)
}

/// Check a connection for drift
///
/// Compares what is stored with what the identity provider last said.
#[utoipa::path(
    get, path = "/v2/connections/{id}/drift", tag = "Plans", operation_id = "checkDrift",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), After),
    responses((status = 200, description = "What has drifted; `next` goes on where there is too much for one answer.", body = Drift))
)]
pub(in crate::api) async fn check(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(after): Asked<After>,
) -> Result<Reply, HttpError> {
    answer(call, id, after, false).await
}

/// Repair a connection's drift
#[utoipa::path(
    post, path = "/v2/connections/{id}/drift", tag = "Plans", operation_id = "repairDrift",
    params(("id" = String, Path, format = Uuid, description = "The connection's id."), After),
    responses((status = 200, description = "What was repaired, and what is refused.", body = Drift))
)]
pub(in crate::api) async fn repair(
    Extension(call): Extension<Call>,
    Named(id): Named<ConnectionId>,
    Asked(after): Asked<After>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async { answer(call, id, after, true).await };
    asked.once(Some(id), done).await
}

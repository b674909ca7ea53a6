//! Who an address is that came with another subject (JIT-1).

use axum::Extension;
use muster_engine::{authority::Action, sign_in};
use muster_model::ConnectionId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        sent::{Named, Sent},
    },
};

/// What is decided about somebody.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Decision {
    /// Who it is.
    decision: Who,
}

/// Who somebody is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Who {
    /// The same person: the next sign-in with the address is linked to the account.
    ReLink,
    /// Somebody else, who gets an account at the next sign-in; the former account loses the address.
    NewPerson,
}

/// Decide who an address is
///
/// A sign-in is refused where its address belongs to an account that the identity provider has called otherwise (JIT-1): the
/// person was made anew there, or the address was given to somebody else. Only an owner knows which.
#[utoipa::path(
    post, path = "/v2/connections/{id}/people/{username}", tag = "Connections", operation_id = "decideWhoItIs",
    params(
        ("id" = String, Path, format = Uuid, description = "The connection's id."),
        ("username" = String, Path, description = "The username of the account that has the address.")
    ),
    request_body = Decision,
    responses((status = 204, description = "It is decided; the person signs in again."))
)]
pub(in crate::api) async fn decide(
    Extension(call): Extension<Call>,
    Named((id, username)): Named<(ConnectionId, String)>,
    Sent(Decision { decision }): Sent<Decision>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        let account = sign_in::linked(tx, &connection, &username)?;
        match decision {
            Who::ReLink => sign_in::relink(tx, env, &connection, &account)?,
            Who::NewPerson => sign_in::new_person(tx, env, &connection, account)?,
        }
        Ok(Reply::nothing())
    })
    .await
}

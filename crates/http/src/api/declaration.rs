//! `/v2/apply` and `/v2/export`: what `muster apply` and `muster export` do, for whoever calls and what is theirs (TEN-1).

use axum::Extension;
use http::StatusCode;
use muster_administration::{
    applying::Applied,
    declaration::{Declaration, from_engine},
};
use muster_engine::declare;
use muster_model::token::Scope;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    call::{Call, Reply},
    sent::Sent,
};
use crate::{HttpError, app::Lane};

/// What is to be declared.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    /// What shall be: of what is yours. What it does not name is left alone.
    declaration: Declaration,
    /// Remove what is yours and not named.
    #[serde(default)]
    prune: bool,
    /// Only find out what would change.
    #[serde(default)]
    plan: bool,
}

/// Declare what shall be
///
/// The format of the file that `muster apply` reads, as JSON. Whatever takes the operator is refused: vouching for domains,
/// covering organizations of others, making owners.
#[utoipa::path(
    post, path = "/v2/apply", tag = "Declarations", operation_id = "apply",
    request_body = Declared,
    responses((status = 200, description = "What changed. Secrets are shown here and never again.", body = Applied))
)]
pub(super) async fn apply(
    Extension(call): Extension<Call>,
    Sent(Declared { declaration, prune, plan }): Sent<Declared>,
) -> Result<Reply, HttpError> {
    let asked = call.clone();
    let done = async {
        let base_url = call.app.base_url().to_owned();
        let done = call.undertake(move |administrator| administrator.apply(&base_url, &declaration, prune, plan));
        let done = done.await;
        call.app.forget_connections();
        let (mut applied, unsealed) = done?;
        if !plan {
            call.app.seal(&unsealed, &mut applied).await?;
        }
        Reply::json(StatusCode::OK, &applied)
    };
    asked.once(None, done).await
}

/// Export what is yours
///
/// The organizations and companies that you own, with their domains and connections, as `POST /v2/apply` takes them.
#[utoipa::path(
    get, path = "/v2/export", tag = "Declarations", operation_id = "export",
    responses((status = 200, description = "The declaration, without secrets.", body = Declaration))
)]
pub(super) async fn export(Extension(call): Extension<Call>) -> Result<Reply, HttpError> {
    let exported = call.read(Lane::Scan, |conn, caller| {
        let shown = [Scope::OrganizationsRead, Scope::MembersRead, Scope::TeamsRead, Scope::DomainsRead];
        for scope in shown.into_iter().chain([Scope::ConnectionsRead]) {
            caller.require_scope(scope)?;
        }
        declare::export_of(conn, caller.who)
    });
    Reply::json(StatusCode::OK, &from_engine(exported.await?))
}

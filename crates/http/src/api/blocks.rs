//! `/v2/orgs/{org}/blocks`: who is kept out until an owner lets them in again (ORG-2).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use muster_engine::{EngineError, authority::Action, returns};
use muster_model::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    call::{Call, Reply},
    paging::PageQuery,
    sent::{Asked, Named},
};
use crate::HttpError;

/// Somebody who is kept out. Addresses and names of who is no member are nobody's business here (TEN-3).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct BlockView {
    /// The account's id.
    #[schema(format = Uuid)]
    id: String,
    username: String,
    /// When the membership ended.
    #[schema(format = DateTime)]
    removed_at: Option<String>,
}

/// A page of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct BlocksView {
    /// The address of the next page.
    next: Option<String>,
    /// The oldest accounts first.
    results: Vec<BlockView>,
}

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BlocksQuery {
    /// How many results a page has: 1 to 100, 25 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
    /// Where the page begins, as `next` says it.
    #[param(value_type = Option<String>, format = Uuid)]
    after: Option<Uuid>,
}

/// List who is kept out
#[utoipa::path(
    get, path = "/v2/orgs/{org}/blocks", tag = "Members", operation_id = "listBlocks",
    params(("org" = String, Path, description = "The organization's name."), BlocksQuery),
    responses((status = 200, description = "Who was removed with `block`, and not let in since.", body = BlocksView))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Asked(asked): Asked<BlocksQuery>,
) -> Result<Reply, HttpError> {
    let page = PageQuery { page: None, page_size: asked.page_size, after: None }.checked()?;
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadMembersInFull)?;
        let after = AccountId(asked.after.unwrap_or(Uuid::nil()));
        let mut found = returns::blocked(conn, &organization, after, page.limit())?;
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let has_next = found.len() > size;
        found.truncate(size);
        let next = found.last().filter(|_| has_next).map(|(membership, _)| {
            let path = format!("/v2/orgs/{}/blocks", organization.name);
            format!("{base_url}{path}?page_size={size}&after={}", membership.account)
        });
        let results = found.into_iter().map(|(membership, account)| BlockView {
            id: account.id.to_string(),
            username: account.username,
            removed_at: membership.ended.map(|ended| ended.to_string()),
        });
        Ok(BlocksView { next, results: results.collect() })
    })
    .await
}

/// Lift a block
///
/// It brings the person back only with the next write of a directory, the next sign-in, or an invitation.
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/blocks/{username}", tag = "Members", operation_id = "deleteBlock",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The username of who is kept out.")
    ),
    responses((status = 204, description = "Nothing keeps the person out any more."))
)]
pub(super) async fn lift(
    Extension(call): Extension<Call>,
    Named((org, username)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeMembers)?;
        let account = tx.account_by_username(&username.trim().to_lowercase()).map_err(EngineError::from)?;
        let account = account.ok_or_else(|| EngineError::not_found("block", &username))?;
        returns::lift_block(tx, env, &organization, &account)?;
        Ok(Reply::nothing())
    })
    .await
}

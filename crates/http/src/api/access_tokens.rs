//! `/v2/access-tokens` (a person's own) and `/v2/orgs/{org}/access-tokens`.

use axum::Extension;
use http::StatusCode;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    EngineError,
    authority::{Action, Caller, Who},
    tokens::access::{self, Change, Holder, Wanted},
};
use muster_model::{Timestamp, Token, TokenId, token::Scope};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    call::{Call, Reply},
    sent::{Named, Sent},
};
use crate::HttpError;

/// An access token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessTokenView {
    /// Its id.
    id: String,
    /// The same id, under Hub's name for it.
    uuid: String,
    /// What people call it.
    label: String,
    /// The same, under Hub's name for it.
    token_label: String,
    /// What it may be used for.
    #[schema(value_type = Vec<String>, example = json!(["members:read"]))]
    scopes: Vec<&'static str>,
    /// Whether it works, unless it has expired.
    is_active: bool,
    /// Who made it: an account's or a token's id; empty for the operator.
    created_by: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it stops working.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was last exchanged, to the hour.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// Its secret: only in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Access tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccessTokens {
    /// How many there are.
    total: usize,
    /// All of them, oldest first.
    results: Vec<AccessTokenView>,
}

/// A token that is to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccessToken {
    /// What people call it.
    #[serde(alias = "token_label")]
    #[schema(min_length = 1, max_length = 100, example = "nightly report")]
    label: String,
    /// What it may be used for.
    #[schema(value_type = Vec<String>, min_items = 1, example = json!(["members:read", "teams:write"]))]
    scopes: Vec<Scope>,
    /// When it stops working; never if nothing is said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
}

/// A time, as RFC 3339 writes it.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Time(#[serde(with = "muster_model::time::text")] Timestamp);

/// What is to be changed of a token.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessTokenChange {
    /// What people call it.
    #[serde(alias = "token_label")]
    #[schema(min_length = 1, max_length = 100)]
    label: Option<String>,
    /// Whether it works.
    is_active: Option<bool>,
}

fn view(token: &Token, secret: Option<String>) -> AccessTokenView {
    let id = token.id.to_string();
    AccessTokenView {
        uuid: id.clone(),
        id,
        label: token.label.clone(),
        token_label: token.label.clone(),
        scopes: token.scopes.iter().map(Scope::as_str).collect(),
        is_active: token.disabled.is_none(),
        created_by: token.created_by.id().map(|id| id.to_string()).unwrap_or_default(),
        created_at: token.created.to_string(),
        expires_at: token.expires.map(|at| at.to_string()),
        last_used_at: token.last_used.map(|at| at.to_string()),
        token: secret,
    }
}

impl From<NewAccessToken> for Wanted {
    fn from(NewAccessToken { label, scopes, expires_at }: NewAccessToken) -> Self {
        Self { label, scopes: scopes.into_iter().collect(), expires: expires_at.map(|Time(at)| at) }
    }
}

/// Whose tokens a path means.
#[derive(Debug, Clone)]
enum Whose {
    Own,
    Organization(String),
}

impl Whose {
    /// The holder, if whoever calls may do this to the holder's tokens.
    fn holder(&self, conn: &mut Conn<'_>, caller: &Caller, writes: bool) -> Result<Holder, EngineError> {
        match self {
            Self::Own => {
                caller.require_scope(if writes { Scope::TokensWrite } else { Scope::TokensRead })?;
                match caller.who {
                    Who::Account(account) => Ok(Holder::Account(account)),
                    Who::Token { .. } => Err(EngineError::not_found("account", "of an organization's token")),
                }
            }
            Self::Organization(name) => {
                let action = if writes { Action::ChangeTokens } else { Action::ReadTokens };
                Ok(Holder::Organization(caller.organization(conn, name, action)?.0.id))
            }
        }
    }

    async fn list(self, call: &Call) -> Result<Reply, HttpError> {
        let list = move |conn: &mut Conn<'_>, caller: &Caller| {
            let holder = self.holder(conn, caller, false)?;
            let results: Vec<_> = access::list(conn, holder)?.iter().map(|token| view(token, None)).collect();
            Ok(AccessTokens { total: results.len(), results })
        };
        call.show(list).await
    }

    async fn create(self, call: &Call, new: NewAccessToken) -> Result<Reply, HttpError> {
        let wanted = Wanted::from(new);
        let prefix = match self {
            Self::Own => TokenPrefix::Personal,
            Self::Organization(_) => TokenPrefix::Organization,
        };
        let text = TokenText::generate(prefix).map_err(HttpError::no_randomness)?;
        call.change(move |tx, env, caller| {
            let holder = self.holder(tx, caller, true)?;
            let made = access::create(tx, env, holder, &text.hash(), &wanted, caller.limit())?;
            Reply::json(StatusCode::CREATED, &view(&made, Some(text.expose().to_owned())))
        })
        .await
    }

    async fn get(self, call: &Call, id: TokenId) -> Result<Reply, HttpError> {
        let find = move |conn: &mut Conn<'_>, caller: &Caller| {
            let holder = self.holder(conn, caller, false)?;
            Ok(view(&access::find(conn, holder, id)?, None))
        };
        call.show(find).await
    }

    async fn change(self, call: &Call, id: TokenId, change: Change) -> Result<Reply, HttpError> {
        call.change(move |tx, env, caller| {
            let holder = self.holder(tx, caller, true)?;
            let changed = access::change(tx, env, holder, id, &change, caller.limit())?;
            Reply::json(StatusCode::OK, &view(&changed, None))
        })
        .await
    }

    async fn delete(self, call: &Call, id: TokenId) -> Result<Reply, HttpError> {
        call.change(move |tx, env, caller| {
            let holder = self.holder(tx, caller, true)?;
            access::delete(tx, env, holder, id)?;
            Ok(Reply::nothing())
        })
        .await
    }
}

impl From<AccessTokenChange> for Change {
    fn from(AccessTokenChange { label, is_active }: AccessTokenChange) -> Self {
        Self { label, active: is_active }
    }
}

/// List your own access tokens
#[utoipa::path(
    get, path = "/v2/access-tokens", tag = "Personal access tokens", operation_id = "listPersonalAccessTokens",
    responses((status = 200, description = "The tokens, without their secrets.", body = AccessTokens))
)]
pub(super) async fn list_personal(Extension(call): Extension<Call>) -> Result<Reply, HttpError> {
    Whose::Own.list(&call).await
}

/// Make an access token of your own
///
/// It may do what you may do by then, and of that what its scopes name. Its secret is in this answer alone.
#[utoipa::path(
    post, path = "/v2/access-tokens", tag = "Personal access tokens", operation_id = "createPersonalAccessToken",
    request_body = NewAccessToken,
    responses((status = 201, description = "The token, with its secret.", body = AccessTokenView))
)]
pub(super) async fn create_personal(
    Extension(call): Extension<Call>,
    Sent(new): Sent<NewAccessToken>,
) -> Result<Reply, HttpError> {
    Whose::Own.create(&call, new).await
}

/// See one of your own access tokens
#[utoipa::path(
    get, path = "/v2/access-tokens/{id}", tag = "Personal access tokens", operation_id = "getPersonalAccessToken",
    params(("id" = String, Path, format = Uuid, description = "The token's id.")),
    responses((status = 200, description = "The token, without its secret.", body = AccessTokenView))
)]
pub(super) async fn get_personal(
    Extension(call): Extension<Call>,
    Named(id): Named<TokenId>,
) -> Result<Reply, HttpError> {
    Whose::Own.get(&call, id).await
}

/// Rename one of your own access tokens, or switch it off or on
#[utoipa::path(
    patch, path = "/v2/access-tokens/{id}", tag = "Personal access tokens", operation_id = "changePersonalAccessToken",
    params(("id" = String, Path, format = Uuid, description = "The token's id.")),
    request_body = AccessTokenChange,
    responses((status = 200, description = "The token as it is now.", body = AccessTokenView))
)]
pub(super) async fn change_personal(
    Extension(call): Extension<Call>,
    Named(id): Named<TokenId>,
    Sent(change): Sent<AccessTokenChange>,
) -> Result<Reply, HttpError> {
    Whose::Own.change(&call, id, change.into()).await
}

/// End one of your own access tokens
#[utoipa::path(
    delete, path = "/v2/access-tokens/{id}", tag = "Personal access tokens", operation_id = "deletePersonalAccessToken",
    params(("id" = String, Path, format = Uuid, description = "The token's id.")),
    responses((status = 204, description = "It opens nothing any more."))
)]
pub(super) async fn delete_personal(
    Extension(call): Extension<Call>,
    Named(id): Named<TokenId>,
) -> Result<Reply, HttpError> {
    Whose::Own.delete(&call, id).await
}

/// List an organization's access tokens
#[utoipa::path(
    get, path = "/v2/orgs/{org}/access-tokens", tag = "Organization access tokens",
    operation_id = "listOrganizationAccessTokens",
    params(("org" = String, Path, description = "The organization's name.")),
    responses((status = 200, description = "The tokens, without their secrets.", body = AccessTokens))
)]
pub(super) async fn list_organization(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
) -> Result<Reply, HttpError> {
    Whose::Organization(org).list(&call).await
}

/// Make an access token for an organization
///
/// It belongs to the organization, whoever made it, and may do there what its scopes name. Its secret is in this answer alone.
#[utoipa::path(
    post, path = "/v2/orgs/{org}/access-tokens", tag = "Organization access tokens",
    operation_id = "createOrganizationAccessToken",
    params(("org" = String, Path, description = "The organization's name.")),
    request_body = NewAccessToken,
    responses((status = 201, description = "The token, with its secret.", body = AccessTokenView))
)]
pub(super) async fn create_organization(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Sent(new): Sent<NewAccessToken>,
) -> Result<Reply, HttpError> {
    Whose::Organization(org).create(&call, new).await
}

/// See an organization's access token
#[utoipa::path(
    get, path = "/v2/orgs/{org}/access-tokens/{id}", tag = "Organization access tokens",
    operation_id = "getOrganizationAccessToken",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("id" = String, Path, format = Uuid, description = "The token's id.")
    ),
    responses((status = 200, description = "The token, without its secret.", body = AccessTokenView))
)]
pub(super) async fn get_organization(
    Extension(call): Extension<Call>,
    Named((org, id)): Named<(String, TokenId)>,
) -> Result<Reply, HttpError> {
    Whose::Organization(org).get(&call, id).await
}

/// Rename an organization's access token, or switch it off or on
#[utoipa::path(
    patch, path = "/v2/orgs/{org}/access-tokens/{id}", tag = "Organization access tokens",
    operation_id = "changeOrganizationAccessToken",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("id" = String, Path, format = Uuid, description = "The token's id.")
    ),
    request_body = AccessTokenChange,
    responses((status = 200, description = "The token as it is now.", body = AccessTokenView))
)]
pub(super) async fn change_organization(
    Extension(call): Extension<Call>,
    Named((org, id)): Named<(String, TokenId)>,
    Sent(change): Sent<AccessTokenChange>,
) -> Result<Reply, HttpError> {
    Whose::Organization(org).change(&call, id, change.into()).await
}

/// End an organization's access token
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/access-tokens/{id}", tag = "Organization access tokens",
    operation_id = "deleteOrganizationAccessToken",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("id" = String, Path, format = Uuid, description = "The token's id.")
    ),
    responses((status = 204, description = "It opens nothing any more."))
)]
pub(super) async fn delete_organization(
    Extension(call): Extension<Call>,
    Named((org, id)): Named<(String, TokenId)>,
) -> Result<Reply, HttpError> {
    Whose::Organization(org).delete(&call, id).await
}

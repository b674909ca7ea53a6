//! What we say of ourselves, and our keys. Both may be kept: keys are shown a day before they sign.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use muster_engine::openid::{ACR_LOCAL, ACR_SSO};
use muster_model::client::{ClientScope, GrantType};
use muster_oidc::op::Metadata;

use super::keys::keys as signing_keys;
use crate::{App, HttpError};

/// How long both may be kept.
const KEPT: &str = "public, max-age=900";

/// `GET /.well-known/openid-configuration`.
pub(super) async fn metadata(State(app): State<App>) -> Response {
    let scopes = ClientScope::ALL.into_iter().map(ClientScope::as_str).collect();
    let grants = GrantType::ALL.into_iter().map(GrantType::as_str).chain(["client_credentials"]).collect();
    let metadata = Metadata::new(app.base_url(), scopes, grants, vec![ACR_SSO, ACR_LOCAL]);
    ([(header::CACHE_CONTROL, KEPT)], axum::Json(metadata)).into_response()
}

/// `GET /oauth2/jwks`.
pub(super) async fn keys(State(app): State<App>) -> Result<Response, HttpError> {
    let keys = signing_keys(&app).await?;
    let content = (header::CONTENT_TYPE, "application/jwk-set+json");
    Ok(([content, (header::CACHE_CONTROL, KEPT)], keys.verifier.public().to_string()).into_response())
}

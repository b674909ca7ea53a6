//! `/sso/oidc/{connection}/jwks`: our public keys, for providers to which we prove by signing who we are
//! ([RFC 7523](https://www.rfc-editor.org/rfc/rfc7523) §2.2).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde_json::json;

use super::with_key;
use crate::{
    App, HttpError,
    sign_in::{Segment, connection_id, provider},
};

/// `GET /sso/oidc/{connection}/jwks`: every key that signs or will sign, so that the next one is known before it is used
/// (SSO-8). A connection that proves itself by a secret has none.
pub(in crate::sign_in) async fn jwks(State(app): State<App>, id: Segment) -> Result<Response, HttpError> {
    let (provider, _) = provider::load(&app, connection_id(id)?, None).await?;
    let provider = with_key(&app, provider).await?;
    let keys: Vec<_> = provider.client_keys().map(muster_oidc::SigningKey::public).collect();
    let content_type = HeaderValue::from_static("application/jwk-set+json");
    Ok(([(header::CONTENT_TYPE, content_type)], json!({ "keys": keys }).to_string()).into_response())
}

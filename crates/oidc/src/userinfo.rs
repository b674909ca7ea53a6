//! What the provider tells of a person beside the ID token (OpenID Connect Core §5.3).

use bytes::Bytes;
use http::{Request, header};

use crate::{
    error::{ProviderError, SignInError},
    json::{self, Object},
    provider::{self, Provider},
    transport::Transport,
};

/// Asks userinfo, where the provider has it.
///
/// # Errors
///
/// The provider does not answer, or speaks of somebody else than the ID token.
pub(crate) async fn fetch(
    transport: &impl Transport,
    provider: &Provider,
    access_token: &str,
    token: &Object,
) -> Result<Option<Object>, SignInError> {
    const WHAT: &str = "userinfo";
    let Some(address) = &provider.userinfo_endpoint else { return Ok(None) };
    let request = Request::get(address.as_str())
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {access_token}"))
        .body(Bytes::new())
        .map_err(|error| ProviderError::Unreadable { what: WHAT, why: error.to_string() })?;
    let found = provider::ask(transport, WHAT, request).await?;
    // §5.3.4: without this check, somebody else's answer would be believed.
    if json::text(&found, "sub") != json::text(token, "sub") {
        return Err(SignInError::OtherSubject);
    }
    Ok(Some(found))
}

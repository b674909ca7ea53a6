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
/// The provider does not answer.
pub(crate) async fn fetch(
    transport: &impl Transport,
    provider: &Provider,
    access_token: &str,
) -> Result<Option<Object>, ProviderError> {
    const WHAT: &str = "userinfo";
    let Some(address) = &provider.userinfo_endpoint else { return Ok(None) };
    let request = Request::get(address.as_str())
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {access_token}"))
        .body(Bytes::new())
        .map_err(|error| ProviderError::Unreadable { what: WHAT, why: error.to_string() })?;
    provider::ask(transport, WHAT, request).await.map(Some)
}

/// Checks that userinfo speaks of the person of the ID token (§5.3.4): otherwise somebody else's answer would be believed.
///
/// # Errors
///
/// It does not.
pub(crate) fn check(userinfo: &Object, token: &Object) -> Result<(), SignInError> {
    if json::text(userinfo, "sub") == json::text(token, "sub") { Ok(()) } else { Err(SignInError::OtherSubject) }
}

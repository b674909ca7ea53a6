//! Redeeming codes (OpenID Connect Core 1.0 §3.1.3).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{client, user_claims};
use crate::sso::{
    Fault, IdentityProvider, SsoError,
    keys::part,
    random,
    state::{Access, Code},
};

/// How long tokens are good, in seconds.
const LIFE: i64 = 5 * 60;
/// How far the clock is off where it is, in seconds.
const SKEW: i64 = 10 * 60;
/// Somebody else.
const ANOTHER: &str = "https://another-issuer.example.com";

/// Why a client gets no token (RFC 6749 §5.2).
#[derive(Debug)]
pub(crate) enum TokenError {
    /// `invalid_client`.
    Client(&'static str),
    /// `invalid_request`.
    Request(&'static str),
    /// `invalid_grant`.
    Grant(&'static str),
    /// `unsupported_grant_type`.
    GrantType,
    /// The provider's own fault.
    Own(SsoError),
}

/// Gives tokens for a code.
pub(crate) fn redeem(
    provider: &IdentityProvider,
    authorization: Option<&str>,
    fields: &[(String, String)],
) -> Result<Value, TokenError> {
    let application = client::authenticate(provider, authorization, fields)?;
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if field("grant_type") != Some("authorization_code") {
        return Err(TokenError::GrantType);
    }
    let name = field("code").ok_or(TokenError::Request("there is no `code`"))?;
    let now = provider.now();
    let code = {
        let mut state = provider.state();
        let code = state.codes.get_mut(name).ok_or(TokenError::Grant("the code is unknown"))?;
        if code.asked.application.client_id != application.client_id {
            return Err(TokenError::Grant("the code was given to another client"));
        }
        let was_used = std::mem::replace(&mut code.is_used, true);
        let code = code.clone();
        if was_used {
            // Whoever uses a code again may have stolen it: what it gave is taken back (RFC 6749 §4.1.2).
            state.accesses.retain(|access| access.given_for != name);
            return Err(TokenError::Grant("the code was used before"));
        }
        code
    };
    if code.expires <= now {
        return Err(TokenError::Grant("the code is too old"));
    }
    if field("redirect_uri") != Some(&code.asked.redirect_uri) {
        return Err(TokenError::Grant("the `redirect_uri` is not that of the request"));
    }
    let verifier = field("code_verifier").ok_or(TokenError::Grant("there is no `code_verifier`"))?;
    if hash(verifier.as_bytes()) != code.asked.challenge {
        return Err(TokenError::Grant("the `code_verifier` does not fit the `code_challenge`"));
    }
    let access_token = random::secret().map_err(TokenError::Own)?;
    let id_token = id_token(provider, &code, &access_token).map_err(TokenError::Own)?;
    let scope = code.asked.scope.join(" ");
    if let Some(session) = provider.state().sessions.get_mut(&code.session)
        && !session.clients.contains(&application.client_id)
    {
        session.clients.push(application.client_id.clone());
    }
    let access = Access { code, given_for: name.to_owned(), expires: now.saturating_add(LIFE) };
    provider.state().accesses.insert(access_token.clone(), access);
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": LIFE,
        "scope": scope,
        "id_token": id_token,
    }))
}

fn hash(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes))
}

/// An ID token (OpenID Connect Core 1.0 §2), right or wrong.
fn id_token(provider: &IdentityProvider, code: &Code, access_token: &str) -> Result<String, SsoError> {
    let fault = code.fault;
    let has = |one: Fault| fault == Some(one);
    let application = &code.asked.application;
    let now = match fault {
        Some(Fault::SkewedClock) => provider.now().saturating_add(SKEW),
        Some(Fault::Expired) => provider.now().saturating_sub(SKEW),
        _ => provider.now(),
    };
    let mut claims = user_claims(provider, &code.profile, application.flavour, fault);
    let half = digest(&SHA256, access_token.as_bytes());
    let nonce = if has(Fault::WrongNonce) { Some("nobody-sent-this") } else { code.asked.nonce.as_deref() };
    for (name, value) in [
        ("iss", json!(if has(Fault::WrongIssuer) { ANOTHER } else { provider.issuer() })),
        ("aud", json!(if has(Fault::WrongAudience) { "another-client" } else { &application.client_id })),
        ("iat", json!(now)),
        ("nbf", json!(now)),
        ("exp", json!(now.saturating_add(LIFE))),
        ("auth_time", json!(code.authenticated)),
        ("sid", json!(code.session)),
        ("at_hash", json!(URL_SAFE_NO_PAD.encode(&half.as_ref()[..16]))),
    ] {
        claims.insert(name.to_owned(), value);
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), nonce.into());
    }
    let claims = Value::Object(claims);
    if has(Fault::NoAlgorithm) {
        return Ok(format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims)));
    }
    if has(Fault::RotatedKey) {
        return provider.keys_mut().next()?.of(application.algorithm).token(&claims);
    }
    let keys = provider.keys();
    if has(Fault::UnknownSigner) {
        return keys.stranger()?.token(&claims);
    }
    let token = keys.present().of(application.algorithm).token(&claims)?;
    Ok(if has(Fault::Tampered) { tampered(&token, &claims) } else { token })
}

/// A token with another person in it, under the signature of the first.
fn tampered(token: &str, claims: &Value) -> String {
    let mut claims = claims.clone();
    claims["sub"] = "somebody-else".into();
    let mut parts = token.split('.');
    let (header, signature) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
    format!("{header}.{}.{signature}", part(&claims))
}

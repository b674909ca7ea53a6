//! How clients prove who they are (OpenID Connect Core 1.0 §9).

use aws_lc_rs::constant_time;
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{TOKEN_PATH, TokenError};
use crate::sso::{IdentityProvider, OidcApplication};

/// RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that asks, by whichever of its ways.
pub(super) fn authenticate(
    provider: &IdentityProvider,
    authorization: Option<&str>,
    fields: &[(String, String)],
) -> Result<OidcApplication, TokenError> {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let by_secret = |client_id: &str, secret: &str| {
        let client = provider.oidc_application(client_id).ok_or(TokenError::Client("the client is not registered"))?;
        let expected = client.client_secret.as_deref().ok_or(TokenError::Client("the client has no secret"))?;
        match constant_time::verify_slices_are_equal(expected.as_bytes(), secret.as_bytes()) {
            Ok(()) => Ok(client),
            Err(_) => Err(TokenError::Client("the secret is another")),
        }
    };
    match (authorization, field("client_assertion"), field("client_secret")) {
        (Some(header), None, None) => {
            let (client_id, secret) = basic(header).ok_or(TokenError::Client("the header cannot be read"))?;
            by_secret(&client_id, &secret)
        }
        (None, Some(assertion), None) if field("client_assertion_type") == Some(JWT_BEARER) => {
            by_key(provider, assertion)
        }
        (None, None, Some(secret)) => by_secret(field("client_id").unwrap_or_default(), secret),
        (None, None, None) => Err(TokenError::Client("the client does not say who it is")),
        _ => Err(TokenError::Request("the client says in two ways who it is")),
    }
}

/// `client_secret_basic`: both are encoded as in forms before they are joined (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, pair) = header.split_once(' ')?;
    let pair = STANDARD.decode(pair.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let pair = String::from_utf8(pair).ok()?;
    let (client_id, secret) = pair.split_once(':')?;
    let decoded = |text: &str| Some(percent_decode_str(&text.replace('+', " ")).decode_utf8().ok()?.into_owned());
    Some((decoded(client_id)?, decoded(secret)?))
}

/// `private_key_jwt`: made for this endpoint by one of the client's keys, in time, and only once.
fn by_key(provider: &IdentityProvider, assertion: &str) -> Result<OidcApplication, TokenError> {
    const WRONG: TokenError = TokenError::Client("the client's assertion is not one that is taken");
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| WRONG)?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(TokenError::Client("the client's assertion must be signed by RS256 or ES256"));
    }
    let claims = |key: &DecodingKey| {
        let mut validation = Validation::new(header.alg);
        // By this provider's clock, below.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Value>(assertion, key, &validation).ok().map(|token| token.claims)
    };
    let says = |client: &OidcApplication| {
        let mut keys = client.keys.iter().filter_map(|key| DecodingKey::from_jwk(key).ok());
        keys.find_map(|key| claims(&key))
    };
    let mut clients = provider.oidc_applications().into_iter();
    let (client, claims) = clients.find_map(|client| says(&client).map(|claims| (client, claims))).ok_or(WRONG)?;
    let is_about = |name: &str| claims[name].as_str() == Some(&client.client_id);
    let here = [provider.issuer().to_owned(), provider.at(TOKEN_PATH)];
    let is_here = |value: &Value| value.as_str().is_some_and(|audience| here.iter().any(|known| known == audience));
    let is_for_us = is_here(&claims["aud"]) || claims["aud"].as_array().is_some_and(|all| all.iter().any(is_here));
    let in_time = claims["exp"].as_i64().is_some_and(|end| end > provider.now());
    let Some(id) = claims["jti"].as_str().filter(|_| is_about("iss") && is_about("sub") && is_for_us && in_time) else {
        return Err(WRONG);
    };
    let mut state = provider.state();
    if state.assertions.get(id).is_some() {
        return Err(TokenError::Client("the client's assertion was used before"));
    }
    state.assertions.insert(id.to_owned(), ());
    Ok(client)
}

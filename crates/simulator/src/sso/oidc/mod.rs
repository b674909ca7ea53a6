//! OpenID Connect as a provider ([Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html)): authorization codes with
//! PKCE, tokens, claims.

mod authorize;
mod claims;
mod client;
mod logout;
mod token;

pub(crate) use authorize::{Authorization, Wrong, configuration};
pub(crate) use claims::user_claims;
pub(crate) use logout::hinted_client;
pub(crate) use token::{TokenError, redeem};

/// Where the configuration is (OpenID Connect Discovery 1.0 §4).
pub(crate) const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";
/// Where browsers are sent.
pub(crate) const AUTHORIZE_PATH: &str = "/oidc/authorize";
/// Where codes are redeemed.
pub(crate) const TOKEN_PATH: &str = "/oidc/token";
/// Where claims are asked for.
pub(crate) const USERINFO_PATH: &str = "/oidc/userinfo";
/// Where the public keys are.
pub(crate) const KEYS_PATH: &str = "/oidc/keys";
/// Where a person signs out (RP-Initiated Logout 1.0).
pub(crate) const END_SESSION_PATH: &str = "/oidc/end-session";

//! Logout: tokens for clients ([Back-Channel Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html)), and
//! what a client shows that signs a person out
//! ([RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)).

use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};

use crate::sso::{IdentityProvider, OidcApplication, SsoError, random};

/// What a logout token is about.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long a logout token is good, in seconds.
const LIFE: i64 = 120;

impl IdentityProvider {
    /// A logout token for a client: of a person's session, or of all of them.
    ///
    /// # Errors
    ///
    /// [`SsoError::Refused`] for a client that is not registered; [`SsoError::Signing`].
    pub fn logout_token(&self, client_id: &str, subject: &str, session: Option<&str>) -> Result<String, SsoError> {
        let now = self.now();
        let mut claims = json!({
            "iss": self.issuer(),
            "aud": client_id,
            "iat": now,
            "exp": now.saturating_add(LIFE),
            "jti": random::secret()?,
            "sub": subject,
            "events": { EVENT: {} },
        });
        if let Some(session) = session {
            claims["sid"] = session.into();
        }
        self.token_of(client_id, &claims)
    }

    /// A token of any claims, signed as those for a client are: for tests of what a client takes.
    ///
    /// # Errors
    ///
    /// [`SsoError::Refused`] for a client that is not registered; [`SsoError::Signing`].
    pub fn token_of(&self, client_id: &str, claims: &Value) -> Result<String, SsoError> {
        let unknown = || SsoError::Refused(format!("the client `{client_id}` is not registered here"));
        let client = self.oidc_application(client_id).ok_or_else(unknown)?;
        self.keys().present().of(client.algorithm).token(claims)
    }
}

/// The client that an ID token of ours was made for, however long ago.
pub(crate) fn hinted_client(provider: &IdentityProvider, token: &str) -> Option<OidcApplication> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = provider.keys().announced().find_map(|key| {
        let key = DecodingKey::from_jwk(key.public()).ok()?;
        jsonwebtoken::decode::<Value>(token, &key, &validation).ok().map(|token| token.claims)
    })?;
    provider.oidc_application(claims["aud"].as_str()?)
}

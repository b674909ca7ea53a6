//! ID tokens: who signed, for whom, when, and for which sign-in (OpenID Connect Core §3.1.3.7).
//!
//! `openidconnect` checks signature, issuer, audience, expiry and nonce. Before it, this module refuses what two readers could
//! read differently; after it, it checks what the library leaves to its users: `azp`, `iat`, `nbf`, `at_hash`, `auth_time`,
//! `sub`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IdTokenVerifier, IssuerUrl, JsonWebKey as _,
    JsonWebKeySet, Nonce,
    core::{CoreIdToken, CoreJwsSigningAlgorithm as Algorithm},
};
use serde_json::Value;

use crate::{
    error::SignInError,
    json::{self, Object},
    keys::{ALGORITHMS, VerificationKey},
};

/// By how many seconds clocks may differ.
pub const SKEW: i64 = 60;

/// The largest ID token that is read, in bytes.
const TOKEN_BYTES: usize = 64 * 1024;
/// The longest subject, in bytes (OpenID Connect Core §2).
const SUBJECT_BYTES: usize = 255;

/// An ID token whose signature was not checked yet.
pub(crate) struct Unverified<'t> {
    text: &'t str,
    /// What kind of token it says it is (`typ`), in lower case.
    pub(crate) kind: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) algorithm: Algorithm,
    claims: Object,
}

/// What an ID token must agree with.
pub(crate) struct Expected<'e> {
    pub(crate) issuer: &'e str,
    pub(crate) client_id: &'e str,
    pub(crate) nonce: &'e str,
    pub(crate) access_token: &'e str,
    /// When the person was sent to the provider, in seconds since 1970: nothing was issued for this sign-in before.
    pub(crate) requested_at: i64,
    /// Whether the person had to show who they are again.
    pub(crate) forced: bool,
    pub(crate) now: i64,
}

impl<'t> Unverified<'t> {
    /// Reads the token without believing it.
    pub(crate) fn read(text: &'t str) -> Result<Self, SignInError> {
        if text.len() > TOKEN_BYTES {
            return Err(SignInError::TooLarge { found: text.len(), limit: TOKEN_BYTES });
        }
        let unreadable = |why: &str| SignInError::Unreadable(why.to_owned());
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(unreadable("it is no signed JWT of three parts"));
        };
        let object = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| "a part of it is not Base64")?;
            json::object(&bytes)
        };
        let header = object(header).map_err(SignInError::Unreadable)?;
        let named = header.get("alg").cloned().unwrap_or(Value::Null);
        let shown: String = named.as_str().unwrap_or("nothing").chars().take(40).collect();
        let algorithm = serde_json::from_value(named).ok().filter(|algorithm| ALGORITHMS.contains(algorithm));
        Ok(Self {
            text,
            kind: json::text(&header, "typ").map(str::to_lowercase),
            key: json::text(&header, "kid").map(str::to_owned),
            algorithm: algorithm.ok_or(SignInError::Algorithm(shown))?,
            claims: object(claims).map_err(SignInError::Unreadable)?,
        })
    }

    /// What it says, which is to be believed only if its signature holds.
    pub(crate) fn claims(&self) -> &Object {
        &self.claims
    }

    /// Whether its signature holds with this key.
    pub(crate) fn is_signed_with(&self, key: &VerificationKey) -> bool {
        let Some((signed, signature)) = self.text.rsplit_once('.') else { return false };
        let signature = URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|signature| key.verify_signature(&self.algorithm, signed.as_bytes(), &signature).is_ok())
    }

    /// Checks the token with the keys that it may be signed with; its claims, if everything holds.
    pub(crate) fn verify(self, keys: Vec<VerificationKey>, expected: &Expected<'_>) -> Result<Object, SignInError> {
        let token: CoreIdToken =
            self.text.parse().map_err(|error: serde_json::Error| SignInError::Unreadable(error.to_string()))?;
        let mut refused = SignInError::UnknownKey(self.key.clone());
        // Keys without a name may be several.
        for key in keys {
            match self.verify_with(&token, key.clone(), expected) {
                Ok(()) => {
                    self.check_access_token(&token, &key, expected)?;
                    self.check_rest(expected)?;
                    return Ok(self.claims);
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn verify_with(
        &self,
        token: &CoreIdToken,
        key: VerificationKey,
        expected: &Expected<'_>,
    ) -> Result<(), SignInError> {
        let time = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let issuer =
            IssuerUrl::new(expected.issuer.to_owned()).map_err(|error| SignInError::Other(error.to_string()))?;
        let client_id = ClientId::new(expected.client_id.to_owned());
        let now = expected.now;
        let verifier = IdTokenVerifier::new_public_client(client_id, issuer, JsonWebKeySet::new(vec![key]))
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || time(now.saturating_sub(SKEW)));
        let nonce = Nonce::new(expected.nonce.to_owned());
        token.claims(&verifier, &nonce).map(|_| ()).map_err(|error| self.describe(error, expected))
    }

    /// What the library refused, with what was found.
    fn describe(&self, error: ClaimsVerificationError, expected: &Expected<'_>) -> SignInError {
        let short = |text: &str| text.chars().take(200).collect::<String>();
        match error {
            ClaimsVerificationError::InvalidIssuer(_) => SignInError::Issuer {
                expected: expected.issuer.to_owned(),
                found: short(json::text(&self.claims, "iss").unwrap_or_default()),
            },
            ClaimsVerificationError::InvalidAudience(_) => {
                let found = match self.claims.get("aud") {
                    Some(Value::Array(several)) => {
                        several.iter().filter_map(Value::as_str).take(10).map(short).collect()
                    }
                    Some(Value::String(one)) => vec![short(one)],
                    _ => Vec::new(),
                };
                SignInError::Audience { expected: expected.client_id.to_owned(), found }
            }
            ClaimsVerificationError::Expired(_) => SignInError::Time { what: "the ID token has expired (`exp`)" },
            ClaimsVerificationError::InvalidNonce(_) => SignInError::Nonce,
            ClaimsVerificationError::SignatureVerification(_) => SignInError::Signature,
            other => SignInError::Other(other.to_string()),
        }
    }

    fn check_access_token(
        &self,
        token: &CoreIdToken,
        key: &VerificationKey,
        expected: &Expected<'_>,
    ) -> Result<(), SignInError> {
        if !self.claims.contains_key("at_hash") {
            return Ok(());
        }
        let stated = json::text(&self.claims, "at_hash").ok_or(SignInError::AccessToken)?;
        let algorithm = token.signing_alg().map_err(|_| SignInError::AccessToken)?;
        let access_token = AccessToken::new(expected.access_token.to_owned());
        let computed =
            AccessTokenHash::from_token(&access_token, algorithm, key).map_err(|_| SignInError::AccessToken)?;
        if computed.as_str() == stated { Ok(()) } else { Err(SignInError::AccessToken) }
    }

    fn check_rest(&self, expected: &Expected<'_>) -> Result<(), SignInError> {
        let claims = &self.claims;
        if let Some(party) = claims.get("azp")
            && party.as_str() != Some(expected.client_id)
        {
            let found = party.as_str().unwrap_or("something else").chars().take(200).collect();
            return Err(SignInError::AuthorizedParty { expected: expected.client_id.to_owned(), found });
        }
        let late = expected.now.saturating_add(SKEW);
        let early = expected.requested_at.saturating_sub(SKEW);
        let issued = json::seconds(claims, "iat").ok_or(SignInError::Claim { name: "iat", wrong: "not a time" })?;
        if issued > late {
            return Err(SignInError::Time { what: "the ID token is of the future (`iat`)" });
        }
        if issued < early {
            return Err(SignInError::Time { what: "the ID token is older than this sign-in (`iat`)" });
        }
        if claims.contains_key("nbf") && json::seconds(claims, "nbf").is_none_or(|from| from > late) {
            return Err(SignInError::Time { what: "the ID token is not valid yet (`nbf`)" });
        }
        let authenticated = json::seconds(claims, "auth_time");
        if claims.contains_key("auth_time") && authenticated.is_none_or(|at| at > late) {
            return Err(SignInError::Time { what: "the person was authenticated in the future (`auth_time`)" });
        }
        if expected.forced && authenticated.is_none_or(|at| at < early) {
            return Err(SignInError::NotAuthenticatedAgain);
        }
        match json::text(claims, "sub") {
            Some(subject) if subject.len() <= SUBJECT_BYTES => Ok(()),
            Some(_) => Err(SignInError::Claim { name: "sub", wrong: "longer than 255 bytes" }),
            None => Err(SignInError::Claim { name: "sub", wrong: "missing or empty" }),
        }
    }
}

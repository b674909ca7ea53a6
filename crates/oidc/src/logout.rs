//! Ending sessions: here, at the provider's word
//! ([Back-Channel Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html)), and there, at ours
//! ([RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)).

use std::fmt;

use serde_json::Value;
use thiserror::Error;
use url::Url;

use crate::{
    client::Client,
    error::{ProviderError, SignInError},
    json::{self, Object},
    provider::Provider,
    received::Received,
    token::{SKEW, Unverified},
    transport::Transport,
};

/// What a logout token is about (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a logout token may be, in seconds: so long its name must be remembered.
const LIFE: i64 = 300;
/// The longest name of a token, subject or session, in bytes.
const NAME_BYTES: usize = 255;
/// The longest ID token that is worth keeping for a logout, in bytes: it travels in an address, and servers take 8 KiB there.
const HINT_BYTES: usize = 4 * 1_024;

/// Why a logout token is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogoutError {
    /// It is no token, not the provider's, or not for us.
    #[error("a logout token is checked like an ID token: {0}")]
    Token(Box<SignInError>),
    /// The provider cannot be asked for its keys.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// It is a token of another kind (`typ`).
    #[error("the token is a `{0}` and no logout token: let the provider send `logout+jwt`")]
    Type(String),
    /// A claim is missing or of no use.
    #[error("the claim `{name}` of the logout token is {wrong}")]
    Claim {
        /// Its name.
        name: &'static str,
        /// What is wrong.
        wrong: &'static str,
    },
}

impl From<SignInError> for LogoutError {
    fn from(error: SignInError) -> Self {
        Self::Token(Box::new(error))
    }
}

/// Whose sessions the provider wants ended. Which of its names were seen before is the caller's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// Its name, to be accepted once.
    pub id: String,
    /// Until when its name must be remembered, in seconds since 1970.
    pub usable_until: i64,
    /// The person; all of whose sessions are meant unless one is named. There is this or [`LogoutToken::session_id`], or both.
    pub subject: Option<String>,
    /// The provider's session.
    pub session_id: Option<String>,
}

impl Client {
    /// Checks a logout token (Back-Channel Logout §2.6). `now` in seconds since 1970.
    ///
    /// What came is told beside what it says, or beside [`LogoutError`] for whatever is wrong first. Nothing is to be ended then.
    pub async fn logout_token(
        &self,
        transport: &impl Transport,
        provider: &Provider,
        token: &str,
        now: i64,
    ) -> (Received, Result<LogoutToken, LogoutError>) {
        let mut received = Received::default();
        received.token("logout_token", token);
        (received, self.checked(transport, provider, token, now).await)
    }

    async fn checked(
        &self,
        transport: &impl Transport,
        provider: &Provider,
        token: &str,
        now: i64,
    ) -> Result<LogoutToken, LogoutError> {
        let token = Unverified::read(token)?;
        match token.kind.as_deref() {
            None => {}
            Some(kind) if ["logout+jwt", "application/logout+jwt", "jwt"].contains(&kind) => {}
            Some(other) => return Err(LogoutError::Type(other.chars().take(100).collect())),
        }
        let keys = provider.keys(transport, token.key.as_deref(), &token.algorithm, now).await?;
        if keys.is_empty() {
            return Err(SignInError::UnknownKey(token.key.clone()).into());
        }
        if !keys.iter().any(|key| token.is_signed_with(key)) {
            return Err(SignInError::Signature.into());
        }
        self.read_logout(token.claims(), provider.issuer().identifier(), now)
    }

    /// What a token says whose signature holds.
    fn read_logout(&self, claims: &Object, issuer: &str, now: i64) -> Result<LogoutToken, LogoutError> {
        let claim = |name, wrong| LogoutError::Claim { name, wrong };
        if json::text(claims, "iss") != Some(issuer) {
            let found = json::text(claims, "iss").unwrap_or_default().chars().take(200).collect();
            return Err(SignInError::Issuer { expected: issuer.to_owned(), found }.into());
        }
        let is_for_us = match claims.get("aud") {
            Some(Value::String(one)) => *one == self.id,
            Some(Value::Array(several)) => several.len() == 1 && several[0].as_str() == Some(&self.id),
            _ => false,
        };
        if !is_for_us {
            let several = claims
                .get("aud")
                .map_or(&[][..], |found| found.as_array().map_or(std::slice::from_ref(found), |all| all));
            let found = several.iter().filter_map(Value::as_str).take(10).map(|one| one.chars().take(200).collect());
            return Err(SignInError::Audience { expected: self.id.clone(), found: found.collect() }.into());
        }
        let time = |name| json::seconds(claims, name).ok_or(claim(name, "missing, or no time"));
        let (issued, expires) = (time("iat")?, time("exp")?);
        if issued > now.saturating_add(SKEW) {
            return Err(claim("iat", "of the future: check the clocks of the provider and of this server"));
        }
        if expires <= now.saturating_sub(SKEW) {
            return Err(claim("exp", "over: check the clocks of the provider and of this server"));
        }
        let oldest = now.saturating_sub(LIFE).saturating_sub(SKEW);
        if issued < oldest {
            return Err(claim("iat", "older than five minutes"));
        }
        let event = claims.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) {
            return Err(claim("events", "not that of a logout"));
        }
        // So that an ID token, or what was made to be one, ends nothing (§2.4).
        if claims.contains_key("nonce") {
            return Err(claim("nonce", "there, which no logout token has"));
        }
        let name = |name: &'static str| match claims.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() && text.len() <= NAME_BYTES => Ok(Some(text.clone())),
            Some(_) => Err(claim(name, "empty, longer than 255 bytes, or no text")),
        };
        let (subject, session_id) = (name("sub")?, name("sid")?);
        if subject.is_none() && session_id.is_none() {
            return Err(claim("sub", "missing, and `sid` as well"));
        }
        Ok(LogoutToken {
            id: name("jti")?.ok_or(claim("jti", "missing"))?,
            usable_until: issued.saturating_add(LIFE + 2 * SKEW),
            subject,
            session_id,
        })
    }
}

/// An ID token as it came, kept to say at the provider whose session is over.
#[derive(Clone, PartialEq, Eq)]
pub struct IdToken(String);

impl IdToken {
    /// An ID token.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The token, if it can be sent with a logout; longer ones fit in no address.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| text.len() <= HINT_BYTES)
    }
}

/// Tells nothing.
impl fmt::Debug for IdToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IdToken(..)")
    }
}

/// How a person is signed out at the provider as well (RP-Initiated Logout §2).
#[derive(Debug, Clone, Copy)]
pub struct EndSessionRequest<'r> {
    /// The ID token with which the session began.
    pub id_token: Option<&'r str>,
    /// The person, for where there is no ID token.
    pub subject: &'r str,
    /// Where the browser shall come back, registered at the provider to the letter.
    pub return_to: &'r str,
}

impl EndSessionRequest<'_> {
    /// The address to send the browser to; `None` if the provider knows of no logout.
    #[must_use]
    pub fn url(&self, client: &Client, provider: &Provider) -> Option<String> {
        let mut address = Url::parse(provider.end_session_endpoint()?).ok()?;
        let mut query = address.query_pairs_mut();
        match self.id_token {
            Some(token) => query.append_pair("id_token_hint", token),
            None => query.append_pair("logout_hint", self.subject),
        };
        query.append_pair("client_id", &client.id).append_pair("post_logout_redirect_uri", self.return_to);
        drop(query);
        Some(address.into())
    }
}

//! What a provider says of itself (OpenID Connect Discovery §3), and its keys.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::lock::Mutex;
use http::{Request, StatusCode, header};
use openidconnect::core::CoreJwsSigningAlgorithm as Algorithm;
use serde_json::Value;
use url::Url;

use crate::{
    endpoint,
    error::ProviderError,
    issuer::Issuer,
    json::{self, Object},
    keys::{self, VerificationKey},
    transport::Transport,
};

/// How long an unknown key has to wait until keys are fetched again, in seconds: whoever makes up names of keys must not make
/// us ask the provider each time.
const KEYS_SECONDS: i64 = 60;

/// A provider, as it described itself. To be kept and shared for as long as its owner likes; keys that the provider adds are
/// found meanwhile.
#[derive(Debug)]
pub struct Provider {
    pub(crate) issuer: Issuer,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) says_who_answers: bool,
    end_session_endpoint: Option<Url>,
    keys_url: Url,
    keys: Mutex<Keys>,
}

#[derive(Debug)]
struct Keys {
    known: Arc<[VerificationKey]>,
    /// When they were asked for last because of an unknown one, successfully or not, in seconds since 1970.
    asked_at: Option<i64>,
}

impl Provider {
    /// Asks a provider for its metadata and keys.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if it does not answer, speaks for somebody else, or cannot be used.
    pub async fn discover(transport: &impl Transport, issuer: Issuer) -> Result<Self, ProviderError> {
        let stated = fetch(transport, "provider's metadata", &issuer.discovery_url()).await?;
        let found = json::text(&stated, "issuer").unwrap_or_default();
        if found != issuer.identifier() {
            let found = found.chars().take(200).collect();
            return Err(ProviderError::Issuer { expected: issuer.identifier().to_owned(), found });
        }
        let optional = |name: &'static str| {
            json::text(&stated, name).map(|address| endpoint::read(name, address, &issuer)).transpose()
        };
        let required = |name: &'static str| {
            let why = || ProviderError::Unreadable { what: "provider's metadata", why: format!("`{name}` is missing") };
            optional(name)?.ok_or_else(why)
        };
        let keys_url = required("jwks_uri")?;
        let provider = Self {
            authorization_endpoint: required("authorization_endpoint")?,
            token_endpoint: required("token_endpoint")?,
            userinfo_endpoint: optional("userinfo_endpoint")?,
            end_session_endpoint: optional("end_session_endpoint")?,
            says_who_answers: stated.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
            keys: Mutex::new(Keys { known: fetch_keys(transport, &keys_url).await?, asked_at: None }),
            keys_url,
            issuer,
        };
        Ok(provider)
    }

    /// Who it is.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where people are sent to be signed out there as well (OpenID Connect RP-Initiated Logout §2), if it knows of that.
    #[must_use]
    pub fn end_session_endpoint(&self) -> Option<&str> {
        self.end_session_endpoint.as_ref().map(Url::as_str)
    }

    /// The keys that may have signed a token with this header. If there is none, the provider is asked for its keys once more,
    /// at most once a minute; others wait meanwhile, and see what came.
    ///
    /// # Errors
    ///
    /// The keys were to be fetched, and cannot be.
    pub(crate) async fn keys(
        &self,
        transport: &impl Transport,
        name: Option<&str>,
        algorithm: &Algorithm,
        now: i64,
    ) -> Result<Vec<VerificationKey>, ProviderError> {
        let mut keys = self.keys.lock().await;
        let fitting = |known: &[VerificationKey]| -> Vec<_> {
            known.iter().filter(|key| key.fits(name, algorithm)).cloned().collect()
        };
        let found = fitting(&keys.known);
        let was_just_asked = keys.asked_at.is_some_and(|asked_at| now.saturating_sub(asked_at) < KEYS_SECONDS);
        if !found.is_empty() || was_just_asked {
            return Ok(found);
        }
        keys.asked_at = Some(now);
        keys.known = fetch_keys(transport, &self.keys_url).await?;
        Ok(fitting(&keys.known))
    }
}

async fn fetch_keys(transport: &impl Transport, address: &Url) -> Result<Arc<[VerificationKey]>, ProviderError> {
    let set = fetch(transport, "provider's keys", address.as_str()).await?;
    let keys = keys::read(&set);
    if keys.is_empty() { Err(ProviderError::NoKeys) } else { Ok(keys.into()) }
}

/// Fetches a JSON object.
async fn fetch(transport: &impl Transport, what: &'static str, address: &str) -> Result<Object, ProviderError> {
    let request = Request::get(address).header(header::ACCEPT, "application/json");
    let request =
        request.body(Bytes::new()).map_err(|error| ProviderError::Unreadable { what, why: error.to_string() })?;
    ask(transport, what, request).await
}

/// Sends a request that is to be answered with a JSON object.
pub(crate) async fn ask(
    transport: &impl Transport,
    what: &'static str,
    request: Request<Bytes>,
) -> Result<Object, ProviderError> {
    let address = request.uri().to_string();
    let answer = transport.send(request).await.map_err(|why| ProviderError::Unreachable { what, why })?;
    if answer.status() != StatusCode::OK {
        return Err(ProviderError::Status { what, address, status: answer.status().as_u16() });
    }
    json::object(answer.body()).map_err(|why| ProviderError::Unreadable { what, why })
}

//! Authorization requests (OpenID Connect Core 1.0 §3.1.2), with PKCE (RFC 7636).

use serde_json::{Value, json};

use super::{AUTHORIZE_PATH, END_SESSION_PATH, KEYS_PATH, TOKEN_PATH, USERINFO_PATH};
use crate::sso::{Fault, IdentityProvider, OidcApplication, SsoError};

/// A sign-in that a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct Authorization {
    pub(crate) application: OidcApplication,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) scope: Vec<String>,
    /// The SHA-256 of the verifier, in Base64 for URLs.
    pub(crate) challenge: String,
    pub(crate) hint: Option<String>,
    /// Whether nobody may be shown a page.
    pub(crate) is_silent: bool,
}

/// What is wrong with a request.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Who asks, or where the answer would go: the browser is sent nowhere (RFC 6749 §4.1.2.1).
    Client(SsoError),
    /// Anything else, which the client is told.
    Told(String),
}

impl Authorization {
    /// Reads the parameters of a request.
    pub(crate) fn read(provider: &IdentityProvider, parameters: &[(String, String)]) -> Result<Self, Wrong> {
        let client = |text: String| Wrong::Client(SsoError::Refused(text));
        let mut names: Vec<_> = parameters.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(client("a parameter of the request is there twice".to_owned()));
        }
        let get = |name: &str| {
            let found = parameters.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let client_id = get("client_id").ok_or_else(|| client("the request has no `client_id`".to_owned()))?;
        let application = provider
            .oidc_application(&client_id)
            .ok_or_else(|| client(format!("the client `{client_id}` is not registered here")))?;
        let redirect_uri = get("redirect_uri").unwrap_or_default();
        if !application.redirect_uris.contains(&redirect_uri) {
            return Err(client(format!(
                "the client `{client_id}` asks to be answered at `{redirect_uri}`, which is not registered: register {}",
                application.redirect_uris.join(" or ")
            )));
        }
        let state = get("state");
        let told = |code: &str, text: &str| {
            Wrong::Told(answer(
                &redirect_uri,
                state.as_deref(),
                provider,
                &[("error", code), ("error_description", text)],
            ))
        };
        if get("response_type").as_deref() != Some("code") {
            return Err(told("unsupported_response_type", "only `code` is answered"));
        }
        if get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(told("invalid_request", "only the response mode `query` is answered"));
        }
        let scope: Vec<_> = get("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        if !scope.iter().any(|one| one == "openid") {
            return Err(told("invalid_scope", "the scope must hold `openid`"));
        }
        let challenge = get("code_challenge").filter(|_| get("code_challenge_method").as_deref() == Some("S256"));
        let challenge =
            challenge.ok_or_else(|| told("invalid_request", "a `code_challenge` by `S256` must be there"))?;
        Ok(Self {
            challenge,
            nonce: get("nonce"),
            scope,
            hint: get("login_hint"),
            is_silent: get("prompt").as_deref() == Some("none"),
            state: state.clone(),
            redirect_uri: redirect_uri.clone(),
            application,
        })
    }

    /// The address that gives the client an answer; with another state where that is the fault.
    pub(crate) fn answer(&self, provider: &IdentityProvider, fault: Option<Fault>, fields: &[(&str, &str)]) -> String {
        let state = if fault == Some(Fault::WrongState) { Some("nobody-sent-this") } else { self.state.as_deref() };
        answer(&self.redirect_uri, state, provider, fields)
    }
}

/// An address with an answer in its query, and the issuer (RFC 9207).
fn answer(redirect_uri: &str, state: Option<&str>, provider: &IdentityProvider, fields: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", provider.issuer());
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", query.finish())
}

/// What the provider says of itself (OpenID Connect Discovery 1.0 §3).
pub(crate) fn configuration(provider: &IdentityProvider) -> Value {
    json!({
        "issuer": provider.issuer(),
        "authorization_endpoint": provider.at(AUTHORIZE_PATH),
        "token_endpoint": provider.at(TOKEN_PATH),
        "userinfo_endpoint": provider.at(USERINFO_PATH),
        "jwks_uri": provider.at(KEYS_PATH),
        "end_session_endpoint": provider.at(END_SESSION_PATH),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "profile", "groups"],
        "claims_supported": ["sub", "email", "email_verified", "name", "given_name", "family_name", "groups",
            "dockerOrg", "dockerTeam", "dockerRole", "dockerSessionMinutes"],
        "prompt_values_supported": ["none", "login"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    })
}

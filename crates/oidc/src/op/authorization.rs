//! What a browser brings from a client: an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{OAuthError, OAuthErrorCode, Parameters, pkce};

/// The longest `state` and `nonce` that are carried, in bytes: they come back as they were sent.
const CARRIED: usize = 1_024;

/// What a client asks of the person before it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Nothing: whatever would have to be asked is an error.
    None,
    /// To sign in again.
    Login,
    /// To agree again.
    Consent,
    /// To say who it is.
    SelectAccount,
}

impl Prompt {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "login" => Some(Self::Login),
            "consent" => Some(Self::Consent),
            "select_account" => Some(Self::SelectAccount),
            _ => None,
        }
    }
}

/// An authorization request whose parameters are each well-formed. Of whom it is, and whether it may be granted, is not decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Where the answer is to go, if it was said.
    pub redirect_uri: Option<String>,
    /// What the client wants to have back.
    pub state: Option<String>,
    /// What is asked for: words with spaces between.
    pub scope: String,
    /// What the ID token carries back.
    pub nonce: Option<String>,
    /// The challenge that the code's bearer must answer, by `S256`.
    pub code_challenge: Option<String>,
    /// What the person is to be asked.
    pub prompt: BTreeSet<Prompt>,
    /// How many seconds ago the person may have signed in at most.
    pub max_age: Option<u32>,
    /// Whom the client expects.
    pub login_hint: Option<String>,
    /// How the client wishes that the person had signed in, in order of its liking.
    pub acr_values: Vec<String>,
    /// To which organization's identity provider the person goes straight.
    pub organization: Option<String>,
    /// An ID token of ours, of whom the client expects.
    pub id_token_hint: Option<String>,
}

/// Where an answer goes at least, read before everything else: what is wrong with the rest is told there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whither<'p> {
    /// The client.
    pub client_id: &'p str,
    /// Where it wants the answer.
    pub redirect_uri: Option<&'p str>,
    /// What it wants to have back.
    pub state: Option<&'p str>,
}

impl AuthorizationRequest {
    /// Where the answer goes.
    ///
    /// # Errors
    ///
    /// `invalid_request` without a `client_id`; this cannot be told to the client.
    pub fn whither(parameters: &Parameters) -> Result<Whither<'_>, OAuthError> {
        Ok(Whither {
            client_id: parameters.require("client_id")?,
            redirect_uri: parameters.get("redirect_uri"),
            // Too long to come back: as if it had not been sent, with an error that says so.
            state: parameters.get("state").filter(|state| state.len() <= CARRIED),
        })
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the client.
    pub fn read(parameters: &Parameters) -> Result<Self, OAuthError> {
        let invalid = |text: &str| OAuthError::new(OAuthErrorCode::InvalidRequest, text);
        let unsupported =
            |code, name: &str| OAuthError::new(code, format!("`{name}` is not read: send plain parameters"));
        if parameters.get("request").is_some() {
            return Err(unsupported(OAuthErrorCode::RequestNotSupported, "request"));
        }
        if parameters.get("registration").is_some() {
            return Err(unsupported(OAuthErrorCode::RegistrationNotSupported, "registration"));
        }
        match parameters.require("response_type")? {
            "code" => {}
            other => {
                let other: String = other.chars().take(40).collect();
                let text = format!("`{other}` is no response type here: use `code`");
                return Err(OAuthError::new(OAuthErrorCode::UnsupportedResponseType, text));
            }
        }
        if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(invalid("the response mode must be `query`"));
        }
        let carried = |name: &str| match parameters.get(name) {
            Some(value) if value.len() > CARRIED => {
                Err(OAuthError::new(OAuthErrorCode::InvalidRequest, format!("`{name}` is longer than {CARRIED} bytes")))
            }
            value => Ok(value.map(str::to_owned)),
        };
        let prompt = prompts(parameters.get("prompt"))?;
        let max_age = match parameters.get("max_age").map(str::parse::<u32>) {
            None => None,
            Some(Ok(seconds)) => Some(seconds),
            Some(Err(_)) => return Err(invalid("`max_age` must be a number of seconds")),
        };
        Ok(Self {
            redirect_uri: parameters.get("redirect_uri").map(str::to_owned),
            state: carried("state")?,
            scope: parameters.get("scope").unwrap_or_default().to_owned(),
            nonce: carried("nonce")?,
            code_challenge: challenge(parameters)?,
            prompt,
            max_age,
            login_hint: carried("login_hint")?,
            acr_values: parameters
                .get("acr_values")
                .map(|values| values.split_ascii_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            organization: carried("organization")?,
            id_token_hint: parameters.get("id_token_hint").map(str::to_owned),
        })
    }

    /// Whether nothing may be asked of the person.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.prompt.contains(&Prompt::None)
    }
}

fn prompts(text: Option<&str>) -> Result<BTreeSet<Prompt>, OAuthError> {
    let words = text.unwrap_or_default().split_ascii_whitespace();
    // What is not known is passed over: `create` and others are wishes.
    let prompts: BTreeSet<Prompt> = words.filter_map(Prompt::parse).collect();
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err(OAuthError::new(OAuthErrorCode::InvalidRequest, "`none` comes with no other prompt"));
    }
    Ok(prompts)
}

fn challenge(parameters: &Parameters) -> Result<Option<String>, OAuthError> {
    let invalid = |text: &str| OAuthError::new(OAuthErrorCode::InvalidRequest, text);
    let method = parameters.get("code_challenge_method");
    match parameters.get("code_challenge") {
        None if method.is_some() => Err(invalid("`code_challenge_method` comes without `code_challenge`")),
        None => Ok(None),
        // Without a method it is `plain` (RFC 7636 §4.3).
        Some(_) if method != Some("S256") => Err(invalid("the code challenge method must be `S256`")),
        Some(challenge) if pkce::is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        Some(_) => Err(invalid("the code challenge must be the base64url of a SHA-256, 43 characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "client_id=c&response_type=code&scope=openid%20email&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s\
                        &nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256\
                        &prompt=login%20consent&max_age=300&organization=moby&ui_locales=de";

    fn read(query: &str) -> Result<AuthorizationRequest, OAuthError> {
        AuthorizationRequest::read(&Parameters::read(query.as_bytes())?)
    }

    #[test]
    fn a_request_is_read() {
        let request = read(GOOD).unwrap();
        assert_eq!(request.redirect_uri.as_deref(), Some("https://app.example/cb"));
        assert_eq!((request.scope.as_str(), request.max_age), ("openid email", Some(300)));
        assert_eq!(request.prompt, [Prompt::Login, Prompt::Consent].into());
        assert!(request.code_challenge.is_some() && !request.is_silent());
        let kept: AuthorizationRequest = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
        assert_eq!(kept, request);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (change, code) in [
            ("&response_type=code", "unsupported_response_type"),
            ("&request=eyJ", "request_not_supported"),
            ("&registration={}", "registration_not_supported"),
            ("&code_challenge_method=S256", "invalid_request"),
            ("&prompt=login%20consent", "invalid_request"),
            ("&max_age=300", "invalid_request"),
        ] {
            let query = match change {
                "&response_type=code" => GOOD.replace(change, "&response_type=token"),
                "&code_challenge_method=S256" => GOOD.replace(change, "&code_challenge_method=plain"),
                "&prompt=login%20consent" => GOOD.replace(change, "&prompt=none%20login"),
                "&max_age=300" => GOOD.replace(change, "&max_age=soon"),
                more => format!("{GOOD}{more}"),
            };
            assert_eq!(read(&query).unwrap_err().code.as_str(), code, "{query}");
        }
        let long = GOOD.replace("state=s", &format!("state={}", "s".repeat(CARRIED + 1)));
        assert_eq!(read(&long).unwrap_err().code, OAuthErrorCode::InvalidRequest);
        let parameters = Parameters::read(long.as_bytes()).unwrap();
        assert_eq!(AuthorizationRequest::whither(&parameters).unwrap().state, None);
    }
}

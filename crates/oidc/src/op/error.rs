//! Errors as OAuth tells them (RFC 6749 §4.1.2.1 and §5.2, and what extends it).

use std::fmt;

use http::StatusCode;
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Why something was not granted, in the words of the specifications.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum OAuthErrorCode { $($(#[$doc])* $name,)* }

        impl OAuthErrorCode {
            /// The word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A parameter is missing, doubled or malformed.
    InvalidRequest = "invalid_request";
    /// The client is not known, or has not shown that it is itself.
    InvalidClient = "invalid_client";
    /// The code or token does not work, or not any more.
    InvalidGrant = "invalid_grant";
    /// This client may not do this.
    UnauthorizedClient = "unauthorized_client";
    /// There is no such way to a token.
    UnsupportedGrantType = "unsupported_grant_type";
    /// There is no such answer.
    UnsupportedResponseType = "unsupported_response_type";
    /// More was asked for than there is to give.
    InvalidScope = "invalid_scope";
    /// The person or a rule said no.
    AccessDenied = "access_denied";
    /// Something failed here.
    ServerError = "server_error";
    /// There is too much to do here.
    TemporarilyUnavailable = "temporarily_unavailable";
    /// The person must sign in, and may not be asked to.
    LoginRequired = "login_required";
    /// The person must agree, and may not be asked to.
    ConsentRequired = "consent_required";
    /// The person must choose, and may not be asked to.
    InteractionRequired = "interaction_required";
    /// Requests as signed objects are not read (OpenID Connect Core §6).
    RequestNotSupported = "request_not_supported";
    /// The request that was pushed is not known, or not any more.
    InvalidRequestUri = "invalid_request_uri";
    /// Clients are not registered this way (OpenID Connect Core §7.2.1).
    RegistrationNotSupported = "registration_not_supported";
    /// Nobody has typed the device's code yet (RFC 8628 §3.5).
    AuthorizationPending = "authorization_pending";
    /// The device asks too often.
    SlowDown = "slow_down";
    /// Nobody typed the device's code in time.
    ExpiredToken = "expired_token";
    /// The access token does not work, or not any more (RFC 6750 §3.1).
    InvalidToken = "invalid_token";
    /// The access token is not for this.
    InsufficientScope = "insufficient_scope";
}

/// Why something was not granted, and what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", .code.as_str())]
pub struct OAuthError {
    /// The code.
    pub code: OAuthErrorCode,
    /// For whoever looks after the client.
    pub description: String,
}

#[derive(Serialize)]
struct Body<'e> {
    error: &'static str,
    error_description: &'e str,
}

impl OAuthError {
    /// An error.
    pub fn new(code: OAuthErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }

    /// The description in the characters that it may have (RFC 6749 §5.2): no quotes, no backslashes, nothing beyond ASCII.
    #[must_use]
    pub fn plain(&self) -> String {
        let plain = |character: char| match character {
            '"' | '`' => '\'',
            '\\' => '/',
            ' '..='~' => character,
            _ => '?',
        };
        self.description.chars().map(plain).collect()
    }

    /// The body of an answer.
    #[must_use]
    pub fn body(&self) -> String {
        let body = Body { error: self.code.as_str(), error_description: &self.plain() };
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// The status of an answer to a client (RFC 6749 §5.2, RFC 6750 §3.1).
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.code {
            OAuthErrorCode::InvalidClient | OAuthErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
            OAuthErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
            OAuthErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            OAuthErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for OAuthErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_only_characters_that_it_may_have() {
        let error = OAuthError::new(OAuthErrorCode::InvalidGrant, "the `code` of \"Zoë\"\\\n is over");
        assert_eq!(error.body(), r#"{"error":"invalid_grant","error_description":"the 'code' of 'Zo?'/? is over"}"#);
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
    }
}

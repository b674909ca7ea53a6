//! What our tokens and answers say (interfaces §3, OpenID Connect Core §2 and §5.1, RFC 9068, RFC 7662). Times are in seconds since
//! 1970.

use serde::{Deserialize, Serialize};

/// Somebody's place in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The organization's name.
    pub name: String,
    /// `member`, `editor` or `owner`.
    pub role: String,
    /// Teams there, by name; absent where there are too many to tell here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams: Option<Vec<String>>,
    /// Whether the person is from outside the company (ORG-8).
    pub is_guest: bool,
}

/// What is said of a person, as far as the scopes go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The address (scope `email`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the address is theirs (ACC-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The full name (scope `profile`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// The organizations (scope `organizations`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<Place>>,
    /// `false`, where there are more organizations or teams than are told here: `userinfo` and the API tell more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizations_complete: Option<bool>,
}

/// An ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdToken {
    /// Us.
    pub iss: String,
    /// The account.
    pub sub: String,
    /// The client.
    pub aud: String,
    /// Until when it holds.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
    /// When the person signed in.
    pub auth_time: i64,
    /// What the client sent with its request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How the person signed in.
    pub acr: String,
    /// The session here, by which its end is told (OpenID Connect Back-Channel Logout §2.1).
    pub sid: String,
    /// When that ends at the latest.
    pub session_expires_at: i64,
    /// Of which access token it is (OpenID Connect Core §3.1.3.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The person.
    #[serde(flatten)]
    pub person: Person,
}

/// An access token (RFC 9068).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Us.
    pub iss: String,
    /// The account; of an organization's own token, the organization.
    pub sub: String,
    /// For whom: the client, and us.
    pub aud: Vec<String>,
    /// Until when it holds.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
    /// Its own name.
    pub jti: String,
    /// The client; of an organization's own token, the organization's name.
    pub client_id: String,
    /// What for: words with spaces between.
    pub scope: String,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The authorization that it belongs to, or the organization's access token that it was made of.
    pub origin: String,
}

/// That a session is over (OpenID Connect Back-Channel Logout §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutToken {
    /// Us.
    pub iss: String,
    /// Whose.
    pub sub: String,
    /// The client.
    pub aud: String,
    /// When it was made.
    pub iat: i64,
    /// Until when it counts.
    pub exp: i64,
    /// Its own name.
    pub jti: String,
    /// Which.
    pub sid: String,
    /// That this is what it is.
    pub events: LogoutEvents,
}

/// What happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutEvents {
    /// A session is over. Nothing is said of it.
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    pub backchannel_logout: Nothing,
}

/// An object without anything in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// What userinfo answers (OpenID Connect Core §5.3.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserInfo {
    /// The account.
    pub sub: String,
    /// The person.
    #[serde(flatten)]
    pub person: Person,
}

/// What the token endpoint answers (RFC 6749 §5.1). It holds secrets: it is not in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// For how many seconds it holds.
    pub expires_in: i64,
    /// What for.
    pub scope: String,
    /// What gets the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// What is said of a token (RFC 7662 §2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introspection {
    /// Whether it works now. Of one that does not, nothing else is said.
    pub active: bool,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `Bearer`, or `refresh_token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Vec<String>>,
    /// Us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The person, as they are now.
    #[serde(flatten)]
    pub person: Person,
}

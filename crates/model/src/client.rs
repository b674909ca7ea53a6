//! Products that sign people in here: OpenID clients (interfaces §3), and what people let them do.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::{AccountId, AuthorizationId, ClientId, OrganizationId, SessionId, Timestamp, Version, session::ClientKind};

/// A product that signs people in here (OAuth 2.0, RFC 6749 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Client {
    /// Its `client_id`.
    #[serde(skip)]
    pub id: ClientId,
    /// What people are shown; unique.
    pub name: String,
    /// The organization whose members alone it serves, and whose owners look after it; the operator's and everybody's without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    /// What kind of sessions people have there (SES-1).
    pub kind: ClientKind,
    /// What it may do, and where people are sent.
    #[serde(flatten)]
    pub settings: ClientSettings,
    /// When its secret was made, if it keeps one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_made: Option<Timestamp>,
    /// When it was switched off, for as long as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// What a client may do, and where people are sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSettings {
    /// Whether it keeps a secret. One that cannot, such as a command line or a page, proves with PKCE alone that a code is its
    /// own.
    pub confidential: bool,
    /// Where people are sent back to, exactly (RFC 9700 §2.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// Where people may be sent to once they signed out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it takes word of sessions that end (OpenID Connect Back-Channel Logout 1.0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// The ways by which it may come to tokens.
    pub grants: BTreeSet<GrantType>,
    /// What it may ask for.
    pub scopes: BTreeSet<ClientScope>,
    /// Whether people are asked whether they let it know who they are: it is not of whoever runs this installation.
    pub third_party: bool,
    /// Whether it must state its requests over a connection of its own (RFC 9126).
    pub require_pushed_requests: bool,
}

/// A way to tokens (RFC 6749 §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GrantType {
    /// A code that the browser carries; always with PKCE (RFC 7636).
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// A refresh token, which is another one each time.
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// A code that somebody types on another device (RFC 8628).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

impl GrantType {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::AuthorizationCode, Self::RefreshToken, Self::DeviceCode];

    /// As `grant_type` names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }
}

/// What a client learns of whoever signs in there (interfaces §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientScope {
    /// Who it is: `sub`.
    Openid,
    /// `name` and `preferred_username`.
    Profile,
    /// `email` and whether it is confirmed.
    Email,
    /// Organizations with role, teams, and whether the person is a guest.
    Organizations,
    /// Refresh tokens: for as long as the session, with the person away.
    OfflineAccess,
}

impl ClientScope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Openid, Self::Profile, Self::Email, Self::Organizations, Self::OfflineAccess];

    /// The word in requests and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openid => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Organizations => "organizations",
            Self::OfflineAccess => "offline_access",
        }
    }

    /// The inverse of [`ClientScope::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// What was granted of what was asked for (RFC 6749 §3.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientScopes(BTreeSet<ClientScope>);

impl ClientScopes {
    /// Reads the words with spaces between; those that are not known are passed over (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.split_ascii_whitespace().filter_map(ClientScope::parse).collect())
    }

    /// Whether this is among them.
    #[must_use]
    pub fn has(&self, scope: ClientScope) -> bool {
        self.0.contains(&scope)
    }

    /// Those that are among these as well.
    #[must_use]
    pub fn within(&self, others: &BTreeSet<ClientScope>) -> Self {
        Self(self.0.intersection(others).copied().collect())
    }

    /// Whether all of them are among these.
    #[must_use]
    pub fn are_within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    /// With those of others.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        Self(self.0.union(&others.0).copied().collect())
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = ClientScope> {
        self.0.iter().copied()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<ClientScope> for ClientScopes {
    fn from_iter<I: IntoIterator<Item = ClientScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for ClientScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

/// What somebody lets a client do for the length of a session. Every token of one sign-in there belongs to it, and works no
/// longer than it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Stable id.
    pub id: AuthorizationId,
    /// To whom.
    pub client: ClientId,
    /// Through which session: it ends with that.
    pub session: SessionId,
    /// The session that it began in, by which the client knows it. Whoever signs in again in the same browser has another one.
    pub sid: SessionId,
    /// Whose session that is.
    pub account: AccountId,
    /// What it may do.
    pub scopes: ClientScopes,
    /// When it began.
    pub created: Timestamp,
    /// Which refresh token is the present one, counted from 1; 0 when there is none.
    pub generation: i64,
    /// When that was made.
    pub rotated: Timestamp,
    /// What makes its refresh tokens unlike those of any other.
    pub salt: [u8; 16],
    /// When it was ended by itself, and why (SES-3); it also ends with its session.
    pub ended: Option<(Timestamp, String)>,
}

/// Why an authorization ends before its session, in the words that people see (SES-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// The client gave it back (RFC 7009).
    ByClient,
    /// A code was brought a second time (RFC 6749 §4.1.2).
    CodeReused,
    /// A refresh token was brought that had been exchanged before (RFC 9700 §4.14).
    RefreshReused,
    /// The person takes back what they let the client do.
    ByPerson,
    /// The client may do less, or is another kind of client now.
    ClientChanged,
}

impl Revoked {
    /// The words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByClient => "given back by the application",
            Self::CodeReused => "the application brought a sign-in code twice",
            Self::RefreshReused => "a refresh token was used twice: somebody else may have had it",
            Self::ByPerson => "taken back by the person",
            Self::ClientChanged => "the application's settings were changed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_as_they_are_written_and_what_is_not_known_is_passed_over() {
        for scope in ClientScope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        for grant in GrantType::ALL {
            assert_eq!(serde_json::to_value(grant).unwrap(), grant.as_str());
        }
        let scopes = ClientScopes::parse("email openid  admin openid");
        assert_eq!(scopes.to_string(), "openid email");
        let only: BTreeSet<_> = [ClientScope::Email].into();
        assert_eq!(scopes.within(&only).to_string(), "email");
        assert!(scopes.within(&only).are_within(&scopes) && !scopes.are_within(&scopes.within(&only)));
    }
}

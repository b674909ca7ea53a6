//! Tokens: what they open, not the secret itself.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Timestamp, TokenId};

/// The surface on which a token works; it works on no other (SEC-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// A connection's SCIM client.
    Scim,
    /// A person's access token.
    Personal,
    /// An organization's access token.
    Organization,
    /// A short-lived management API token.
    Api,
    /// A refresh token of the OpenID provider.
    Refresh,
    /// A single-use sign-in link.
    Link,
    /// A single-use link to a new password.
    Reset,
    /// An organization's break-glass code (SSO-11).
    Glass,
}

impl TokenKind {
    const ALL: [Self; 8] = [
        Self::Scim,
        Self::Personal,
        Self::Organization,
        Self::Api,
        Self::Refresh,
        Self::Link,
        Self::Reset,
        Self::Glass,
    ];

    /// The word in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scim => "scim",
            Self::Personal => "personal",
            Self::Organization => "organization",
            Self::Api => "api",
            Self::Refresh => "refresh",
            Self::Link => "link",
            Self::Reset => "reset",
            Self::Glass => "glass",
        }
    }

    /// The inverse of [`TokenKind::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A token as stored: its secret is known only as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Stable id; what logs and the ledger name.
    #[serde(skip)]
    pub id: TokenId,
    /// Where it works.
    pub kind: TokenKind,
    /// What it opens there: a connection, an account or an organization, by kind.
    pub scope: Uuid,
    /// What people call it.
    pub label: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it stops working; `None` is never.
    pub expires: Option<Timestamp>,
    /// When it last worked, to the hour.
    #[serde(skip)]
    pub last_used: Option<Timestamp>,
    /// When it was revoked, and why.
    pub revoked: Option<(Timestamp, String)>,
}

impl Token {
    /// Whether it works at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

//! Tokens: what they open, not the secret itself.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Actor, Timestamp, TokenId};

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
    /// A link by which somebody without an account sets a connection up (SEC-2).
    SetUp,
}

impl TokenKind {
    const ALL: [Self; 9] = [
        Self::Scim,
        Self::Personal,
        Self::Organization,
        Self::Api,
        Self::Refresh,
        Self::Link,
        Self::Reset,
        Self::Glass,
        Self::SetUp,
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
            Self::SetUp => "setup",
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
    /// What it may be used for at the management API; none for other kinds.
    #[serde(skip_serializing_if = "Scopes::is_empty")]
    pub scopes: Scopes,
    /// When it was switched off, for as long as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Timestamp>,
    /// Who made it.
    #[serde(skip)]
    pub created_by: Actor,
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
        self.revoked.is_none() && self.disabled.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    /// When it ended for good, and why; `None` while it works or could be switched on (SES-3).
    #[must_use]
    pub fn ending(&self, now: Timestamp) -> Option<(Timestamp, &str)> {
        let expired = self.expires.filter(|expires| *expires <= now).map(|expires| (expires, "its time was over"));
        let revoked = self.revoked.as_ref().map(|(at, why)| (*at, why.as_str()));
        match (revoked, expired) {
            (Some(revoked), Some(expired)) if expired.0 < revoked.0 => Some(expired),
            (revoked, expired) => revoked.or(expired),
        }
    }
}

/// What an access token may be used for at the management API. What a scope allows is never more than whoever made the token
/// may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Organizations and companies: what they are called, their seats and settings.
    #[serde(rename = "organizations:read")]
    OrganizationsRead,
    /// Changing those.
    #[serde(rename = "organizations:write")]
    OrganizationsWrite,
    /// Members and their roles.
    #[serde(rename = "members:read")]
    MembersRead,
    /// Changing those.
    #[serde(rename = "members:write")]
    MembersWrite,
    /// Pending invitations.
    #[serde(rename = "invitations:read")]
    InvitationsRead,
    /// Inviting people.
    #[serde(rename = "invitations:write")]
    InvitationsWrite,
    /// Teams and who is in them.
    #[serde(rename = "teams:read")]
    TeamsRead,
    /// Changing those.
    #[serde(rename = "teams:write")]
    TeamsWrite,
    /// Domains.
    #[serde(rename = "domains:read")]
    DomainsRead,
    /// Changing those.
    #[serde(rename = "domains:write")]
    DomainsWrite,
    /// Connections, their conflicts, plans and logs.
    #[serde(rename = "connections:read")]
    ConnectionsRead,
    /// Changing those.
    #[serde(rename = "connections:write")]
    ConnectionsWrite,
    /// Products that sign members in.
    #[serde(rename = "clients:read")]
    ClientsRead,
    /// Adding, changing and removing those.
    #[serde(rename = "clients:write")]
    ClientsWrite,
    /// Webhooks, and what they were sent.
    #[serde(rename = "webhooks:read")]
    WebhooksRead,
    /// Adding, changing and removing those, and sending again.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Where people are signed in.
    #[serde(rename = "sessions:read")]
    SessionsRead,
    /// Signing them out.
    #[serde(rename = "sessions:write")]
    SessionsWrite,
    /// The activity log.
    #[serde(rename = "activity:read")]
    ActivityRead,
    /// Access tokens, without their secrets.
    #[serde(rename = "tokens:read")]
    TokensRead,
    /// Making and ending access tokens.
    #[serde(rename = "tokens:write")]
    TokensWrite,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 21] = [
        Self::OrganizationsRead,
        Self::OrganizationsWrite,
        Self::MembersRead,
        Self::MembersWrite,
        Self::InvitationsRead,
        Self::InvitationsWrite,
        Self::TeamsRead,
        Self::TeamsWrite,
        Self::DomainsRead,
        Self::DomainsWrite,
        Self::ConnectionsRead,
        Self::ConnectionsWrite,
        Self::ClientsRead,
        Self::ClientsWrite,
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::SessionsRead,
        Self::SessionsWrite,
        Self::ActivityRead,
        Self::TokensRead,
        Self::TokensWrite,
    ];

    /// The word in SQL, the API and texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrganizationsRead => "organizations:read",
            Self::OrganizationsWrite => "organizations:write",
            Self::MembersRead => "members:read",
            Self::MembersWrite => "members:write",
            Self::InvitationsRead => "invitations:read",
            Self::InvitationsWrite => "invitations:write",
            Self::TeamsRead => "teams:read",
            Self::TeamsWrite => "teams:write",
            Self::DomainsRead => "domains:read",
            Self::DomainsWrite => "domains:write",
            Self::ConnectionsRead => "connections:read",
            Self::ConnectionsWrite => "connections:write",
            Self::ClientsRead => "clients:read",
            Self::ClientsWrite => "clients:write",
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::SessionsRead => "sessions:read",
            Self::SessionsWrite => "sessions:write",
            Self::ActivityRead => "activity:read",
            Self::TokensRead => "tokens:read",
            Self::TokensWrite => "tokens:write",
        }
    }

    /// The inverse of [`Scope::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// The scope that allows this one as well: who may change something may read it.
    #[must_use]
    pub fn wider(self) -> Option<Self> {
        match self {
            Self::OrganizationsRead => Some(Self::OrganizationsWrite),
            Self::MembersRead => Some(Self::MembersWrite),
            Self::InvitationsRead => Some(Self::InvitationsWrite),
            Self::TeamsRead => Some(Self::TeamsWrite),
            Self::DomainsRead => Some(Self::DomainsWrite),
            Self::ConnectionsRead => Some(Self::ConnectionsWrite),
            Self::ClientsRead => Some(Self::ClientsWrite),
            Self::WebhooksRead => Some(Self::WebhooksWrite),
            Self::SessionsRead => Some(Self::SessionsWrite),
            Self::TokensRead => Some(Self::TokensWrite),
            Self::OrganizationsWrite
            | Self::MembersWrite
            | Self::InvitationsWrite
            | Self::TeamsWrite
            | Self::DomainsWrite
            | Self::ConnectionsWrite
            | Self::ClientsWrite
            | Self::WebhooksWrite
            | Self::SessionsWrite
            | Self::ActivityRead
            | Self::TokensWrite => None,
        }
    }
}

/// Several scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// All there are: what a password opens.
    #[must_use]
    pub fn all() -> Self {
        Self(Scope::ALL.into_iter().collect())
    }

    /// Whether this is allowed, by its own scope or a wider one.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || scope.wider().is_some_and(|wider| self.0.contains(&wider))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// As in SQL: the words, with spaces between. Words that are not known are passed over: a scope that is no more allows
    /// nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.split_whitespace().filter_map(Scope::parse).collect())
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_as_they_are_written_and_writing_allows_reading() {
        let all = Scopes::all();
        assert_eq!(Scopes::parse(&all.to_string()), all);
        assert_eq!(Scopes::parse("members:write unknown:read"), [Scope::MembersWrite].into_iter().collect());
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
            let only: Scopes = [scope].into_iter().collect();
            let allowed: Vec<Scope> = Scope::ALL.into_iter().filter(|other| only.allow(*other)).collect();
            assert!(allowed.iter().all(|other| *other == scope || other.wider() == Some(scope)), "{scope:?}");
        }
        let writes: Scopes = [Scope::TeamsWrite].into_iter().collect();
        assert!(writes.allow(Scope::TeamsRead) && !writes.allow(Scope::MembersRead));
    }
}

//! Who set a value, and who acted.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a value or a grant comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An assertion at sign-in (Just-in-Time provisioning).
    Sso,
    /// The connection's directory, pushed over SCIM.
    Scim,
    /// An accepted invitation.
    Invitation,
    /// A verified domain that adds existing accounts (ORG-5).
    AutoProvision,
    /// An owner or operator, by hand.
    Manual,
    /// A recorded request that an owner had run again (SCIM-11). It says who acted; what was said remains the directory's.
    Replay,
    /// Nobody said anything: the setting's default.
    Default,
}

impl Source {
    const ALL: [Self; 7] =
        [Self::Sso, Self::Scim, Self::Invitation, Self::AutoProvision, Self::Manual, Self::Replay, Self::Default];

    /// The word used in SQL, the API and pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sso => "sso",
            Self::Scim => "scim",
            Self::Invitation => "invitation",
            Self::AutoProvision => "auto-provision",
            Self::Manual => "manual",
            Self::Replay => "replay",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a word that a source has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a source")]
pub struct UnknownSource(pub String);

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or_else(|| UnknownSource(text.to_owned()))
    }
}

/// Who did it, behind the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "id")]
pub enum Actor {
    /// The installation itself: background work, defaults.
    System,
    /// Someone with the shell on the installation.
    Operator,
    /// A signed-in account.
    Account(Uuid),
    /// A token, such as the one a connection's SCIM client uses.
    Token(Uuid),
}

impl Actor {
    /// The kind as one word, for a column.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Operator => "operator",
            Self::Account(_) => "account",
            Self::Token(_) => "token",
        }
    }

    /// The id behind the kind, where there is one.
    #[must_use]
    pub fn id(self) -> Option<Uuid> {
        match self {
            Self::System | Self::Operator => None,
            Self::Account(id) | Self::Token(id) => Some(id),
        }
    }

    /// The inverse of [`Actor::kind`] and [`Actor::id`]; an unknown pair reads as the system.
    #[must_use]
    pub fn from_parts(kind: &str, id: Option<Uuid>) -> Self {
        match (kind, id) {
            ("operator", _) => Self::Operator,
            ("account", Some(id)) => Self::Account(id),
            ("token", Some(id)) => Self::Token(id),
            _ => Self::System,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            Some(id) => write!(f, "{} {id}", self.kind()),
            None => f.write_str(self.kind()),
        }
    }
}

//! Factors: what somebody has besides a password. The secrets themselves are the store's to keep, sealed or hashed.

use serde::Serialize;

use crate::{AccountId, FactorId, Timestamp, Version};

/// What kind of factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorKind {
    /// An authenticator app, which shows time-based one-time codes (RFC 6238).
    Totp,
    /// Recovery codes, each of which stands once for a code of the app.
    Recovery,
    /// A passkey (Web Authentication), which stands for password and second factor alike.
    Passkey,
}

impl FactorKind {
    /// The word in SQL and in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Recovery => "recovery",
            Self::Passkey => "passkey",
        }
    }

    /// The inverse of [`FactorKind::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Totp, Self::Recovery, Self::Passkey].into_iter().find(|kind| kind.as_str() == text)
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "authenticator app",
            Self::Recovery => "recovery codes",
            Self::Passkey => "passkey",
        }
    }
}

/// Something that somebody has set up besides a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Factor {
    /// Stable id.
    #[serde(skip)]
    pub id: FactorId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is.
    pub kind: FactorKind,
    /// What the person calls it; empty but for passkeys. It is the person's own, so the ledger does not have it.
    #[serde(skip)]
    pub label: String,
    /// When it was set up.
    pub created: Timestamp,
    /// Of recovery codes, how many are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// When it last let somebody in.
    #[serde(skip)]
    pub last_used: Option<Timestamp>,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

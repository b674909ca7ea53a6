//! Accounts: persons.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Email, Layers, Timestamp, Version};

/// One person, identified by one unique primary email; global to the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Stable for ever; the `sub` that products see.
    #[serde(skip)]
    pub id: AccountId,
    /// Unique without case. `None` once another account took it over unconfirmed (ACC-1), or after erasure.
    pub email: Option<Email>,
    /// Whether the email counts (ACC-1).
    pub email_confirmed: bool,
    /// Unique, in lower case.
    pub username: String,
    /// The effective full name; empty while nobody said one.
    pub full_name: String,
    /// Who says what the full name is.
    pub names: Layers<String>,
    /// How long sessions last, in minutes, as each connection says (SES-2). A statement concerns only
    /// sessions begun through its own connection.
    pub session_minutes: Layers<i64>,
    /// Whether sources disagree about a value (PRE-3).
    pub conflict: bool,
    /// Alive or not.
    pub state: AccountState,
    /// When the account was made.
    pub created: Timestamp,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountState {
    /// In use.
    Active,
    /// Closed by the operator.
    Disabled,
    /// Erased (ACC-2): only the id remains.
    Erased,
}

impl AccountState {
    /// The word in SQL and pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Erased => "erased",
        }
    }

    /// The inverse of [`AccountState::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled, Self::Erased].into_iter().find(|state| state.as_str() == text)
    }
}

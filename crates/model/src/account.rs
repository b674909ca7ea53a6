//! Accounts: persons.

use serde::{Deserialize, Serialize};

use crate::{AccountId, ConnectionId, Email, Layers, Timestamp, Version};

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
    /// Since when the account has this address: before its domain passed to another holder, or after (ORG-4).
    pub email_since: Timestamp,
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
    /// Whose directories deleted the person, while nothing since lets the person in again through them (JIT-10).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
    /// Through which connections the next sign-in with this address is the same person's, whatever the IdP calls the person
    /// (JIT-1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relinks: Vec<ConnectionId>,
    /// When the account was given its present password; `None` while it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_set: Option<Timestamp>,
    /// Alive or not.
    pub state: AccountState,
    /// When the account was made.
    pub created: Timestamp,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// That a connection's directory has deleted its user for an account (JIT-10). It outlives that user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Whose directory.
    #[serde(rename = "c")]
    pub connection: ConnectionId,
    /// When.
    #[serde(rename = "t")]
    pub at: Timestamp,
}

impl Account {
    /// When a connection's directory deleted the person, unless something since lets the person in again.
    #[must_use]
    pub fn departed(&self, connection: ConnectionId) -> Option<Timestamp> {
        self.departures.iter().find(|departure| departure.connection == connection).map(|departure| departure.at)
    }

    /// Records that a connection's directory has deleted the person.
    pub fn depart(&mut self, connection: ConnectionId, at: Timestamp) {
        self.come_back(connection);
        self.departures.push(Departure { connection, at });
    }

    /// Lets the person in again through a connection. Answers whether its directory had deleted the person.
    pub fn come_back(&mut self, connection: ConnectionId) -> bool {
        let before = self.departures.len();
        self.departures.retain(|departure| departure.connection != connection);
        self.departures.len() != before
    }
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

//! A connection's directory: what the IdP said over SCIM, and what became of it.

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, ConnectionId, DirectoryGroupId, DirectoryUserId, Email, Role, Timestamp, Version, connection::UserNames,
    mapping::Target,
};

/// What an IdP states about one person, free of wire format. The protocol layer makes it of a request;
/// the engine decides what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserStatement {
    /// The resource as the client wrote it; kept and returned byte for byte (PRE-4).
    pub document: String,
    /// SCIM's `userName`, in the client's spelling.
    pub user_name: String,
    /// The client's own id for the person.
    pub external_id: Option<String>,
    /// Whether the person may be in.
    pub active: bool,
    /// The full name, by the best of `name.formatted`, given and family name, `displayName`.
    pub full_name: Option<String>,
    /// `emails`, the primary one first.
    pub emails: Vec<String>,
    /// `dockerOrg`.
    pub organization: Option<String>,
    /// `dockerTeam`.
    pub team: Option<String>,
    /// `dockerRole`.
    pub role: Option<Role>,
    /// `dockerSessionMinutes`; above 0.
    pub session_minutes: Option<i64>,
}

impl UserStatement {
    /// The address that becomes the account's email (SCIM-10). `Ok(None)`: there is none, which only
    /// `user_names = "any"` allows; what such a directory keeps in `emails` and is no address is none.
    ///
    /// # Errors
    ///
    /// The `userName` that should be an address and is not.
    pub fn email(&self, user_names: UserNames) -> Result<Option<Email>, String> {
        match user_names {
            UserNames::Email => Email::parse(&self.user_name).map(Some).map_err(|_| self.user_name.clone()),
            UserNames::Any => Ok(self.emails.iter().find_map(|text| Email::parse(text).ok())),
        }
    }
}

/// One directory user as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectoryUser {
    /// The resource id.
    #[serde(skip)]
    pub id: DirectoryUserId,
    /// Whose directory.
    #[serde(skip)]
    pub connection: ConnectionId,
    /// As stated.
    pub user_name: String,
    /// As stated.
    pub external_id: Option<String>,
    /// As stated.
    pub active: bool,
    /// As stated: a JSON object, kept as text.
    #[serde(serialize_with = "as_json")]
    pub document: String,
    /// The account it provisioned, or was linked to.
    pub account: Option<AccountId>,
    /// Why there is no account, or nothing came of it.
    pub unprovisioned: Option<Unprovisioned>,
    /// How many groups name it.
    pub groups: i64,
    /// When the resource was made.
    pub created: Timestamp,
    /// When the resource last changed visibly.
    #[serde(skip)]
    pub modified: Timestamp,
    /// Counts visible changes, its groups included: the entity tag.
    #[serde(skip)]
    pub version: Version,
}

/// Why a directory user has no account (SCIM-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unprovisioned {
    /// It was never active with an address that may be provisioned.
    Inactive,
    /// `user_names = "any"`, and no address in `emails`.
    NoEmail,
    /// Of another domain, and invited as a guest.
    Invited,
    /// The connection's successor speaks for the person now (SSO-12).
    TakenOver,
    /// The person was erased, and nothing was said of anybody since (ACC-2).
    Erased,
}

impl Unprovisioned {
    const ALL: [Self; 5] = [Self::Inactive, Self::NoEmail, Self::Invited, Self::TakenOver, Self::Erased];

    /// The word in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::NoEmail => "no-email",
            Self::Invited => "invited",
            Self::TakenOver => "taken-over",
            Self::Erased => "erased",
        }
    }

    /// The inverse of [`Unprovisioned::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }

    /// For people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Inactive => "not provisioned: inactive",
            Self::NoEmail => "not provisioned: no email",
            Self::Invited => "not provisioned: invited as a guest",
            Self::TakenOver => "not provisioned: the connection's successor speaks for the person",
            Self::Erased => "not provisioned: the person was erased",
        }
    }
}

/// One directory group as stored, without its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectoryGroup {
    /// The resource id.
    #[serde(skip)]
    pub id: DirectoryGroupId,
    /// Whose directory.
    #[serde(skip)]
    pub connection: ConnectionId,
    /// As stated; `organization:team` maps (GRP-1).
    pub display_name: String,
    /// As stated.
    pub external_id: Option<String>,
    /// The resource as the client wrote it, without members: a JSON object, kept as text.
    #[serde(serialize_with = "as_json")]
    pub document: String,
    /// Where its members go, resolved when the name or the table changed.
    pub targets: Vec<Target>,
    /// How many members it has, of either kind.
    #[serde(skip)]
    pub members: i64,
    /// Whether some of its members are still where its former targets said.
    #[serde(skip)]
    pub moving: bool,
    /// When the resource was made.
    pub created: Timestamp,
    /// When the resource last changed visibly.
    #[serde(skip)]
    pub modified: Timestamp,
    /// Counts visible changes: the entity tag.
    #[serde(skip)]
    pub version: Version,
}

/// What an IdP states about one group, without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStatement {
    /// The resource as the client wrote it, without members.
    pub document: String,
    /// SCIM's `displayName`.
    pub display_name: String,
    /// The client's own id for the group.
    pub external_id: Option<String>,
}

/// A member of a directory group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "id")]
pub enum MemberId {
    /// A person.
    User(DirectoryUserId),
    /// A group in a group: stored and returned, maps nobody (SCIM-3).
    Group(DirectoryGroupId),
}

/// Writes a stored document as the JSON that it is, so that the ledger can tell its attributes apart.
fn as_json<S: serde::Serializer>(document: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_str::<&serde_json::value::RawValue>(document) {
        Ok(json) => json.serialize(serializer),
        Err(_) => serializer.serialize_str(document),
    }
}

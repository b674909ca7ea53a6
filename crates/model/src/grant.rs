//! Grants: the reasons for memberships (GRP-6).

use serde::Serialize;
use uuid::Uuid;

use crate::{
    AccountId, Actor, ConnectionId, GrantId, OrganizationId, RequestId, Rule, Source, TeamId, Timestamp, Version,
};

/// One reason why an account is a member of an organization, and perhaps of a team.
///
/// A person is in a team while one *awake* grant names it, and in the organization while one awake
/// grant names that. A grant is never changed into another: it is given, sleeps, wakes, and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Used once; what the ledger calls it.
    #[serde(skip)]
    pub id: GrantId,
    /// Who.
    #[serde(skip)]
    pub account: AccountId,
    /// Where.
    pub organization: OrganizationId,
    /// Into which team; `None` for the organization alone.
    pub team: Option<TeamId>,
    /// Who says so.
    pub source: Source,
    /// Through which connection, for `sso` and `scim`.
    pub connection: Option<ConnectionId>,
    /// What exactly says so.
    pub origin: Origin,
    /// The rule that gave it.
    pub rule: Rule,
    /// Who acted.
    pub actor: Actor,
    /// In which request.
    pub request: Option<RequestId>,
    /// When.
    pub given: Timestamp,
    /// Asleep: remembered, but no reason to be a member now.
    pub asleep: bool,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// What, within a source and connection, states a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "id")]
pub enum Origin {
    /// The person's own entry: the SCIM user with its `dockerOrg` and `dockerTeam`, the assertion, the
    /// invitation, the owner. For `scim` this is the grant by which the connection *manages* the
    /// membership (SCIM-6).
    Person,
    /// The SCIM user of a membership that the connection does not manage: it may add a team, and
    /// its end ends only that.
    Linked(Uuid),
    /// A directory group.
    Group(Uuid),
    /// A group that an assertion names (JIT-3), beside what it says of the person.
    Asserted,
}

impl Origin {
    /// Kind and id, as two columns.
    #[must_use]
    pub fn columns(self) -> (i64, Uuid) {
        match self {
            Self::Person => (0, Uuid::nil()),
            Self::Linked(user) => (1, user),
            Self::Group(group) => (2, group),
            Self::Asserted => (3, Uuid::nil()),
        }
    }

    /// The inverse of [`Origin::columns`].
    #[must_use]
    pub fn from_columns(kind: i64, id: Uuid) -> Option<Self> {
        match kind {
            0 => Some(Self::Person),
            1 => Some(Self::Linked(id)),
            2 => Some(Self::Group(id)),
            3 => Some(Self::Asserted),
            _ => None,
        }
    }
}

impl Grant {
    /// Whether this is the grant by which `connection` manages the membership (SCIM-6).
    #[must_use]
    pub fn manages(&self, connection: ConnectionId) -> bool {
        self.is_managing() && self.connection == Some(connection)
    }

    /// Whether some connection manages the membership by this grant.
    #[must_use]
    pub fn is_managing(&self) -> bool {
        self.source == Source::Scim && self.origin == Origin::Person
    }
}

//! Companies, organizations and teams.

use serde::Serialize;

use crate::{AccountId, CompanyId, ConnectionId, OrganizationId, TeamId, Timestamp, Version};

/// A parent of organizations; may own domains and connections for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Company {
    /// Stable id.
    #[serde(skip)]
    pub id: CompanyId,
    /// Unique, in lower case.
    pub name: String,
    /// Who owns all its organizations (ORG-1), by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<AccountId>,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// Has members, teams, seats and settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// Stable id.
    #[serde(skip)]
    pub id: OrganizationId,
    /// The slug: unique, in lower case (ACC-3).
    pub name: String,
    /// The company it belongs to, if any.
    pub company: Option<CompanyId>,
    /// How many memberships and pending invitations fit; `None` is unlimited (SCIM-9).
    pub seats: Option<i64>,
    /// Connections of other holders that may cover it, by the word of its owners (TEN-1); in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<ConnectionId>,
    /// When it was made.
    pub created: Timestamp,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// A named set of members of one organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Team {
    /// Stable id.
    #[serde(skip)]
    pub id: TeamId,
    /// Whose team.
    pub organization: OrganizationId,
    /// Unique in the organization, in lower case.
    pub name: String,
    /// What owners say it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Small number, unique in the organization; the management API shows it as the id.
    pub number: i64,
    /// When an owner deleted it; its names stay its own (ACC-3), so a push revives it (GRP-5).
    pub ended: Option<Timestamp>,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

//! Invitations to an organization (ORG-3).

use serde::Serialize;

use crate::{ConnectionId, DirectoryUserId, Email, InvitationId, OrganizationId, Role, TeamId, Timestamp, Version};

/// A pending invitation. It holds a seat (SCIM-9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// Stable id.
    #[serde(skip)]
    pub id: InvitationId,
    /// To where.
    #[serde(skip)]
    pub organization: OrganizationId,
    /// Whom.
    pub email: Email,
    /// The team that comes with it.
    pub team: Option<TeamId>,
    /// The role that comes with it.
    pub role: Role,
    /// Set when a connection's directory invited a guest (`other_domains`, SCIM-10).
    pub connection: Option<ConnectionId>,
    /// The directory user that it stands for, then.
    pub directory_user: Option<DirectoryUserId>,
    /// After this it no longer counts.
    pub expires: Timestamp,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

//! Invitations to an organization (ORG-3).

use serde::Serialize;

use crate::{
    AccountId, ConnectionId, DirectoryUserId, Email, InvitationId, OrganizationId, Role, TeamId, Timestamp, Version,
};

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
    /// The account that a username meant when it was sent: then nobody else can accept, and whoever sent it never learns
    /// the address (TEN-3).
    pub account: Option<AccountId>,
    /// The owner who invited the person; `None` for the operator and for directories.
    pub inviter: Option<AccountId>,
    /// Whether following the link shows that the invited address is one's own (ACC-1): it went to nobody but that mailbox, or
    /// whoever passes it on may vouch for the address.
    pub confirms: bool,
    /// Set when a connection's directory invited a guest (`other_domains`, SCIM-10).
    pub connection: Option<ConnectionId>,
    /// The directory user that it stands for, then.
    pub directory_user: Option<DirectoryUserId>,
    /// When it was sent, or sent again.
    pub sent: Timestamp,
    /// From then on it no longer counts.
    pub expires: Timestamp,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

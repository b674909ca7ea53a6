//! What can happen in a year, in words that the engine and the model share: people by address, SCIM resources by the
//! order in which they were made.

use std::collections::BTreeMap;

use muster_model::Role;

/// The organizations that connections cover.
pub(super) const ORGANIZATIONS: [&str; 2] = ["moby", "whale"];

/// What there is of identity providers, and how each is connected.
pub(super) struct Directory {
    pub name: &'static str,
    /// Where people go whom nothing else places.
    pub default: Organization,
    /// Whether it has the mapping table (GRP-8).
    pub table: bool,
    /// `membership_follows_groups` (GRP-7).
    pub follows_groups: bool,
}

/// The first is replaced by the second, its successor (SSO-12); the third goes on beside them (SCIM-8).
pub(super) const DIRECTORIES: [Directory; 3] = [
    Directory { name: "okta", default: 0, table: true, follows_groups: false },
    Directory { name: "entra", default: 0, table: true, follows_groups: false },
    Directory { name: "jump", default: 1, table: false, follows_groups: true },
];
pub(super) const OKTA: Connection = 0;
pub(super) const ENTRA: Connection = 1;
pub(super) const JUMP: Connection = 2;

/// How long an invitation is valid, in days (ORG-3).
pub(super) const INVITED_FOR: u64 = 14;

/// The how-manieth organization.
pub(super) type Organization = usize;
/// The how-manieth connection.
pub(super) type Connection = usize;
/// The how-manieth directory user that was ever made, by whichever connection.
pub(super) type User = usize;
/// The how-manieth directory group that was ever made.
pub(super) type Group = usize;

/// What an identity provider says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub user_name: String,
    pub name: Option<String>,
    pub active: bool,
    pub organization: Option<String>,
    pub team: Option<String>,
    pub role: Option<Role>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    CreateUser {
        by: Connection,
        said: Said,
    },
    PutUser {
        user: User,
        said: Said,
    },
    DeleteUser {
        user: User,
    },
    CreateGroup {
        by: Connection,
        name: String,
        members: Vec<User>,
    },
    ChangeMembers {
        group: Group,
        add: Vec<User>,
        remove: Vec<User>,
    },
    RenameGroup {
        group: Group,
        name: String,
    },
    DeleteGroup {
        group: Group,
    },
    /// An owner approves or rejects what the mass-change guard holds of a connection.
    Decide {
        by: Connection,
        approve: bool,
    },
    /// An account that exists before any identity provider speaks of it.
    SignUp {
        email: String,
    },
    SetMember {
        at: Organization,
        email: String,
        role: Role,
    },
    RemoveMember {
        at: Organization,
        email: String,
        block: bool,
    },
    AddToTeam {
        at: Organization,
        email: String,
        team: String,
    },
    RenameTeam {
        at: Organization,
        team: String,
        name: String,
    },
    DeleteTeam {
        at: Organization,
        team: String,
    },
    Invite {
        at: Organization,
        email: String,
        team: Option<String>,
        role: Role,
    },
    Seats {
        at: Organization,
        seats: usize,
    },
    Scim {
        connection: Connection,
        on: bool,
    },
    /// Names the second connection the successor of the first.
    Succeed,
}

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    ScimDisabled,
    NotFound,
    UserNameTaken,
    GroupNameTaken,
    EmailTaken,
    Domain,
    Organization,
    NoSeat,
    LastOwner,
    Name,
    Invalid,
    /// By the mass-change guard (MIG-3).
    Held,
}

/// What anybody can see of one person in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    In {
        role: Role,
        demotion_waits: bool,
        teams: Vec<String>,
    },
    /// The last owner, deactivated: on record without access (ORG-1).
    Kept,
    Waiting,
    /// Was in, or was kept out by an owner.
    Out {
        blocked: bool,
    },
}

/// What a user reads back as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadBack {
    pub user_name: String,
    pub active: bool,
    /// The email and the full name of the account that it provisioned.
    pub account: Option<(String, String)>,
    pub groups: Vec<String>,
}

/// The state of the world, as far as it can be seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// By organization and email; who was never there is absent.
    pub places: BTreeMap<(&'static str, String), Place>,
    /// By organization: memberships and pending invitations.
    pub seats: Vec<usize>,
    /// By the order in which users were made; `None`: deleted.
    pub users: Vec<Option<ReadBack>>,
    /// Names and members of groups, in the order in which they were made.
    pub groups: Vec<Option<(String, Vec<User>)>>,
}

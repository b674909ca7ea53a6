//! What an identity provider wants done, whoever it is: one change to one person or group.
//!
//! [`Idp::steps`](crate::Idp::steps) says it in that IdP's own requests.

use crate::directory::{Group, Person};

/// One change that somebody made in the IdP, to be told to the service provider.
#[derive(Debug, Clone, Copy)]
pub enum Intent<'d> {
    /// An administrator connects the application. Some IdPs make a test user for that.
    Connect(&'d Person),
    /// A person is assigned: found, or else created.
    Provision(&'d Person),
    /// A person's profile has changed, the user name perhaps included.
    Update {
        /// As the service provider has it.
        before: &'d Person,
        /// As it should be.
        after: &'d Person,
    },
    /// A person is unassigned or suspended, or is back.
    SetActive {
        /// Who.
        person: &'d Person,
        /// Whether the person is to be active.
        active: bool,
    },
    /// A person is gone for good.
    Delete(&'d Person),
    /// A group is pushed for the first time, still without members.
    CreateGroup(&'d Group),
    /// People leave and join a group.
    ChangeMembers {
        /// The group.
        group: &'d Group,
        /// Those who leave.
        leaving: &'d [Person],
        /// Those who join.
        joining: &'d [Person],
        /// All that are then in it; needed only where [`Idp::writes_whole_groups`](crate::Idp::writes_whole_groups).
        members: &'d [Person],
    },
    /// A group has a new name.
    RenameGroup {
        /// The group, by its former name.
        group: &'d Group,
        /// The new name.
        name: &'d str,
        /// Its members; needed only where [`Idp::writes_whole_groups`](crate::Idp::writes_whole_groups).
        members: &'d [Person],
    },
    /// A group is no longer pushed.
    DeleteGroup(&'d Group),
}

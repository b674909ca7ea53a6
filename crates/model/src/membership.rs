//! Memberships: account x organization, with a role.

use serde::{Deserialize, Serialize};

use crate::{AccountId, ConnectionId, Layers, OrganizationId, Role, Timestamp, Version};

/// That an account belongs, belonged, or waits to belong to an organization.
///
/// It says *that*; the [`Grant`](crate::Grant)s say *why*. The row outlives the membership, so that
/// what ended it is still known when someone tries to come back (JIT-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// Where.
    #[serde(skip)]
    pub organization: OrganizationId,
    /// Who.
    #[serde(skip)]
    pub account: AccountId,
    /// The effective role, after precedence and cap.
    pub role: Role,
    /// Who says what the role is.
    pub roles: Layers<Role>,
    /// Whether it gives access.
    pub state: MembershipState,
    /// Set by an owner when removing: nothing but an owner brings this person back (ORG-2).
    pub blocked: bool,
    /// The email domain is none of the organization's verified ones (ORG-8).
    pub guest: bool,
    /// The last owner: a demotion is recorded, and applies itself once another owner exists (ORG-1).
    pub role_kept: bool,
    /// Whether sources disagree about the role (PRE-3).
    pub conflict: bool,
    /// When the present membership began.
    pub joined: Timestamp,
    /// When the last one stopped giving access; `None` while it does. What a directory has ended it may end more
    /// thoroughly later: that does not move this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

impl Membership {
    /// Whether the person is in, as far as anybody outside can see.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == MembershipState::Active
    }

    /// Whether it takes a seat (SCIM-9).
    #[must_use]
    pub fn takes_seat(&self) -> bool {
        matches!(self.state, MembershipState::Active | MembershipState::Kept { .. })
    }

    /// Whether this is an owner on record (ORG-1).
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.role == Role::Owner && self.takes_seat()
    }
}

/// What a membership gives, and if it gives nothing, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum MembershipState {
    /// In.
    Active,
    /// Wanted by a group, but no seat is free; begins by itself when one is (SCIM-9).
    Waiting,
    /// The last owner, deactivated by SCIM: no access, but on record until another owner exists (ORG-1).
    Kept {
        /// Which connection ended it.
        by: ConnectionId,
    },
    /// Deactivated by SCIM: everything is remembered and comes back (SCIM-5).
    Asleep {
        /// Which connection ended it.
        by: ConnectionId,
    },
    /// Over.
    Ended {
        /// By what.
        why: Ending,
        /// Which connection's directory ended it, also if somebody has removed the person by hand since.
        by: Option<ConnectionId>,
    },
}

/// What ended a membership for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The SCIM user was deleted, or moved to another organization.
    Scim,
    /// The last group of the connection went, with `membership_follows_groups` (GRP-7).
    Groups,
    /// An owner or the operator removed the person.
    Removed,
    /// The person left.
    Left,
    /// The last grant ended in another way.
    NoGrant,
    /// The account or the organization ended.
    Erased,
}

impl Ending {
    const ALL: [Self; 6] = [Self::Scim, Self::Groups, Self::Removed, Self::Left, Self::NoGrant, Self::Erased];

    /// The word in SQL and pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scim => "scim",
            Self::Groups => "groups",
            Self::Removed => "removed",
            Self::Left => "left",
            Self::NoGrant => "no-grant",
            Self::Erased => "erased",
        }
    }

    /// The inverse of [`Ending::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == text)
    }
}

impl MembershipState {
    /// Which connection's directory ended a membership, or put it to sleep (JIT-10).
    #[must_use]
    pub fn ended_by(self) -> Option<ConnectionId> {
        match self {
            Self::Asleep { by } | Self::Kept { by } => Some(by),
            Self::Ended { by, .. } => by,
            Self::Active | Self::Waiting => None,
        }
    }

    /// Whether an owner or the operator has removed the person.
    #[must_use]
    pub fn is_by_hand(self) -> bool {
        matches!(self, Self::Ended { why: Ending::Removed, .. })
    }

    /// State, reason and connection as three columns.
    #[must_use]
    pub fn columns(self) -> (&'static str, Option<&'static str>, Option<ConnectionId>) {
        match self {
            Self::Active => ("active", None, None),
            Self::Waiting => ("waiting", None, None),
            Self::Kept { by } => ("kept", None, Some(by)),
            Self::Asleep { by } => ("asleep", None, Some(by)),
            Self::Ended { why, by } => ("ended", Some(why.as_str()), by),
        }
    }

    /// The inverse of [`MembershipState::columns`]; `None` for a triple that it never makes.
    #[must_use]
    pub fn from_columns(state: &str, why: Option<&str>, by: Option<ConnectionId>) -> Option<Self> {
        Some(match (state, why, by) {
            ("active", ..) => Self::Active,
            ("waiting", ..) => Self::Waiting,
            ("kept", _, Some(by)) => Self::Kept { by },
            ("asleep", _, Some(by)) => Self::Asleep { by },
            ("ended", Some(why), by) => Self::Ended { why: Ending::parse(why)?, by },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_state_survives_its_columns() {
        let by = ConnectionId(Uuid::from_u128(7));
        let mut states = vec![
            MembershipState::Active,
            MembershipState::Waiting,
            MembershipState::Kept { by },
            MembershipState::Asleep { by },
        ];
        states.extend(Ending::ALL.map(|why| MembershipState::Ended { why, by: Some(by) }));
        for state in states {
            let (word, why, by) = state.columns();
            assert_eq!(MembershipState::from_columns(word, why, by), Some(state));
        }
        assert_eq!(MembershipState::from_columns("asleep", None, None), None);
    }
}

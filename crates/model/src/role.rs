//! Roles in an organization (ORG-1).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a member may do in an organization; ordered by power.
///
/// Company owners are not here: no identity provider gives that role (ORG-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees.
    #[default]
    Member,
    /// Manages content.
    Editor,
    /// Manages everything.
    Owner,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Editor, Self::Owner];

    /// The word used in attributes, SQL and pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not one of the three roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a role: use member, editor or owner")]
pub struct UnknownRole(pub String);

/// Compared without case, as identity providers send it (JIT-5).
impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_by_power_and_read_without_case() {
        assert!(Role::Member < Role::Editor && Role::Editor < Role::Owner);
        assert_eq!(" Owner ".parse(), Ok(Role::Owner));
        assert!("admin".parse::<Role>().is_err());
    }
}

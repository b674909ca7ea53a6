//! Striped counters: read as a sum, raised in one stripe, so that writers do not queue for one row.

use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// What is counted; the scope says of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Directory users of a connection.
    Users,
    /// Directory groups of a connection.
    Groups,
    /// How often a directory user or group of a connection was deleted; never falls.
    Deletes,
    /// Memberships of an organization that take a seat.
    Members,
    /// Members of a team.
    TeamMembers,
    /// Pending invitations of an organization.
    Invitations,
    /// Owners on record of an organization.
    Owners,
    /// Bytes of a connection's request log, as far as they are counted (SCIM-11).
    LogBytes,
}

impl Counter {
    fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Deletes => "deletes",
            Self::Members => "members",
            Self::TeamMembers => "team_members",
            Self::Invitations => "invitations",
            Self::Owners => "owners",
            Self::LogBytes => "log_bytes",
        }
    }
}

impl Conn<'_> {
    /// The present count.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn count(&mut self, scope: Uuid, counter: Counter) -> Result<i64, StoreError> {
        self.one(
            "SELECT CAST(coalesce(sum(value), 0) AS BIGINT) FROM counters WHERE scope = ?1 AND name = ?2",
            vals![scope, counter.as_str()],
            |row| row.get(0),
        )
    }
}

impl Conn<'_> {
    /// The present count of every scope that has one.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn counts(&mut self, counter: Counter) -> Result<Vec<(Uuid, i64)>, StoreError> {
        self.query(
            "SELECT scope, CAST(sum(value) AS BIGINT) FROM counters WHERE name = ?1 GROUP BY scope ORDER BY scope",
            vals![counter.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}

impl Tx<'_> {
    /// Raises (or lowers) a count.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn add_to_count(&mut self, scope: Uuid, counter: Counter, by: i64) -> Result<(), StoreError> {
        let stripe = self.stripe();
        self.put(
            "INSERT INTO counters (scope, name, stripe, value) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (scope, name, stripe) DO UPDATE SET value = counters.value + excluded.value",
            vals![scope, counter.as_str(), stripe, by],
            Expect::Any,
        )
    }
}

//! Duties: work that any node may do, and one does at a time. They are rows of `jobs` that stay.

use muster_model::{Stream, Timestamp};
use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// A duty. Its row holds how far it has come, as text of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Removing what has been kept long enough.
    Retention,
    /// Telling owners which certificates end (SSO-8).
    Certificates,
    /// Sending the activity log on (ORG-9).
    Stream(Stream),
    /// Giving what happened its number, once it is committed.
    Publishing,
}

impl Duty {
    fn as_str(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Certificates => "certificates",
            Self::Stream(_) => "stream",
            Self::Publishing => "publishing",
        }
    }

    /// The same in every installation.
    fn id(self) -> Uuid {
        match self {
            Self::Retention => Uuid::from_u128(1),
            Self::Certificates => Uuid::from_u128(2),
            Self::Stream(Stream::File) => Uuid::from_u128(3),
            Self::Stream(Stream::Syslog) => Uuid::from_u128(4),
            Self::Stream(Stream::Webhook) => Uuid::from_u128(5),
            Self::Publishing => Uuid::from_u128(6),
        }
    }
}

impl Tx<'_> {
    /// Takes a duty for a node until `until`, and holds its row until the end of the transaction; answers how far it has
    /// come, which is empty at first. `None` when it is not due, or another node has it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn take_duty(
        &mut self,
        duty: Duty,
        node: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        self.put(
            "INSERT INTO jobs (id, queue, run_at, lease_owner, lease_until, attempts, payload) \
             VALUES (?1, ?2, ?3, NULL, NULL, 0, '') ON CONFLICT (id) DO NOTHING",
            vals![duty.id(), duty.as_str(), now],
            Expect::Any,
        )?;
        let taken = self.query_returning(
            "UPDATE jobs SET lease_owner = ?2, lease_until = ?3, attempts = attempts + 1 \
             WHERE id = ?1 AND run_at <= ?4 AND (lease_until IS NULL OR lease_until <= ?4 OR lease_owner = ?2) \
             RETURNING payload",
            vals![duty.id(), node, until, now],
            |row| row.get(0),
        )?;
        Ok(taken.into_iter().next())
    }

    /// Notes how far a duty that this transaction took has come.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_duty(&mut self, duty: Duty, state: &str) -> Result<(), StoreError> {
        self.put("UPDATE jobs SET payload = ?2 WHERE id = ?1", vals![duty.id(), state], Expect::One)
    }

    /// Gives a duty that this transaction took back; it is due again at `next`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn finish_duty(&mut self, duty: Duty, next: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE jobs SET run_at = ?2, lease_owner = NULL, lease_until = NULL, attempts = 0 WHERE id = ?1";
        self.put(sql, vals![duty.id(), next], Expect::One)
    }

    /// Forgets how far a duty has come, as if nobody had ever taken it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_duty(&mut self, duty: Duty) -> Result<(), StoreError> {
        self.put("DELETE FROM jobs WHERE id = ?1", vals![duty.id()], Expect::Any)
    }
}

impl Conn<'_> {
    /// How far a duty has come; empty if nobody ever took it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn duty_state(&mut self, duty: Duty) -> Result<String, StoreError> {
        let state = self.opt("SELECT payload FROM jobs WHERE id = ?1", vals![duty.id()], |row| row.get(0))?;
        Ok(state.unwrap_or_default())
    }

    /// Whether somebody who takes a duty now would get it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn duty_is_due(&mut self, duty: Duty, now: Timestamp) -> Result<bool, StoreError> {
        let taken = "SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?1 AND (run_at > ?2 OR lease_until > ?2))";
        self.one(taken, vals![duty.id(), now], |row| row.get::<bool>(0)).map(|taken| !taken)
    }
}

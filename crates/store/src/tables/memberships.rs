//! Memberships.

use muster_model::{AccountId, ConnectionId, Membership, MembershipState, OrganizationId, Role, Timestamp};
use uuid::Uuid;

use super::{corrupt, from_json, json, pad, placeholders, word};
use crate::{Conn, Expect, Row, StoreError, Tx, Val, vals};

const TABLE: &str = "memberships";
pub(super) const COLUMNS: &str = "account, organization, role, roles, state, why, by_connection, blocked, guest, role_kept, conflict, joined, ended, \
                       version";

pub(super) fn membership(row: &Row<'_>) -> Result<Membership, StoreError> {
    let (state, why): (String, Option<String>) = (row.get(4)?, row.get(5)?);
    let by = row.get::<Option<Uuid>>(6)?.map(ConnectionId);
    Ok(Membership {
        account: AccountId(row.get(0)?),
        organization: OrganizationId(row.get(1)?),
        role: word(row, 2, TABLE, |text| text.parse::<Role>().ok())?,
        roles: from_json(row, 3, TABLE)?,
        state: MembershipState::from_columns(&state, why.as_deref(), by).ok_or_else(|| corrupt(row, TABLE))?,
        blocked: row.get(7)?,
        guest: row.get(8)?,
        role_kept: row.get(9)?,
        conflict: row.get(10)?,
        joined: Timestamp(row.get(11)?),
        ended: row.get::<Option<i64>>(12)?.map(Timestamp),
        version: row.get(13)?,
    })
}

impl Conn<'_> {
    /// All memberships of an account, ended ones too; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn memberships_of(&mut self, account: AccountId) -> Result<Vec<Membership>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM memberships WHERE account = ?1 ORDER BY organization{}", self.for_update());
        self.query(&sql, vals![account], membership)
    }

    /// The memberships of several accounts in one organization; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn memberships_in(
        &mut self,
        organization: OrganizationId,
        accounts: &[AccountId],
    ) -> Result<Vec<Membership>, StoreError> {
        let mut vals = vec![organization.into()];
        pad(&mut vals, accounts.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT {COLUMNS} FROM memberships WHERE organization = ?1 AND account IN {} ORDER BY account{}",
            placeholders(2, accounts.len()),
            self.for_update()
        );
        self.query(&sql, vals, membership)
    }

    /// The memberships of an organization's owners on record, by account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn owners(&mut self, organization: OrganizationId) -> Result<Vec<Membership>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM memberships WHERE organization = ?1 AND role <> 'member' AND role = 'owner' \
             AND state IN ('active', 'kept') ORDER BY account"
        );
        self.query(&sql, vals![organization], membership)
    }

    /// A page of an organization's memberships in any state, by account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn memberships_page(
        &mut self,
        organization: OrganizationId,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<Membership>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM memberships WHERE organization = ?1 AND account > ?2 ORDER BY account LIMIT ?3"
        );
        self.query(&sql, vals![organization, after, limit], membership)
    }

    /// A page of those who are deactivated by a directory (SCIM-5) or wait for a seat (SCIM-9), after `after`, by account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn suspended_page(
        &mut self,
        organization: OrganizationId,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<Membership>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM memberships WHERE organization = ?1 AND account > ?2 AND state IN ('asleep', 'waiting') \
             ORDER BY account LIMIT ?3"
        );
        self.query(&sql, vals![organization, after, limit], membership)
    }

    /// Where an account is an active member, by the organization's name: that, the role, whether as a guest; at most `limit`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn places_of(
        &mut self,
        account: AccountId,
        only: Option<OrganizationId>,
        limit: i64,
    ) -> Result<Vec<(OrganizationId, String, Role, bool)>, StoreError> {
        let within = if only.is_some() { "AND m.organization = ?3" } else { "" };
        let sql = format!(
            "SELECT o.id, o.name, m.role, m.guest FROM memberships m JOIN organizations o ON o.id = m.organization \
             WHERE m.account = ?1 AND m.state = 'active' AND o.ended IS NULL {within} ORDER BY o.name LIMIT ?2"
        );
        let mut vals = vals![account, limit].to_vec();
        vals.extend(only.map(Val::from));
        self.query(&sql, vals, |row| {
            Ok((
                OrganizationId(row.get(0)?),
                row.get(1)?,
                word(row, 2, TABLE, |text| text.parse::<Role>().ok())?,
                row.get(3)?,
            ))
        })
    }

    /// The teams in which an account is, with their organizations, at most `limit`; in one of these alone, or in all.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn teams_of_account(
        &mut self,
        account: AccountId,
        only: Option<OrganizationId>,
        limit: i64,
    ) -> Result<Vec<(OrganizationId, String)>, StoreError> {
        let within = if only.is_some() { "AND g.organization = ?3" } else { "" };
        let sql = format!(
            "SELECT DISTINCT g.organization, t.name FROM grants g JOIN teams t ON t.id = g.team \
             WHERE g.account = ?1 AND NOT g.asleep AND t.ended IS NULL {within} ORDER BY g.organization, t.name LIMIT ?2"
        );
        let mut vals = vals![account, limit].to_vec();
        vals.extend(only.map(Val::from));
        self.query(&sql, vals, |row| Ok((OrganizationId(row.get(0)?), row.get(1)?)))
    }

    /// The memberships of an organization that an owner has blocked (ORG-2), by account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn blocked_memberships(
        &mut self,
        organization: OrganizationId,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<Membership>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM memberships WHERE organization = ?1 AND account > ?2 AND blocked ORDER BY account LIMIT ?3"
        );
        self.query(&sql, vals![organization, after, limit], membership)
    }

    /// The memberships of several accounts about whose role sources disagree (PRE-3), by account and organization.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn memberships_in_conflict(&mut self, accounts: &[AccountId]) -> Result<Vec<Membership>, StoreError> {
        let mut vals = Vec::new();
        pad(&mut vals, accounts.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT {COLUMNS} FROM memberships WHERE conflict AND account IN {} ORDER BY account, organization",
            placeholders(1, accounts.len())
        );
        self.query(&sql, vals, membership)
    }

    /// Memberships of an organization that wait: for another owner (ORG-1), then those that wait
    /// for a seat (SCIM-9); oldest first, held
    /// until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn unsettled_memberships(
        &mut self,
        organization: OrganizationId,
        limit: i64,
    ) -> Result<Vec<Membership>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM memberships WHERE organization = ?1 \
             AND (state IN ('waiting', 'kept') OR role_kept) \
             ORDER BY CASE state WHEN 'waiting' THEN 1 ELSE 0 END, joined, account LIMIT ?2{}",
            self.for_update()
        );
        self.query(&sql, vals![organization, limit], membership)
    }
}

impl Tx<'_> {
    /// Adds a membership.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if there is one.
    pub fn insert_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        let (state, why, by) = membership.state.columns();
        self.put(
            "INSERT INTO memberships (account, organization, role, roles, state, why, by_connection, blocked, guest, \
             role_kept, conflict, joined, ended, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            vals![
                membership.account,
                membership.organization,
                membership.role.as_str(),
                json(&membership.roles)?,
                state,
                why,
                by,
                membership.blocked,
                membership.guest,
                membership.role_kept,
                membership.conflict,
                membership.joined,
                membership.ended,
                membership.version,
            ],
            Expect::Any,
        )
    }

    /// Stores a membership whose version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn update_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        let (state, why, by) = membership.state.columns();
        self.put(
            "UPDATE memberships SET role = ?3, roles = ?4, state = ?5, why = ?6, by_connection = ?7, blocked = ?8, \
             guest = ?9, role_kept = ?10, conflict = ?11, joined = ?12, ended = ?13, version = ?14 \
             WHERE account = ?1 AND organization = ?2 AND version = ?15",
            vals![
                membership.account,
                membership.organization,
                membership.role.as_str(),
                json(&membership.roles)?,
                state,
                why,
                by,
                membership.blocked,
                membership.guest,
                membership.role_kept,
                membership.conflict,
                membership.joined,
                membership.ended,
                membership.version,
                membership.version - 1,
            ],
            Expect::One,
        )
    }
}

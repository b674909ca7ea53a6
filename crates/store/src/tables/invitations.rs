//! Invitations.

use muster_model::{
    ConnectionId, DirectoryUserId, Email, Invitation, InvitationId, OrganizationId, Role, TeamId, Timestamp,
};
use uuid::Uuid;

use super::word;
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "invitations";
const COLUMNS: &str = "id, organization, email, team, role, connection, directory_user, expires, version";

fn invitation(row: &Row<'_>) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: InvitationId(row.get(0)?),
        organization: OrganizationId(row.get(1)?),
        email: word(row, 2, TABLE, |text| Email::parse(text).ok())?,
        team: row.get::<Option<Uuid>>(3)?.map(TeamId),
        role: word(row, 4, TABLE, |text| text.parse::<Role>().ok())?,
        connection: row.get::<Option<Uuid>>(5)?.map(ConnectionId),
        directory_user: row.get::<Option<Uuid>>(6)?.map(DirectoryUserId),
        expires: Timestamp(row.get(7)?),
        version: row.get(8)?,
    })
}

impl Conn<'_> {
    /// The pending invitation of this address to an organization, expired ones included; held until the end of the
    /// transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn pending_invitation(
        &mut self,
        organization: OrganizationId,
        email: &Email,
    ) -> Result<Option<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE organization = ?1 AND email_key = ?2 AND ended IS NULL{}",
            self.for_update()
        );
        self.opt(&sql, vals![organization, email.key()], invitation)
    }

    /// The pending invitation that stands for a directory user (SCIM-10).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn invitation_of_directory_user(&mut self, user: DirectoryUserId) -> Result<Option<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE directory_user = ?1 AND ended IS NULL{}",
            self.for_update()
        );
        self.opt(&sql, vals![user], invitation)
    }

    /// The invitations that have expired by now and have not ended, those first that expired first; held until the end of
    /// the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn expired_invitations(&mut self, now: Timestamp, limit: i64) -> Result<Vec<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE expires <= ?1 AND ended IS NULL ORDER BY expires, id LIMIT ?2{}",
            self.for_update()
        );
        self.query(&sql, vals![now, limit], invitation)
    }

    /// Every pending invitation to an organization, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn pending_invitations(&mut self, organization: OrganizationId) -> Result<Vec<Invitation>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM invitations WHERE organization = ?1 AND ended IS NULL ORDER BY id");
        self.query(&sql, vals![organization], invitation)
    }
}

impl Tx<'_> {
    /// Adds an invitation.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if this address has a pending one to the organization.
    pub fn insert_invitation(&mut self, invitation: &Invitation, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO invitations (id, organization, email, email_key, account, team, role, token_hash, connection, \
             directory_user, invited_by, created, expires, ended, outcome, version) \
             VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, NULL, ?7, ?8, NULL, ?9, ?10, NULL, NULL, ?11)",
            vals![
                invitation.id,
                invitation.organization,
                invitation.email.as_str(),
                invitation.email.key(),
                invitation.team,
                invitation.role.as_str(),
                invitation.connection,
                invitation.directory_user,
                at,
                invitation.expires,
                invitation.version,
            ],
            Expect::Any,
        )
    }

    /// Ends an invitation: `accepted`, `cancelled`, `declined` or `expired`. Its version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it ended meanwhile.
    pub fn end_invitation(&mut self, invitation: &Invitation, outcome: &str, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "UPDATE invitations SET ended = ?2, outcome = ?3, version = ?4 WHERE id = ?1 AND version = ?5 AND ended IS NULL",
            vals![invitation.id, at, outcome, invitation.version, invitation.version - 1],
            Expect::One,
        )
    }
}

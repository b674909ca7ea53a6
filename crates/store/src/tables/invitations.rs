//! Invitations.

use muster_model::{
    AccountId, ConnectionId, DirectoryUserId, Email, Invitation, InvitationId, OrganizationId, Role, TeamId, Timestamp,
};
use uuid::Uuid;

use super::{MEMBERS_COUNTED, beyond, pad, placeholders, word};
use crate::{Conn, Expect, Row, StoreError, Tx, Val, vals};

const TABLE: &str = "invitations";
const COLUMNS: &str = "id, organization, email, team, role, account, inviter, confirms, connection, directory_user, sent, expires, version";

fn invitation(row: &Row<'_>) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: InvitationId(row.get(0)?),
        organization: OrganizationId(row.get(1)?),
        email: word(row, 2, TABLE, |text| Email::parse(text).ok())?,
        team: row.get::<Option<Uuid>>(3)?.map(TeamId),
        role: word(row, 4, TABLE, |text| text.parse::<Role>().ok())?,
        account: row.get::<Option<Uuid>>(5)?.map(AccountId),
        inviter: row.get::<Option<Uuid>>(6)?.map(AccountId),
        confirms: row.get(7)?,
        connection: row.get::<Option<Uuid>>(8)?.map(ConnectionId),
        directory_user: row.get::<Option<Uuid>>(9)?.map(DirectoryUserId),
        sent: Timestamp(row.get(10)?),
        expires: Timestamp(row.get(11)?),
        version: row.get(12)?,
    })
}

/// Which of those who are invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InviteeSearch<'s> {
    /// Whose invitation counts then.
    pub now: Timestamp,
    /// Those with this role, if one is given.
    pub role: Option<Role>,
    /// Those who were invited by an address that begins with this, in lower case.
    pub prefix: Option<&'s str>,
}

impl InviteeSearch<'_> {
    /// As a condition, and its values.
    fn which(self, organization: OrganizationId) -> (String, Vec<Val>) {
        let mut vals = vals![organization, self.now].to_vec();
        let mut which = "organization = ?1 AND ended IS NULL AND expires > ?2".to_owned();
        if let Some(role) = self.role {
            vals.push(Val::from(role.as_str()));
            which.push_str(&format!(" AND role = ?{}", vals.len()));
        }
        if let Some(prefix) = self.prefix {
            vals.extend([Val::from(prefix), Val::from(beyond(prefix))]);
            let end = vals.len();
            which.push_str(&format!(" AND account IS NULL AND email_key >= ?{} AND email_key < ?{end}", end - 1));
        }
        (which, vals)
    }
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

    /// The pending invitations of these addresses to any organization, expired ones included; held until the end of the
    /// transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn pending_invitations_of(&mut self, keys: &[String]) -> Result<Vec<Invitation>, StoreError> {
        let mut vals = Vec::new();
        pad(&mut vals, keys.iter().map(|key| Val::Text(key.clone())));
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE email_key IN {} AND ended IS NULL ORDER BY id{}",
            placeholders(1, keys.len()),
            self.for_update()
        );
        self.query(&sql, vals, invitation)
    }

    /// The pending invitations of an address to any organization that have not expired, to be read only.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn live_invitations_of(&mut self, key: &str, now: Timestamp) -> Result<Vec<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE email_key = ?1 AND ended IS NULL AND expires > ?2 ORDER BY id"
        );
        self.query(&sql, vals![key, now], invitation)
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

    /// The pending invitation with this id to an organization, expired ones included; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn invitation(
        &mut self,
        organization: OrganizationId,
        id: InvitationId,
    ) -> Result<Option<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE organization = ?1 AND id = ?2 AND ended IS NULL{}",
            self.for_update()
        );
        self.opt(&sql, vals![organization, id], invitation)
    }

    /// The pending invitation whose link has this SHA-256, expired ones included; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn invitation_by_link(&mut self, hash: &[u8; 32]) -> Result<Option<Invitation>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM invitations WHERE token_hash = ?1 AND ended IS NULL{}", self.for_update());
        self.opt(&sql, vals![hash.as_slice()], invitation)
    }

    /// How the invitation whose link has this SHA-256 ended, and to which organization it was; `None` while it has not.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ended_invitation_by_link(
        &mut self,
        hash: &[u8; 32],
    ) -> Result<Option<(OrganizationId, String)>, StoreError> {
        let sql = "SELECT organization, outcome FROM invitations WHERE token_hash = ?1 AND ended IS NOT NULL";
        self.opt(sql, vals![hash.as_slice()], |row| {
            Ok((OrganizationId(row.get(0)?), row.get::<Option<String>>(1)?.unwrap_or_default()))
        })
    }

    /// Pending invitations that count at `now` and have no link, those first that were made first; held until the end of the
    /// transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn invitations_without_link(&mut self, now: Timestamp, limit: i64) -> Result<Vec<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE token_hash IS NULL AND ended IS NULL AND expires > ?1 \
             ORDER BY id LIMIT ?2{}",
            self.for_update()
        );
        self.query(&sql, vals![now, limit], invitation)
    }

    /// The organization of a pending invitation, expired or not.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn organization_of_invitation(&mut self, id: InvitationId) -> Result<Option<OrganizationId>, StoreError> {
        let sql = "SELECT organization FROM invitations WHERE id = ?1 AND ended IS NULL";
        self.opt(sql, vals![id], |row| Ok(OrganizationId(row.get(0)?)))
    }

    /// A page of the pending invitations to an organization after one of them, by id; expired ones included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn pending_invitations_after(
        &mut self,
        organization: OrganizationId,
        after: InvitationId,
        limit: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE organization = ?1 AND id > ?2 AND ended IS NULL \
             ORDER BY id LIMIT ?3"
        );
        self.query(&sql, vals![organization, after, limit], invitation)
    }

    /// The pending invitations of these addresses to an organization, expired ones included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn pending_invitations_among(
        &mut self,
        organization: OrganizationId,
        keys: &[String],
    ) -> Result<Vec<Invitation>, StoreError> {
        let mut vals = vals![organization].to_vec();
        pad(&mut vals, keys.iter().map(|key| Val::Text(key.clone())));
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE organization = ?1 AND email_key IN {} AND ended IS NULL",
            placeholders(2, keys.len())
        );
        self.query(&sql, vals, invitation)
    }

    /// A page of who is invited to an organization after one of the invitations: by id, or by address where that is searched.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn invitees(
        &mut self,
        organization: OrganizationId,
        search: InviteeSearch<'_>,
        after: InvitationId,
        skip: i64,
        limit: i64,
    ) -> Result<Vec<Invitation>, StoreError> {
        let (which, mut vals) = search.which(organization);
        let next = vals.len() + 1;
        let (place, order) = match search.prefix {
            None => (Val::from(after), "id"),
            Some(_) => {
                let sql = "SELECT email_key FROM invitations WHERE organization = ?1 AND id = ?2";
                let key: Option<String> = self.opt(sql, vals![organization, after], |row| row.get(0))?;
                (Val::Text(key.unwrap_or_default()), "email_key")
            }
        };
        vals.extend([place, Val::from(limit), Val::from(skip)]);
        let sql = format!(
            "SELECT {COLUMNS} FROM invitations WHERE {which} AND {order} > ?{next} ORDER BY {order} LIMIT ?{} OFFSET ?{}",
            next + 1,
            next + 2
        );
        self.query(&sql, vals, invitation)
    }

    /// How many are; at most [`MEMBERS_COUNTED`] are counted.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn invitees_count(
        &mut self,
        organization: OrganizationId,
        search: InviteeSearch<'_>,
    ) -> Result<i64, StoreError> {
        let (which, mut vals) = search.which(organization);
        vals.push(Val::from(MEMBERS_COUNTED));
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM invitations WHERE {which} LIMIT ?{}) found", vals.len());
        self.one(&sql, vals, |row| row.get(0))
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
    /// Adds an invitation; `link` is the SHA-256 of its link's secret, if it has one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if this address has a pending one to the organization.
    pub fn insert_invitation(&mut self, invitation: &Invitation, link: Option<&[u8; 32]>) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO invitations (id, organization, email, email_key, account, team, role, token_hash, inviter, confirms, \
             connection, directory_user, sent, expires, ended, outcome, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, NULL, NULL, ?15)",
            vals![
                invitation.id,
                invitation.organization,
                invitation.email.as_str(),
                invitation.email.key(),
                invitation.account,
                invitation.team,
                invitation.role.as_str(),
                link.map(<[u8; 32]>::as_slice),
                invitation.inviter,
                invitation.confirms,
                invitation.connection,
                invitation.directory_user,
                invitation.sent,
                invitation.expires,
                invitation.version,
            ],
            Expect::Any,
        )
    }

    /// Gives a link to an invitation that has none; the link is not part of its history.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it has one, or ended meanwhile.
    pub fn set_invitation_link(&mut self, id: InvitationId, link: &[u8; 32]) -> Result<(), StoreError> {
        let sql = "UPDATE invitations SET token_hash = ?2 WHERE id = ?1 AND token_hash IS NULL AND ended IS NULL";
        self.put(sql, vals![id, link.as_slice()], Expect::One)
    }

    /// Stores that an invitation was sent again, with another link: the former one works no longer. Its version was raised
    /// by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it ended meanwhile.
    pub fn resend_invitation(&mut self, invitation: &Invitation, link: &[u8; 32]) -> Result<(), StoreError> {
        self.put(
            "UPDATE invitations SET sent = ?2, expires = ?3, token_hash = ?4, version = ?5, confirms = ?7 \
             WHERE id = ?1 AND version = ?6 AND ended IS NULL",
            vals![
                invitation.id,
                invitation.sent,
                invitation.expires,
                link.as_slice(),
                invitation.version,
                invitation.version - 1,
                invitation.confirms,
            ],
            Expect::One,
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

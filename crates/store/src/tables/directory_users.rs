//! Directory users: what SCIM calls `User`.

use muster_model::{
    AccountId, ConnectionId, DirectoryGroupId, DirectoryUser, DirectoryUserId, OrganizationId, Timestamp,
    directory::Unprovisioned,
};
use uuid::Uuid;

use super::{pad, placeholders};
use crate::{Conn, Expect, Row, StoreError, Tx, Val, vals};

macro_rules! columns {
    () => {
        "id, connection, user_name, external_id, active, doc, account, unprovisioned, group_count, created, modified, \
         version"
    };
}

pub(super) const COLUMNS: &str = columns!();
// The statements of single reads are constants, because making their text takes a hundredth of such a request.
const BY_ID: &str = concat!("SELECT ", columns!(), " FROM directory_users WHERE connection = ?1 AND id = ?2");
const BY_USER_NAME: &str =
    concat!("SELECT ", columns!(), " FROM directory_users WHERE connection = ?1 AND user_name_key = ?2");

pub(super) fn directory_user(row: &Row<'_>) -> Result<DirectoryUser, StoreError> {
    Ok(DirectoryUser {
        id: DirectoryUserId(row.get(0)?),
        connection: ConnectionId(row.get(1)?),
        user_name: row.get(2)?,
        external_id: row.get(3)?,
        active: row.get(4)?,
        document: row.get(5)?,
        account: row.get::<Option<Uuid>>(6)?.map(AccountId),
        unprovisioned: row.get::<Option<String>>(7)?.as_deref().and_then(Unprovisioned::parse),
        groups: row.get(8)?,
        created: Timestamp(row.get(9)?),
        modified: Timestamp(row.get(10)?),
        version: row.get(11)?,
    })
}

impl Conn<'_> {
    /// A directory user of this connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_user(
        &mut self,
        connection: ConnectionId,
        id: DirectoryUserId,
    ) -> Result<Option<DirectoryUser>, StoreError> {
        match self.for_update() {
            "" => self.opt(BY_ID, vals![connection, id], directory_user),
            locked => self.opt(&format!("{BY_ID}{locked}"), vals![connection, id], directory_user),
        }
    }

    /// The directory user with this `userName`, compared without case.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_user_by_user_name(
        &mut self,
        connection: ConnectionId,
        user_name: &str,
    ) -> Result<Option<DirectoryUser>, StoreError> {
        self.opt(BY_USER_NAME, vals![connection, user_name.to_lowercase()], directory_user)
    }

    /// Several directory users of this connection, by id; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_users(
        &mut self,
        connection: ConnectionId,
        ids: &[DirectoryUserId],
    ) -> Result<Vec<DirectoryUser>, StoreError> {
        let mut vals = vec![connection.into()];
        pad(&mut vals, ids.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT {COLUMNS} FROM directory_users WHERE connection = ?1 AND id IN {} ORDER BY id{}",
            placeholders(2, ids.len()),
            self.for_update()
        );
        self.query(&sql, vals, directory_user)
    }

    /// A page of a connection's directory users after `after`, by id; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_users_after(
        &mut self,
        connection: ConnectionId,
        after: DirectoryUserId,
        limit: i64,
    ) -> Result<Vec<DirectoryUser>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM directory_users WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3{}",
            self.for_update()
        );
        self.query(&sql, vals![connection, after, limit], directory_user)
    }

    /// The directory users that an account has, over all connections.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_users_of(&mut self, account: AccountId) -> Result<Vec<DirectoryUser>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM directory_users WHERE account = ?1 ORDER BY id");
        self.query(&sql, vals![account], directory_user)
    }

    /// What the directories of an organization's connections call these accounts, in the order of the connections.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn external_ids_in(
        &mut self,
        organization: OrganizationId,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, String)>, StoreError> {
        let mut vals = vec![organization.into()];
        pad(&mut vals, accounts.iter().map(|id| (*id).into()));
        // `CROSS JOIN` keeps SQLite from reading a whole directory where many accounts are asked for.
        let sql = format!(
            "SELECT d.account, d.external_id FROM directory_users d CROSS JOIN connection_organizations c \
             WHERE d.account IN {} AND d.external_id IS NOT NULL AND c.connection = d.connection AND c.organization = ?1 \
             ORDER BY d.account, d.connection, d.id",
            placeholders(2, accounts.len())
        );
        self.query(&sql, vals, |row| Ok((AccountId(row.get(0)?), row.get(1)?)))
    }

    /// The newest id of this connection: new ones are made above it, so that pages stay in order even when the clocks
    /// of several nodes disagree.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn newest_directory_user(&mut self, connection: ConnectionId) -> Result<Option<DirectoryUserId>, StoreError> {
        let sql = "SELECT id FROM directory_users WHERE connection = ?1 ORDER BY id DESC LIMIT 1";
        self.opt(sql, vals![connection], |row| Ok(DirectoryUserId(row.get(0)?)))
    }

    /// The groups that name a directory user or nested group, in no particular order.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn groups_naming(&mut self, member: Uuid) -> Result<Vec<DirectoryGroupId>, StoreError> {
        let sql = "SELECT directory_group FROM directory_group_members WHERE member = ?1 ORDER BY directory_group";
        self.query(sql, vals![member], |row| Ok(DirectoryGroupId(row.get(0)?)))
    }

    /// The users of a connection that have this address, as `userName` or among their emails; given in lower case.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_users_by_address(
        &mut self,
        connection: ConnectionId,
        address: &str,
    ) -> Result<Vec<DirectoryUser>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM directory_users WHERE connection = ?1 AND (user_name_key = ?2 OR id IN \
             (SELECT directory_user FROM directory_emails WHERE connection = ?1 AND value_key = ?2)) ORDER BY id"
        );
        self.query(&sql, vals![connection, address], directory_user)
    }
}

impl Tx<'_> {
    /// Adds a directory user.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its `userName`.
    pub fn insert_directory_user(&mut self, user: &DirectoryUser) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO directory_users (connection, id, user_name, user_name_key, external_id, active, doc, account, \
             unprovisioned, group_count, created, modified, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            vals![
                user.connection,
                user.id,
                &user.user_name,
                user.user_name.to_lowercase(),
                user.external_id.as_deref(),
                user.active,
                &user.document,
                user.account,
                user.unprovisioned.map(Unprovisioned::as_str),
                user.groups,
                user.created,
                user.modified,
                user.version,
            ],
            Expect::Any,
        )
    }

    /// Stores a directory user whose version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile, [`StoreError::Taken`] for its `userName`.
    pub fn update_directory_user(&mut self, before: &DirectoryUser, user: &DirectoryUser) -> Result<(), StoreError> {
        let DirectoryUser { connection, id, active, groups, modified, version, .. } = *user;
        let is_found_as_before = before.user_name == user.user_name
            && before.external_id == user.external_id
            && before.account == user.account;
        // SQLite writes the pages of an index whose columns are named, also when their values stay: three pages at random.
        if !is_found_as_before {
            self.put(
                "UPDATE directory_users SET user_name = ?3, user_name_key = ?4, external_id = ?5, account = ?6 \
                 WHERE connection = ?1 AND id = ?2 AND version = ?7",
                vals![
                    connection,
                    id,
                    &user.user_name,
                    user.user_name.to_lowercase(),
                    user.external_id.as_deref(),
                    user.account,
                    version - 1,
                ],
                Expect::One,
            )?;
        }
        let unprovisioned = user.unprovisioned.map(Unprovisioned::as_str);
        self.put(
            "UPDATE directory_users SET active = ?3, doc = ?4, unprovisioned = ?5, group_count = ?6, modified = ?7, \
             version = ?8 WHERE connection = ?1 AND id = ?2 AND version = ?9",
            vals![connection, id, active, &user.document, unprovisioned, groups, modified, version, version - 1],
            Expect::One,
        )
    }

    /// Stores that a directory user's groups changed; its version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn update_directory_user_groups(&mut self, user: &DirectoryUser) -> Result<(), StoreError> {
        self.put(
            "UPDATE directory_users SET group_count = ?3, modified = ?4, version = ?5 \
             WHERE connection = ?1 AND id = ?2 AND version = ?6",
            vals![user.connection, user.id, user.groups, user.modified, user.version, user.version - 1],
            Expect::One,
        )
    }

    /// Removes a directory user and its addresses; the ledger remembers it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it is gone already.
    pub fn delete_directory_user(&mut self, connection: ConnectionId, id: DirectoryUserId) -> Result<(), StoreError> {
        self.put("DELETE FROM directory_emails WHERE directory_user = ?1", vals![id], Expect::Any)?;
        let sql = "DELETE FROM directory_users WHERE connection = ?1 AND id = ?2";
        self.put(sql, vals![connection, id], Expect::One)
    }

    /// Adds an address by which a directory user is found, other than its `userName`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_directory_email(
        &mut self,
        connection: ConnectionId,
        email_key: &str,
        id: DirectoryUserId,
    ) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO directory_emails (connection, value_key, directory_user) VALUES (?1, ?2, ?3) \
             ON CONFLICT (connection, value_key, directory_user) DO NOTHING",
            vals![connection, email_key, id],
            Expect::Any,
        )
    }

    /// Removes all addresses of a directory user.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_directory_emails(&mut self, id: DirectoryUserId) -> Result<(), StoreError> {
        let vals: [Val; 1] = vals![id];
        self.put("DELETE FROM directory_emails WHERE directory_user = ?1", vals, Expect::Any)
    }
}

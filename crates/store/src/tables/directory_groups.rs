//! Directory groups: what SCIM calls `Group`, and their members.

use muster_model::{ConnectionId, DirectoryGroup, DirectoryGroupId, DirectoryUserId, Timestamp, directory::MemberId};
use uuid::Uuid;

use super::{from_json, json, pad, placeholders};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "directory_groups";
pub(super) const COLUMNS: &str =
    "id, connection, display_name, external_id, doc, targets, member_count, moving, created, modified, version";

pub(super) fn directory_group(row: &Row<'_>) -> Result<DirectoryGroup, StoreError> {
    Ok(DirectoryGroup {
        id: DirectoryGroupId(row.get(0)?),
        connection: ConnectionId(row.get(1)?),
        display_name: row.get(2)?,
        external_id: row.get(3)?,
        document: row.get(4)?,
        targets: from_json(row, 5, TABLE)?,
        members: row.get(6)?,
        moving: row.get(7)?,
        created: Timestamp(row.get(8)?),
        modified: Timestamp(row.get(9)?),
        version: row.get(10)?,
    })
}

/// A group that a directory user is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserGroup {
    /// Whose groups these are.
    pub user: DirectoryUserId,
    /// The group.
    pub id: DirectoryGroupId,
    /// Its present name.
    pub display_name: String,
}

fn member(row: &Row<'_>) -> Result<MemberId, StoreError> {
    let (id, nested): (Uuid, bool) = (row.get(0)?, row.get(1)?);
    Ok(if nested { MemberId::Group(DirectoryGroupId(id)) } else { MemberId::User(DirectoryUserId(id)) })
}

fn parts(member: MemberId) -> (Uuid, bool) {
    match member {
        MemberId::User(id) => (id.0, false),
        MemberId::Group(id) => (id.0, true),
    }
}

impl Conn<'_> {
    /// A directory group of this connection; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_group(
        &mut self,
        connection: ConnectionId,
        id: DirectoryGroupId,
    ) -> Result<Option<DirectoryGroup>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM directory_groups WHERE connection = ?1 AND id = ?2{}", self.for_update());
        self.opt(&sql, vals![connection, id], directory_group)
    }

    /// The directory group with this `displayName`, compared without case.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_group_by_name(
        &mut self,
        connection: ConnectionId,
        display_name: &str,
    ) -> Result<Option<DirectoryGroup>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM directory_groups WHERE connection = ?1 AND display_name_key = ?2");
        self.opt(&sql, vals![connection, display_name.to_lowercase()], directory_group)
    }

    /// Several directory groups of this connection, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn directory_groups(
        &mut self,
        connection: ConnectionId,
        ids: &[DirectoryGroupId],
    ) -> Result<Vec<DirectoryGroup>, StoreError> {
        let mut vals = vec![connection.into()];
        pad(&mut vals, ids.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT {COLUMNS} FROM directory_groups WHERE connection = ?1 AND id IN {} ORDER BY id",
            placeholders(2, ids.len())
        );
        self.query(&sql, vals, directory_group)
    }

    /// Every group of a connection, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn all_directory_groups(&mut self, connection: ConnectionId) -> Result<Vec<DirectoryGroup>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM directory_groups WHERE connection = ?1 ORDER BY id");
        self.query(&sql, vals![connection], directory_group)
    }

    /// The newest group id of this connection; see [`Conn::newest_directory_user`].
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn newest_directory_group(&mut self, connection: ConnectionId) -> Result<Option<DirectoryGroupId>, StoreError> {
        let sql = "SELECT id FROM directory_groups WHERE connection = ?1 ORDER BY id DESC LIMIT 1";
        self.opt(sql, vals![connection], |row| Ok(DirectoryGroupId(row.get(0)?)))
    }

    /// The members of a group after `after`, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn group_members(
        &mut self,
        group: DirectoryGroupId,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<MemberId>, StoreError> {
        self.query(
            "SELECT member, nested FROM directory_group_members WHERE directory_group = ?1 AND member > ?2 \
             ORDER BY member LIMIT ?3",
            vals![group, after, limit],
            member,
        )
    }

    /// Which of `members` are in the group.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn group_members_among(
        &mut self,
        group: DirectoryGroupId,
        members: &[Uuid],
    ) -> Result<Vec<MemberId>, StoreError> {
        let mut vals = vec![group.into()];
        pad(&mut vals, members.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT member, nested FROM directory_group_members WHERE directory_group = ?1 AND member IN {} ORDER BY member",
            placeholders(2, members.len())
        );
        self.query(&sql, vals, member)
    }

    /// The groups of several directory users of this connection, by user and name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn groups_of_users(
        &mut self,
        connection: ConnectionId,
        users: &[DirectoryUserId],
    ) -> Result<Vec<UserGroup>, StoreError> {
        let mut vals = vec![connection.into()];
        pad(&mut vals, users.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT m.member, g.id, g.display_name FROM directory_group_members m \
             JOIN directory_groups g ON g.connection = ?1 AND g.id = m.directory_group \
             WHERE m.member IN {} ORDER BY m.member, g.id",
            placeholders(2, users.len())
        );
        self.query(&sql, vals, |row| {
            Ok(UserGroup {
                user: DirectoryUserId(row.get(0)?),
                id: DirectoryGroupId(row.get(1)?),
                display_name: row.get(2)?,
            })
        })
    }
}

impl Tx<'_> {
    /// Adds a directory group without members.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its `displayName`.
    pub fn insert_directory_group(&mut self, group: &DirectoryGroup) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO directory_groups (connection, id, display_name, display_name_key, external_id, doc, targets, \
             member_count, moving, created, modified, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            vals![
                group.connection,
                group.id,
                &group.display_name,
                group.display_name.to_lowercase(),
                group.external_id.as_deref(),
                &group.document,
                json(&group.targets)?,
                group.members,
                group.moving,
                group.created,
                group.modified,
                group.version,
            ],
            Expect::Any,
        )
    }

    /// Stores a directory group whose version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile, [`StoreError::Taken`] for its `displayName`.
    pub fn update_directory_group(&mut self, group: &DirectoryGroup) -> Result<(), StoreError> {
        self.put(
            "UPDATE directory_groups SET display_name = ?3, display_name_key = ?4, external_id = ?5, doc = ?6, \
             targets = ?7, member_count = ?8, moving = ?9, modified = ?10, version = ?11 \
             WHERE connection = ?1 AND id = ?2 AND version = ?12",
            vals![
                group.connection,
                group.id,
                &group.display_name,
                group.display_name.to_lowercase(),
                group.external_id.as_deref(),
                &group.document,
                json(&group.targets)?,
                group.members,
                group.moving,
                group.modified,
                group.version,
                group.version - 1,
            ],
            Expect::One,
        )
    }

    /// Removes a directory group. Its members are removed before, or by a move.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it is gone already.
    pub fn delete_directory_group(&mut self, connection: ConnectionId, id: DirectoryGroupId) -> Result<(), StoreError> {
        let sql = "DELETE FROM directory_groups WHERE connection = ?1 AND id = ?2";
        self.put(sql, vals![connection, id], Expect::One)
    }

    /// Puts a member into a group.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if it is in already.
    pub fn insert_group_member(&mut self, group: DirectoryGroupId, member: MemberId) -> Result<(), StoreError> {
        let (id, nested) = parts(member);
        self.put(
            "INSERT INTO directory_group_members (directory_group, member, nested) VALUES (?1, ?2, ?3)",
            vals![group, id, nested],
            Expect::Any,
        )
    }

    /// Takes a member out of a group.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it is not in.
    pub fn delete_group_member(&mut self, group: DirectoryGroupId, member: MemberId) -> Result<(), StoreError> {
        let sql = "DELETE FROM directory_group_members WHERE directory_group = ?1 AND member = ?2";
        self.put(sql, vals![group, parts(member).0], Expect::One)
    }
}

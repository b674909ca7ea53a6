//! Large groups whose members follow a rename or deletion in slices (GRP-5).

use muster_model::{Actor, ConnectionId, DirectoryGroupId, RequestId, Source, Timestamp, mapping::Target};
use uuid::Uuid;

use super::{from_json, json, word};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "group_moves";
const COLUMNS: &str =
    "directory_group, connection, old_targets, after_member, source, actor_kind, actor, request, created";

/// A large group that was renamed or deleted, whose members have not all followed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMove {
    /// The group; it may be gone.
    pub group: DirectoryGroupId,
    /// Whose.
    pub connection: ConnectionId,
    /// Where its members may still be.
    pub old_targets: Vec<Target>,
    /// The last member that has followed.
    pub after: Uuid,
    /// Where the change comes from.
    pub source: Source,
    /// Who made it.
    pub actor: Actor,
    /// In which request.
    pub request: Option<RequestId>,
    /// When.
    pub created: Timestamp,
}

fn group_move(row: &Row<'_>) -> Result<GroupMove, StoreError> {
    Ok(GroupMove {
        group: DirectoryGroupId(row.get(0)?),
        connection: ConnectionId(row.get(1)?),
        old_targets: from_json(row, 2, TABLE)?,
        after: row.get(3)?,
        source: word(row, 4, TABLE, |text| text.parse::<Source>().ok())?,
        actor: Actor::from_parts(&row.get::<String>(5)?, row.get(6)?),
        request: row.get::<Option<Uuid>>(7)?.map(RequestId),
        created: Timestamp(row.get(8)?),
    })
}

impl Conn<'_> {
    /// The oldest move that is not finished.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_group_move(&mut self) -> Result<Option<GroupMove>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM group_moves ORDER BY created, directory_group LIMIT 1");
        self.opt(&sql, vals![], group_move)
    }

    /// A group's move that is not finished; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn group_move(&mut self, group: DirectoryGroupId) -> Result<Option<GroupMove>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM group_moves WHERE directory_group = ?1{}", self.for_update());
        self.opt(&sql, vals![group], group_move)
    }
}

impl Tx<'_> {
    /// Begins a move, instead of one that the group has already.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn replace_group_move(&mut self, begun: &GroupMove) -> Result<(), StoreError> {
        self.put(
            &format!(
                "INSERT INTO group_moves ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                 ON CONFLICT (directory_group) DO UPDATE SET old_targets = excluded.old_targets, \
                 after_member = excluded.after_member, source = excluded.source, actor_kind = excluded.actor_kind, \
                 actor = excluded.actor, request = excluded.request, created = excluded.created"
            ),
            vals![
                begun.group,
                begun.connection,
                json(&begun.old_targets)?,
                begun.after,
                begun.source.as_str(),
                begun.actor.kind(),
                begun.actor.id(),
                begun.request,
                begun.created,
            ],
            Expect::Any,
        )
    }

    /// Notes the last member that has followed.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn advance_group_move(&mut self, group: DirectoryGroupId, after: Uuid) -> Result<(), StoreError> {
        let sql = "UPDATE group_moves SET after_member = ?2 WHERE directory_group = ?1";
        self.put(sql, vals![group, after], Expect::One)
    }

    /// All members have followed.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn finish_group_move(&mut self, connection: ConnectionId, group: DirectoryGroupId) -> Result<(), StoreError> {
        self.put("DELETE FROM group_moves WHERE directory_group = ?1", vals![group], Expect::Any)?;
        let sql = "UPDATE directory_groups SET moving = ?3 WHERE connection = ?1 AND id = ?2";
        self.put(sql, vals![connection, group, false], Expect::Any)
    }

    /// Removes what a deleted group still has of members, up to `last`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_group_members_through(&mut self, group: DirectoryGroupId, last: Uuid) -> Result<(), StoreError> {
        let sql = "DELETE FROM directory_group_members WHERE directory_group = ?1 AND member <= ?2";
        self.put(sql, vals![group, last], Expect::Any)
    }
}

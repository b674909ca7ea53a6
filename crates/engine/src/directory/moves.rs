//! Members following their group to other teams (GRP-5), and leaving with it.
//!
//! A group of at most [`INLINE`] members moves with the request that renames or deletes it. A larger one has moved when
//! the request is acknowledged, and its members follow in slices, each a transaction of its own, so that no other writer
//! waits for them all. Until the last has followed, the group remembers its former targets: whoever leaves it meanwhile
//! leaves those, too.

use muster_model::{
    Connection, DirectoryGroup, DirectoryGroupId, DirectoryUserId, Rule, guard::Endings, mapping::Target, trace::Note,
};
use muster_store::{Conn, GroupMove, StoreError, Tx};
use uuid::Uuid;

use super::{
    groups::{slice_rows, user_id, uuid},
    placement,
};
use crate::{EngineError, Env, Origin};

/// The most members that move within a request, which takes about a tenth of a second.
pub const INLINE: i64 = 1_000;

/// Stores a group whose targets have changed, and moves its members from those that it no longer has to those that it has
/// now, or begins to. The group first: its members' roles are read from what their groups say now (GRP-8).
pub(super) fn follow(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    old: &[Target],
    group: &mut DirectoryGroup,
) -> Result<(), EngineError> {
    if group.members <= INLINE {
        return follow_at_once(tx, env, connection, old, group);
    }
    let old = former(tx, group, old)?;
    group.moving = true;
    tx.update_directory_group(group)?;
    let left: Vec<Target> = old.iter().filter(|target| !group.targets.contains(target)).cloned().collect();
    count(env, connection, &left, group.members);
    begin(tx, env, group, old)
}

/// As [`follow`], in this transaction however large the group is, so that a plan shows what applying it does (MIG-2).
pub(super) fn follow_at_once(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    old: &[Target],
    group: &mut DirectoryGroup,
) -> Result<(), EngineError> {
    let old = former(tx, group, old)?;
    if group.moving {
        tx.finish_group_move(group.connection, group.id)?;
        group.moving = false;
    }
    tx.update_directory_group(group)?;
    let mut after = Uuid::nil();
    while let Some(last) = move_some(tx, env, connection, group.id, after, &old, &group.targets)? {
        after = last;
    }
    Ok(())
}

/// Begins to take the members of a group that is deleted out of its targets.
pub(super) fn part(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    group: &DirectoryGroup,
) -> Result<(), EngineError> {
    let old = former(tx, group, &group.targets)?;
    count(env, connection, &old, group.members);
    begin(tx, env, group, old)
}

/// `targets`, and those where members may still be from before.
pub(super) fn former(tx: &mut Tx<'_>, group: &DirectoryGroup, targets: &[Target]) -> Result<Vec<Target>, EngineError> {
    let mut all = targets.to_vec();
    if group.moving
        && let Some(pending) = tx.group_move(group.id)?
    {
        all.extend(pending.old_targets.into_iter().filter(|target| !targets.contains(target)));
    }
    Ok(all)
}

/// What the mass-change guard counts before (MIG-3): as if every member were in each team.
fn count(env: &mut Env, connection: &Connection, left: &[Target], members: i64) {
    let memberships = if connection.settings.scim.membership_follows_groups { members } else { 0 };
    for target in left.iter().filter(|target| connection.covered(target.organization).is_some()) {
        let team_grants = if target.team.is_some() { members } else { 0 };
        env.count_ending(target.organization, Endings { memberships, team_grants });
    }
}

fn begin(tx: &mut Tx<'_>, env: &mut Env, group: &DirectoryGroup, old_targets: Vec<Target>) -> Result<(), EngineError> {
    let Origin { source, actor, request, .. } = env.origin();
    env.note(Rule::Grp5, Note::MembersFollow(group.members));
    tx.replace_group_move(&GroupMove {
        group: group.id,
        connection: group.connection,
        old_targets,
        after: Uuid::nil(),
        source,
        actor,
        request,
        created: env.now(),
    })?;
    Ok(())
}

/// Moves the members of one slice; the last of them.
fn move_some(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    group: DirectoryGroupId,
    after: Uuid,
    old: &[Target],
    new: &[Target],
) -> Result<Option<Uuid>, EngineError> {
    let left: Vec<Target> = old.iter().filter(|target| !new.contains(target)).cloned().collect();
    let slice = tx.group_members(group, after, slice_rows())?;
    let Some(last) = slice.last().map(|last| uuid(*last)) else { return Ok(None) };
    let ids: Vec<DirectoryUserId> = slice.iter().filter_map(user_id).collect();
    let users = tx.directory_users(connection.id, &ids)?;
    placement::leave(tx, env, connection, group, &left, &users, new)?;
    // Where somebody is already, this finds it so: a group that was renamed twice may have members anywhere.
    placement::enter(tx, env, connection, group, new, &users)?;
    Ok(Some(last))
}

/// Whether members of a large group have still to follow it, and on whose behalf.
///
/// # Errors
///
/// The store's.
pub fn next_move(conn: &mut Conn<'_>) -> Result<Option<(DirectoryGroupId, Origin)>, EngineError> {
    let next = conn.oldest_group_move()?;
    Ok(next.map(|GroupMove { group, connection, source, actor, request, .. }| {
        (group, Origin { source, actor, connection: Some(connection), request })
    }))
}

/// Lets some members of a large group follow it. To be run in [`transact`](crate::transact), on behalf of whom
/// [`next_move`] names.
///
/// # Errors
///
/// The store's.
pub fn move_slice(tx: &mut Tx<'_>, env: &mut Env, id: DirectoryGroupId) -> Result<(), EngineError> {
    let Some(connection) = env.origin().connection else { return Ok(()) };
    // The group first, as requests do, so that the two never wait for each other.
    let group = tx.directory_group(connection, id)?;
    let Some(pending) = tx.group_move(id)? else { return Ok(()) };
    let known = tx.connection(connection)?;
    let known = known.ok_or_else(|| StoreError::other("a group's connection is gone, and the group is not"))?;
    let last = match group {
        Some(group) => move_some(tx, env, &known, id, pending.after, &pending.old_targets, &group.targets)?,
        None => part_some(tx, env, &known, id, &pending.old_targets)?,
    };
    match last {
        Some(last) => tx.advance_group_move(id, last)?,
        None => tx.finish_group_move(connection, id)?,
    }
    Ok(())
}

/// Takes the members of one slice out of a deleted group; the last of them.
fn part_some(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    group: DirectoryGroupId,
    old: &[Target],
) -> Result<Option<Uuid>, EngineError> {
    let slice = tx.group_members(group, Uuid::nil(), slice_rows())?;
    let Some(last) = slice.last().map(|last| uuid(*last)) else { return Ok(None) };
    let ids: Vec<DirectoryUserId> = slice.iter().filter_map(user_id).collect();
    let mut users = tx.directory_users(connection.id, &ids)?;
    // Also of users that have been deleted since.
    tx.delete_group_members_through(group, last)?;
    placement::touch_users(tx, env, &mut users, -1)?;
    placement::leave(tx, env, connection, group, old, &users, &[])?;
    Ok(Some(last))
}

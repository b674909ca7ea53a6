//! Creating, changing and deleting directory groups.

use std::collections::BTreeSet;

use muster_model::{
    Connection, DirectoryGroup, DirectoryGroupId, DirectoryUser, DirectoryUserId, Rule, Version,
    directory::{GroupStatement, MemberId},
    ledger::{Event, Kind},
    mapping::{self, Target, Unmapped},
    texts,
    trace::Note,
};
use muster_store::{Conn, Counter, StoreError, Tx};
use serde::Serialize;
use uuid::Uuid;

use super::{Changed, moves, placement, require_scim};
use crate::{EngineError, Env, Refusal, ledger::Subject};

/// The most member changes that one request may make (SCIM-14).
pub const MEMBER_CHANGES: usize = 10_000;

/// The most steps of one request that look at all members, so that a small request cannot ask for much work.
const WHOLE_STEPS: usize = 4;

/// What a request makes of a group.
pub struct GroupChange {
    /// The group's own attributes after the change; `None` when they stay.
    pub statement: Option<GroupStatement>,
    /// What happens to its members, in this order.
    pub members: Vec<MemberChange>,
}

/// One step of a change of members.
pub enum MemberChange {
    /// These come in; those who are in already stay.
    Add(Vec<Uuid>),
    /// These go; those who are not in are no error.
    Remove(Vec<Uuid>),
    /// Those go for whom this holds.
    RemoveMatching(Box<dyn Fn(MemberId) -> bool + Send>),
    /// All go.
    RemoveAll,
    /// These, and no others, are in.
    Replace(Vec<Uuid>),
}

/// A group and the members that a change is about, as the ledger records them.
#[derive(Serialize)]
struct Recorded<'g> {
    #[serde(flatten)]
    group: &'g DirectoryGroup,
    members: &'g [MemberId],
}

/// Creates a directory group with its members (GRP-2).
///
/// # Errors
///
/// Refused if `displayName` is taken in any letter case, a member is unknown, or there are too many.
pub fn create_group(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: GroupStatement,
    members: &[Uuid],
) -> Result<DirectoryGroup, EngineError> {
    require_scim(connection)?;
    env.guard(connection, None);
    require_few(members.len())?;
    if tx.directory_group_by_name(connection.id, &said.display_name)?.is_some() {
        return Err(Refusal::GroupNameTaken(said.display_name).into());
    }
    let newest = tx.newest_directory_group(connection.id)?;
    let id = DirectoryGroupId(env.new_id_above(newest.map(Into::into)));
    let targets = resolve(env, connection, id, &said.display_name);
    let asked: BTreeSet<Uuid> = members.iter().copied().collect();
    let mut come = Members::find(tx, connection, &asked)?;
    let group = DirectoryGroup {
        id,
        connection: connection.id,
        display_name: said.display_name,
        external_id: said.external_id,
        document: said.document,
        targets,
        members: come.count(),
        moving: false,
        created: env.now(),
        modified: env.now(),
        version: 1,
    };
    tx.insert_directory_group(&group)?;
    tx.add_to_count(connection.id.0, Counter::Groups, 1)?;
    come.insert(tx, env, connection, &group)?;
    let recorded = Recorded { group: &group, members: &come.ids() };
    env.created(Event::DirectoryGroupCreated, subject(&group), 1, Rule::Grp2, &recorded)?;
    env.about(group.id);
    Ok(group)
}

/// Changes a directory group to what `change` makes of it.
///
/// # Errors
///
/// As [`create_group`]; not found; [`Refusal::VersionMismatch`]; what `change` returns.
pub fn change_group<E: From<EngineError>>(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    id: DirectoryGroupId,
    expected: impl FnOnce(Version) -> bool,
    change: impl FnOnce(&DirectoryGroup) -> Result<GroupChange, E>,
) -> Result<Changed<DirectoryGroup>, E> {
    require_scim(connection)?;
    let before = group(tx, connection, id)?;
    env.guard(connection, Some((before.id.0, before.version)));
    if !expected(before.version) {
        return Err(EngineError::from(Refusal::VersionMismatch { actual: before.version }).into());
    }
    let change = change(&before)?;
    apply(tx, env, connection, before, change).map_err(E::from)
}

fn apply(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    before: DirectoryGroup,
    change: GroupChange,
) -> Result<Changed<DirectoryGroup>, EngineError> {
    let mut after = before.clone();
    if let Some(said) = change.statement {
        if said.display_name.to_lowercase() != before.display_name.to_lowercase()
            && tx.directory_group_by_name(connection.id, &said.display_name)?.is_some()
        {
            return Err(Refusal::GroupNameTaken(said.display_name).into());
        }
        if said.display_name != before.display_name {
            after.targets = resolve(env, connection, before.id, &said.display_name);
        }
        after.display_name = said.display_name;
        after.external_id = said.external_id;
        after.document = said.document;
    }
    let (come, gone) = net_change(tx, before.id, change.members)?;
    require_few(come.len() + gone.len())?;
    if after == before && come.is_empty() && gone.is_empty() {
        env.note(Rule::Scim13, Note::NothingChanged);
        return Ok(Changed { resource: before, changed: false });
    }
    let mut come = Members::find(tx, connection, &come)?;
    let mut gone = Members::find_any(tx, connection, &gone)?;
    // Those who go leave the old targets, those who stay move, those who come enter the new ones.
    gone.delete(tx, env, connection, &before)?;
    after.members = before.members - gone.count() + come.count();
    after.version = before.version + 1;
    after.modified = env.now();
    if after.targets == before.targets {
        tx.update_directory_group(&after)?;
    } else {
        moves::follow(tx, env, connection, &before.targets, &mut after)?;
    }
    come.insert(tx, env, connection, &after)?;
    let (was, is) = (gone.ids(), come.ids());
    let only_members = after.document == before.document;
    let event = if only_members { Event::DirectoryGroupMembers } else { Event::DirectoryGroupUpdated };
    let (old, new) = (Recorded { group: &before, members: &was }, Recorded { group: &after, members: &is });
    env.changed(event, subject(&after), after.version, Rule::Grp2, &old, &new)?;
    env.about(after.id);
    Ok(Changed { resource: after, changed: true })
}

/// Deletes a directory group: its grants end, the teams stay (GRP-5). Those of a large group end in slices, soon after.
///
/// # Errors
///
/// Not found; [`Refusal::VersionMismatch`]; the store's.
pub fn delete_group(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    id: DirectoryGroupId,
    expected: impl FnOnce(Version) -> bool,
) -> Result<(), EngineError> {
    require_scim(connection)?;
    let group = group(tx, connection, id)?;
    env.guard(connection, Some((group.id.0, group.version)));
    if !expected(group.version) {
        return Err(Refusal::VersionMismatch { actual: group.version }.into());
    }
    let mut all = Vec::new();
    if group.members > moves::INLINE || group.moving {
        moves::part(tx, env, connection, &group)?;
    } else {
        let ids = present(tx, id)?;
        let mut gone = Members::find_any(tx, connection, &ids)?;
        gone.delete(tx, env, connection, &group)?;
        all.extend(gone.ids());
    }
    for outer in tx.groups_naming(id.0)? {
        leave_outer(tx, env, connection, outer, id)?;
    }
    tx.delete_directory_group(connection.id, id)?;
    tx.add_to_count(connection.id.0, Counter::Groups, -1)?;
    tx.add_to_count(connection.id.0, Counter::Deletes, 1)?;
    tx.resolve_reports(id.0, None, Rule::Grp3.id(), env.now())?;
    let recorded = Recorded { group: &group, members: &all };
    env.ended(Event::DirectoryGroupDeleted, subject(&group), group.version + 1, Rule::Grp5, &recorded)?;
    env.about(group.id);
    Ok(())
}

/// A group that goes leaves the groups that name it.
fn leave_outer(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    outer: DirectoryGroupId,
    inner: DirectoryGroupId,
) -> Result<(), EngineError> {
    let Some(outer) = tx.directory_group(connection.id, outer)? else { return Ok(()) };
    tx.delete_group_member(outer.id, MemberId::Group(inner))?;
    let left = DirectoryGroup { members: outer.members - 1, version: outer.version + 1, modified: env.now(), ..outer };
    tx.update_directory_group(&left)?;
    Ok(record_members(env, &left, &[MemberId::Group(inner)], &[])?)
}

/// A directory group of this connection; another's is not found.
///
/// # Errors
///
/// Not found; the store's.
pub fn group(
    conn: &mut Conn<'_>,
    connection: &Connection,
    id: DirectoryGroupId,
) -> Result<DirectoryGroup, EngineError> {
    conn.directory_group(connection.id, id)?.ok_or_else(|| EngineError::not_found("Group", id))
}

/// The members of a group of this connection, by id, in one piece.
///
/// # Errors
///
/// The store's.
pub fn members(conn: &mut Conn<'_>, group: &DirectoryGroup) -> Result<Vec<MemberId>, EngineError> {
    if group.members == 0 {
        return Ok(Vec::new());
    }
    Ok(conn.group_members(group.id, Uuid::nil(), i64::MAX)?)
}

/// Resolves every group of a connection anew, after its mapping table or coverage changed, and moves members.
/// Answers how many groups map differently.
///
/// # Errors
///
/// The store's.
pub fn remap_groups(tx: &mut Tx<'_>, env: &mut Env, connection: &Connection) -> Result<usize, EngineError> {
    let mut moved = 0;
    for before in tx.all_directory_groups(connection.id)? {
        let targets = resolve(env, connection, before.id, &before.display_name);
        if targets == before.targets {
            continue;
        }
        let mut after = DirectoryGroup { targets, version: before.version + 1, ..before.clone() };
        moves::follow_at_once(tx, env, connection, &before.targets, &mut after)?;
        env.changed(Event::DirectoryGroupUpdated, subject(&after), after.version, Rule::Grp8, &before, &after)?;
        env.about(after.id);
        moved += 1;
    }
    Ok(moved)
}

/// Where a group's members go, and what to tell when it is nowhere (GRP-3, GRP-4).
fn resolve(env: &mut Env, connection: &Connection, id: DirectoryGroupId, display_name: &str) -> Vec<Target> {
    let resolved = mapping::resolve(display_name, connection);
    let (rule, detail) = match resolved.unmapped {
        None => return resolved.targets,
        Some(Unmapped::Malformed) => (Rule::Grp3, texts::MALFORMED_GROUPS.to_owned()),
        Some(Unmapped::NotCovered(organization)) => (
            Rule::Grp4,
            format!("group `{display_name}` names organization '{organization}', which this connection does not cover"),
        ),
    };
    env.note(rule, Note::GroupUnmapped(detail.clone()));
    env.report(rule, None, Some(id.0), detail);
    resolved.targets
}

/// What the steps come to: who is not in and comes, who is in and goes.
fn net_change(
    tx: &mut Tx<'_>,
    group: DirectoryGroupId,
    steps: Vec<MemberChange>,
) -> Result<(BTreeSet<Uuid>, BTreeSet<Uuid>), EngineError> {
    let whole = steps.iter().filter(|step| !matches!(step, MemberChange::Add(_) | MemberChange::Remove(_))).count();
    if whole > WHOLE_STEPS {
        let text = format!(
            "a request may look at all members of a group {WHOLE_STEPS} times, this one does {whole} times: name the \
             members, or send one `replace`"
        );
        return Err(Refusal::Invalid(text).into());
    }
    let (mut come, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for step in steps {
        match step {
            MemberChange::Add(ids) => {
                require_few(ids.len())?;
                for id in ids {
                    gone.remove(&id);
                    come.insert(id);
                }
            }
            MemberChange::Remove(ids) => {
                require_few(ids.len())?;
                for id in ids {
                    come.remove(&id);
                    gone.insert(id);
                }
            }
            MemberChange::RemoveMatching(matches) => {
                let present = tx.group_members(group, Uuid::nil(), i64::MAX)?;
                gone.extend(present.into_iter().filter(|member| matches(*member)).map(uuid));
                come.retain(|id| !matches(MemberId::User(DirectoryUserId(*id))));
            }
            MemberChange::RemoveAll => {
                come.clear();
                gone = present(tx, group)?;
            }
            MemberChange::Replace(ids) => {
                require_few(ids.len())?;
                come = ids.into_iter().collect();
                gone = present(tx, group)?.difference(&come).copied().collect();
            }
        }
    }
    let asked: Vec<Uuid> = come.union(&gone).copied().collect();
    let mut are_in = BTreeSet::new();
    for slice in asked.chunks(placement::SLICE) {
        are_in.extend(tx.group_members_among(group, slice)?.into_iter().map(uuid));
    }
    come.retain(|id| !are_in.contains(id));
    gone.retain(|id| are_in.contains(id));
    Ok((come, gone))
}

fn present(tx: &mut Tx<'_>, group: DirectoryGroupId) -> Result<BTreeSet<Uuid>, EngineError> {
    Ok(tx.group_members(group, Uuid::nil(), i64::MAX)?.into_iter().map(uuid).collect())
}

fn require_few(asked: usize) -> Result<(), EngineError> {
    if asked > MEMBER_CHANGES {
        return Err(Refusal::TooManyMembers { limit: MEMBER_CHANGES, asked }.into());
    }
    Ok(())
}

/// Members that come or go, resolved to what they are.
struct Members {
    users: Vec<DirectoryUser>,
    nested: Vec<DirectoryGroupId>,
}

impl Members {
    /// The users and groups with these ids, all of this connection.
    fn find(tx: &mut Tx<'_>, connection: &Connection, ids: &BTreeSet<Uuid>) -> Result<Self, EngineError> {
        let found = Self::find_any(tx, connection, ids)?;
        let known: BTreeSet<Uuid> = found.ids().into_iter().map(uuid).collect();
        match ids.difference(&known).next() {
            Some(unknown) => Err(Refusal::UnknownMember(*unknown).into()),
            None => Ok(found),
        }
    }

    /// Those of the users and groups with these ids that there are.
    fn find_any(tx: &mut Tx<'_>, connection: &Connection, ids: &BTreeSet<Uuid>) -> Result<Self, EngineError> {
        let mut found = Self { users: Vec::new(), nested: Vec::new() };
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        for slice in ids.chunks(placement::SLICE) {
            let users: Vec<_> = slice.iter().copied().map(DirectoryUserId).collect();
            let users = tx.directory_users(connection.id, &users)?;
            let known: BTreeSet<Uuid> = users.iter().map(|user| user.id.0).collect();
            found.users.extend(users);
            let others: Vec<_> = slice.iter().copied().filter(|id| !known.contains(id)).map(DirectoryGroupId).collect();
            if !others.is_empty() {
                found.nested.extend(tx.directory_groups(connection.id, &others)?.into_iter().map(|group| group.id));
            }
        }
        Ok(found)
    }

    fn ids(&self) -> Vec<MemberId> {
        let users = self.users.iter().map(|user| MemberId::User(user.id));
        users.chain(self.nested.iter().copied().map(MemberId::Group)).collect()
    }

    fn count(&self) -> i64 {
        i64::try_from(self.users.len() + self.nested.len()).unwrap_or(i64::MAX)
    }

    fn insert(
        &mut self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        connection: &Connection,
        group: &DirectoryGroup,
    ) -> Result<(), EngineError> {
        for member in self.ids() {
            tx.insert_group_member(group.id, member)?;
        }
        for nested in &self.nested {
            env.note(Rule::Scim3, Note::NestedGroup(nested.to_string()));
            let detail = format!("group `{}` has a group as a member, which maps nobody", group.display_name);
            env.report(Rule::Scim3, None, Some(group.id.0), detail);
        }
        placement::touch_users(tx, env, &mut self.users, 1)?;
        placement::enter(tx, env, connection, group.id, &group.targets, &self.users)
    }

    fn delete(
        &mut self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        connection: &Connection,
        group: &DirectoryGroup,
    ) -> Result<(), EngineError> {
        for member in self.ids() {
            tx.delete_group_member(group.id, member)?;
        }
        placement::touch_users(tx, env, &mut self.users, -1)?;
        let targets = moves::former(tx, group, &group.targets)?;
        placement::leave(tx, env, connection, group.id, &targets, &self.users, &[])
    }
}

/// Records that members left or joined a group, and nothing else about it changed.
pub(super) fn record_members(
    env: &mut Env,
    group: &DirectoryGroup,
    gone: &[MemberId],
    come: &[MemberId],
) -> Result<(), StoreError> {
    let (old, new) = (Recorded { group, members: gone }, Recorded { group, members: come });
    env.changed(Event::DirectoryGroupMembers, subject(group), group.version, Rule::Grp2, &old, &new)?;
    env.about(group.id);
    Ok(())
}

fn subject(group: &DirectoryGroup) -> Subject {
    Subject::new(Kind::DirectoryGroup, group.id)
}

pub(super) fn uuid(member: MemberId) -> Uuid {
    match member {
        MemberId::User(id) => id.0,
        MemberId::Group(id) => id.0,
    }
}

pub(super) fn user_id(member: &MemberId) -> Option<DirectoryUserId> {
    match member {
        MemberId::User(id) => Some(*id),
        MemberId::Group(_) => None,
    }
}

pub(super) fn slice_rows() -> i64 {
    i64::try_from(placement::SLICE).unwrap_or(i64::MAX)
}

//! Lists over a directory: pages by id, and filters (SCIM-2).
//!
//! Order is by id unless asked otherwise: ids rise with time and are never used again, so a page that was read stays
//! what it was while others write, and a walk over the pages meets every surviving resource once.

use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

use muster_model::{Connection, ConnectionId, DirectoryGroup, DirectoryUser, DirectoryUserId, directory::MemberId};
use muster_store::{Candidates, Conn, Counter, Listed, UserGroup};
use uuid::Uuid;

use crate::{EngineError, Refusal};

/// Every so many ids one is kept, so that a jump to any page is at most this many steps along the index.
const STRIDE: usize = 256;
/// Connections whose ids are kept; the least recently made index goes first.
const CONNECTIONS: usize = 256;
/// The most resources that a filter may look at.
const LOOKED_AT: usize = 1_000_000;
/// Resources whose groups are read with one statement while filtering.
const SLICE: usize = 200;

/// A page: `start` counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The place of the first resource.
    pub start: i64,
    /// The most resources.
    pub count: i64,
}

/// A page of resources, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// All that match, not only those here.
    pub total: i64,
    /// Those of the page.
    pub resources: Vec<T>,
}

/// A user, with its groups where they were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    /// The user.
    pub user: DirectoryUser,
    /// The groups that name it.
    pub groups: Vec<UserGroup>,
}

/// A group, with its members where they were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// The group.
    pub group: DirectoryGroup,
    /// Its members, by id.
    pub members: Vec<MemberId>,
}

/// Which way a sorted list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// How a list is ordered, if not by id: the key of each resource, and the direction.
pub type Sort<'f, V, K> = (&'f mut dyn FnMut(&V) -> K, Direction);

/// What is looked for.
pub struct Find<'f, V, K> {
    /// What the indexes can tell; a superset of what matches.
    pub candidates: Candidates,
    /// Whether `matches`, `sort` or the caller needs groups (of users) or members (of groups).
    pub with_nested: bool,
    /// Whether a resource matches.
    pub matches: &'f mut dyn FnMut(&V) -> bool,
    /// How the matches are ordered.
    pub sort: Option<Sort<'f, V, K>>,
}

/// Where pages begin: for each connection every 256th id, kept in memory.
///
/// New resources are made above the newest id, so an index stays right until one is deleted; then it is made anew.
#[derive(Debug, Default)]
pub struct Anchors {
    known: Mutex<HashMap<(ConnectionId, Listed), Arc<Index>>>,
}

#[derive(Debug)]
struct Index {
    deletes: i64,
    /// The id at place 1 + n * STRIDE.
    ids: Vec<Uuid>,
    /// How many ids there were; places beyond are walked to from the last kept id.
    length: i64,
}

impl Anchors {
    /// Whether a page can be found without reading all ids first. If not, read it in the scan lane.
    #[must_use]
    pub fn covers(&self, connection: ConnectionId, listed: Listed, start: i64) -> bool {
        start <= near() || self.get(connection, listed).is_some_and(|index| start <= index.length + near())
    }

    fn get(&self, connection: ConnectionId, listed: Listed) -> Option<Arc<Index>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&(connection, listed)).cloned()
    }

    /// The id after which a page begins, and how many further ids to leave out.
    fn find(
        &self,
        conn: &mut Conn<'_>,
        connection: ConnectionId,
        listed: Listed,
        start: i64,
    ) -> Result<(Uuid, i64), EngineError> {
        let skip = start - 1;
        if skip < near() {
            return Ok((Uuid::nil(), skip));
        }
        let deletes = conn.count(connection.0, Counter::Deletes)?;
        let kept = self.get(connection, listed).filter(|index| index.deletes == deletes);
        let index = match kept {
            Some(index) if start <= index.length + near() => index,
            _ => self.make(conn, connection, listed, deletes)?,
        };
        let place = usize::try_from(skip).unwrap_or(usize::MAX) / STRIDE;
        let anchor = place.min(index.ids.len().saturating_sub(1));
        let Some(id) = index.ids.get(anchor) else { return Ok((Uuid::nil(), skip)) };
        let passed = i64::try_from(anchor * STRIDE).unwrap_or(i64::MAX);
        // `id` itself is at place `passed + 1`: step back to just before it.
        Ok((Uuid::from_u128(id.as_u128().saturating_sub(1)), skip - passed))
    }

    fn make(
        &self,
        conn: &mut Conn<'_>,
        connection: ConnectionId,
        listed: Listed,
        deletes: i64,
    ) -> Result<Arc<Index>, EngineError> {
        let (mut ids, mut length) = (Vec::new(), 0_usize);
        conn.each_directory_id(connection, listed, Uuid::nil(), |id| {
            if length.is_multiple_of(STRIDE) {
                ids.push(id);
            }
            length += 1;
            ControlFlow::Continue(())
        })?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let index = Arc::new(Index { deletes, ids, length });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CONNECTIONS && !known.contains_key(&(connection, listed)) {
            known.clear();
        }
        known.insert((connection, listed), Arc::clone(&index));
        Ok(index)
    }
}

fn near() -> i64 {
    i64::try_from(STRIDE).unwrap_or(i64::MAX)
}

/// A page of all users, by id.
///
/// # Errors
///
/// The store's.
pub fn users_page(
    conn: &mut Conn<'_>,
    connection: &Connection,
    anchors: &Anchors,
    page: Page,
) -> Result<Listing<UserView>, EngineError> {
    let total = conn.count(connection.id.0, Counter::Users)?;
    let users = match place(conn, connection, anchors, Listed::Users, page, total)? {
        Some((after, skip)) => conn.directory_users_page(connection.id, after, skip, page.count)?,
        None => Vec::new(),
    };
    Ok(Listing { total, resources: with_groups(conn, connection, users)? })
}

/// A page of all groups, by id.
///
/// # Errors
///
/// The store's.
pub fn groups_page(
    conn: &mut Conn<'_>,
    connection: &Connection,
    anchors: &Anchors,
    page: Page,
    with_members: bool,
) -> Result<Listing<GroupView>, EngineError> {
    let total = conn.count(connection.id.0, Counter::Groups)?;
    let groups = match place(conn, connection, anchors, Listed::Groups, page, total)? {
        Some((after, skip)) => conn.directory_groups_page(connection.id, after, skip, page.count)?,
        None => Vec::new(),
    };
    let mut resources = Vec::with_capacity(groups.len());
    for group in groups {
        resources.push(group_view(conn, group, with_members)?);
    }
    Ok(Listing { total, resources })
}

/// Where a page begins; `None` for an empty one.
fn place(
    conn: &mut Conn<'_>,
    connection: &Connection,
    anchors: &Anchors,
    listed: Listed,
    page: Page,
    total: i64,
) -> Result<Option<(Uuid, i64)>, EngineError> {
    if page.count <= 0 || page.start > total {
        return Ok(None);
    }
    anchors.find(conn, connection.id, listed, page.start).map(Some)
}

/// The users that match, in order, and how many there are.
///
/// # Errors
///
/// [`Refusal::TooMany`] when the filter looks at too much; the store's.
pub fn find_users<K: Ord>(
    conn: &mut Conn<'_>,
    connection: &Connection,
    mut find: Find<'_, UserView, K>,
    page: Page,
) -> Result<Listing<UserView>, EngineError> {
    let mut found = Found::new(find.sort.as_ref().map(|(_, direction)| *direction), page);
    let mut looked_at = 0_usize;
    if find.with_nested {
        // A statement is running while candidates are visited, so their groups are read afterwards, a slice at a time.
        let mut candidates = Vec::new();
        conn.each_directory_user(connection.id, &find.candidates, |user| {
            looked_at += 1;
            candidates.push(user);
            Ok(if looked_at > LOOKED_AT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        while !candidates.is_empty() {
            let rest = candidates.split_off(candidates.len().min(SLICE));
            for view in with_groups(conn, connection, std::mem::replace(&mut candidates, rest))? {
                found.look(&mut find, view);
            }
        }
    } else {
        let candidates = std::mem::take(&mut find.candidates);
        conn.each_directory_user(connection.id, &candidates, |user| {
            looked_at += 1;
            found.look(&mut find, UserView { user, groups: Vec::new() });
            Ok(if looked_at > LOOKED_AT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
    }
    if looked_at > LOOKED_AT {
        return Err(Refusal::TooMany.into());
    }
    let listing = found.into_listing();
    if find.with_nested {
        return Ok(listing);
    }
    let users = listing.resources.into_iter().map(|view| view.user).collect();
    Ok(Listing { total: listing.total, resources: with_groups(conn, connection, users)? })
}

/// The groups that match, in order, and how many there are.
///
/// # Errors
///
/// [`Refusal::TooMany`] when the filter looks at too much; the store's.
pub fn find_groups<K: Ord>(
    conn: &mut Conn<'_>,
    connection: &Connection,
    mut find: Find<'_, GroupView, K>,
    page: Page,
) -> Result<Listing<GroupView>, EngineError> {
    let mut found = Found::new(find.sort.as_ref().map(|(_, direction)| *direction), page);
    let mut groups = Vec::new();
    conn.each_directory_group(connection.id, &find.candidates, |group| {
        groups.push(group);
        Ok(if groups.len() > LOOKED_AT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if groups.len() > LOOKED_AT {
        return Err(Refusal::TooMany.into());
    }
    for group in groups {
        let view = group_view(conn, group, find.with_nested)?;
        found.look(&mut find, view);
    }
    Ok(found.into_listing())
}

/// The matches so far. Without an order only those of the page are kept.
struct Found<V, K> {
    direction: Option<Direction>,
    page: Page,
    total: i64,
    kept: Vec<(Option<K>, V)>,
}

impl<V, K: Ord> Found<V, K> {
    fn new(direction: Option<Direction>, page: Page) -> Self {
        Self { direction, page, total: 0, kept: Vec::new() }
    }

    /// Takes a resource in if it matches.
    fn look(&mut self, find: &mut Find<'_, V, K>, view: V) {
        if !(find.matches)(&view) {
            return;
        }
        let key = find.sort.as_mut().map(|(key, _)| key(&view));
        self.total += 1;
        let in_page = self.total >= self.page.start && self.total - self.page.start < self.page.count;
        if self.direction.is_some() || in_page {
            self.kept.push((key, view));
        }
    }

    fn into_listing(mut self) -> Listing<V> {
        let Some(direction) = self.direction else {
            return Listing { total: self.total, resources: self.kept.into_iter().map(|(_, view)| view).collect() };
        };
        // Candidates come by id and the sort is stable, so equal keys stay in the order of their ids.
        self.kept.sort_by(|(a, _), (b, _)| match direction {
            Direction::Ascending => a.cmp(b),
            Direction::Descending => b.cmp(a),
        });
        let skip = usize::try_from(self.page.start - 1).unwrap_or(usize::MAX);
        let take = usize::try_from(self.page.count).unwrap_or(0);
        let resources = self.kept.into_iter().skip(skip).take(take).map(|(_, view)| view).collect();
        Listing { total: self.total, resources }
    }
}

fn with_groups(
    conn: &mut Conn<'_>,
    connection: &Connection,
    users: Vec<DirectoryUser>,
) -> Result<Vec<UserView>, EngineError> {
    let mut groups: BTreeMap<DirectoryUserId, Vec<UserGroup>> = BTreeMap::new();
    for group in crate::directory::user_groups(conn, connection, &users)? {
        groups.entry(group.user).or_default().push(group);
    }
    Ok(users.into_iter().map(|user| UserView { groups: groups.remove(&user.id).unwrap_or_default(), user }).collect())
}

fn group_view(conn: &mut Conn<'_>, group: DirectoryGroup, with_members: bool) -> Result<GroupView, EngineError> {
    let members = if with_members { crate::directory::members(conn, &group)? } else { Vec::new() };
    Ok(GroupView { group, members })
}

//! Resources that match a filter, by id or sorted.

use std::ops::ControlFlow;

use muster_model::{Connection, DirectoryGroupId, DirectoryUserId};
use muster_store::{Candidates, Conn, Listed};
use uuid::Uuid;

use super::{
    Direction, Listing, Page, Place, Start, View, pick,
    pick::Pick,
    ranking::{Ranked, Ranking},
};
use crate::{EngineError, Refusal, directory};

/// The most resources that a filter may look at.
const LOOKED_AT: usize = 1_000_000;
/// Users whose groups are read with one statement while filtering.
const SLICE: usize = 200;
/// Resources of a page that are read with one statement once they are sorted.
pub(super) const READ_AT_ONCE: usize = 16;

/// Resources of one kind among which is looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Users or groups.
    pub listed: Listed,
    /// What the indexes can tell; a superset of what matches.
    pub candidates: Candidates,
    /// Whether groups (of users) or members (of groups) must be there to tell whether one matches, or its key.
    pub with_nested: bool,
}

/// What is looked for.
pub struct Find<'f> {
    /// Among which resources, in the order of [`Listed`].
    pub sources: &'f [Source],
    /// Whether a resource matches.
    pub matches: &'f mut dyn FnMut(&View) -> bool,
}

/// What resources are sorted by, and which way.
pub struct Sort<'f, K> {
    /// The key of a resource.
    pub key: &'f mut dyn FnMut(&View) -> K,
    /// Whether the least or the greatest key comes first. Equal keys are in the order of a list that is not sorted.
    pub direction: Direction,
}

/// The resources that match, by id, and how many there are.
///
/// # Errors
///
/// [`Refusal::TooMany`] when the filter looks at too much; the store's.
pub fn find(
    conn: &mut Conn<'_>,
    connection: &Connection,
    find: Find<'_>,
    start: Start,
    page: &Page,
) -> Result<Listing, EngineError> {
    let (start, behind, known_total) = match start {
        Start::At(start) => (start, None, None),
        Start::After { place, total } => (1, Some(place), total),
    };
    let mut pick = Pick::new(page);
    let (mut total, mut looked_at) = (0, 0);
    for source in find.sources {
        let after = match behind {
            Some(place) if source.listed < place.listed => continue,
            Some(place) if source.listed == place.listed => place.id,
            _ => Uuid::nil(),
        };
        each(conn, connection, source, after, &mut looked_at, &mut |view| {
            if !(find.matches)(&view) {
                return Ok(ControlFlow::Continue(()));
            }
            total += 1;
            if total >= start && page.count > 0 && pick.offer(view).is_break() && known_total.is_some() {
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if known_total.is_some() && pick.has_more() {
            break;
        }
    }
    pick.into_listing(conn, connection, known_total.unwrap_or(total))
}

/// The resources that match in the order of a key, from this position on, counted from 1, and how many there are.
///
/// # Errors
///
/// [`Refusal::TooMany`] when the filter looks at too much, or the page is too far down; the store's.
pub fn sorted<K: Ord>(
    conn: &mut Conn<'_>,
    connection: &Connection,
    mut find: Find<'_>,
    mut sort: Sort<'_, K>,
    start: i64,
    page: &Page,
) -> Result<Listing, EngineError> {
    let skip = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let first = if page.count == 0 { 0 } else { skip.saturating_add(page.count) };
    let (ranked, more, total) = rank(conn, connection, &mut find, &mut sort, None, first)?;
    let places: Vec<Place> = ranked.iter().skip(skip).map(Ranked::place).collect();
    let mut pick = Pick::new(page);
    'page: for slice in places.chunks(READ_AT_ONCE) {
        for view in read(conn, connection, slice)? {
            if pick.offer(view).is_break() {
                break 'page;
            }
        }
    }
    if more {
        pick.note_more();
    }
    pick.into_listing(conn, connection, total)
}

/// The first so many matches behind `after`, whether there are more, and how many match in all.
pub(super) fn rank<K: Ord>(
    conn: &mut Conn<'_>,
    connection: &Connection,
    find: &mut Find<'_>,
    sort: &mut Sort<'_, K>,
    after: Option<Ranked<K>>,
    first: usize,
) -> Result<(Vec<Ranked<K>>, bool, i64), EngineError> {
    let mut ranking = Ranking::new(sort.direction, after, first);
    let mut looked_at = 0;
    for source in find.sources {
        each(conn, connection, source, Uuid::nil(), &mut looked_at, &mut |view| {
            if (find.matches)(&view) {
                ranking.take((sort.key)(&view), view.place())?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(ranking.finish())
}

/// Reads resources by their places, in their order, without those that are gone.
pub(super) fn read(conn: &mut Conn<'_>, connection: &Connection, places: &[Place]) -> Result<Vec<View>, EngineError> {
    let of = |listed| places.iter().filter(move |place| place.listed == listed).map(|place| place.id);
    let users: Vec<_> = of(Listed::Users).map(DirectoryUserId).collect();
    let groups: Vec<_> = of(Listed::Groups).map(DirectoryGroupId).collect();
    let mut views = Vec::with_capacity(places.len());
    if !users.is_empty() {
        views.extend(conn.directory_users(connection.id, &users)?.into_iter().map(|user| View::User(user, Vec::new())));
    }
    if !groups.is_empty() {
        let groups = conn.directory_groups(connection.id, &groups)?;
        views.extend(groups.into_iter().map(|group| View::Group(group, Vec::new())));
    }
    let mut found = Vec::with_capacity(views.len());
    for place in places {
        if let Some(at) = views.iter().position(|view| view.place() == *place) {
            found.push(views.swap_remove(at));
        }
    }
    Ok(found)
}

type Visit<'v> = &'v mut dyn FnMut(View) -> Result<ControlFlow<()>, EngineError>;

/// Calls `visit` with each candidate after the id `after`, in order.
fn each(
    conn: &mut Conn<'_>,
    connection: &Connection,
    source: &Source,
    after: Uuid,
    looked_at: &mut usize,
    visit: Visit<'_>,
) -> Result<(), EngineError> {
    if source.with_nested {
        return each_with_nested(conn, connection, source, after, looked_at, visit);
    }
    // The store knows only its own errors: the caller's is kept until the statement has ended.
    let mut failure = None;
    let mut look = |view: View| {
        *looked_at += 1;
        if *looked_at > LOOKED_AT {
            failure = Some(Refusal::TooMany.into());
            return ControlFlow::Break(());
        }
        visit(view).unwrap_or_else(|error| {
            failure = Some(error);
            ControlFlow::Break(())
        })
    };
    match source.listed {
        Listed::Users => conn.each_directory_user(connection.id, &source.candidates, after, |user| {
            Ok(look(View::User(user, Vec::new())))
        })?,
        Listed::Groups => conn.each_directory_group(connection.id, &source.candidates, after, |group| {
            Ok(look(View::Group(group, Vec::new())))
        })?,
    }
    failure.map_or(Ok(()), Err)
}

/// As [`each`], with groups or members. A statement is running while candidates are visited, so their ids come first, and
/// the rest a slice at a time.
fn each_with_nested(
    conn: &mut Conn<'_>,
    connection: &Connection,
    source: &Source,
    after: Uuid,
    looked_at: &mut usize,
    visit: Visit<'_>,
) -> Result<(), EngineError> {
    let mut ids = Vec::new();
    conn.each_candidate_id(connection.id, &source.candidates, source.listed, after, |id| {
        ids.push(id);
        if *looked_at + ids.len() > LOOKED_AT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    *looked_at += ids.len();
    if *looked_at > LOOKED_AT {
        return Err(Refusal::TooMany.into());
    }
    for slice in ids.chunks(SLICE) {
        match source.listed {
            Listed::Users => {
                let slice: Vec<_> = slice.iter().copied().map(DirectoryUserId).collect();
                let users = conn.directory_users(connection.id, &slice)?;
                let mut views: Vec<View> = users.into_iter().map(|user| View::User(user, Vec::new())).collect();
                pick::load_groups(conn, connection, &mut views)?;
                for view in views {
                    if visit(view)?.is_break() {
                        return Ok(());
                    }
                }
            }
            Listed::Groups => {
                let slice: Vec<_> = slice.iter().copied().map(DirectoryGroupId).collect();
                for group in conn.directory_groups(connection.id, &slice)? {
                    // One group's members at a time.
                    let members = directory::members(conn, &group)?;
                    if visit(View::Group(group, members))?.is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }
    Ok(())
}

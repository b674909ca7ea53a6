//! A sorted list page by page (RFC 9865).
//!
//! What resources are sorted by changes while a client walks from page to page: who is renamed would be met twice, or not at
//! all. So the order is worked out once, when a walk begins, and kept as packed places; later pages read resources by their
//! place in it, as they are now. Who is gone is passed over, who came meanwhile is not met, and who does not match any more
//! when its page is read is left out.
//!
//! - [`begin`] reads the first page and the whole order, in the lane for scans;
//! - [`keep`] and [`keep_part`] store the order, a part in each transaction;
//! - [`page`] reads on, on any node; [`prolong`] when a cursor would live longer than the order;
//! - [`end_expired`] is a background duty.

use std::time::Duration;

use muster_model::{Connection, ConnectionId, Timestamp, WalkId};
use muster_store::{Conn, Listed, Tx};
use uuid::Uuid;

use super::{
    Find, Listing, Next, Page, Place, Sort, View, Walked,
    find::{self, READ_AT_ONCE},
    pick::{self, Pick},
    ranking::Ranked,
};
use crate::{EngineError, Env};

/// How many keys [`begin`] is usually to keep in memory: a longer list is looked at more than once.
pub const SORTED_AT_ONCE: usize = 50_000;
/// Places in one stored slice.
const SLICE: usize = 1_000;
/// Slices that are stored in one transaction, so that others write between them.
const STORED_AT_ONCE: usize = 50;
/// The most walks of one connection: when another begins, the oldest ends.
const WALKS: i64 = 20;
/// The bytes of a packed place: what it is, and its id.
const PACKED: usize = 17;

/// The order of a list, packed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    packed: Vec<u8>,
}

impl Order {
    fn push(&mut self, place: Place) {
        self.packed.push(match place.listed {
            Listed::Users => 0,
            Listed::Groups => 1,
        });
        self.packed.extend_from_slice(place.id.as_bytes());
    }

    /// In how many parts it is stored.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.packed.len().div_ceil(PACKED * SLICE * STORED_AT_ONCE)
    }
}

/// The places of a stored slice; what is no place is left out.
fn places(packed: &[u8]) -> impl Iterator<Item = Place> {
    let (places, _) = packed.as_chunks::<PACKED>();
    places.iter().filter_map(|[kind, id @ ..]| {
        let listed = match kind {
            0 => Listed::Users,
            1 => Listed::Groups,
            _ => return None,
        };
        Some(Place { listed, id: Uuid::from_bytes(*id) })
    })
}

/// The first page of a sorted list, and its whole order if there is more behind the page.
///
/// Memory holds at most `at_once` keys, and 17 bytes for each match.
///
/// # Errors
///
/// [`Refusal::TooMany`](crate::Refusal::TooMany) when the filter looks at too much; the store's.
pub fn begin<K: Ord>(
    conn: &mut Conn<'_>,
    connection: &Connection,
    mut find: Find<'_>,
    mut sort: Sort<'_, K>,
    page: &Page,
    at_once: usize,
) -> Result<(Listing, Order), EngineError> {
    let mut order = Order::default();
    let (mut after, mut total) = (None, 0);
    loop {
        let first = if page.count == 0 { 0 } else { at_once };
        let (mut ranked, more, matched) = find::rank(conn, connection, &mut find, &mut sort, after.take(), first)?;
        ranked.iter().map(Ranked::place).for_each(|place| order.push(place));
        total = total.max(matched);
        after = ranked.pop();
        if !more || after.is_none() {
            break;
        }
    }
    let mut pick = Pick::new(page);
    let position = fill(conn, connection, &mut pick, places(&order.packed), &mut |_, _| Ok(true))?;
    let listing = listing(conn, connection, pick, position, total)?;
    let order = if listing.next.is_some() { order } else { Order::default() };
    Ok((listing, order))
}

/// Begins to keep an order: which walk it is. Stores its first part; the others are for [`keep_part`].
///
/// The walk is kept for twice the life of a cursor, so that few pages have to [`prolong`] it.
///
/// # Errors
///
/// The store's.
pub fn keep(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: ConnectionId,
    order: &Order,
    cursor_lifetime: Duration,
) -> Result<WalkId, EngineError> {
    while tx.walks(connection)? >= WALKS {
        let Some(oldest) = tx.oldest_walk(connection)? else { break };
        tx.delete_walk(connection, oldest)?;
    }
    let walk = WalkId(env.new_id());
    tx.insert_walk(connection, walk, env.now().after(cursor_lifetime * 2))?;
    store(tx, walk, order, 0)?;
    Ok(walk)
}

/// Stores another part of an order, counted from 0; `false` if the walk has ended meanwhile.
///
/// # Errors
///
/// The store's.
pub fn keep_part(
    tx: &mut Tx<'_>,
    env: &Env,
    connection: ConnectionId,
    walk: WalkId,
    order: &Order,
    part: usize,
    cursor_lifetime: Duration,
) -> Result<bool, EngineError> {
    let there = prolong(tx, env, connection, walk, cursor_lifetime)?;
    if there {
        store(tx, walk, order, part)?;
    }
    Ok(there)
}

fn store(tx: &mut Tx<'_>, walk: WalkId, order: &Order, part: usize) -> Result<(), EngineError> {
    let slices = order.packed.chunks(PACKED * SLICE).enumerate();
    for (number, slice) in slices.skip(part * STORED_AT_ONCE).take(STORED_AT_ONCE) {
        tx.insert_walk_slice(walk, i64::try_from(number).unwrap_or(i64::MAX), slice)?;
    }
    Ok(())
}

/// Until when a walk is kept; `None` if it has ended, or was another connection's.
///
/// # Errors
///
/// The store's.
pub fn expiry(
    conn: &mut Conn<'_>,
    connection: ConnectionId,
    walk: WalkId,
    now: Timestamp,
) -> Result<Option<Timestamp>, EngineError> {
    Ok(conn.walk_expiry(connection, walk)?.filter(|expires| *expires >= now))
}

/// Keeps a walk for twice the life of a cursor from now on; `false` if it has ended.
///
/// # Errors
///
/// The store's.
pub fn prolong(
    tx: &mut Tx<'_>,
    env: &Env,
    connection: ConnectionId,
    walk: WalkId,
    cursor_lifetime: Duration,
) -> Result<bool, EngineError> {
    Ok(tx.keep_walk(connection, walk, env.now().after(cursor_lifetime * 2))?)
}

/// A page of a walk. `find` tells who still matches; its sources only whether groups or members are needed for that.
///
/// # Errors
///
/// The store's.
pub fn page(
    conn: &mut Conn<'_>,
    connection: &Connection,
    find: &mut Find<'_>,
    walked: Walked,
    page: &Page,
) -> Result<Listing, EngineError> {
    let mut pick = Pick::new(page);
    let slice_length = SLICE as u64;
    let (mut position, mut number) = (walked.position, walked.position / slice_length);
    while !pick.has_more() {
        let stored = conn.walk_slice(connection.id, walked.walk, i64::try_from(number).unwrap_or(i64::MAX))?;
        let Some(packed) = stored else { break };
        let skip = usize::try_from(position - number * slice_length).unwrap_or(usize::MAX);
        let matches = &mut |conn: &mut Conn<'_>, view: &mut View| still_matches(conn, connection, find, view);
        position += fill(conn, connection, &mut pick, places(&packed).skip(skip), matches)?;
        number += 1;
    }
    listing(conn, connection, pick, position, walked.total)
}

/// Ends one walk that nobody has a cursor of any more; whether there was one.
///
/// # Errors
///
/// The store's.
pub fn end_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, EngineError> {
    let Some((connection, walk)) = tx.expired_walk(now)? else { return Ok(false) };
    tx.delete_walk(connection, walk)?;
    Ok(true)
}

type Matches<'m> = &'m mut dyn FnMut(&mut Conn<'_>, &mut View) -> Result<bool, EngineError>;

/// Offers the resources at these places, in turn, until there is no room for one; how many places that took.
fn fill(
    conn: &mut Conn<'_>,
    connection: &Connection,
    pick: &mut Pick,
    places: impl Iterator<Item = Place>,
    matches: Matches<'_>,
) -> Result<u64, EngineError> {
    let places: Vec<Place> = places.collect();
    let mut passed = 0;
    for slice in places.chunks(READ_AT_ONCE) {
        let views = find::read(conn, connection, slice)?;
        let mut rest = slice.iter();
        for mut view in views {
            let place = view.place();
            let before = rest.by_ref().take_while(|passed| **passed != place).count() as u64;
            if matches(conn, &mut view)? && pick.offer(view).is_break() {
                return Ok(passed + before);
            }
            passed += before + 1;
        }
        passed += rest.count() as u64;
    }
    Ok(passed)
}

fn still_matches(
    conn: &mut Conn<'_>,
    connection: &Connection,
    find: &mut Find<'_>,
    view: &mut View,
) -> Result<bool, EngineError> {
    let listed = view.place().listed;
    if find.sources.iter().any(|source| source.listed == listed && source.with_nested) {
        pick::load_nested(conn, connection, view)?;
    }
    Ok((find.matches)(view))
}

fn listing(
    conn: &mut Conn<'_>,
    connection: &Connection,
    pick: Pick,
    position: u64,
    total: i64,
) -> Result<Listing, EngineError> {
    let mut listing = pick.into_listing(conn, connection, total)?;
    listing.next = listing.next.map(|_| Next::Kept(position));
    Ok(listing)
}

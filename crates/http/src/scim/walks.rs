//! Sorted lists, page by page: the order is kept while the client walks (RFC 9865).

use std::{sync::Arc, time::Duration};

use muster_engine::{
    EngineError, Env, Origin,
    search::{
        Direction, Find, Listing, Page, Sort, Walked,
        walk::{self, Order, SORTED_AT_ONCE},
    },
};
use muster_model::{ConnectionId, WalkId};
use muster_scim::list;
use muster_store::Tx;

use super::{exchange::Exchange, looking::Looking};
use crate::{App, HttpError, app::Lane};

/// The first page, and which walk goes on behind it, if there is more.
pub(super) async fn begin(
    exchange: &Exchange,
    looking: Looking,
    page: Page,
) -> Result<(Listing, Option<WalkId>), HttpError> {
    let connection = exchange.connection();
    let (id, sources) = (connection.id, looking.sources());
    let (listing, order) = exchange
        .read(Lane::Scan, move |conn| {
            let find = Find { sources: &sources, matches: &mut |view| looking.matches(view) };
            let direction = looking.direction().unwrap_or(Direction::Ascending);
            let sort = Sort { key: &mut |view| looking.key(view), direction };
            walk::begin(conn, &connection, find, sort, &page, SORTED_AT_ONCE)
        })
        .await?;
    if listing.next.is_none() {
        return Ok((listing, None));
    }
    let walk = keep(&exchange.app, id, order).await?;
    Ok((listing, Some(walk)))
}

/// A later page.
pub(super) async fn page(
    exchange: &Exchange,
    looking: Looking,
    walked: Walked,
    page: Page,
) -> Result<Listing, HttpError> {
    let (connection, now) = (exchange.connection(), exchange.arrival.at);
    let (id, sources) = (connection.id, looking.sources());
    // Where a filter is judged again, most may not match any more.
    let lane = if looking.has_filter() { Lane::Scan } else { Lane::Snapshot };
    let read = exchange.read(lane, move |conn| {
        let Some(expires) = walk::expiry(conn, id, walked.walk, now)? else { return Ok(None) };
        let mut find = Find { sources: &sources, matches: &mut |view| looking.matches(view) };
        Ok(Some((walk::page(conn, &connection, &mut find, walked, &page)?, expires)))
    });
    let (listing, expires) = read.await?.ok_or_else(list::expired_cursor)?;
    let lifetime = exchange.app.cursor_lifetime();
    if listing.next.is_some() && expires < now.after(lifetime) {
        let prolong = move |tx: &mut Tx<'_>, env: &mut Env| walk::prolong(tx, env, id, walked.walk, lifetime);
        require(write(&exchange.app, prolong).await?)?;
    }
    Ok(listing)
}

async fn keep(app: &App, connection: ConnectionId, order: Order) -> Result<WalkId, HttpError> {
    let (lifetime, order): (Duration, _) = (app.cursor_lifetime(), Arc::new(order));
    let first = Arc::clone(&order);
    let walk = write(app, move |tx, env| walk::keep(tx, env, connection, &first, lifetime)).await?;
    for part in 1..order.parts() {
        let order = Arc::clone(&order);
        let keep =
            move |tx: &mut Tx<'_>, env: &mut Env| walk::keep_part(tx, env, connection, walk, &order, part, lifetime);
        require(write(app, keep).await?)?;
    }
    Ok(walk)
}

/// A walk ends early when many others begin.
fn require(there: bool) -> Result<(), HttpError> {
    if there { Ok(()) } else { Err(list::expired_cursor().into()) }
}

async fn write<T: Send + 'static>(
    app: &App,
    mut work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, HttpError> {
    let surroundings = app.surroundings();
    let work = move |tx: &mut Tx<'_>| work(tx, &mut Env::new(Arc::clone(&surroundings), Origin::SYSTEM));
    Ok(app.store().write(work).await?)
}

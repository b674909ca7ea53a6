//! Lists, by GET (RFC 7644 §3.4.2) and by POST to `/.search` (§3.4.3): pages, filters, sorting, cursors (RFC 9865).

use axum::response::Response;
use muster_engine::search::{self, Find, Listing, Page, Shown, Start, View};
use muster_scim::{
    ResourceType,
    list::{self, ListQuery, ListResponse},
    projection::Projection,
    sort::Key,
};
use muster_store::Listed;

use super::{
    Call, answers,
    cursor::Cursors,
    exchange::Exchange,
    looking::{self, Looking},
};
use crate::{HttpError, app::Lane};

const USERS: &[ResourceType] = &[ResourceType::User];
const GROUPS: &[ResourceType] = &[ResourceType::Group];

/// `GET /Users`.
pub(super) async fn list_users(call: Call) -> Result<Response, HttpError> {
    let query = from_url(&call, USERS)?;
    list(&call, USERS, query).await
}

/// `GET /Groups`.
pub(super) async fn list_groups(call: Call) -> Result<Response, HttpError> {
    let query = from_url(&call, GROUPS)?;
    list(&call, GROUPS, query).await
}

/// `GET /`: users and groups.
pub(super) async fn list_all(call: Call) -> Result<Response, HttpError> {
    let query = from_url(&call, ResourceType::ALL)?;
    list(&call, ResourceType::ALL, query).await
}

/// `POST /Users/.search`.
pub(super) async fn search_users(call: Call) -> Result<Response, HttpError> {
    let query = from_body(&call, USERS)?;
    list(&call, USERS, query).await
}

/// `POST /Groups/.search`.
pub(super) async fn search_groups(call: Call) -> Result<Response, HttpError> {
    let query = from_body(&call, GROUPS)?;
    list(&call, GROUPS, query).await
}

/// `POST /.search`: users and groups; `meta.resourceType` tells which.
pub(super) async fn search_all(call: Call) -> Result<Response, HttpError> {
    let query = from_body(&call, ResourceType::ALL)?;
    list(&call, ResourceType::ALL, query).await
}

fn from_url(exchange: &Exchange, types: &[ResourceType]) -> Result<ListQuery, HttpError> {
    exchange.noting(|notes| Ok(ListQuery::from_pairs(exchange.query(), types, exchange.app.capabilities(), notes)?))
}

fn from_body(exchange: &Exchange, types: &[ResourceType]) -> Result<ListQuery, HttpError> {
    exchange.parse(|body, notes| ListQuery::from_search_request(body, types, exchange.app.capabilities(), notes))
}

async fn list(call: &Call, types: &'static [ResourceType], query: ListQuery) -> Result<Response, HttpError> {
    let (app, connection) = (call.app.clone(), call.connection());
    let cursors = Cursors::new(app.sealer(), connection.id, &query, types);
    let page = Page {
        start: match &query.page {
            list::Page::Index { start_index, .. } => Start::At(i64::try_from(*start_index).unwrap_or(i64::MAX)),
            list::Page::Cursor { cursor: None, .. } => Start::At(1),
            list::Page::Cursor { cursor: Some(cursor), .. } => cursors.open(cursor, call.arrival.at)?,
        },
        count: usize::try_from(query.page.count()).unwrap_or(usize::MAX),
        bytes: app.limits().page_bytes,
    };
    let shown = Shown { groups: query.projection.needs("groups"), members: query.projection.needs("members") };
    let mut listing = match Looking::for_what(&query, types, &call.base_url) {
        None => everything(call, types, page, shown).await?,
        Some(looking) => matching(call, looking, page, shown).await?,
    };
    let (start_index, next_cursor) = match query.page {
        list::Page::Index { start_index, .. } => (Some(start_index), None),
        list::Page::Cursor { .. } => {
            let total = listing.total;
            let expires = call.arrival.at.after(app.cursor_lifetime());
            let next = listing.next.take().map(|place| cursors.seal(place, total, expires)).transpose();
            (None, next.map_err(HttpError::sealing)?)
        }
    };
    answer(call, listing, start_index, next_cursor, shown, query.projection).await
}

async fn everything(
    exchange: &Exchange,
    types: &[ResourceType],
    page: Page<Key>,
    shown: Shown,
) -> Result<Listing<Key>, HttpError> {
    let (app, connection) = (exchange.app.clone(), exchange.connection());
    let kinds: Vec<Listed> = types.iter().copied().map(looking::listed).collect();
    // A page whose place must first be found among all ids, and one that may hold a hundred groups of thousands, are read
    // where that keeps nobody waiting.
    let near = |listed: &Listed| match page.start {
        Start::At(start) => app.anchors().covers(connection.id, *listed, start),
        Start::After { .. } => true,
    };
    let large = shown.members && kinds.contains(&Listed::Groups);
    let lane = if kinds.iter().all(near) && !large { Lane::Snapshot } else { Lane::Scan };
    let (reading, now) = (exchange.app.clone(), exchange.arrival.at);
    exchange.read(lane, move |conn| search::page(conn, now, &connection, reading.anchors(), &kinds, &page, shown)).await
}

async fn matching(
    exchange: &Exchange,
    looking: Looking,
    page: Page<Key>,
    shown: Shown,
) -> Result<Listing<Key>, HttpError> {
    let connection = exchange.connection();
    let sources = looking.sources();
    exchange
        .read(looking.lane(), move |conn| {
            let mut matches = |view: &View| looking.matches(view);
            let mut key = |view: &View| looking.key(view);
            let sort = looking.direction().map(|direction| (&mut key as &mut dyn FnMut(&View) -> Key, direction));
            let find = Find { sources: &sources, matches: &mut matches, sort };
            search::find(conn, &connection, find, &page, shown)
        })
        .await
}

async fn answer(
    exchange: &Exchange,
    listing: Listing<Key>,
    start_index: Option<u64>,
    next_cursor: Option<String>,
    shown: Shown,
    projection: Projection,
) -> Result<Response, HttpError> {
    let base_url = exchange.base_url.clone();
    let bytes = listing.resources.iter().map(|view| view.bytes(shown)).fold(0, u64::saturating_add);
    answers::made(&exchange.app, bytes, move || {
        let total = u64::try_from(listing.total).unwrap_or(0);
        let response = ListResponse { total, start_index, next_cursor: next_cursor.as_deref() };
        let room = usize::try_from(bytes).unwrap_or(0);
        response.render(&listing.resources, room, |view, out| {
            answers::View::from(view).write(out, &base_url, &projection);
        })
    })
    .await
}

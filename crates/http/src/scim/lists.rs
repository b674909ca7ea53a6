//! Lists, by GET (RFC 7644 §3.4.2) and by POST to `/.search` (§3.4.3): pages, filters, sorting, cursors (RFC 9865).

use axum::response::Response;
use muster_engine::search::{self, Find, Listing, Next, Page, Shown, Sort, Start, Walked};
use muster_scim::{
    ResourceType,
    list::{self, ListQuery, ListResponse},
    projection::Projection,
};
use muster_store::Listed;

use super::{
    Call, answers,
    cursor::{Cursors, Opened},
    exchange::Exchange,
    looking::{self, Looking},
    walks,
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
    let app = &call.app;
    let cursors = Cursors::new(app.sealer(), call.connection().id, &query, types);
    let page = Page {
        count: usize::try_from(query.page.count()).unwrap_or(usize::MAX),
        bytes: app.limits().page_bytes,
        shown: Shown { groups: query.projection.needs("groups"), members: query.projection.needs("members") },
    };
    let start = match &query.page {
        list::Page::Index { start_index, .. } => {
            Opened::ById(Start::At(i64::try_from(*start_index).unwrap_or(i64::MAX)))
        }
        list::Page::Cursor { cursor: None, .. } => Opened::ById(Start::At(1)),
        list::Page::Cursor { cursor: Some(cursor), .. } => cursors.open(cursor, call.arrival.at)?,
    };
    let by_cursor = matches!(query.page, list::Page::Cursor { .. });
    let mut walk = None;
    let mut listing = match (start, Looking::for_what(&query, types, &call.base_url)) {
        (Opened::Sorted(walked), _) => {
            walk = Some(walked.walk);
            walks::page(call, Looking::again(&query, types, &call.base_url), walked, page).await?
        }
        (Opened::ById(start), None) => everything(call, types, start, page).await?,
        (Opened::ById(_), Some(looking)) if by_cursor && looking.is_sorted() => {
            let (listing, begun) = walks::begin(call, looking, page).await?;
            walk = begun;
            listing
        }
        (Opened::ById(start), Some(looking)) => matching(call, looking, start, page).await?,
    };
    let (total, expires) = (listing.total, call.arrival.at.after(app.cursor_lifetime()));
    let next_cursor = match (listing.next.take().filter(|_| by_cursor), walk) {
        (Some(Next::After(place)), _) => Some(cursors.after(place, total, expires)),
        (Some(Next::Kept(position)), Some(walk)) => Some(cursors.walked(Walked { walk, position, total }, expires)),
        (Some(Next::Kept(_)), None) | (None, _) => None,
    };
    let next_cursor = next_cursor.transpose().map_err(HttpError::sealing)?;
    let start_index = match query.page {
        list::Page::Index { start_index, .. } => Some(start_index),
        list::Page::Cursor { .. } => None,
    };
    answer(call, listing, start_index, next_cursor, page.shown, query.projection).await
}

async fn everything(
    exchange: &Exchange,
    types: &[ResourceType],
    start: Start,
    page: Page,
) -> Result<Listing, HttpError> {
    let (app, connection) = (exchange.app.clone(), exchange.connection());
    let kinds: Vec<Listed> = types.iter().copied().map(looking::listed).collect();
    // A page whose place must first be found among all ids, and one that may hold a hundred groups of thousands, are read
    // where that keeps nobody waiting.
    let near = |listed: &Listed| match start {
        Start::At(start) => app.anchors().covers(connection.id, *listed, start),
        Start::After { .. } => true,
    };
    let large = page.shown.members && kinds.contains(&Listed::Groups);
    let lane = if kinds.iter().all(near) && !large { Lane::Snapshot } else { Lane::Scan };
    let (reading, now) = (exchange.app.clone(), exchange.arrival.at);
    exchange.read(lane, move |conn| search::page(conn, now, &connection, reading.anchors(), &kinds, start, &page)).await
}

async fn matching(exchange: &Exchange, looking: Looking, start: Start, page: Page) -> Result<Listing, HttpError> {
    let connection = exchange.connection();
    let sources = looking.sources();
    exchange
        .read(looking.lane(), move |conn| {
            let find = Find { sources: &sources, matches: &mut |view| looking.matches(view) };
            match (looking.direction(), start) {
                (Some(direction), Start::At(start)) => {
                    let sort = Sort { key: &mut |view| looking.key(view), direction };
                    search::sorted(conn, &connection, find, sort, start, &page)
                }
                _ => search::find(conn, &connection, find, start, &page),
            }
        })
        .await
}

async fn answer(
    exchange: &Exchange,
    listing: Listing,
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

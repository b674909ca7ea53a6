//! `GET /Users` and `GET /Groups`: pages, filters, sorting.

use std::sync::Arc;

use axum::response::Response;
use muster_engine::{
    EngineError, directory,
    search::{self, Direction, Find, GroupView, Listing, Page, UserView},
};
use muster_model::{DirectoryGroupId, DirectoryUserId, directory::MemberId};
use muster_scim::{
    RequestError, ResourceType, ScimType,
    list::{self, ListQuery, ListResponse},
    sort,
};
use muster_store::{Candidates, Listed, UserGroup};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Call, answers,
    answers::View,
    candidates::{self, Plan},
    exchange::Exchange,
};
use crate::{HttpError, app::Lane};

/// `GET /Users`, [RFC 7644 §3.4.2](https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2).
pub(super) async fn list_users(call: Call) -> Result<Response, HttpError> {
    let (query, page) = read_query(&call, ResourceType::User)?;
    let (connection, app) = (call.connection(), call.app.clone());
    let listing = match Looking::for_what(&query, ResourceType::User, &call.base_url) {
        None => {
            let lane = page_lane(&call, Listed::Users, page);
            call.read(lane, move |conn| search::users_page(conn, &connection, app.anchors(), page)).await?
        }
        Some(looking) => {
            let with_nested = looking.needs_nested();
            call.read(looking.lane(), move |conn| {
                let mut matches = |view: &UserView| looking.matches(|| looking.user(view));
                let mut key = |view: &UserView| looking.key(&looking.user(view));
                let sort = looking.direction().map(|direction| (&mut key as &mut dyn FnMut(&UserView) -> _, direction));
                let candidates = looking.plan.candidates.clone();
                search::find_users(
                    conn,
                    &connection,
                    Find { candidates, with_nested, matches: &mut matches, sort },
                    page,
                )
            })
            .await?
        }
    };
    let text = |view: &UserView| View::User(&view.user, &view.groups).text(&call.base_url, &query.projection);
    Ok(answer(&listing, page, text))
}

/// `GET /Groups`.
pub(super) async fn list_groups(call: Call) -> Result<Response, HttpError> {
    let (query, page) = read_query(&call, ResourceType::Group)?;
    let (connection, app) = (call.connection(), call.app.clone());
    let with_members = query.projection.needs("members");
    let listing = match Looking::for_what(&query, ResourceType::Group, &call.base_url) {
        None => {
            // A page may hold a hundred groups of thousands.
            let lane = if with_members { Lane::Scan } else { page_lane(&call, Listed::Groups, page) };
            call.read(lane, move |conn| search::groups_page(conn, &connection, app.anchors(), page, with_members))
                .await?
        }
        Some(looking) => {
            let with_nested = looking.needs_nested();
            call.read(looking.lane(), move |conn| {
                let mut matches = |view: &GroupView| looking.matches(|| looking.group(view));
                let mut key = |view: &GroupView| looking.key(&looking.group(view));
                let sort =
                    looking.direction().map(|direction| (&mut key as &mut dyn FnMut(&GroupView) -> _, direction));
                let candidates = looking.plan.candidates.clone();
                let find = Find { candidates, with_nested, matches: &mut matches, sort };
                let mut listing = search::find_groups(conn, &connection, find, page)?;
                if with_members && !with_nested {
                    for view in &mut listing.resources {
                        view.members = directory::members(conn, &view.group)?;
                    }
                }
                Ok::<_, EngineError>(listing)
            })
            .await?
        }
    };
    let text = |view: &GroupView| View::Group(&view.group, &view.members).text(&call.base_url, &query.projection);
    Ok(answer(&listing, page, text))
}

fn read_query(exchange: &Exchange, resource_type: ResourceType) -> Result<(ListQuery, Page), HttpError> {
    let query = exchange.noting(|notes| {
        Ok(ListQuery::from_pairs(exchange.query(), &[resource_type], exchange.app.capabilities(), notes)?)
    })?;
    let page = match query.page {
        list::Page::Index { start_index, count } => {
            Page { start: i64::try_from(start_index).unwrap_or(i64::MAX), count: i64::from(count) }
        }
        list::Page::Cursor { .. } => {
            return Err(
                RequestError::bad(ScimType::InvalidCursor, "cursors are not supported: use `startIndex`").into()
            );
        }
    };
    Ok((query, page))
}

/// A page whose place must first be found among all ids is read where that keeps nobody waiting.
fn page_lane(exchange: &Exchange, listed: Listed, page: Page) -> Lane {
    let is_near = exchange.app.anchors().covers(exchange.connection().id, listed, page.start);
    if is_near { Lane::Snapshot } else { Lane::Scan }
}

fn answer<T>(listing: &Listing<T>, page: Page, text: impl Fn(&T) -> String) -> Response {
    let resources: Vec<String> = listing.resources.iter().map(text).collect();
    let response = ListResponse {
        total: u64::try_from(listing.total).unwrap_or(0),
        start_index: u64::try_from(page.start).ok(),
        next_cursor: None,
        resources: &resources,
    };
    answers::found(response.render())
}

/// A list that is filtered or sorted.
struct Looking {
    filter: Option<muster_scim::filter::Filter>,
    sort: Option<sort::Sort>,
    plan: Plan,
    resource_type: ResourceType,
    base_url: Arc<str>,
}

impl Looking {
    /// `None`: everything, by id.
    fn for_what(query: &ListQuery, resource_type: ResourceType, base_url: &Arc<str>) -> Option<Self> {
        if query.filter.is_none() && query.sort.is_none() {
            return None;
        }
        let everything = Plan { candidates: Candidates::default(), exact: true, membership: None };
        let plan = query.filter.as_ref().map_or(everything, |filter| candidates::plan(filter, resource_type));
        let (filter, sort) = (query.filter.clone(), query.sort);
        Some(Self { filter, sort, plan, resource_type, base_url: Arc::clone(base_url) })
    }

    /// Where it keeps nobody waiting.
    fn lane(&self) -> Lane {
        let candidates = &self.plan.candidates;
        // Only what is one row for certain may be read on the thread that serves others, too.
        match self.resource_type {
            ResourceType::User if candidates.are_one() => Lane::Point,
            _ if candidates.are_few() => Lane::Snapshot,
            _ => Lane::Scan,
        }
    }

    /// Whether groups (of users) or members (of groups) must be read to evaluate or sort.
    fn needs_nested(&self) -> bool {
        let nested = candidates::nested(self.resource_type);
        let sorted = self.sort.is_some_and(|sort| sort.path.attribute.name == nested);
        let filtered = self.filter.as_ref().is_some_and(|filter| filter.mentions(nested));
        sorted || (filtered && self.plan.membership.is_none())
    }

    fn matches(&self, resource: impl FnOnce() -> Value) -> bool {
        match &self.filter {
            Some(filter) if !self.plan.exact => filter.matches(&resource()),
            _ => true,
        }
    }

    fn direction(&self) -> Option<Direction> {
        let sort = self.sort?;
        Some(if sort.descending { Direction::Descending } else { Direction::Ascending })
    }

    fn key(&self, resource: &Value) -> sort::Key {
        self.sort.map_or(sort::Key::Absent, |sort| sort.key(resource))
    }

    /// A user as the evaluator sees it. A group that it is known to be in stands for all.
    fn user(&self, view: &UserView) -> Value {
        let known = self.plan.membership.filter(|_| view.groups.is_empty());
        let known =
            known.map(|id| UserGroup { user: view.user.id, id: DirectoryGroupId(id), display_name: String::new() });
        let groups = known.as_ref().map_or(view.groups.as_slice(), std::slice::from_ref);
        View::User(&view.user, groups).value(&self.base_url)
    }

    /// A group as the evaluator sees it. A member that it is known to have stands for all.
    fn group(&self, view: &GroupView) -> Value {
        let known = self.plan.membership.filter(|_| view.members.is_empty());
        let known = known.map(|id: Uuid| MemberId::User(DirectoryUserId(id)));
        let members = known.as_ref().map_or(view.members.as_slice(), std::slice::from_ref);
        View::Group(&view.group, members).value(&self.base_url)
    }
}

//! `/v2/events`: the feed of what happens, for those who cannot be sent it (interfaces §3).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    activity::Scope,
    authority::Action,
    events::{self, Position},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    call::{Call, Reply},
    sent::Asked,
};
use crate::{HttpError, app::Lane, webhooks::view::EventView};

/// The most events of one answer, and how many it has if nothing is said.
const LARGEST: u32 = 500;
const USUAL: u32 = 100;

/// Which events.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// The organization's name.
    organization: String,
    /// What was read last: the `position` of an event, or `next`. The oldest that are kept come first if nothing is said.
    after: Option<String>,
    /// Names of events, or beginnings such as `team.*`, with commas between them; all of them if there is none.
    events: Option<String>,
    /// How many at most: 1 to 500, 100 if nothing is said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A part of what happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct EventsView {
    /// In the order in which it came to be known; may be none, and more after `next`.
    events: Vec<EventView>,
    /// What `after` takes to go on.
    #[schema(example = "57")]
    next: String,
    /// Whether there is more by now.
    more: bool,
}

/// Read what happened
///
/// The same events that webhooks are sent, in one order that never changes: whoever goes on after what they read last misses none. They are
/// kept as long as the activity log.
#[utoipa::path(
    get, path = "/v2/events", tag = "Webhooks", operation_id = "listEvents",
    params(EventsQuery),
    responses((status = 200, description = "What happened after `after`.", body = EventsView))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Asked(asked): Asked<EventsQuery>,
) -> Result<Reply, HttpError> {
    let after = match asked.after.as_deref() {
        None => None,
        Some(text) => Some(text.parse::<Position>().map_err(|_| {
            HttpError::field("after", "use the `position` of an event, or `next` of the answer before")
        })?),
    };
    let limit = asked.limit.unwrap_or(USUAL);
    if limit == 0 || limit > LARGEST {
        return Err(HttpError::field("limit", format!("use 1 to {LARGEST}")));
    }
    let names = asked.events.iter().flat_map(|names| names.split(',')).map(str::trim);
    let names: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let read = call.read(Lane::Scan, move |conn, caller| {
        let (organization, _) = caller.organization(conn, &asked.organization, Action::ReadActivity)?;
        events::feed(conn, Scope::Organization(organization.id), &names, after, limit)
    });
    let feed = read.await?;
    let (next, more) = (feed.next.to_string(), feed.more);
    Reply::json(
        StatusCode::OK,
        &EventsView { events: feed.events.into_iter().map(EventView::from).collect(), next, more },
    )
}

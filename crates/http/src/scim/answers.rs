//! Answers: resources spliced from stored text, and the responses around them.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use muster_engine::search;
use muster_model::{DirectoryGroup, DirectoryUser, Version, directory::MemberId};
use muster_scim::{
    ResourceType,
    etag::ETag,
    projection::Projection,
    resource::{Answer, GroupLink, MemberLink, Meta},
    schema,
};
use muster_store::UserGroup;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::{exchange::Exchange, statement::link};
use crate::{App, HttpError};

/// The media type of every answer (RFC 7644 §3.1).
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// An answer of more bytes than this is large: it is written on a thread of its own, and takes room until it is sent.
const LARGE: u64 = 256 * 1024;

/// A resource and what is spliced into it.
#[derive(Debug, Clone, Copy)]
pub(super) enum View<'v> {
    /// A user and its groups.
    User(&'v DirectoryUser, &'v [UserGroup]),
    /// A group and its members.
    Group(&'v DirectoryGroup, &'v [MemberId]),
}

impl<'v> From<&'v search::View> for View<'v> {
    fn from(view: &'v search::View) -> Self {
        match view {
            search::View::User(user, groups) => Self::User(user, groups),
            search::View::Group(group, members) => Self::Group(group, members),
        }
    }
}

impl View<'_> {
    /// The resource as a client sees it.
    fn text(&self, base_url: &str, projection: &Projection) -> String {
        let mut text = String::new();
        self.write(&mut text, base_url, projection);
        text
    }

    /// Appends the resource as a client sees it.
    pub(super) fn write(&self, out: &mut String, base_url: &str, projection: &Projection) {
        if projection.is_default() {
            self.answer(base_url, |answer| answer.render_into(out));
        } else {
            let mut value = self.value(base_url);
            projection.apply(self.resource_type(), &mut value);
            out.push_str(&value.to_string());
        }
    }

    /// The whole resource as a value, for filters and sorting.
    pub(super) fn value(&self, base_url: &str) -> Value {
        self.answer(base_url, |answer| answer.to_value())
    }

    fn answer<T>(&self, base_url: &str, render: impl FnOnce(&Answer<'_>) -> T) -> T {
        match self {
            Self::User(user, groups) => {
                let ids: Vec<String> = groups.iter().map(|group| group.id.to_string()).collect();
                let links: Vec<GroupLink<'_>> =
                    ids.iter().zip(*groups).map(|(id, group)| GroupLink { id, display: &group.display_name }).collect();
                let meta = self.meta(base_url, user.created.0, user.modified.0);
                let id = user.id.to_string();
                render(&Answer { document: &user.document, id: &id, groups: &links, members: &[], meta })
            }
            Self::Group(group, members) => {
                let ids: Vec<(String, ResourceType)> = members
                    .iter()
                    .map(|member| {
                        let (id, kind) = link(*member);
                        (id.to_string(), kind)
                    })
                    .collect();
                let links: Vec<MemberLink<'_>> =
                    ids.iter().map(|(id, kind)| MemberLink { id, kind: *kind, display: None }).collect();
                let meta = self.meta(base_url, group.created.0, group.modified.0);
                let id = group.id.to_string();
                render(&Answer { document: &group.document, id: &id, groups: &[], members: &links, meta })
            }
        }
    }

    fn meta<'b>(&self, base_url: &'b str, created: i64, last_modified: i64) -> Meta<'b> {
        Meta { resource_type: self.resource_type(), created, last_modified, version: self.version(), base_url }
    }

    fn resource_type(&self) -> ResourceType {
        match self {
            Self::User(..) => ResourceType::User,
            Self::Group(..) => ResourceType::Group,
        }
    }

    fn id(&self) -> Uuid {
        match self {
            Self::User(user, _) => user.id.0,
            Self::Group(group, _) => group.id.0,
        }
    }

    fn version(&self) -> Version {
        match self {
            Self::User(user, _) => user.version,
            Self::Group(group, _) => group.version,
        }
    }

    /// The answer to a read.
    pub(super) fn read(&self, base_url: &str, projection: &Projection) -> Response {
        tagged(found(self.text(base_url, projection)), self.version())
    }

    /// The answer to a write.
    pub(super) fn written(&self, status: StatusCode, base_url: &str, projection: &Projection) -> Response {
        let response =
            if status == StatusCode::NO_CONTENT { empty(status) } else { found(self.text(base_url, projection)) };
        located(tagged(response, self.version()), status, self.resource_type(), self.id(), base_url)
    }
}

/// The answer about a group, which may be large: to a read, or to a write with this status.
pub(super) async fn group(
    exchange: &Exchange,
    group: DirectoryGroup,
    members: Vec<MemberId>,
    projection: &Projection,
    written: Option<StatusCode>,
) -> Result<Response, HttpError> {
    let view = search::View::Group(group, members);
    let shown = search::Shown { groups: false, members: projection.needs("members") };
    let bytes = view.bytes(shown);
    if bytes <= LARGE || written == Some(StatusCode::NO_CONTENT) {
        let view = View::from(&view);
        return Ok(match written {
            None => view.read(&exchange.base_url, projection),
            Some(status) => view.written(status, &exchange.base_url, projection),
        });
    }
    let (id, version) = (View::from(&view).id(), View::from(&view).version());
    let (base_url, projection) = (exchange.base_url.clone(), projection.clone());
    let body = made(&exchange.app, bytes, move || View::from(&view).text(&base_url, &projection)).await?;
    Ok(match written {
        None => tagged(body, version),
        Some(status) => located(tagged(body, version), status, ResourceType::Group, id, &exchange.base_url),
    })
}

/// A body with 200 of about this many bytes. A large one is written off the threads that serve requests, and counts against
/// what all large ones may take until it is sent.
pub(super) async fn made(
    app: &App,
    bytes: u64,
    write: impl FnOnce() -> String + Send + 'static,
) -> Result<Response, HttpError> {
    if bytes <= LARGE {
        return Ok(found(write()));
    }
    let room = app.room_for_answer(bytes).ok_or(HttpError::TooBusy)?;
    let text = tokio::task::spawn_blocking(write).await.map_err(|_| HttpError::Panicked)?;
    Ok(found(Bytes::from_owner(Large { text, _room: room })))
}

/// A text that holds its room as long as it is there.
struct Large {
    text: String,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// A body with 200.
pub(super) fn found(text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(header::CONTENT_TYPE, SCIM_JSON);
    response
}

/// Says where the resource of a write is.
fn located(
    mut response: Response,
    status: StatusCode,
    resource_type: ResourceType,
    id: Uuid,
    base_url: &str,
) -> Response {
    *response.status_mut() = status;
    if let Ok(location) = HeaderValue::try_from(schema::location(base_url, resource_type, &id.to_string())) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// No body: 204.
pub(super) fn gone() -> Response {
    empty(StatusCode::NO_CONTENT)
}

/// No body, because the client has this version: 304.
pub(super) fn not_modified(version: Version) -> Response {
    tagged(empty(StatusCode::NOT_MODIFIED), version)
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Says the version, as `meta.version` does.
fn tagged(mut response: Response, version: Version) -> Response {
    if let Ok(tag) = HeaderValue::try_from(ETag(version).to_string()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

//! Answers: resources spliced from stored text, and the responses around them.

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
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
use uuid::Uuid;

use super::statement::link;

/// The media type of every answer (RFC 7644 §3.1).
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// A resource and what is spliced into it.
#[derive(Debug, Clone, Copy)]
pub(super) enum View<'v> {
    /// A user and its groups.
    User(&'v DirectoryUser, &'v [UserGroup]),
    /// A group and its members.
    Group(&'v DirectoryGroup, &'v [MemberId]),
}

impl View<'_> {
    /// The resource as a client sees it.
    pub(super) fn text(&self, base_url: &str, projection: &Projection) -> String {
        if projection.is_default() {
            return self.answer(base_url, |answer| answer.render());
        }
        let mut value = self.value(base_url);
        projection.apply(self.resource_type(), &mut value);
        value.to_string()
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
        let mut response = if status == StatusCode::NO_CONTENT {
            empty(status)
        } else {
            let mut response = found(self.text(base_url, projection));
            *response.status_mut() = status;
            response
        };
        let location = schema::location(base_url, self.resource_type(), &self.id().to_string());
        if let Ok(location) = HeaderValue::try_from(location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        tagged(response, self.version())
    }
}

/// A body with 200.
pub(super) fn found(text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, SCIM_JSON);
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

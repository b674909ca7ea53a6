//! `/Users`.

use axum::response::Response;
use http::StatusCode;
use muster_engine::{EngineError, Env, directory};
use muster_model::{Connection, DirectoryUser, DirectoryUserId};
use muster_scim::{
    Notes, RequestError, ResourceType,
    patch::UserPatch,
    projection::Projection,
    resource::{Incoming, Resource},
};
use muster_store::{Conn, Tx, UserGroup};

use super::{
    Call, Segment,
    answers::{self, View},
    exchange::Exchange,
    statement,
};
use crate::{
    HttpError,
    app::{Lane, Written},
};

/// `GET /Users/{id}`, [RFC 7644 §3.4.1](https://www.rfc-editor.org/rfc/rfc7644#section-3.4.1).
pub(super) async fn get_user(call: Call, id: Segment) -> Result<Response, HttpError> {
    let projection = call.projection(ResourceType::User)?;
    let conditions = call.conditions()?;
    let (id, connection) = (user_id(id)?, call.connection());
    let with_groups = projection.needs("groups");
    let (user, groups) = call
        .read(Lane::Point, move |conn| {
            let user = directory::user(conn, &connection, id)?;
            let groups = groups(conn, &connection, &user, with_groups)?;
            Ok((user, groups))
        })
        .await?;
    if !conditions.is_expected(user.version) {
        return Err(HttpError::Precondition);
    }
    if conditions.is_known(user.version) {
        return Ok(answers::not_modified(user.version));
    }
    Ok(View::User(&user, &groups).read(&call.base_url, &projection))
}

/// `POST /Users`, [RFC 7644 §3.3](https://www.rfc-editor.org/rfc/rfc7644#section-3.3).
pub(super) async fn create_user(call: Call) -> Result<Response, HttpError> {
    let projection = call.projection(ResourceType::User)?;
    let incoming = call.parse(|body, notes| Incoming::from_value(ResourceType::User, body, notes))?;
    let said = statement::user(&Resource::create(&incoming));
    let connection = call.connection();
    let written = call
        .write(move |tx, env| {
            let user = directory::create_user(tx, env, &connection, said.clone())?;
            Ok(written(StatusCode::CREATED, true, user, Vec::new()))
        })
        .await?;
    Ok(answer(&call, &written, &projection))
}

/// `PUT /Users/{id}`: what the body does not name stays (SCIM-12).
pub(super) async fn put_user(call: Call, id: Segment) -> Result<Response, HttpError> {
    let incoming = call.parse(|body, notes| Incoming::from_value(ResourceType::User, body, notes))?;
    change(call, id, move |stored, _| Ok(stored.put(&incoming))).await
}

/// `PATCH /Users/{id}`, [RFC 7644 §3.5.2](https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2).
pub(super) async fn patch_user(call: Call, id: Segment) -> Result<Response, HttpError> {
    let patch = call.parse(UserPatch::from_value)?;
    change(call, id, move |stored, notes| patch.apply(stored, notes)).await
}

/// `DELETE /Users/{id}`.
pub(super) async fn delete_user(call: Call, id: Segment) -> Result<Response, HttpError> {
    let conditions = call.conditions()?;
    let (id, connection) = (user_id(id)?, call.connection());
    call.write(move |tx, env| {
        directory::delete_user(tx, env, &connection, id, |version| conditions.allow_write(version))?;
        Ok(Written { value: (), changed: true, status: StatusCode::NO_CONTENT, resource: id.0, version: None })
    })
    .await?;
    Ok(answers::gone())
}

type UserAndGroups = (DirectoryUser, Vec<UserGroup>);

/// Changes a user to what `make` makes of it, which may run more than once.
async fn change(
    call: Call,
    id: Segment,
    make: impl Fn(&Resource, &mut Notes) -> Result<Resource, RequestError> + Send + 'static,
) -> Result<Response, HttpError> {
    let projection = call.projection(ResourceType::User)?;
    let conditions = call.conditions()?;
    let (id, connection) = (user_id(id)?, call.connection());
    let with_groups = projection.needs("groups");
    let written = call
        .write(move |tx: &mut Tx<'_>, env: &mut Env| {
            let mut notes = Notes::default();
            let expected = |version| conditions.allow_write(version);
            let changed = directory::change_user(tx, env, &connection, id, expected, |before| {
                statement::changed_user(before, |stored| make(stored, &mut notes))
            })?;
            super::note(env, &notes);
            let groups = groups(tx, &connection, &changed.resource, with_groups)?;
            Ok(written(StatusCode::OK, changed.changed, changed.resource, groups))
        })
        .await?;
    Ok(answer(&call, &written, &projection))
}

fn written(status: StatusCode, changed: bool, user: DirectoryUser, groups: Vec<UserGroup>) -> Written<UserAndGroups> {
    Written { changed, status, resource: user.id.0, version: Some(user.version), value: (user, groups) }
}

fn answer(exchange: &Exchange, written: &Written<UserAndGroups>, projection: &Projection) -> Response {
    let (user, groups) = &written.value;
    View::User(user, groups).written(written.status, &exchange.base_url, projection)
}

fn groups(
    conn: &mut Conn<'_>,
    connection: &Connection,
    user: &DirectoryUser,
    wanted: bool,
) -> Result<Vec<UserGroup>, EngineError> {
    if wanted { directory::user_groups(conn, connection, [user]) } else { Ok(Vec::new()) }
}

/// What is no id of ours is the id of nothing.
fn user_id(id: Segment) -> Result<DirectoryUserId, HttpError> {
    super::path_id("User", id).map(DirectoryUserId)
}

//! `/Groups`.

use axum::response::Response;
use http::StatusCode;
use muster_engine::{EngineError, Env, directory};
use muster_model::{DirectoryGroup, DirectoryGroupId, directory::MemberId};
use muster_scim::{
    Notes, RequestError, ResourceType,
    patch::GroupPatch,
    projection::Projection,
    resource::{Incoming, Resource},
};
use muster_store::{Conn, Tx};

use super::{
    Call, Segment, answers,
    exchange::Exchange,
    statement::{self, Members},
};
use crate::{
    HttpError,
    app::{Lane, Written},
};

/// The largest group that a PATCH answers with, unless it is asked to (SCIM-14).
const SHOWN_AFTER_PATCH: i64 = 100;
/// The largest group whose members are read in passing; those of larger ones are read in the lane for scans.
const READ_IN_PASSING: i64 = 1_000;

/// `GET /Groups/{id}`.
pub(super) async fn get_group(call: Call, id: Segment) -> Result<Response, HttpError> {
    let projection = call.projection(ResourceType::Group)?;
    let conditions = call.conditions()?;
    let (id, connection) = (group_id(id)?, call.connection());
    let with_members = projection.needs("members");
    let (mut group, members) = call
        .read(Lane::Snapshot, move |conn| {
            let group = directory::group(conn, &connection, id)?;
            let members = few_members(conn, &group, with_members)?;
            Ok((group, members))
        })
        .await?;
    if !conditions.is_expected(group.version) {
        return Err(HttpError::Precondition);
    }
    if conditions.is_known(group.version) {
        return Ok(answers::not_modified(group.version));
    }
    let members = match members {
        Some(members) => members,
        None => {
            let (read, members) = read_large(&call, id).await?;
            group = read;
            members
        }
    };
    answers::group(&call, group, members, &projection, None).await
}

/// `POST /Groups`.
pub(super) async fn create_group(call: Call) -> Result<Response, HttpError> {
    let projection = call.projection(ResourceType::Group)?;
    let incoming = call.parse(|body, notes| Incoming::from_value(ResourceType::Group, body, notes))?;
    let members = statement::member_ids(incoming.members().unwrap_or_default())?;
    let said = statement::group(&Resource::create(&incoming));
    let connection = call.connection();
    let with_members = projection.needs("members");
    let written = call
        .write(move |tx, env| {
            let group = directory::create_group(tx, env, &connection, said.clone(), &members)?;
            let members = few_members(tx, &group, with_members)?;
            Ok(written(StatusCode::CREATED, true, group, members))
        })
        .await?;
    answer(&call, written, &projection).await
}

/// `PUT /Groups/{id}`: without `members` they stay (SCIM-12).
pub(super) async fn put_group(call: Call, id: Segment) -> Result<Response, HttpError> {
    let incoming = call.parse(|body, notes| Incoming::from_value(ResourceType::Group, body, notes))?;
    let members = match incoming.members() {
        Some(members) => vec![Members::Replace(statement::member_ids(members)?)],
        None => Vec::new(),
    };
    change(call, id, |_, _| StatusCode::OK, members, move |stored, _| Ok(stored.put(&incoming))).await
}

/// `PATCH /Groups/{id}`: answers 204 for a large group, unless `attributes` asks (SCIM-14).
pub(super) async fn patch_group(call: Call, id: Segment) -> Result<Response, HttpError> {
    let patch = call.parse(GroupPatch::from_value)?;
    let members = patch.member_changes().iter().map(Members::read).collect::<Result<_, _>>()?;
    let status = |group: &DirectoryGroup, projection: &Projection| {
        if group.members <= SHOWN_AFTER_PATCH || projection.is_selective() {
            StatusCode::OK
        } else {
            StatusCode::NO_CONTENT
        }
    };
    change(call, id, status, members, move |stored, notes| patch.apply(stored, notes)).await
}

/// `DELETE /Groups/{id}`.
pub(super) async fn delete_group(call: Call, id: Segment) -> Result<Response, HttpError> {
    let conditions = call.conditions()?;
    let (id, connection) = (group_id(id)?, call.connection());
    call.write(move |tx, env| {
        directory::delete_group(tx, env, &connection, id, |version| conditions.allow_write(version))?;
        Ok(Written { value: (), changed: true, status: StatusCode::NO_CONTENT, resource: id.0, version: None })
    })
    .await?;
    Ok(answers::gone())
}

/// A group, and its members unless they are to be read in the lane for scans.
type GroupAndMembers = (DirectoryGroup, Option<Vec<MemberId>>);

/// Changes a group to what `make` makes of it, which may run more than once.
async fn change(
    call: Call,
    id: Segment,
    status: impl Fn(&DirectoryGroup, &Projection) -> StatusCode + Send + 'static,
    members: Vec<Members>,
    make: impl Fn(&Resource, &mut Notes) -> Result<Resource, RequestError> + Send + 'static,
) -> Result<Response, HttpError> {
    let projection = call.projection(ResourceType::Group)?;
    let conditions = call.conditions()?;
    let (id, connection) = (group_id(id)?, call.connection());
    let shown = projection.clone();
    let written = call
        .write(move |tx: &mut Tx<'_>, env: &mut Env| {
            let mut notes = Notes::default();
            let expected = |version| conditions.allow_write(version);
            let changed = directory::change_group(tx, env, &connection, id, expected, |before| {
                let members = members.iter().map(Members::to_engine).collect();
                statement::changed_group(before, members, |stored| make(stored, &mut notes))
            })?;
            super::note(env, &notes);
            let status = status(&changed.resource, &shown);
            let with_members = status == StatusCode::OK && shown.needs("members");
            let members = few_members(tx, &changed.resource, with_members)?;
            Ok(written(status, changed.changed, changed.resource, members))
        })
        .await?;
    answer(&call, written, &projection).await
}

fn written(
    status: StatusCode,
    changed: bool,
    group: DirectoryGroup,
    members: Option<Vec<MemberId>>,
) -> Written<GroupAndMembers> {
    Written { changed, status, resource: group.id.0, version: Some(group.version), value: (group, members) }
}

/// Many members are read after the commit, so that other writers do not wait for that.
async fn answer(
    exchange: &Exchange,
    written: Written<GroupAndMembers>,
    projection: &Projection,
) -> Result<Response, HttpError> {
    let (group, members) = match written.value {
        (group, Some(members)) => (group, members),
        (group, None) => match read_large(exchange, group.id).await {
            // Whoever deleted or emptied it meanwhile came after this request.
            Err(HttpError::Engine(EngineError::NotFound { .. })) => (group, Vec::new()),
            read => read?,
        },
    };
    answers::group(exchange, group, members, projection, Some(written.status)).await
}

async fn read_large(exchange: &Exchange, id: DirectoryGroupId) -> Result<(DirectoryGroup, Vec<MemberId>), HttpError> {
    let connection = exchange.connection();
    exchange
        .read(Lane::Scan, move |conn| {
            let group = directory::group(conn, &connection, id)?;
            let members = directory::members(conn, &group)?;
            Ok((group, members))
        })
        .await
}

/// The members, if they are wanted; `None` if they are too many to be read here.
fn few_members(
    conn: &mut Conn<'_>,
    group: &DirectoryGroup,
    wanted: bool,
) -> Result<Option<Vec<MemberId>>, EngineError> {
    if !wanted {
        return Ok(Some(Vec::new()));
    }
    if group.members > READ_IN_PASSING {
        return Ok(None);
    }
    directory::members(conn, group).map(Some)
}

/// What is no id of ours is the id of nothing.
fn group_id(id: Segment) -> Result<DirectoryGroupId, HttpError> {
    super::path_id("Group", id).map(DirectoryGroupId)
}

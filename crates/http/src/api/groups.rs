//! `/v2/orgs/{org}/groups`: teams, under Hub's name for them.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::Action,
    members::{self, Member},
    organizations,
};
use muster_model::{AccountId, Membership, Organization, Team};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    call::{Call, Reply},
    members::{MemberView, active, view as member_view},
    paging::{List, Page, PageQuery},
    sent::{Asked, Named, Sent},
};
use crate::HttpError;

/// A team.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct GroupView {
    /// A small number, unique in the organization.
    id: i64,
    /// Stable and unique.
    #[schema(format = Uuid)]
    uuid: String,
    /// Unique in the organization.
    name: String,
    /// What it is for.
    description: String,
    /// How many members it has.
    member_count: i64,
}

/// Which teams.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GroupQuery {
    /// Those whose name begins with this.
    search: Option<String>,
    /// Those in which the member with this username is.
    username: Option<String>,
}

/// Which members of a team.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GroupMemberQuery {
    /// The one with this username.
    search: Option<String>,
}

/// A team that is to be made, or as it is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroup {
    /// Lower-case letters, digits, and `-`, `_`, `.` inside.
    #[schema(example = "backend")]
    name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
}

/// What is to be changed of a team.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupChange {
    /// The new name; groups of identity providers go on mapping to the old one as well.
    name: Option<String>,
    /// What it is for.
    #[schema(max_length = 500)]
    description: Option<String>,
}

/// Whom to put into a team.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroupMember {
    /// The username of a member of the organization.
    #[schema(example = "ada")]
    member: String,
}

fn view(conn: &mut Conn<'_>, team: &Team) -> Result<GroupView, EngineError> {
    Ok(GroupView {
        id: team.number,
        uuid: team.id.to_string(),
        name: team.name.clone(),
        description: team.description.clone(),
        member_count: conn.team_size(team.id)?,
    })
}

/// List teams
#[utoipa::path(
    get, path = "/v2/orgs/{org}/groups", tag = "Teams", operation_id = "listGroups",
    params(("org" = String, Path, description = "The organization's name."), GroupQuery, PageQuery),
    responses((status = 200, description = "A page of teams, by name.", body = Page<GroupView>))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Asked(asked): Asked<GroupQuery>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, HttpError> {
    let page = page.checked()?;
    let base_url = call.app.base_url().to_owned();
    let prefix = asked.search.as_deref().unwrap_or_default().trim().to_lowercase();
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadTeams)?;
        let after = page.after.clone().unwrap_or_default();
        let (count, teams) = match &asked.username {
            Some(username) => {
                let member = members::find(conn, &organization, username)?;
                let mut teams = conn.teams_of(organization.id, member.account.id)?;
                teams.retain(|team| team.name.starts_with(&prefix));
                let count = i64::try_from(teams.len()).unwrap_or(i64::MAX);
                let skipped = usize::try_from(page.skipped()).unwrap_or(usize::MAX);
                let limit = usize::try_from(page.limit()).unwrap_or(0);
                (count, teams.into_iter().filter(|team| team.name > after).skip(skipped).take(limit).collect())
            }
            None => {
                let count = conn.teams_count(organization.id, &prefix)?;
                (count, conn.teams_page(organization.id, &prefix, &after, page.skipped(), page.limit())?)
            }
        };
        let mut said = Vec::new();
        said.extend(asked.search.clone().map(|search| ("search", search)));
        said.extend(asked.username.clone().map(|username| ("username", username)));
        let list = List { base_url: &base_url, path: format!("/v2/orgs/{}/groups", organization.name), asked: said };
        let page = list.page(&page, count, teams, |team: &Team| Some(team.name.clone()));
        page.try_map(|team| view(conn, &team))
    })
    .await
}

/// Make a team
#[utoipa::path(
    post, path = "/v2/orgs/{org}/groups", tag = "Teams", operation_id = "createGroup",
    params(("org" = String, Path, description = "The organization's name.")),
    request_body = NewGroup,
    responses((status = 201, description = "The team.", body = GroupView))
)]
pub(super) async fn create(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Sent(new): Sent<NewGroup>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeTeams)?;
        let made = organizations::create_team(tx, env, &organization, &new.name, &new.description)?;
        Reply::json(StatusCode::CREATED, &view(tx, &made)?)
    })
    .await
}

/// See a team
#[utoipa::path(
    get, path = "/v2/orgs/{org}/groups/{group}", tag = "Teams", operation_id = "getGroup",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("group" = String, Path, description = "The team's name; a former one leads to it as well.")
    ),
    responses((status = 200, description = "The team.", body = GroupView))
)]
pub(super) async fn get(
    Extension(call): Extension<Call>,
    Named((org, group)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadTeams)?;
        let team = organizations::team_named(conn, &organization, &group)?;
        view(conn, &team)
    })
    .await
}

async fn update(call: Call, org: String, group: String, change: GroupChange) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeTeams)?;
        let team = organizations::team_named(tx, &organization, &group)?;
        let name = change.name.as_deref().unwrap_or(&team.name);
        let description = change.description.as_deref().unwrap_or(&team.description);
        let changed = organizations::change_team(tx, env, &organization, team.id, name, description)?;
        Reply::json(StatusCode::OK, &view(tx, &changed)?)
    })
    .await
}

/// Say what a team is called and for
#[utoipa::path(
    put, path = "/v2/orgs/{org}/groups/{group}", tag = "Teams", operation_id = "replaceGroup",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("group" = String, Path, description = "The team's name.")
    ),
    request_body = NewGroup,
    responses((status = 200, description = "The team as it is now.", body = GroupView))
)]
pub(super) async fn replace(
    Extension(call): Extension<Call>,
    Named((org, group)): Named<(String, String)>,
    Sent(NewGroup { name, description }): Sent<NewGroup>,
) -> Result<Reply, HttpError> {
    update(call, org, group, GroupChange { name: Some(name), description: Some(description) }).await
}

/// Rename a team, or say what it is for
#[utoipa::path(
    patch, path = "/v2/orgs/{org}/groups/{group}", tag = "Teams", operation_id = "changeGroup",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("group" = String, Path, description = "The team's name.")
    ),
    request_body = GroupChange,
    responses((status = 200, description = "The team as it is now.", body = GroupView))
)]
pub(super) async fn change(
    Extension(call): Extension<Call>,
    Named((org, group)): Named<(String, String)>,
    Sent(change): Sent<GroupChange>,
) -> Result<Reply, HttpError> {
    update(call, org, group, change).await
}

/// Delete a team
///
/// Its members stay in the organization. If an identity provider pushes a group of this name again, it comes back.
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/groups/{group}", tag = "Teams", operation_id = "deleteGroup",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("group" = String, Path, description = "The team's name.")
    ),
    responses((status = 204, description = "There is no such team any more."))
)]
pub(super) async fn delete(
    Extension(call): Extension<Call>,
    Named((org, group)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeTeams)?;
        let team = organizations::team_named(tx, &organization, &group)?;
        organizations::delete_team(tx, env, &organization, team.id)?;
        Ok(Reply::nothing())
    })
    .await
}

/// List a team's members
#[utoipa::path(
    get, path = "/v2/orgs/{org}/groups/{group}/members", tag = "Teams", operation_id = "listGroupMembers",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("group" = String, Path, description = "The team's name."),
        GroupMemberQuery,
        PageQuery
    ),
    responses((status = 200, description = "A page of members.", body = Page<MemberView>))
)]
pub(super) async fn list_members(
    Extension(call): Extension<Call>,
    Named((org, group)): Named<(String, String)>,
    Asked(asked): Asked<GroupMemberQuery>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, HttpError> {
    let page = page.checked()?;
    let wrong = || HttpError::field("after", "is no place in this list: follow the address in `next`");
    let after = page.after.as_deref().map(|text| text.parse::<Uuid>().map_err(|_| wrong())).transpose()?;
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let (organization, role) = caller.organization(conn, &org, Action::ReadTeams)?;
        let team = organizations::team_named(conn, &organization, &group)?;
        let (count, found) = match &asked.search {
            Some(username) => {
                let found = in_team(conn, &organization, &team, username)?;
                (i64::try_from(found.len()).unwrap_or(0), found)
            }
            None => {
                let after = AccountId(after.unwrap_or_default());
                let ids = conn.team_members(team.id, after, page.skipped(), page.limit())?;
                let memberships: Vec<Membership> = conn.memberships_in(organization.id, &ids)?;
                (conn.team_size(team.id)?, members::people(conn, &organization, memberships)?)
            }
        };
        let path = format!("/v2/orgs/{}/groups/{}/members", organization.name, team.name);
        let said = asked.search.clone().map(|search| ("search", search)).into_iter().collect();
        let list = List { base_url: &base_url, path, asked: said };
        let page = list.page(&page, count, found, |member| Some(member.account.id.to_string()));
        let sees_members = caller.scopes.allow(Action::ReadMembersInFull.scope());
        let in_full = sees_members && role >= Action::ReadMembersInFull.role();
        Ok(page.map(|member| member_view(&member, in_full)))
    })
    .await
}

fn in_team(
    conn: &mut Conn<'_>,
    organization: &Organization,
    team: &Team,
    username: &str,
) -> Result<Vec<Member>, EngineError> {
    match members::find(conn, organization, username) {
        Ok(member) => Ok(if member.teams.contains(&team.name) { vec![member] } else { Vec::new() }),
        Err(EngineError::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Put a member into a team
#[utoipa::path(
    post, path = "/v2/orgs/{org}/groups/{group}/members", tag = "Teams", operation_id = "addGroupMember",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("group" = String, Path, description = "The team's name.")
    ),
    request_body = NewGroupMember,
    responses((status = 200, description = "The member.", body = MemberView))
)]
pub(super) async fn add_member(
    Extension(call): Extension<Call>,
    Named((org, group)): Named<(String, String)>,
    Sent(new): Sent<NewGroupMember>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeTeams)?;
        let team = organizations::team_named(tx, &organization, &group)?;
        let member = active(tx, &organization, &new.member)?;
        organizations::add_to_team(tx, env, &organization, &member.account, &team.name)?;
        Reply::json(StatusCode::OK, &member_view(&member, true))
    })
    .await
}

/// Take a member out of a team
///
/// Whom an identity provider has put into the team, it takes out.
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/groups/{group}/members/{username}", tag = "Teams", operation_id = "removeGroupMember",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("group" = String, Path, description = "The team's name."),
        ("username" = String, Path, description = "The member's username.")
    ),
    responses((status = 204, description = "The person is not in the team any more."))
)]
pub(super) async fn remove_member(
    Extension(call): Extension<Call>,
    Named((org, group, username)): Named<(String, String, String)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeTeams)?;
        let team = organizations::team_named(tx, &organization, &group)?;
        let member = members::find(tx, &organization, &username)?;
        organizations::remove_from_team(tx, env, &organization, &member.account, team.id)?;
        Ok(Reply::nothing())
    })
    .await
}

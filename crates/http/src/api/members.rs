//! `/v2/orgs/{org}/members`.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_administration::explanation::{self, Explanation};
use muster_engine::{
    EngineError,
    authority::Action,
    members::{self, Line, Member, NoPlace, Part, Place, Query},
    organizations,
    returns::{self, Return, Way},
};
use muster_model::Role;
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    call::{Call, Reply},
    paging::{List, Page, PageQuery},
    sent::{Asked, Named, Sent},
};
use crate::HttpError;

/// Somebody in an organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct MemberView {
    /// The account's id; the invitation's for somebody who is invited.
    #[schema(format = Uuid)]
    pub(super) id: String,
    /// Empty for somebody who is invited.
    pub(super) username: String,
    /// Empty while nobody has said one.
    pub(super) full_name: String,
    /// For owners; empty for others, and for whoever was invited by username.
    pub(super) email: String,
    /// `Owner`, `Editor`, `Member`, or `Invitee`.
    pub(super) role: &'static str,
    /// The names of the teams.
    pub(super) groups: Vec<String>,
    /// Whether the address is none of the organization's domains.
    pub(super) is_guest: bool,
    /// When the membership began, or the invitation was sent.
    #[schema(format = DateTime)]
    pub(super) date_joined: String,
    /// When the person last signed in through a connection of the organization; for owners.
    #[schema(format = DateTime)]
    pub(super) last_logged_in_at: Option<String>,
    /// The same.
    #[schema(format = DateTime)]
    pub(super) last_seen_at: Option<String>,
    /// Not known here.
    pub(super) last_desktop_version: Option<String>,
    /// Not known here.
    pub(super) company: String,
    /// Not known here.
    pub(super) location: String,
    /// Not known here.
    pub(super) profile_url: String,
    /// Not known here.
    pub(super) gravatar_url: String,
    /// Not known here.
    pub(super) gravatar_email: String,
    /// `User`, or `Invitee`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

/// Which people of an organization.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MemberQuery {
    /// Those whose username or address begins with this.
    search: Option<String>,
    /// Also those who are invited.
    #[serde(default)]
    invites: bool,
    /// `member` (as if nothing is said), `invitee` or `all`.
    #[serde(rename = "type")]
    #[param(inline)]
    kind: Option<Kind>,
    /// Those with this role.
    #[param(inline)]
    role: Option<RoleName>,
}

/// Which kind of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    All,
    Invitee,
    Member,
}

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RoleName {
    Owner,
    Editor,
    Member,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Owner => Self::Owner,
            RoleName::Editor => Self::Editor,
            RoleName::Member => Self::Member,
        }
    }
}

/// A change of a member.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberChange {
    /// The new role.
    #[schema(inline)]
    role: RoleName,
}

/// What happens to somebody who is removed.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Removal {
    /// Whether the person is kept out until an owner lets them in again, whatever identity providers say.
    #[serde(default)]
    block: bool,
}

/// That somebody who was removed comes back (ORG-2).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RemovedView {
    /// By what; any of it is enough.
    returns: Vec<ReturnView>,
}

/// One way back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ReturnView {
    /// `scim`: with the directory's next write; `jit`: with the next sign-in.
    by: &'static str,
    /// Through which connection, by name.
    connection: String,
    /// The same, in words.
    warning: String,
}

impl ReturnView {
    fn of(way: &Return) -> Self {
        let by = match way.way {
            Way::Scim => "scim",
            Way::Jit => "jit",
        };
        Self { by, connection: way.connection.clone(), warning: way.warning() }
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Editor => "Editor",
        Role::Member => "Member",
    }
}

/// A member as whoever may see so much of them sees them.
pub(super) fn view(member: &Member, in_full: bool) -> MemberView {
    let Member { membership, account, teams, signed_in } = member;
    let last = signed_in.filter(|_| in_full).map(|(_, last)| last.to_string());
    MemberView {
        id: account.id.to_string(),
        username: account.username.clone(),
        full_name: account.full_name.clone(),
        email: account.email.as_ref().filter(|_| in_full).map(|email| email.as_str().to_owned()).unwrap_or_default(),
        role: role_word(membership.role),
        groups: teams.clone(),
        is_guest: membership.guest,
        date_joined: membership.joined.to_string(),
        last_logged_in_at: last.clone(),
        last_seen_at: last,
        kind: "User",
        ..MemberView::empty()
    }
}

impl MemberView {
    fn empty() -> Self {
        Self {
            id: String::new(),
            username: String::new(),
            full_name: String::new(),
            email: String::new(),
            role: "",
            groups: Vec::new(),
            is_guest: false,
            date_joined: String::new(),
            last_logged_in_at: None,
            last_seen_at: None,
            last_desktop_version: None,
            company: String::new(),
            location: String::new(),
            profile_url: String::new(),
            gravatar_url: String::new(),
            gravatar_email: String::new(),
            kind: "",
        }
    }
}

fn line(line: &Line, in_full: bool) -> MemberView {
    match line {
        Line::Member(member) => view(member, in_full),
        Line::Invitee(invitation, team) => MemberView {
            id: invitation.id.to_string(),
            // Whoever was invited by username: that is all its inviter knows (TEN-3).
            email: if invitation.account.is_none() { invitation.email.as_str().to_owned() } else { String::new() },
            role: "Invitee",
            groups: team.iter().cloned().collect(),
            date_joined: invitation.sent.to_string(),
            kind: "Invitee",
            ..MemberView::empty()
        },
    }
}

/// List members
///
/// Owners see addresses and sign-ins. A search finds usernames and addresses by how they begin; of its results at most 1,000
/// each are counted. One that finds so many by their usernames does not look at addresses: search for more of the name.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/members", tag = "Members", operation_id = "listMembers",
    params(("org" = String, Path, description = "The organization's name."), MemberQuery, PageQuery),
    responses((status = 200, description = "A page of people.", body = Page<MemberView>))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Asked(asked): Asked<MemberQuery>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, HttpError> {
    let page = page.checked()?;
    let wrong = || HttpError::field("after", "is no place in this list: follow the address in `next`");
    let after = page.after.as_deref().map(|text| text.parse::<Place>().map_err(|NoPlace| wrong())).transpose()?;
    let part = Part { after, skip: page.skipped(), limit: page.limit() };
    let (members, invitees) = match asked.kind {
        Some(Kind::All) => (true, true),
        Some(Kind::Invitee) => (false, true),
        Some(Kind::Member) => (true, false),
        None => (true, asked.invites),
    };
    let query =
        Query { members, invitees, role: asked.role.map(Role::from), search: asked.search.clone(), by_address: true };
    let (now, base_url) = (call.now(), call.app.base_url().to_owned());
    call.show(move |conn, caller| {
        let (organization, role) = caller.organization(conn, &org, Action::ReadMembers)?;
        if query.invitees {
            caller.require(conn, &organization, Action::ReadInvitations)?;
        }
        let in_full = role >= Action::ReadMembersInFull.role();
        let query = if in_full { query.clone() } else { query.clone().by_username() };
        let people = members::list(conn, &organization, &query, &part, now)?;
        let list =
            List { base_url: &base_url, path: format!("/v2/orgs/{}/members", organization.name), asked: said(&asked) };
        let results = people.lines;
        let page = list.page(&page, people.count, results, |(_, place)| Some(place.to_string()));
        Ok(page.map(|(found, _)| line(&found, in_full)))
    })
    .await
}

fn said(asked: &MemberQuery) -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    said.extend(asked.search.clone().map(|search| ("search", search)));
    if asked.invites {
        said.push(("invites", "true".to_owned()));
    }
    said.extend(asked.kind.map(|kind| ("type", format!("{kind:?}").to_lowercase())));
    said.extend(asked.role.map(|role| ("role", format!("{role:?}").to_lowercase())));
    said
}

/// See a member
#[utoipa::path(
    get, path = "/v2/orgs/{org}/members/{username}", tag = "Members", operation_id = "getMember",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The member's username.")
    ),
    responses((status = 200, description = "The member.", body = MemberView))
)]
pub(super) async fn get(
    Extension(call): Extension<Call>,
    Named((org, username)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (organization, role) = caller.organization(conn, &org, Action::ReadMembers)?;
        let member = members::find(conn, &organization, &username)?;
        Ok(view(&member, role >= Action::ReadMembersInFull.role()))
    })
    .await
}

/// Explain a member
///
/// Why the person is a member, in which teams, with which role and name: who set it, when, by which rule, in which request, and
/// which other sources say otherwise. Of what the organization and your connections have to do with; nothing of other
/// organizations.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/members/{username}/explain", tag = "Members", operation_id = "explainMember",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The member's username.")
    ),
    responses((status = 200, description = "Every value and reason.", body = Explanation))
)]
pub(super) async fn explain(
    Extension(call): Extension<Call>,
    Named((org, username)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadMembersInFull)?;
        let connections = caller.connections(conn)?.into_iter().collect();
        explanation::of_member(conn, &organization, &username, &connections)
    })
    .await
}

/// Change a member's role
#[utoipa::path(
    put, path = "/v2/orgs/{org}/members/{username}", tag = "Members", operation_id = "changeMember",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The member's username.")
    ),
    request_body = MemberChange,
    responses((status = 200, description = "The member as it is now.", body = MemberView))
)]
pub(super) async fn change(
    Extension(call): Extension<Call>,
    Named((org, username)): Named<(String, String)>,
    Sent(change): Sent<MemberChange>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeMembers)?;
        let member = active(tx, &organization, &username)?;
        organizations::set_member(tx, env, &organization, &member.account, change.role.into())?;
        Reply::json(StatusCode::OK, &view(&members::find(tx, &organization, &username)?, true))
    })
    .await
}

/// Remove a member
///
/// If a directory has the person active, its next write brings them back, and so does the next sign-in where Just-in-Time
/// provisioning is on; unless `block` is said.
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/members/{username}", tag = "Members", operation_id = "removeMember",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("username" = String, Path, description = "The member's username."),
        Removal
    ),
    responses(
        (status = 204, description = "The person is no member any more."),
        (
            status = 200, description = "The same, but something brings them back: remove them with `block` to prevent it.",
            body = RemovedView
        )
    )
)]
pub(super) async fn remove(
    Extension(call): Extension<Call>,
    Named((org, username)): Named<(String, String)>,
    Asked(removal): Asked<Removal>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeMembers)?;
        let member = members::find(tx, &organization, &username)?;
        let ways = if removal.block { vec![] } else { returns::ways_back(tx, &organization, &member.account)? };
        organizations::remove_member(tx, env, &organization, &member.account, removal.block)?;
        if ways.is_empty() {
            return Ok(Reply::nothing());
        }
        Reply::json(StatusCode::OK, &RemovedView { returns: ways.iter().map(ReturnView::of).collect() })
    })
    .await
}

/// A member who has access.
pub(super) fn active(
    conn: &mut Conn<'_>,
    organization: &muster_model::Organization,
    username: &str,
) -> Result<Member, EngineError> {
    let member = members::find(conn, organization, username)?;
    if member.membership.is_active() { Ok(member) } else { Err(EngineError::not_found("member", username)) }
}

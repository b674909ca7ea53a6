//! `/v2/invites` and `/v2/orgs/{org}/invites`: invitations (ORG-3).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_crypto::TokenText;
use muster_engine::{
    EngineError, Env,
    authority::{Action, Caller},
    invitations::{self, AT_ONCE, Entry, Person, Sent as Outcome, Verdict},
};
use muster_model::{Invitation, InvitationId, Organization, Role};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    call::{Call, Reply},
    members::RoleName,
    sent::{Asked, Named, Sent},
};
use crate::{App, HttpError, invitations::links};

/// The most invitations of one answer.
const LARGEST: u32 = 1_000;

/// An invitation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct InviteView {
    /// Stable and unique.
    #[schema(format = Uuid)]
    id: String,
    /// Who invited; nobody for the operator, and for directories.
    inviter_username: Option<String>,
    /// The address, or the username that was invited.
    invitee: String,
    /// The organization's name.
    org: String,
    /// The team that comes with it.
    team: Option<String>,
    /// The role that comes with it.
    role: String,
    /// When it was sent, or sent again.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when it counts.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Invitations, oldest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct InvitesView {
    data: Vec<InviteView>,
    /// The address of those that follow, if there are more.
    next: Option<String>,
}

/// People to invite.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkInvite {
    /// The organization's name.
    org: String,
    /// The team that comes with it; made when missing.
    team: Option<String>,
    /// The role that comes with it; `member` if nothing is said.
    #[schema(inline)]
    role: Option<RoleName>,
    /// Addresses or usernames: at most 1,000.
    #[schema(min_items = 1, max_items = 1_000)]
    invitees: Vec<String>,
    /// Only say what would become of each.
    #[serde(default)]
    dry_run: bool,
}

/// What became of people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct BulkView {
    /// In the order in which they were sent.
    invitees: Vec<InvitedView>,
}

/// What became of somebody.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct InvitedView {
    /// As it was sent.
    invitee: String,
    /// `invited` (in a dry run: would be), `existing_org_member`, `existing_invitee`, `duplicate` or
    /// `invalid_email_or_docker_id`.
    status: &'static str,
    /// What to do about it, where the person was not invited.
    detail: Option<String>,
    /// The invitation, if there is one now.
    #[schema(inline)]
    invite: Option<InviteView>,
    /// What to pass on to the person, where no mail is sent.
    link: Option<String>,
}

/// An invitation that was sent again where no mail is sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ResentView {
    /// What to pass on to the person.
    link: String,
}

/// Where a list goes on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InvitesQuery {
    /// The invitation after which the list goes on, as `next` says it.
    #[param(value_type = Option<String>, format = Uuid)]
    after: Option<Uuid>,
    /// How many are answered at most: 1 to 1,000, 1,000 if nothing is said.
    #[param(minimum = 1, maximum = 1_000)]
    page_size: Option<u32>,
}

fn view(conn: &mut Conn<'_>, organization: &Organization, invitation: &Invitation) -> Result<InviteView, EngineError> {
    let inviter = invitation.inviter.map(|id| conn.account(id)).transpose()?.flatten();
    let team = invitation.team.map(|id| conn.team(organization.id, id)).transpose()?.flatten();
    let invitee = invitations::named(conn, invitation)?;
    Ok(InviteView {
        id: invitation.id.to_string(),
        inviter_username: inviter.map(|account| account.username),
        invitee,
        org: organization.name.clone(),
        team: team.map(|team| team.name),
        role: invitation.role.as_str().to_owned(),
        created_at: invitation.sent.to_string(),
        expires_at: invitation.expires.to_string(),
    })
}

/// List who is invited
#[utoipa::path(
    get, path = "/v2/orgs/{org}/invites", tag = "Invitations", operation_id = "listInvites",
    params(("org" = String, Path, description = "The organization's name."), InvitesQuery),
    responses((status = 200, description = "Pending invitations.", body = InvitesView))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Asked(asked): Asked<InvitesQuery>,
) -> Result<Reply, HttpError> {
    let size = asked.page_size.unwrap_or(LARGEST);
    if size == 0 || size > LARGEST {
        return Err(HttpError::field("page_size", format!("use 1 to {LARGEST}")));
    }
    let after = InvitationId(asked.after.unwrap_or(Uuid::nil()));
    let (now, base_url) = (call.now(), call.app.base_url().to_owned());
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadInvitations)?;
        let page = conn.pending_invitations_after(organization.id, after, i64::from(size))?;
        let is_full = u32::try_from(page.len()).is_ok_and(|count| count == size);
        let next = page
            .last()
            .filter(|_| is_full)
            .map(|last| format!("{base_url}/v2/orgs/{}/invites?page_size={size}&after={}", organization.name, last.id));
        let live = page.iter().filter(|invitation| invitation.expires > now);
        let data = live.map(|invitation| view(conn, &organization, invitation)).collect::<Result<_, _>>()?;
        Ok(InvitesView { data, next })
    })
    .await
}

/// Invite people
///
/// Each is reported: who cannot be invited keeps nobody else from being so. All who can be need a seat, or nobody is invited.
#[utoipa::path(
    post, path = "/v2/invites/bulk", tag = "Invitations", operation_id = "bulkInvite",
    request_body = BulkInvite,
    responses((status = 202, description = "What became of each.", body = BulkView))
)]
pub(super) async fn bulk(Extension(call): Extension<Call>, Sent(sent): Sent<BulkInvite>) -> Result<Reply, HttpError> {
    if sent.invitees.is_empty() || sent.invitees.len() > AT_ONCE {
        return Err(HttpError::field("invitees", format!("name 1 to {AT_ONCE} people")));
    }
    let role = sent.role.map_or(Role::Member, Role::from);
    let person = |to: &String| Person { to: to.clone(), role, team: sent.team.clone() };
    let people: Vec<Person> = sent.invitees.iter().map(person).collect();
    if sent.dry_run {
        return review(&call, sent.org, people).await;
    }
    let links = links(people.len())?;
    let app = call.app.clone();
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &sent.org, Action::Invite)?;
        let invitees = send(&app, tx, env, &organization, &people, &links)?;
        Reply::json(StatusCode::ACCEPTED, &BulkView { invitees })
    })
    .await
}

/// Invites people by these links, in their order; what became of each.
pub(super) fn send(
    app: &App,
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    people: &[Person],
    links: &[TokenText],
) -> Result<Vec<InvitedView>, EngineError> {
    let entries: Vec<Entry> =
        people.iter().zip(links).map(|(person, link)| Entry { person: person.clone(), link: link.hash() }).collect();
    let outcomes = app.delivering(links, |delivery| invitations::send(tx, env, organization, &entries, delivery))?;
    let mut invitees = Vec::with_capacity(outcomes.len());
    for ((Outcome { verdict, invitation }, person), link) in outcomes.into_iter().zip(people).zip(links) {
        let invite = invitation.map(|invitation| view(tx, organization, &invitation)).transpose()?;
        let link = invite.is_some().then(|| app.shown(link)).flatten();
        invitees.push(InvitedView { invite, link, ..said(person, &verdict) });
    }
    Ok(invitees)
}

async fn review(call: &Call, org: String, people: Vec<Person>) -> Result<Reply, HttpError> {
    let surroundings = call.app.surroundings();
    let origin = call.origin();
    let read = call.read(crate::app::Lane::Snapshot, move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::Invite)?;
        let env = muster_engine::Env::new(std::sync::Arc::clone(&surroundings), origin);
        let verdicts = invitations::review(conn, &env, &organization, &people.iter().collect::<Vec<_>>())?;
        Ok(people.iter().zip(&verdicts).map(|(person, verdict)| said(person, verdict)).collect::<Vec<_>>())
    });
    let invitees = read.await?;
    Reply::json(StatusCode::ACCEPTED, &BulkView { invitees })
}

pub(super) fn said(person: &Person, verdict: &Verdict) -> InvitedView {
    let status = match verdict {
        Verdict::Invitable => "invited",
        Verdict::Invalid(_) => "invalid_email_or_docker_id",
        Verdict::Duplicate => "duplicate",
        Verdict::AlreadyInvited => "existing_invitee",
        Verdict::AlreadyMember => "existing_org_member",
    };
    let detail = (*verdict != Verdict::Invitable).then(|| verdict.to_string());
    InvitedView { invitee: person.to.clone(), status, detail, invite: None, link: None }
}

/// Take an invitation back
#[utoipa::path(
    delete, path = "/v2/invites/{id}", tag = "Invitations", operation_id = "cancelInvite",
    params(("id" = String, Path, description = "The invitation's id.")),
    responses((status = 204, description = "Its link works no longer, and its seat is free."))
)]
pub(super) async fn cancel(Extension(call): Extension<Call>, Named(id): Named<String>) -> Result<Reply, HttpError> {
    let id = parsed(&id)?;
    call.change(move |tx, env, caller| {
        let organization = organization_of(tx, caller, id)?;
        invitations::cancel(tx, env, &organization, id)?;
        Ok(Reply::nothing())
    })
    .await
}

/// Send an invitation again
///
/// With a new link, for another 14 days; the former link works no longer.
#[utoipa::path(
    patch, path = "/v2/invites/{id}/resend", tag = "Invitations", operation_id = "resendInvite",
    params(("id" = String, Path, description = "The invitation's id.")),
    responses(
        (status = 204, description = "It was sent."),
        (status = 200, description = "No mail is sent here: pass the link on.", body = ResentView)
    )
)]
pub(super) async fn resend(Extension(call): Extension<Call>, Named(id): Named<String>) -> Result<Reply, HttpError> {
    let id = parsed(&id)?;
    let links: Vec<TokenText> = links(1)?;
    let app = call.app.clone();
    call.change(move |tx, env, caller| {
        let organization = organization_of(tx, caller, id)?;
        let Some(link) = links.first() else { return Err(missing(id).into()) };
        app.delivering(&links, |delivery| {
            invitations::resend(tx, env, &organization, id, &link.hash(), delivery).map(drop)
        })?;
        match app.shown(link) {
            Some(link) => Reply::json(StatusCode::OK, &ResentView { link }),
            None => Ok(Reply::nothing()),
        }
    })
    .await
}

fn parsed(id: &str) -> Result<InvitationId, HttpError> {
    id.parse().map_err(|_| missing(id).into())
}

fn missing(id: impl ToString) -> EngineError {
    EngineError::not_found("invitation", id)
}

/// The organization of an invitation, if whoever calls may invite there; to everybody else there is no such invitation.
fn organization_of(conn: &mut Conn<'_>, caller: &Caller, id: InvitationId) -> Result<Organization, EngineError> {
    let organization = conn.organization_of_invitation(id)?.map(|id| conn.organization(id)).transpose()?.flatten();
    let organization = organization.ok_or_else(|| missing(id))?;
    match caller.require(conn, &organization, Action::Invite) {
        Ok(_) => Ok(organization),
        Err(EngineError::NotFound { .. }) => Err(missing(id)),
        Err(error) => Err(error),
    }
}

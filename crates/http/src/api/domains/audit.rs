//! Who has an address of a verified domain and is no member (ORG-6): a page at a time, as CSV, and inviting them.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use muster_engine::{
    EngineError, Refusal,
    authority::{
        Action, Caller,
        holder::{Held, Whose},
    },
    domains,
    invitations::{AT_ONCE, Person},
};
use muster_model::{AccountId, Organization, Role, domain::Holder};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::path;
use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        invites::{InvitedView, said, send},
        members::RoleName,
        paging::PageQuery,
    },
    app::Lane,
    export,
    invitations::links,
};

/// Somebody with an address of a domain who is no member.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct OutsiderView {
    /// The account's id.
    #[schema(format = Uuid)]
    id: String,
    /// Empty while nobody has said one.
    full_name: String,
    username: String,
    email: String,
}

/// A page of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct AuditView {
    /// The address of the next page.
    next: Option<String>,
    /// May be fewer than asked for, and more on the next page.
    results: Vec<OutsiderView>,
}

/// Which page of an audit.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct AuditQuery {
    /// How many results a page has: 1 to 100, 25 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
    /// Where the page begins, as `next` says it.
    #[param(format = Uuid)]
    after: Option<Uuid>,
}

/// To what people of a domain are invited.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct InviteOutsiders {
    /// The organization's name; needed for a company's domain, whose organizations are several.
    organization: Option<String>,
    /// The team that comes with it; made when missing.
    team: Option<String>,
    /// The role that comes with it; `member` if nothing is said.
    #[schema(inline)]
    role: Option<RoleName>,
    /// How many people at most: 1 to 1,000, 1,000 if nothing is said.
    #[schema(minimum = 1, maximum = 1_000)]
    limit: Option<usize>,
    /// The account after which to begin, as `next` says it.
    #[schema(value_type = Option<String>, format = Uuid)]
    after: Option<Uuid>,
    /// Only say what would become of each.
    #[serde(default)]
    dry_run: bool,
}

/// What became of the people of a domain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct InvitedOutsiders {
    /// Each of them, the oldest accounts first.
    invitees: Vec<InvitedView>,
    /// What to send as `after` to go on with the others, if there may be more.
    #[schema(format = Uuid)]
    next: Option<String>,
}

pub(super) async fn list(call: Call, of: Whose, domain: String, asked: AuditQuery) -> Result<Reply, HttpError> {
    let page = PageQuery { page: None, page_size: asked.page_size, after: None }.checked()?;
    let base_url = call.app.base_url().to_owned();
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let audited = call.read(Lane::Scan, move |conn, caller| {
        let Held { holder, name, .. } = caller.holder(conn, &of, Action::ReadDomains)?;
        let path = path(&of, &name);
        let after = AccountId(asked.after.unwrap_or(Uuid::nil()));
        let found = domains::audit(conn, holder, &domain, after, size)?;
        let path = format!("{path}/{}/audit", domain.trim().to_lowercase());
        let next = found.next.map(|next| format!("{base_url}{path}?page_size={size}&after={next}"));
        let results = found.people.into_iter().map(|person| OutsiderView {
            id: person.account.to_string(),
            full_name: person.full_name,
            username: person.username,
            email: person.email.map(|email| email.to_string()).unwrap_or_default(),
        });
        Ok(AuditView { next, results: results.collect() })
    });
    Reply::json(StatusCode::OK, &audited.await?)
}

pub(super) async fn export(call: Call, of: Whose, domain: String) -> Result<Response, HttpError> {
    let holder =
        Arc::new(move |conn: &mut Conn<'_>, caller: &Caller| Ok(caller.holder(conn, &of, Action::ReadDomains)?.holder));
    export::audit(call.acting(), holder, domain).await
}

pub(super) async fn invite(call: Call, of: Whose, domain: String, sent: InviteOutsiders) -> Result<Reply, HttpError> {
    let limit = sent.limit.unwrap_or(AT_ONCE);
    if limit == 0 || limit > AT_ONCE {
        return Err(HttpError::field("limit", format!("use 1 to {AT_ONCE}")));
    }
    let links = links(if sent.dry_run { 0 } else { limit })?;
    let app = call.app.clone();
    call.change(move |tx, env, caller| {
        let Held { holder, .. } = caller.holder(tx, &of, Action::ReadDomains)?;
        let organization = into(tx, caller, holder, sent.organization.as_deref())?;
        let after = AccountId(sent.after.unwrap_or(Uuid::nil()));
        let page = domains::audit(tx, holder, &domain, after, limit)?;
        let role = sent.role.map_or(Role::Member, Role::from);
        let addresses = page.people.into_iter().filter_map(|person| person.email);
        let people: Vec<Person> =
            addresses.map(|email| Person { to: email.to_string(), role, team: sent.team.clone() }).collect();
        let invitees = if sent.dry_run {
            let verdicts =
                muster_engine::invitations::review(tx, env, &organization, &people.iter().collect::<Vec<_>>())?;
            people.iter().zip(&verdicts).map(|(person, verdict)| said(person, verdict)).collect()
        } else {
            send(&app, tx, env, &organization, &people, &links)?
        };
        let next = page.next.map(|next| next.to_string());
        Reply::json(StatusCode::ACCEPTED, &InvitedOutsiders { invitees, next })
    })
    .await
}

/// The organization to which people are invited: the holder, or the company's that is named.
fn into(
    conn: &mut Conn<'_>,
    caller: &Caller,
    holder: Holder,
    named: Option<&str>,
) -> Result<Organization, EngineError> {
    let missing = || Refusal::Invalid("name the `organization` that people are invited to".to_owned());
    let wanted = match (named, holder) {
        (Some(name), _) => caller.organization(conn, name, Action::Invite)?.0,
        (None, Holder::Organization(id)) => conn.organization(id)?.ok_or_else(missing)?,
        (None, Holder::Company(_)) => return Err(missing().into()),
    };
    let is_holders = match holder {
        Holder::Organization(id) => wanted.id == id,
        Holder::Company(id) => wanted.company == Some(id),
    };
    if !is_holders {
        let text = format!("`{}` is no organization of the domain's holder: name one that is", wanted.name);
        return Err(Refusal::Invalid(text).into());
    }
    caller.require(conn, &wanted, Action::Invite)?;
    Ok(wanted)
}

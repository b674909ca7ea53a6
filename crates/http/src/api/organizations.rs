//! `/v2/orgs` and `/v2/orgs/{org}`.

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::{self, Action, Who},
    names, organizations,
};
use muster_model::{Organization, Role, token::Scope};
use muster_store::{Conn, Counter};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    call::{Call, Reply},
    paging::{List, Page, PageQuery},
    sent::{Asked, Named, Sent},
};
use crate::HttpError;

/// An organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct OrganizationView {
    /// Stable.
    #[schema(format = Uuid)]
    id: String,
    /// The name in addresses.
    name: String,
    /// The same, under Hub's name for it.
    orgname: String,
    /// The name of the company that it belongs to.
    company: Option<String>,
    /// The role of whoever asks: `owner`, `editor` or `member`.
    role: &'static str,
    /// When it was made.
    #[schema(format = DateTime)]
    date_joined: String,
    /// How many seats there are; for owners, and none where they are unlimited.
    seats: Option<i64>,
    /// How many seats members take; for owners.
    members: Option<i64>,
    /// How many seats pending invitations take; for owners.
    invitations: Option<i64>,
    /// The usernames of its owners, at most 100; for owners.
    owners: Vec<String>,
}

/// What is to be changed of an organization.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationChange {
    /// The new name; the former one goes on leading to it.
    name: Option<String>,
    /// How many seats there are; null for as many as are needed.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    seats: Option<Option<i64>>,
}

/// Tells what is null from what is not said.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(super) fn view(
    conn: &mut Conn<'_>,
    organization: &Organization,
    role: Role,
) -> Result<OrganizationView, EngineError> {
    let company = match organization.company {
        Some(company) => conn.company(company)?.map(|company| company.name),
        None => None,
    };
    let is_owner = role >= Action::ReadSettings.role();
    let mut count = |counter| -> Result<Option<i64>, EngineError> {
        Ok(if is_owner { Some(conn.count(organization.id.0, counter)?) } else { None })
    };
    let (members, invitations) = (count(Counter::Members)?, count(Counter::Invitations)?);
    let owners = if is_owner { organizations::owners(conn, organization)? } else { Vec::new() };
    Ok(OrganizationView {
        id: organization.id.to_string(),
        name: organization.name.clone(),
        orgname: organization.name.clone(),
        company,
        role: role.as_str(),
        date_joined: organization.created.to_string(),
        seats: organization.seats.filter(|_| is_owner),
        members,
        invitations,
        owners: owners.into_iter().map(|owner| owner.username).collect(),
    })
}

/// List your organizations
#[utoipa::path(
    get, path = "/v2/orgs", tag = "Organizations", operation_id = "listOrganizations",
    params(PageQuery),
    responses((status = 200, description = "Those that you are in, or that the token is of.", body = Page<OrganizationView>))
)]
pub(super) async fn list(Extension(call): Extension<Call>, Asked(page): Asked<PageQuery>) -> Result<Reply, HttpError> {
    let page = page.checked()?;
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        caller.require_scope(Scope::OrganizationsRead)?;
        let mut found = match caller.who {
            Who::Account(account) => authority::organizations_of(conn, account)?,
            Who::Token { organization, .. } => {
                conn.organization(organization)?.map(|organization| (organization, Role::Owner)).into_iter().collect()
            }
        };
        found.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let after = page.after.clone().unwrap_or_default();
        let skipped = usize::try_from(page.skipped()).unwrap_or(usize::MAX);
        let limit = usize::try_from(page.limit()).unwrap_or(0);
        let rest = found.into_iter().filter(|(organization, _)| organization.name > after).skip(skipped).take(limit);
        let mut results = Vec::new();
        for (organization, role) in rest {
            results.push(view(conn, &organization, role)?);
        }
        let list = List { base_url: &base_url, path: "/v2/orgs".to_owned(), asked: Vec::new() };
        Ok(list.page(&page, count, results, |last| Some(last.name.clone())))
    })
    .await
}

/// See an organization
#[utoipa::path(
    get, path = "/v2/orgs/{org}", tag = "Organizations", operation_id = "getOrganization",
    params(("org" = String, Path, description = "The organization's name; a former one leads to it as well.")),
    responses((status = 200, description = "The organization.", body = OrganizationView))
)]
pub(super) async fn get(Extension(call): Extension<Call>, Named(org): Named<String>) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (organization, role) = caller.organization(conn, &org, Action::ReadOrganization)?;
        view(conn, &organization, role)
    })
    .await
}

/// Change an organization
///
/// Links, tokens and mappings that name it by a former name go on working, and nobody else gets that name.
#[utoipa::path(
    patch, path = "/v2/orgs/{org}", tag = "Organizations", operation_id = "changeOrganization",
    params(("org" = String, Path, description = "The organization's name.")),
    request_body = OrganizationChange,
    responses((status = 200, description = "The organization as it is now.", body = OrganizationView))
)]
pub(super) async fn change(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Sent(change): Sent<OrganizationChange>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (mut organization, role) = caller.organization(tx, &org, Action::ChangeSettings)?;
        if let Some(seats) = change.seats {
            organization = organizations::set_seats(tx, env, &organization, seats)?;
        }
        if let Some(name) = &change.name {
            organization = names::rename_organization(tx, env, &organization, name)?;
        }
        Reply::json(StatusCode::OK, &view(tx, &organization, role)?)
    })
    .await
}

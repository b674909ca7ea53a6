//! `/v2/companies`: for those who own one (ORG-1).

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::{Caller, Who},
    companies,
};
use muster_model::{Account, AccountId, Company, Role, token::Scope};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    call::{Call, Reply},
    organizations::{self, OrganizationView},
    sent::{Named, Sent},
};
use crate::HttpError;

/// A company.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CompanyView {
    /// Stable.
    #[schema(format = Uuid)]
    id: String,
    /// The name in addresses.
    name: String,
    /// The names of its organizations.
    organizations: Vec<String>,
    /// Who owns all of them.
    owners: Vec<CompanyOwnerView>,
}

/// An owner of a company.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CompanyOwnerView {
    /// The account's id.
    #[schema(format = Uuid)]
    id: String,
    username: String,
    /// Empty while nobody has said one.
    full_name: String,
    email: String,
}

/// Companies.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Companies {
    /// How many there are.
    count: usize,
    /// All of them, by name.
    results: Vec<CompanyView>,
}

/// What is to be changed of a company.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompanyChange {
    /// The new name; the former one goes on leading to it.
    name: String,
}

/// Whom to make an owner.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCompanyOwner {
    /// The username of somebody who is in one of the company's organizations.
    #[schema(example = "ada")]
    username: String,
}

/// The organizations of a company.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CompanyOrganizations {
    /// How many there are.
    count: usize,
    /// All of them, by name.
    results: Vec<OrganizationView>,
}

/// An organization that is to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrganization {
    /// The name in addresses: lower-case letters, digits, `-`, `_`, `.`; never another's before.
    #[schema(example = "moby")]
    name: String,
    /// How many seats there are; as many as are needed if nothing is said.
    #[schema(minimum = 0)]
    seats: Option<i64>,
}

fn view(conn: &mut Conn<'_>, company: &Company) -> Result<CompanyView, EngineError> {
    let organizations = conn.organizations_of(company.id)?.into_iter().map(|organization| organization.name);
    Ok(CompanyView {
        id: company.id.to_string(),
        name: company.name.clone(),
        organizations: organizations.collect(),
        owners: conn.accounts(&company.owners)?.iter().map(owner).collect(),
    })
}

fn owner(account: &Account) -> CompanyOwnerView {
    CompanyOwnerView {
        id: account.id.to_string(),
        username: account.username.clone(),
        full_name: account.full_name.clone(),
        email: account.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
    }
}

/// The person who calls, if the token allows it: companies have no tokens of their own.
pub(super) fn person(caller: &Caller, scope: Scope) -> Result<AccountId, EngineError> {
    caller.require_scope(scope)?;
    match caller.who {
        Who::Account(account) => Ok(account),
        Who::Token { .. } => Err(EngineError::not_found("company", "of an organization's token")),
    }
}

/// List your companies
#[utoipa::path(
    get, path = "/v2/companies", tag = "Companies", operation_id = "listCompanies",
    responses((status = 200, description = "Those that you own.", body = Companies))
)]
pub(super) async fn list(Extension(call): Extension<Call>) -> Result<Reply, HttpError> {
    call.show(|conn, caller| {
        let account = person(caller, Scope::OrganizationsRead)?;
        let mut results = Vec::new();
        for company in conn.companies_owned_by(account)? {
            results.push(view(conn, &company)?);
        }
        Ok(Companies { count: results.len(), results })
    })
    .await
}

/// See a company
#[utoipa::path(
    get, path = "/v2/companies/{company}", tag = "Companies", operation_id = "getCompany",
    params(("company" = String, Path, description = "The company's name; a former one leads to it as well.")),
    responses((status = 200, description = "The company.", body = CompanyView))
)]
pub(super) async fn get(Extension(call): Extension<Call>, Named(name): Named<String>) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let account = person(caller, Scope::OrganizationsRead)?;
        let company = companies::owned(conn, account, &name)?;
        view(conn, &company)
    })
    .await
}

/// Rename a company
#[utoipa::path(
    patch, path = "/v2/companies/{company}", tag = "Companies", operation_id = "changeCompany",
    params(("company" = String, Path, description = "The company's name.")),
    request_body = CompanyChange,
    responses((status = 200, description = "The company as it is now.", body = CompanyView))
)]
pub(super) async fn change(
    Extension(call): Extension<Call>,
    Named(name): Named<String>,
    Sent(change): Sent<CompanyChange>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let account = person(caller, Scope::OrganizationsWrite)?;
        let company = companies::owned(tx, account, &name)?;
        let changed = companies::rename(tx, env, &company, &change.name)?;
        Reply::json(StatusCode::OK, &view(tx, &changed)?)
    })
    .await
}

/// List the organizations of a company
#[utoipa::path(
    get, path = "/v2/companies/{company}/organizations", tag = "Companies", operation_id = "listCompanyOrganizations",
    params(("company" = String, Path, description = "The company's name.")),
    responses((status = 200, description = "All of them, by name.", body = CompanyOrganizations))
)]
pub(super) async fn list_organizations(
    Extension(call): Extension<Call>,
    Named(name): Named<String>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let account = person(caller, Scope::OrganizationsRead)?;
        let company = companies::owned(conn, account, &name)?;
        let mut results = Vec::new();
        for organization in conn.organizations_of(company.id)? {
            results.push(organizations::view(conn, &organization, Role::Owner)?);
        }
        Ok(CompanyOrganizations { count: results.len(), results })
    })
    .await
}

/// Make an organization in a company
///
/// The company's owners own it.
#[utoipa::path(
    post, path = "/v2/companies/{company}/organizations", tag = "Companies", operation_id = "createCompanyOrganization",
    params(("company" = String, Path, description = "The company's name.")),
    request_body = NewOrganization,
    responses((status = 201, description = "The organization.", body = OrganizationView))
)]
pub(super) async fn create_organization(
    Extension(call): Extension<Call>,
    Named(name): Named<String>,
    Sent(new): Sent<NewOrganization>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let account = person(caller, Scope::OrganizationsWrite)?;
        let company = companies::owned(tx, account, &name)?;
        let made = muster_engine::organizations::create(tx, env, &new.name, Some(company.id), new.seats)?;
        Reply::json(StatusCode::CREATED, &organizations::view(tx, &made, Role::Owner)?)
    })
    .await
}

/// Make somebody an owner of a company
///
/// Company owners own each of its organizations, also those that join later.
#[utoipa::path(
    post, path = "/v2/companies/{company}/owners", tag = "Companies", operation_id = "addCompanyOwner",
    params(("company" = String, Path, description = "The company's name.")),
    request_body = NewCompanyOwner,
    responses((status = 200, description = "The company as it is now.", body = CompanyView))
)]
pub(super) async fn add_owner(
    Extension(call): Extension<Call>,
    Named(name): Named<String>,
    Sent(new): Sent<NewCompanyOwner>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let account = person(caller, Scope::OrganizationsWrite)?;
        let company = companies::owned(tx, account, &name)?;
        let named = companies::member(tx, &company, &new.username)?;
        let changed = companies::add_owner(tx, env, &company, &named)?;
        Reply::json(StatusCode::OK, &view(tx, &changed)?)
    })
    .await
}

/// Make somebody an owner of a company no more
#[utoipa::path(
    delete, path = "/v2/companies/{company}/owners/{username}", tag = "Companies", operation_id = "removeCompanyOwner",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("username" = String, Path, description = "The owner's username.")
    ),
    responses((status = 204, description = "The person owns the company no more; memberships stay."))
)]
pub(super) async fn remove_owner(
    Extension(call): Extension<Call>,
    Named((name, username)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let account = person(caller, Scope::OrganizationsWrite)?;
        let company = companies::owned(tx, account, &name)?;
        let named = companies::owner(tx, &company, &username)?;
        companies::remove_owner(tx, env, &company, &named)?;
        Ok(Reply::nothing())
    })
    .await
}

//! `/v2/companies/{company}/domains`: the routes.

use axum::{Extension, response::Response};

use super::{
    Whose,
    audit::{self, AuditQuery, AuditView, InviteOutsiders, InvitedOutsiders},
    view::{DomainChange, DomainView, NewDomain},
};
use crate::{
    HttpError,
    api::{
        call::{Call, Reply},
        paging::{Page, PageQuery},
        sent::{Asked, Named, Sent},
    },
};

/// List the domains of a company
#[utoipa::path(
    get, path = "/v2/companies/{company}/domains", tag = "Domains", operation_id = "listCompanyDomains",
    params(("company" = String, Path, description = "The company's name."), PageQuery),
    responses((status = 200, description = "A page of the company's own domains, by name.", body = Page<DomainView>))
)]
pub(in crate::api) async fn list(
    Extension(call): Extension<Call>,
    Named(holder): Named<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, HttpError> {
    super::list(call, Whose::Company(holder), page).await
}

/// Claim a domain for a company, or ask for a new proof
///
/// Its record is looked for during the next 72 hours. Claiming it again makes another value, and what was asked for before
/// proves nothing any more; a domain that is verified stays so.
#[utoipa::path(
    post, path = "/v2/companies/{company}/domains", tag = "Domains", operation_id = "addCompanyDomain",
    params(("company" = String, Path, description = "The company's name.")),
    request_body = NewDomain,
    responses((status = 201, description = "The domain, with the record to set.", body = DomainView))
)]
pub(in crate::api) async fn add(
    Extension(call): Extension<Call>,
    Named(holder): Named<String>,
    Sent(new): Sent<NewDomain>,
) -> Result<Reply, HttpError> {
    super::add(call, Whose::Company(holder), new).await
}

/// See a domain of a company
#[utoipa::path(
    get, path = "/v2/companies/{company}/domains/{domain}", tag = "Domains", operation_id = "getCompanyDomain",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 200, description = "The domain.", body = DomainView))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    super::get(call, Whose::Company(holder), domain).await
}

/// Change the settings of a company's domain
#[utoipa::path(
    patch, path = "/v2/companies/{company}/domains/{domain}", tag = "Domains", operation_id = "changeCompanyDomain",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    request_body = DomainChange,
    responses((status = 200, description = "The domain as it is now.", body = DomainView))
)]
pub(in crate::api) async fn change(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
    Sent(change): Sent<DomainChange>,
) -> Result<Reply, HttpError> {
    super::change(call, Whose::Company(holder), domain, change).await
}

/// Remove a domain of a company
///
/// Signing in through it, making accounts of it and enforcing single sign-on end; members stay.
#[utoipa::path(
    delete, path = "/v2/companies/{company}/domains/{domain}", tag = "Domains", operation_id = "deleteCompanyDomain",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 204, description = "The company has no such domain any more."))
)]
pub(in crate::api) async fn delete(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    super::delete(call, Whose::Company(holder), domain).await
}

/// Look for the record of a company's domain now
#[utoipa::path(
    post, path = "/v2/companies/{company}/domains/{domain}/verify", tag = "Domains", operation_id = "verifyCompanyDomain",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 200, description = "The domain, with what was seen.", body = DomainView))
)]
pub(in crate::api) async fn verify(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    super::verify(call, Whose::Company(holder), domain).await
}

/// See who has an address of a verified domain and is a member of none of the company's organizations
///
/// Only confirmed addresses count.
#[utoipa::path(
    get, path = "/v2/companies/{company}/domains/{domain}/audit", tag = "Domains", operation_id = "auditCompanyDomain",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("domain" = String, Path, description = "The domain."),
        AuditQuery
    ),
    responses((status = 200, description = "A page of people, the oldest accounts first.", body = AuditView))
)]
pub(in crate::api) async fn audit(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
    Asked(asked): Asked<AuditQuery>,
) -> Result<Reply, HttpError> {
    audit::list(call, Whose::Company(holder), domain, asked).await
}

/// Export who has an address of a verified domain and is a member of none of the company's organizations
///
/// As CSV: Name, Username, Email. A cell that a spreadsheet would run as a formula begins with an apostrophe.
#[utoipa::path(
    get, path = "/v2/companies/{company}/domains/{domain}/audit/export", tag = "Domains", operation_id = "exportCompanyDomainAudit",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 200, description = "All of them, the oldest accounts first.", body = String, content_type = "text/csv"))
)]
pub(in crate::api) async fn export(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Response, HttpError> {
    audit::export(call, Whose::Company(holder), domain).await
}

/// Invite who has an address of a verified domain and is a member of none of the company's organizations
///
/// The oldest accounts first, each reported. All who can be invited need a seat, or nobody is.
#[utoipa::path(
    post, path = "/v2/companies/{company}/domains/{domain}/audit/invite", tag = "Domains", operation_id = "inviteCompanyDomainAudit",
    params(
        ("company" = String, Path, description = "The company's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    request_body = InviteOutsiders,
    responses((status = 202, description = "What became of each.", body = InvitedOutsiders))
)]
pub(in crate::api) async fn invite(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
    Sent(sent): Sent<InviteOutsiders>,
) -> Result<Reply, HttpError> {
    audit::invite(call, Whose::Company(holder), domain, sent).await
}

//! `/v2/orgs/{org}/domains`: the routes.

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

/// List domains
#[utoipa::path(
    get, path = "/v2/orgs/{org}/domains", tag = "Domains", operation_id = "listDomains",
    params(("org" = String, Path, description = "The organization's name."), PageQuery),
    responses((status = 200, description = "A page of the organization's own domains, by name.", body = Page<DomainView>))
)]
pub(in crate::api) async fn list(
    Extension(call): Extension<Call>,
    Named(holder): Named<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, HttpError> {
    super::list(call, Whose::Organization(holder), page).await
}

/// Claim a domain, or ask for a new proof
///
/// Its record is looked for during the next 72 hours. Claiming it again makes another value, and what was asked for before
/// proves nothing any more; a domain that is verified stays so.
#[utoipa::path(
    post, path = "/v2/orgs/{org}/domains", tag = "Domains", operation_id = "addDomain",
    params(("org" = String, Path, description = "The organization's name.")),
    request_body = NewDomain,
    responses((status = 201, description = "The domain, with the record to set.", body = DomainView))
)]
pub(in crate::api) async fn add(
    Extension(call): Extension<Call>,
    Named(holder): Named<String>,
    Sent(new): Sent<NewDomain>,
) -> Result<Reply, HttpError> {
    super::add(call, Whose::Organization(holder), new).await
}

/// See a domain
#[utoipa::path(
    get, path = "/v2/orgs/{org}/domains/{domain}", tag = "Domains", operation_id = "getDomain",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 200, description = "The domain.", body = DomainView))
)]
pub(in crate::api) async fn get(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    super::get(call, Whose::Organization(holder), domain).await
}

/// Change a domain's settings
#[utoipa::path(
    patch, path = "/v2/orgs/{org}/domains/{domain}", tag = "Domains", operation_id = "changeDomain",
    params(
        ("org" = String, Path, description = "The organization's name."),
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
    super::change(call, Whose::Organization(holder), domain, change).await
}

/// Remove a domain
///
/// Signing in through it, making accounts of it and enforcing single sign-on end; members stay.
#[utoipa::path(
    delete, path = "/v2/orgs/{org}/domains/{domain}", tag = "Domains", operation_id = "deleteDomain",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 204, description = "The organization has no such domain any more."))
)]
pub(in crate::api) async fn delete(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    super::delete(call, Whose::Organization(holder), domain).await
}

/// Look for a domain's record now
#[utoipa::path(
    post, path = "/v2/orgs/{org}/domains/{domain}/verify", tag = "Domains", operation_id = "verifyDomain",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 200, description = "The domain, with what was seen.", body = DomainView))
)]
pub(in crate::api) async fn verify(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    super::verify(call, Whose::Organization(holder), domain).await
}

/// See who has an address of a verified domain and is no member
///
/// Only confirmed addresses count.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/domains/{domain}/audit", tag = "Domains", operation_id = "auditDomain",
    params(
        ("org" = String, Path, description = "The organization's name."),
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
    audit::list(call, Whose::Organization(holder), domain, asked).await
}

/// Export who has an address of a verified domain and is no member
///
/// As CSV: Name, Username, Email. A cell that a spreadsheet would run as a formula begins with an apostrophe.
#[utoipa::path(
    get, path = "/v2/orgs/{org}/domains/{domain}/audit/export", tag = "Domains", operation_id = "exportDomainAudit",
    params(
        ("org" = String, Path, description = "The organization's name."),
        ("domain" = String, Path, description = "The domain.")
    ),
    responses((status = 200, description = "All of them, the oldest accounts first.", body = String, content_type = "text/csv"))
)]
pub(in crate::api) async fn export(
    Extension(call): Extension<Call>,
    Named((holder, domain)): Named<(String, String)>,
) -> Result<Response, HttpError> {
    audit::export(call, Whose::Organization(holder), domain).await
}

/// Invite who has an address of a verified domain and is no member
///
/// The oldest accounts first, each reported. All who can be invited need a seat, or nobody is.
#[utoipa::path(
    post, path = "/v2/orgs/{org}/domains/{domain}/audit/invite", tag = "Domains", operation_id = "inviteDomainAudit",
    params(
        ("org" = String, Path, description = "The organization's name."),
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
    audit::invite(call, Whose::Organization(holder), domain, sent).await
}

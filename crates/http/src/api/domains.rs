//! `/v2/orgs/{org}/domains`: claiming and proving domains (ORG-4), auto-provisioning (ORG-5), the audit (ORG-6).

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::Action,
    domains::{self, Listed},
};
use muster_model::{AccountId, Domain, DomainState, Organization, domain::Holder};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    call::{Call, Reply},
    paging::{List, Page, PageQuery},
    sent::{Asked, Named, Sent},
};
use crate::{HttpError, app::Lane};

/// A domain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct DomainView {
    /// Stable and unique.
    #[schema(format = Uuid)]
    id: String,
    /// In lower case.
    name: String,
    /// `pending`, `verified`, `missing` (verified, but its record is not there) or `lapsed`.
    state: &'static str,
    /// Whether it counts.
    is_verified: bool,
    /// The record that proves it.
    record: RecordView,
    /// Whether existing accounts of it join the organization when they sign in.
    auto_provision: bool,
    /// When it lapses, if its record does not come back.
    #[schema(format = DateTime)]
    lapses_at: Option<String>,
    /// Until when its present holder, who is another, can prove it anew.
    #[schema(format = DateTime)]
    contested_until: Option<String>,
    /// When its record was last looked for.
    #[schema(format = DateTime)]
    checked_at: Option<String>,
    /// What was seen then.
    last_seen: Option<String>,
    /// When it is looked for next; absent: only when somebody asks.
    #[schema(format = DateTime)]
    next_check_at: Option<String>,
}

/// A record in DNS.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RecordView {
    /// `TXT`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where it is to be; it is found at the domain itself as well.
    name: String,
    value: String,
}

/// Somebody with an address of a domain who is no member.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct OutsiderView {
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
pub(super) struct AuditView {
    /// The address of the next page.
    next: Option<String>,
    /// May be fewer than asked for, and more on the next page.
    results: Vec<OutsiderView>,
}

/// Which page of an audit.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// How many results a page has: 1 to 100, 25 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
    /// Where the page begins, as `next` says it.
    #[param(format = Uuid)]
    after: Option<Uuid>,
}

/// A domain that is to be claimed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDomain {
    /// Such as `example.com`; no public suffix, and no public mail domain.
    #[schema(example = "example.com")]
    domain: String,
}

/// What is to be changed of a domain.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainChange {
    /// Whether existing accounts of it join the organization when they sign in.
    auto_provision: Option<bool>,
}

fn view(Listed { domain, check }: &Listed) -> DomainView {
    let is_missing = domain.state == DomainState::Verified && domain.missing_since.is_some();
    let check = check.as_ref();
    DomainView {
        id: domain.id.to_string(),
        name: domain.name.clone(),
        state: if is_missing { "missing" } else { domain.state.as_str() },
        is_verified: domain.state == DomainState::Verified,
        record: RecordView { kind: "TXT", name: domains::record_name(&domain.name), value: domain.challenge.clone() },
        auto_provision: domain.auto_provision.is_some(),
        lapses_at: domain.missing_since.filter(|_| is_missing).map(|since| since.after(domains::GRACE).to_string()),
        contested_until: domain.contested_since.map(|since| since.after(domains::NOTICE).to_string()),
        checked_at: check.and_then(|check| check.checked).map(|at| at.to_string()),
        last_seen: check.and_then(|check| check.outcome.clone()),
        next_check_at: check.and_then(|check| check.due).map(|at| at.to_string()),
    }
}

fn of(organization: &Organization) -> Holder {
    Holder::Organization(organization.id)
}

fn shown(conn: &mut Conn<'_>, domain: &Domain) -> Result<DomainView, EngineError> {
    Ok(view(&domains::find(conn, domain.holder, &domain.name)?))
}

/// List domains
#[utoipa::path(
    get, path = "/v2/orgs/{org}/domains", tag = "Domains", operation_id = "listDomains",
    params(("org" = String, Path, description = "The organization's name."), PageQuery),
    responses((status = 200, description = "A page of the organization's own domains, by name.", body = Page<DomainView>))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, HttpError> {
    let page = page.checked()?;
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadDomains)?;
        let after = page.after.clone().unwrap_or_default();
        // There are a thousand at most.
        let listed = domains::list(conn, of(&organization), &after, page.skipped() + page.limit())?;
        let listed = listed.into_iter().skip(usize::try_from(page.skipped()).unwrap_or(usize::MAX)).collect();
        let count = domains::count(conn, of(&organization))?;
        let list = List { base_url: &base_url, path: format!("/v2/orgs/{}/domains", organization.name), asked: vec![] };
        Ok(list.page(&page, count, listed, |last: &Listed| Some(last.domain.name.clone())).map(|one| view(&one)))
    })
    .await
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
pub(super) async fn add(
    Extension(call): Extension<Call>,
    Named(org): Named<String>,
    Sent(new): Sent<NewDomain>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeDomains)?;
        let added = domains::add(tx, env, of(&organization), &new.domain)?;
        Reply::json(StatusCode::CREATED, &shown(tx, &added)?)
    })
    .await
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
pub(super) async fn get(
    Extension(call): Extension<Call>,
    Named((org, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadDomains)?;
        Ok(view(&domains::find(conn, of(&organization), &domain)?))
    })
    .await
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
pub(super) async fn change(
    Extension(call): Extension<Call>,
    Named((org, domain)): Named<(String, String)>,
    Sent(change): Sent<DomainChange>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeDomains)?;
        let holder = of(&organization);
        let found = domains::find(tx, holder, &domain)?.domain;
        let changed = match change.auto_provision {
            Some(on) => {
                let into = on.then_some(organization.id);
                domains::set_auto_provision(tx, env, holder, &found.name, into)?
            }
            None => found,
        };
        Reply::json(StatusCode::OK, &shown(tx, &changed)?)
    })
    .await
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
pub(super) async fn delete(
    Extension(call): Extension<Call>,
    Named((org, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &org, Action::ChangeDomains)?;
        domains::remove(tx, env, of(&organization), &domain)?;
        Ok(Reply::nothing())
    })
    .await
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
pub(super) async fn verify(
    Extension(call): Extension<Call>,
    Named((org, domain)): Named<(String, String)>,
) -> Result<Reply, HttpError> {
    let (name, wanted) = (org.clone(), domain.clone());
    let id = call.read(Lane::Snapshot, move |conn, caller| {
        let (organization, _) = caller.organization(conn, &name, Action::ChangeDomains)?;
        Ok(domains::find(conn, of(&organization), &wanted)?.domain.id)
    });
    let id = id.await?;
    // Should somebody else look just now, what is known by now is the answer.
    call.app.check_domain(id).await?;
    get(Extension(call), Named((org, domain))).await
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
pub(super) async fn audit(
    Extension(call): Extension<Call>,
    Named((org, domain)): Named<(String, String)>,
    Asked(asked): Asked<AuditQuery>,
) -> Result<Reply, HttpError> {
    let page = PageQuery { page: None, page_size: asked.page_size, after: None }.checked()?;
    let base_url = call.app.base_url().to_owned();
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let audited = call.read(Lane::Scan, move |conn, caller| {
        let (organization, _) = caller.organization(conn, &org, Action::ReadDomains)?;
        let after = AccountId(asked.after.unwrap_or(Uuid::nil()));
        let found = domains::audit(conn, of(&organization), &domain, after, size)?;
        let path = format!("/v2/orgs/{}/domains/{}/audit", organization.name, domain.trim().to_lowercase());
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

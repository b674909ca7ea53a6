//! `/v2/orgs/{org}/domains` and `/v2/companies/{company}/domains`: claiming and proving domains (ORG-4), auto-provisioning
//! (ORG-5), the audit (ORG-6).
//!
//! What organizations and companies do with their domains is the same, and is done here and in `audit`; `organization` and
//! `company` declare the routes.

mod audit;
pub(super) mod company;
pub(super) mod organization;
mod view;

use http::StatusCode;
use muster_engine::{
    EngineError, Refusal,
    authority::{Action, Caller},
    companies,
    domains::{self, Listed},
};
use muster_model::domain::Holder;
use muster_store::Conn;

use self::view::{DomainChange, NewDomain, shown, view};
use super::{
    call::{Call, Reply},
    companies::person,
    paging::{List, PageQuery},
};
use crate::{HttpError, app::Lane};

/// Whose domains, by the name in the path.
#[derive(Debug, Clone)]
enum Of {
    Organization(String),
    Company(String),
}

/// Whoever's domains they are, once it was decided that the caller may.
struct Found {
    holder: Holder,
    /// Where its domains are.
    path: String,
}

impl Of {
    /// The holder, if whoever calls may do this to it (ORG-1). To others there is none (TEN-3).
    fn find(&self, conn: &mut Conn<'_>, caller: &Caller, action: Action) -> Result<Found, EngineError> {
        match self {
            Self::Organization(name) => {
                let (organization, _) = caller.organization(conn, name, action)?;
                let path = format!("/v2/orgs/{}/domains", organization.name);
                Ok(Found { holder: Holder::Organization(organization.id), path })
            }
            Self::Company(name) => {
                let account = person(caller, action.scope())?;
                let company = companies::owned(conn, account, name)?;
                let path = format!("/v2/companies/{}/domains", company.name);
                Ok(Found { holder: Holder::Company(company.id), path })
            }
        }
    }
}

async fn list(call: Call, of: Of, page: PageQuery) -> Result<Reply, HttpError> {
    let page = page.checked()?;
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let Found { holder, path } = of.find(conn, caller, Action::ReadDomains)?;
        let after = page.after.clone().unwrap_or_default();
        // There are a thousand at most.
        let listed = domains::list(conn, holder, &after, page.skipped() + page.limit())?;
        let listed = listed.into_iter().skip(usize::try_from(page.skipped()).unwrap_or(usize::MAX)).collect();
        let count = domains::count(conn, holder)?;
        let list = List { base_url: &base_url, path, asked: vec![] };
        let listed = list.page(&page, count, listed, |last: &Listed| Some(last.domain.name.clone()));
        listed.try_map(|one| view(conn, &one))
    })
    .await
}

async fn add(call: Call, of: Of, new: NewDomain) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let Found { holder, .. } = of.find(tx, caller, Action::ChangeDomains)?;
        let added = domains::add(tx, env, holder, &new.domain)?;
        Reply::json(StatusCode::CREATED, &shown(tx, &added)?)
    })
    .await
}

async fn get(call: Call, of: Of, domain: String) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let Found { holder, .. } = of.find(conn, caller, Action::ReadDomains)?;
        let found = domains::find(conn, holder, &domain)?;
        view(conn, &found)
    })
    .await
}

async fn change(call: Call, of: Of, domain: String, change: DomainChange) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let Found { holder, .. } = of.find(tx, caller, Action::ChangeDomains)?;
        let found = domains::find(tx, holder, &domain)?.domain;
        let changed = match change.auto_provision {
            Some(true) => {
                let into = Some(into(tx, caller, holder, change.organization.as_deref())?);
                domains::set_auto_provision(tx, env, holder, &found.name, into)?
            }
            Some(false) => domains::set_auto_provision(tx, env, holder, &found.name, None)?,
            None => found,
        };
        Reply::json(StatusCode::OK, &shown(tx, &changed)?)
    })
    .await
}

/// Into which organization people join: the holder itself, or the one that is named.
fn into(
    conn: &mut Conn<'_>,
    caller: &Caller,
    holder: Holder,
    named: Option<&str>,
) -> Result<muster_model::OrganizationId, EngineError> {
    match (named, holder) {
        (Some(name), _) => Ok(caller.organization(conn, name, Action::ChangeDomains)?.0.id),
        (None, Holder::Organization(id)) => Ok(id),
        (None, Holder::Company(_)) => {
            Err(Refusal::Invalid("name the `organization` that people join".to_owned()).into())
        }
    }
}

async fn delete(call: Call, of: Of, domain: String) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let Found { holder, .. } = of.find(tx, caller, Action::ChangeDomains)?;
        domains::remove(tx, env, holder, &domain)?;
        Ok(Reply::nothing())
    })
    .await
}

async fn verify(call: Call, of: Of, domain: String) -> Result<Reply, HttpError> {
    let (holder, wanted) = (of.clone(), domain.clone());
    let id = call.read(Lane::Snapshot, move |conn, caller| {
        let Found { holder, .. } = holder.find(conn, caller, Action::ChangeDomains)?;
        Ok(domains::find(conn, holder, &wanted)?.domain.id)
    });
    let id = id.await?;
    // Should somebody else look just now, what is known by now is the answer.
    call.app.check_domain(id).await?;
    get(call, of, domain).await
}

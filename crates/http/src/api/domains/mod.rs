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
    authority::{
        Action,
        holder::{Held, Whose, joined},
    },
    domains::{self, Listed},
};

use self::view::{DomainChange, NewDomain, shown, view};
use super::{
    call::{Call, Reply},
    paging::{List, PageQuery},
};
use crate::{HttpError, app::Lane};

/// Where a holder's domains are.
fn path(whose: &Whose, name: &str) -> String {
    match whose {
        Whose::Organization(_) => format!("/v2/orgs/{name}/domains"),
        Whose::Company(_) => format!("/v2/companies/{name}/domains"),
    }
}

async fn list(call: Call, of: Whose, page: PageQuery) -> Result<Reply, HttpError> {
    let page = page.checked()?;
    let base_url = call.app.base_url().to_owned();
    call.show(move |conn, caller| {
        let Held { holder, name, .. } = caller.holder(conn, &of, Action::ReadDomains)?;
        let path = path(&of, &name);
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

async fn add(call: Call, of: Whose, new: NewDomain) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let Held { holder, .. } = caller.holder(tx, &of, Action::ChangeDomains)?;
        let added = domains::add(tx, env, holder, &new.domain)?;
        Reply::json(StatusCode::CREATED, &shown(tx, &added)?)
    })
    .await
}

async fn get(call: Call, of: Whose, domain: String) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let Held { holder, .. } = caller.holder(conn, &of, Action::ReadDomains)?;
        let found = domains::find(conn, holder, &domain)?;
        view(conn, &found)
    })
    .await
}

async fn change(call: Call, of: Whose, domain: String, change: DomainChange) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let Held { holder, .. } = caller.holder(tx, &of, Action::ChangeDomains)?;
        let found = domains::find(tx, holder, &domain)?.domain;
        let changed = match change.auto_provision {
            Some(true) => {
                let into = Some(joined(tx, caller, holder, change.organization.as_deref())?);
                domains::set_auto_provision(tx, env, holder, &found.name, into)?
            }
            Some(false) => domains::set_auto_provision(tx, env, holder, &found.name, None)?,
            None => found,
        };
        Reply::json(StatusCode::OK, &shown(tx, &changed)?)
    })
    .await
}

async fn delete(call: Call, of: Whose, domain: String) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let Held { holder, .. } = caller.holder(tx, &of, Action::ChangeDomains)?;
        domains::remove(tx, env, holder, &domain)?;
        Ok(Reply::nothing())
    })
    .await
}

async fn verify(call: Call, of: Whose, domain: String) -> Result<Reply, HttpError> {
    let (holder, wanted) = (of.clone(), domain.clone());
    let id = call.read(Lane::Snapshot, move |conn, caller| {
        let Held { holder, .. } = caller.holder(conn, &holder, Action::ChangeDomains)?;
        Ok(domains::find(conn, holder, &wanted)?.domain.id)
    });
    let id = id.await?;
    // Should somebody else look just now, what is known by now is the answer.
    call.app.check_domain(id).await?;
    get(call, of, domain).await
}

//! One domain: the record that proves it, what was seen, and what it does.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_engine::{
    authority::{Action, holder::organizations_under},
    domains::{self, Listed},
};
use muster_model::{Domain, DomainState, Timestamp, domain::Proof};
use serde::Deserialize;

use crate::{
    HttpError,
    console::{
        shell::{self, Section, Shell},
        state::State,
        visit::Visit,
    },
    pages::filters,
};

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/domains/one.html")]
struct Page {
    shell: Shell,
    domain: Domain,
    state: State,
    may_change: bool,
    /// Of a company: the organizations that people can join, and whether it is that one.
    organizations: Vec<(String, bool)>,
    is_verified: bool,
    by_operator: bool,
    /// Where the record is to be.
    record: String,
    checked: Option<Timestamp>,
    seen: Option<String>,
    next: Option<Timestamp>,
    lapses: Option<Timestamp>,
    contested_until: Option<Timestamp>,
}

/// `GET /console/orgs/{org}/domains/{domain}`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, &domain, &asked.done, None).await
}

/// The page, with the reason why something was not done.
pub(super) async fn show(
    visit: &Visit,
    org: &str,
    domain: &str,
    done: &str,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let domain = domain.to_owned();
    let read = visit.holder(org, Section::Domains, move |conn, at| {
        let found = domains::find(conn, at.holder, &domain)?;
        let into = found.domain.auto_provision;
        let organizations = organizations_under(conn, at.holder)?.into_iter();
        let organizations = organizations.map(|one| (one.name, into == Some(one.id))).collect();
        Ok((found, organizations, at.may(Action::ChangeDomains)))
    });
    let (shell, (Listed { domain, check }, organizations, may_change)) = read.await?;
    let (status, shell) = shell.done(done).refused(visit, refused)?;
    let is_verified = domain.state == DomainState::Verified;
    let page = Page {
        shell,
        state: State::of_domain(&domain),
        may_change,
        organizations,
        is_verified,
        by_operator: domain.proof == Some(Proof::Operator),
        record: domains::record_name(&domain.name),
        checked: check.as_ref().and_then(|check| check.checked),
        seen: check.as_ref().and_then(|check| check.outcome.clone()),
        next: check.as_ref().and_then(|check| check.due),
        lapses: domain.missing_since.filter(|_| is_verified).map(|since| since.after(domains::GRACE)),
        contested_until: domain.contested_since.map(|since| since.after(domains::NOTICE)),
        domain,
    };
    shell::page(status, &page)
}

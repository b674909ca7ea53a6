//! What owners do with a domain.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_engine::{
    authority::{Action, holder::joined},
    domains,
};
use muster_model::Domain;

use super::one;
use crate::{
    HttpError,
    console::{
        list::address,
        shell::{self, Section, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters},
};

/// To a domain's page, which says what was done.
fn back(visit: &Visit, org: &str, domain: &str, done: &str) -> Result<Response, HttpError> {
    let path = format!("{}{}/domains/{domain}", visit.app().base_url(), visit.home(org));
    pages::see_other(&address(&path, &[("done", done)]))
}

/// `POST …/domains/{domain}/check`: looks for its record now.
pub(in crate::console) async fn check(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let wanted = domain.clone();
    let read = visit.holder(&org, Section::Domains, move |conn, at| {
        at.require(conn, Action::ChangeDomains)?;
        Ok(domains::find(conn, at.holder, &wanted)?.domain.id)
    });
    let (_, id) = read.await?;
    // Should somebody else look just now, what is known by then is the answer.
    visit.app().check_domain(id).await?;
    back(&visit, &org, &domain, "done-domain-checked")
}

/// `POST …/domains/{domain}/renew`: asks for a new proof.
pub(in crate::console) async fn renew(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let wanted = domain.clone();
    let added = visit.change_of(&org, Action::ChangeDomains, move |tx, env, at| {
        let holder = at.holder;
        let known = domains::find(tx, holder, &wanted)?.domain.name;
        domains::add(tx, env, holder, &known)
    });
    match added.await {
        Ok(_) => back(&visit, &org, &domain, "done-domain-renewed"),
        Err(error) => one::show(&visit, &org, &domain, "", Some(error)).await,
    }
}

/// `POST …/domains/{domain}/auto-provision`: whether existing accounts of it join when they sign in (ORG-5).
pub(in crate::console) async fn auto_provision(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let (is_on, named) = (form.text("auto-provision").is_some(), form.text("into").map(str::to_owned));
    let wanted = domain.clone();
    let changed = visit.change_of(&org, Action::ChangeDomains, move |tx, env, at| {
        let into = (is_on || named.is_some()).then(|| joined(tx, at.caller, at.holder, named.as_deref()));
        let into = into.transpose()?;
        domains::set_auto_provision(tx, env, at.holder, &wanted, into)
    });
    match changed.await {
        Ok(_) => back(&visit, &org, &domain, "done-domain-changed"),
        Err(error) => one::show(&visit, &org, &domain, "", Some(error)).await,
    }
}

#[derive(Template)]
#[template(path = "console/domains/remove.html")]
struct RemovePage {
    shell: Shell,
    domain: Domain,
    /// The connections that sign people of the domain in.
    connections: Vec<String>,
}

/// `GET …/domains/{domain}/remove`: what ends.
pub(in crate::console) async fn remove_page(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    show_remove(&visit, &org, &domain, None).await
}

async fn show_remove(
    visit: &Visit,
    org: &str,
    domain: &str,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let domain = domain.to_owned();
    let read = visit.holder(org, Section::Domains, move |conn, at| {
        at.require(conn, Action::ChangeDomains)?;
        let holder = at.holder;
        let domain = domains::find(conn, holder, &domain)?.domain;
        let mut connections = Vec::new();
        for id in conn.connections_held_by(holder)? {
            let connection = conn.connection(id)?.filter(|one| one.domains.contains(&domain.name));
            connections.extend(connection.map(|connection| connection.name));
        }
        Ok((domain, connections))
    });
    let (shell, (domain, connections)) = read.await?;
    let (status, shell) = shell.refused(visit, refused)?;
    shell::page(status, &RemovePage { shell, domain, connections })
}

/// `POST …/domains/{domain}/remove`.
pub(in crate::console) async fn remove(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let wanted = domain.clone();
    let removed =
        visit.change_of(&org, Action::ChangeDomains, move |tx, env, at| domains::remove(tx, env, at.holder, &wanted));
    match removed.await {
        Ok(_) => {
            let path = format!("{}{}/domains", visit.app().base_url(), visit.home(&org));
            pages::see_other(&address(&path, &[("done", "done-domain-removed")]))
        }
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show_remove(&visit, &org, &domain, Some(error)).await,
    }
}

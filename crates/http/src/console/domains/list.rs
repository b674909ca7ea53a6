//! The list of domains, and claiming one.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_engine::{
    authority::Action,
    domains::{self, Listed},
};
use muster_model::Timestamp;
use serde::Deserialize;

use crate::{
    HttpError,
    console::{
        list::{LINES, Pager, address},
        shell::{self, Section, Shell},
        state::State,
        visit::{Posted, Visit},
    },
    pages::{self, filters, texts},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/domains/list.html")]
struct Page {
    shell: Shell,
    may_change: bool,
    lines: Vec<Line>,
    pager: Pager,
    typed: String,
}

/// One domain.
struct Line {
    name: String,
    state: State,
    seen: String,
    checked: Option<Timestamp>,
}

/// `GET /console/orgs/{org}/domains`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, asked, String::new(), None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    asked: Asked,
    typed: String,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let after = asked.after.clone();
    let read = visit.holder(org, Section::Domains, move |conn, at| {
        let holder = at.holder;
        let listed = domains::list(conn, holder, &after, LINES)?;
        Ok((listed, domains::count(conn, holder)?, at.may(Action::ChangeDomains)))
    });
    let (shell, (listed, count, may_change)) = read.await?;
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let is_full = i64::try_from(listed.len()).unwrap_or(i64::MAX) >= LINES;
    let next =
        listed.last().filter(|_| is_full).map(|last| address(&shell.at("/domains"), &[("after", &last.domain.name)]));
    let line = |Listed { domain, check }: Listed| Line {
        state: State::of_domain(&domain),
        seen: check.as_ref().and_then(|check| check.outcome.clone()).unwrap_or_default(),
        checked: check.and_then(|check| check.checked),
        name: domain.name,
    };
    let pager = Pager { count: texts::say("domains-count", [("count", count.into())]), next };
    let lines = listed.into_iter().map(line).collect();
    shell::page(status, &Page { shell, may_change, lines, pager, typed })
}

/// `POST /console/orgs/{org}/domains`: claims one.
pub(in crate::console) async fn add(
    visit: Visit,
    Path(org): Path<String>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let typed = form.text("domain").unwrap_or_default().to_owned();
    let wanted = typed.clone();
    let added =
        visit.change_of(&org, Action::ChangeDomains, move |tx, env, at| domains::add(tx, env, at.holder, &wanted));
    match added.await {
        Ok(domain) => {
            let path = format!("{}{}/domains/{}", visit.app().base_url(), visit.home(&org), domain.name);
            pages::see_other(&address(&path, &[("done", "done-domain-added")]))
        }
        Err(error) => show(&visit, &org, Asked::default(), typed, Some(error)).await,
    }
}

//! What the mass-change guard holds, whom it would affect, and deciding about it (MIG-3).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::held::Held;
use muster_model::{ConnectionId, HeldChangeId};
use serde::Deserialize;

use super::{path, read};
use crate::{
    Approval, HttpError,
    browser::Form,
    console::{
        list::{LINES, address},
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters},
};

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/connections/held.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    held: Held,
    /// Those that are shown: what is decided about.
    ids: String,
}

/// `GET …/connections/{id}/held`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, &asked.done, None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    done: &str,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (shell, connection, ()) = read(visit, org, id, |_, _, _| Ok(())).await?;
    let lines = usize::try_from(LINES).unwrap_or(usize::MAX);
    let held = visit.acting().administer(move |administrator| administrator.held(id, false, lines)).await?;
    let (status, shell) = shell.done(done).refused(visit, refused)?;
    let ids = held.held.iter().map(|line| line.id.to_string()).collect::<Vec<_>>().join(" ");
    let page = Page { here: shell.at(&format!("/connections/{id}")), shell, name: connection.name, held, ids };
    shell::page(status, &page)
}

/// The held requests that a form is about; never all, which may be more than whoever decides has seen.
fn named(form: &Form) -> Result<Vec<HeldChangeId>, HttpError> {
    let ids: Result<Vec<_>, _> = form.text("ids").unwrap_or_default().split_whitespace().map(str::parse).collect();
    let ids = ids.ok().filter(|ids| !ids.is_empty());
    ids.ok_or_else(|| HttpError::field("ids", "choose held requests"))
}

/// `POST …/connections/{id}/held/approve`.
pub(in crate::console) async fn approve(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    let decided = async {
        read(&visit, &org, id, |_, _, _| Ok(())).await?;
        let only = named(&form)?;
        visit.acting().administer(move |administrator| administrator.may_decide(id)).await?;
        let approval = Approval { connection: id, only, lift: None, actor: visit.acting().who.actor() };
        visit.app().approve_held(approval).await.map(drop)
    };
    after(&visit, &org, id, decided.await, "done-approved").await
}

/// `POST …/connections/{id}/held/reject`.
pub(in crate::console) async fn reject(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    let decided = async {
        read(&visit, &org, id, |_, _, _| Ok(())).await?;
        let ids = named(&form)?;
        visit.acting().administer(move |administrator| administrator.reject_held(id, &ids)).await.map(drop)
    };
    after(&visit, &org, id, decided.await, "done-rejected").await
}

async fn after(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    decided: Result<(), HttpError>,
    done: &str,
) -> Result<Response, HttpError> {
    match decided {
        Ok(()) => pages::see_other(&address(&path(visit, org, id, "/held"), &[("done", done)])),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(visit, org, id, "", Some(error)).await,
    }
}

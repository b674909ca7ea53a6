//! What has come apart from what the directory last said, shown first and then repaired.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::{
    change::Change,
    drift::{Drift, DriftLine},
};
use muster_model::{ConnectionId, DirectoryUserId};
use uuid::Uuid;

use super::{plan::place, read};
use crate::{
    HttpError,
    console::{
        list::LINES,
        members::one::shown,
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::{filters, texts},
};

#[derive(Template)]
#[template(path = "console/connections/drift.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    /// What was found; `None` before anybody has looked.
    found: Option<Found>,
}

/// What was found.
struct Found {
    is_repaired: bool,
    looked: String,
    groups: Vec<Change>,
    lines: Vec<DriftLine>,
    /// Where this part of the directory begins.
    after: String,
    /// Where the next part begins.
    next: Option<String>,
}

impl Found {
    fn of(drift: Drift, after: DirectoryUserId) -> Self {
        let Drift { repaired, users, groups, findings, next, .. } = drift;
        Self {
            is_repaired: repaired,
            looked: texts::say("drift-looked", [("count", users.into())]),
            groups,
            lines: findings,
            after: after.to_string(),
            next: next.map(|next| next.to_string()),
        }
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.lines.is_empty()
    }
}

/// `GET …/connections/{id}/drift`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, None, None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    found: Option<Found>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (shell, connection, ()) = read(visit, org, id, |_, _, _| Ok(())).await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let page = Page { here: shell.at(&format!("/connections/{id}")), shell, name: connection.name, found };
    shell::page(status, &page)
}

/// `POST …/connections/{id}/drift`: looks, and repairs if that is asked for.
pub(in crate::console) async fn submit(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let repair = form.text("do") == Some("repair");
    // That the address's organization holds it.
    read(&visit, &org, id, |_, _, _| Ok(())).await?;
    let after = DirectoryUserId(form.text("after").unwrap_or_default().parse::<Uuid>().unwrap_or_default());
    let at_most = usize::try_from(LINES).unwrap_or(usize::MAX);
    match visit.acting().undertake(move |administrator| administrator.drift(id, after, repair, at_most)).await {
        Ok(drift) => show(&visit, &org, id, Some(Found::of(drift, after)), None).await,
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, id, None, Some(error)).await,
    }
}

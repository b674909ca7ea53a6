//! Members whom the directory names and does not manage, and putting them under its management, as a plan (MIG-1, SCIM-6).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::adoption::{CandidateLine, Candidates};
use muster_model::{ConnectionId, DirectoryUserId, Email};
use serde::Deserialize;
use uuid::Uuid;

use super::{path, read};
use crate::{
    HttpError,
    console::{
        list::{LINES, address},
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "console/connections/adopt.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    lines: Vec<CandidateLine>,
    next: Option<String>,
}

/// `GET …/connections/{id}/unmanaged`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, &asked, None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    asked: &Asked,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (shell, connection, ()) = read(visit, org, id, |_, _, _| Ok(())).await?;
    let after = DirectoryUserId(asked.after.parse::<Uuid>().unwrap_or_default());
    let limit = usize::try_from(LINES).unwrap_or(usize::MAX);
    let found = visit.acting().administer(move |administrator| administrator.adoptable(id, None, after, limit));
    let Candidates { candidates, next, .. } = found.await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let here = shell.at(&format!("/connections/{id}"));
    let next = next.map(|after| address(&format!("{here}/unmanaged"), &[("after", &after.to_string())]));
    shell::page(status, &Page { shell, here, name: connection.name, lines: candidates, next })
}

/// `POST …/connections/{id}/unmanaged`: a plan, of those who are chosen or of everybody whom nothing hinders.
pub(in crate::console) async fn submit(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let is_all = form.text("who") == Some("all");
    let chosen: Vec<String> = form.values("pick-").map(str::to_owned).collect();
    let made = async {
        read(&visit, &org, id, |_, _, _| Ok(())).await?;
        if chosen.is_empty() && !is_all {
            return Err(HttpError::field("pick", "choose somebody, or everybody"));
        }
        let emails = if is_all { Vec::new() } else { chosen };
        let email = |text: &String| Email::parse(text).map_err(|error| HttpError::field("pick", error.to_string()));
        let emails = emails.iter().map(email).collect::<Result<Vec<_>, _>>()?;
        visit.acting().undertake(move |administrator| administrator.plan_adoption(id, None, emails)).await
    };
    match made.await {
        Ok(plan) => pages::see_other(&path(&visit, &org, id, &format!("/plans/{}", plan.id))),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, id, &Asked::default(), Some(error)).await,
    }
}

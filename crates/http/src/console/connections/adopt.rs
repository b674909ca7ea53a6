//! Members whom the directory names and does not manage, and putting them under its management, as a plan (MIG-1, SCIM-6).

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::adoption::{Adopted, CandidateLine, Candidates};
use muster_model::{ConnectionId, DirectoryUserId};
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

/// A membership that can be chosen.
struct Line {
    told: CandidateLine,
    /// The choice, as the form sends it.
    pick: String,
    is_picked: bool,
}

#[derive(Template)]
#[template(path = "console/connections/adopt.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    lines: Vec<Line>,
    /// Where this page begins, for the form.
    after: String,
    next: Option<String>,
}

/// `GET …/connections/{id}/unmanaged`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, asked, &BTreeSet::new(), None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    Asked { after }: Asked,
    picked: &BTreeSet<String>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (shell, connection, ()) = read(visit, org, id, |_, _, _| Ok(())).await?;
    let first = DirectoryUserId(after.parse::<Uuid>().unwrap_or_default());
    // One person has as many lines as organizations that the connection covers.
    let limit = usize::try_from(LINES).unwrap_or(usize::MAX) / connection.organizations.len().max(1);
    let found = visit.acting().administer(move |administrator| administrator.adoptable(id, None, first, limit.max(1)));
    let Candidates { candidates, next, .. } = found.await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let here = shell.at(&format!("/connections/{id}"));
    let next = next.map(|after| address(&format!("{here}/unmanaged"), &[("after", &after.to_string())]));
    let line = |told: CandidateLine| {
        let pick = format!("{}:{}", told.user, told.organization);
        Line { is_picked: picked.contains(&pick), pick, told }
    };
    let lines = candidates.into_iter().map(line).collect();
    shell::page(status, &Page { shell, here, name: connection.name, lines, after, next })
}

/// `POST …/connections/{id}/unmanaged`: a plan, of those who are chosen or of everybody whom nothing hinders.
pub(in crate::console) async fn submit(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let picked: BTreeSet<String> = form.values("pick-").map(str::to_owned).collect();
    let whom = match form.text("who") {
        Some("all") => Ok(Adopted::Everybody { organization: None }),
        _ => chosen(&picked),
    };
    let made = async {
        read(&visit, &org, id, |_, _, _| Ok(())).await?;
        let whom = whom?;
        visit.acting().undertake(move |administrator| administrator.plan_adoption(id, whom)).await
    };
    match made.await {
        Ok(plan) => pages::see_other(&path(&visit, &org, id, &format!("/plans/{}", plan.id))),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => {
            let asked = Asked { after: form.text("after").unwrap_or_default().to_owned() };
            show(&visit, &org, id, asked, &picked, Some(error)).await
        }
    }
}

/// Who was chosen: each a SCIM user and an organization's name.
fn chosen(picked: &BTreeSet<String>) -> Result<Adopted, HttpError> {
    if picked.is_empty() {
        return Err(HttpError::field("pick", "choose somebody, or everybody"));
    }
    let read = |text: &String| {
        let (user, organization) = text.split_once(':')?;
        Some((DirectoryUserId(user.parse().ok()?), organization.to_owned()))
    };
    let read = picked.iter().map(read).collect::<Option<Vec<_>>>();
    read.map(Adopted::Memberships).ok_or_else(|| HttpError::field("pick", "choose among those who are listed"))
}

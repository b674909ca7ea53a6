//! Where single sign-on and the directory of a connection disagree (PRE-3).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_administration::conflicts::ConflictLine;
use muster_engine::conflicts::{self, Page as Found};
use muster_model::AccountId;
use serde::Deserialize;
use uuid::Uuid;

use super::read;
use crate::{
    HttpError,
    console::{
        list::{LINES, address},
        members::{list::source_word, one::shown},
        shell::{self, Shell},
        visit::Visit,
    },
    pages::filters,
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "console/connections/conflicts.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    conflicts: Vec<ConflictLine>,
    next: Option<String>,
}

/// `GET …/connections/{id}/conflicts`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let after = AccountId(asked.after.parse::<Uuid>().unwrap_or_default());
    let limit = usize::try_from(LINES).unwrap_or(usize::MAX);
    let id = super::id("connection", &id)?;
    let read = read(&visit, &org, id, move |conn, _, connection| {
        let page = conflicts::page(conn, connection, after, limit)?;
        conflicts::for_holder(conn, connection, page)
    });
    let (shell, connection, Found { conflicts, next }) = read.await?;
    let here = shell.at(&format!("/connections/{id}"));
    let next = next.map(|after| address(&format!("{here}/conflicts"), &[("after", &after.to_string())]));
    let conflicts = conflicts.into_iter().map(ConflictLine::from).collect();
    shell::page(StatusCode::OK, &Page { shell, here, name: connection.name, conflicts, next })
}

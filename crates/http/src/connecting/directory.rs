//! The directory: SCIM switched on, and the token that its client needs, shown once (SCIM-1).

use askama::Template;
use axum::{extract::Query, response::Response};
use muster_engine::setup::{self, Progress};
use serde::Deserialize;

use super::{Desk, back, guide::Guide, here, is_for_the_page};
use crate::{
    HttpError, ScimDocuments,
    console::{
        shell::{self, Shell},
        visit::Posted,
    },
    pages::filters,
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    guide: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "connecting/directory.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    guide: Guide,
    base_url: String,
    progress: Progress,
    /// A token that was made just now.
    secret: Option<String>,
}

/// `GET …/directory`.
pub(crate) async fn page<D: Desk>(desk: D, Query(asked): Query<Asked>) -> Result<Response, HttpError> {
    show(&desk, &asked, None, None).await
}

/// The page, with a token that is shown once.
pub(crate) async fn show<D: Desk>(
    desk: &D,
    asked: &Asked,
    secret: Option<String>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let link = desk.link();
    let look = desk.look(move |conn, connection| setup::progress(conn, connection, link));
    let (shell, connection, progress) = look.await?;
    let (status, shell) = shell.done(&asked.done).refused_in(desk.arrival(), refused)?;
    let page = Page {
        here: here(desk),
        shell,
        name: connection.name,
        guide: Guide::named(&asked.guide),
        base_url: format!("{}/scim/v2", desk.app().base_url()),
        progress,
        secret,
    };
    shell::page(status, &page)
}

/// `POST …/directory/switch`.
pub(crate) async fn switch<D: Desk>(desk: D, Posted(form): Posted) -> Result<Response, HttpError> {
    let is_on = form.text("to") == Some("on");
    let changed = desk.change(move |tx, env, draft| {
        setup::set_scim(tx, env, draft, is_on, &ScimDocuments).map(drop).map_err(HttpError::from)
    });
    match changed.await {
        Ok(()) => back(&desk, "/directory", if is_on { "done-scim-on" } else { "done-scim-off" }),
        Err(error) if is_for_the_page(&error) => show(&desk, &Asked::default(), None, Some(error)).await,
        Err(error) => Err(error),
    }
}

//! The steps of a set-up, and what is done about all of it: a SCIM token, and telling the owners that it is ready.

use askama::Template;
use axum::{extract::Query, response::Response};
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::setup;
use serde::Deserialize;

use super::desk::ByLink;
use crate::{
    HttpError,
    connecting::{Desk, back, directory, here, is_for_the_page, step},
    console::{
        shell::{self, Shell},
        visit::Posted,
    },
    pages::filters,
};

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "setup/overview.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    steps: Vec<step::Line>,
    /// Whether an owner could activate it.
    is_ready: bool,
}

/// `GET /setup/connection/{id}`.
pub(super) async fn page(desk: ByLink, Query(asked): Query<Asked>) -> Result<Response, HttpError> {
    show(&desk, &asked.done, None).await
}

async fn show(desk: &ByLink, done: &str, refused: Option<HttpError>) -> Result<Response, HttpError> {
    let link = desk.link();
    let look = desk.look(move |conn, connection| setup::progress(conn, connection, link));
    let (shell, connection, progress) = look.await?;
    let (status, shell) = shell.done(done).refused_in(desk.arrival(), refused)?;
    let here = here(desk);
    let page = Page {
        steps: step::lines(&progress, &here, false),
        here,
        shell,
        is_ready: progress.has_domain() && progress.is_tested(),
        name: connection.name,
    };
    shell::page(status, &page)
}

/// `POST …/ready`: tells the owners.
pub(super) async fn ready(desk: ByLink, Posted(_): Posted) -> Result<Response, HttpError> {
    let sealer = desk.app().shared_sealer();
    let told = desk.write(move |tx, env, setting| Ok(setup::ready(tx, env, &sealer, setting)?));
    match told.await {
        Ok(()) => back(&desk, "", "done-setup-ready"),
        Err(error) if is_for_the_page(&error) => show(&desk, "", Some(error)).await,
        Err(error) => Err(error),
    }
}

/// `POST …/directory/token`: a SCIM token, shown once.
pub(super) async fn token(desk: ByLink, Posted(_): Posted) -> Result<Response, HttpError> {
    let text = TokenText::generate(TokenPrefix::Scim).map_err(HttpError::no_randomness)?;
    let hash = text.hash();
    let made = desk.write(move |tx, env, setting| Ok(setup::create_token(tx, env, setting, &hash)?));
    let asked = directory::Asked::default();
    match made.await {
        Ok(_) => directory::show(&desk, &asked, Some(text.expose().to_owned()), None).await,
        Err(error) if is_for_the_page(&error) => directory::show(&desk, &asked, None, Some(error)).await,
        Err(error) => Err(error),
    }
}

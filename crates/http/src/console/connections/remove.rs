//! Removing a connection, once it was shown what that ends (SSO-12).

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::connections::{self, ConnectionView};
use muster_engine::{authority::Action, declare};
use muster_model::ConnectionId;

use super::read;
use crate::{
    HttpError, ScimDocuments,
    console::{
        list::address,
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages,
    pages::filters,
};

#[derive(Template)]
#[template(path = "console/connections/remove.html")]
struct Page {
    shell: Shell,
    here: String,
    connection: ConnectionView,
}

/// `GET …/connections/{id}/remove`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, None).await
}

async fn show(visit: &Visit, org: &str, id: ConnectionId, refused: Option<HttpError>) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let read = read(visit, org, id, move |conn, at, connection| {
        at.require(conn, Action::ChangeConnections)?;
        connections::view(conn, connection, now)
    });
    let (shell, _, connection) = read.await?;
    let (status, shell) = shell.refused(visit, refused)?;
    let here = shell.at(&format!("/connections/{id}"));
    shell::page(status, &Page { shell, here, connection })
}

/// `POST …/connections/{id}/remove`.
pub(in crate::console) async fn submit(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    // That the address's organization holds it.
    read(&visit, &org, id, |_, _, _| Ok(())).await?;
    let removed = visit.acting().write(move |tx, env, caller| {
        let connection = caller.connection(tx, id, Action::ChangeConnections)?;
        Ok(declare::remove_connection(tx, env, &connection, &ScimDocuments)?)
    });
    let removed = removed.await;
    visit.app().forget_connections();
    match removed {
        Ok(()) => {
            let path = format!("{}{}/connections", visit.app().base_url(), visit.home(&org));
            pages::see_other(&address(&path, &[("done", "done-connection-removed")]))
        }
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, id, Some(error)).await,
    }
}

//! Connections of other holders that may cover the organization: consenting, and taking that back (TEN-1).

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::{Action, Caller},
    declare,
};
use muster_model::{Connection, ConnectionId, Organization};
use muster_store::Conn;

use crate::{
    HttpError, ScimDocuments,
    console::{
        list::address,
        shell::{self, Section, Shell},
        visit::{Posted, Visit},
    },
    pages::{self, filters},
};

#[derive(Template)]
#[template(path = "console/connections/consent.html")]
struct Page {
    shell: Shell,
    /// What was typed.
    typed: String,
    /// The connection that is to cover the organization no more; `None` where one is to be named.
    withdrawing: Option<Connection>,
}

/// An organization of whoever visits, and anybody's connection.
fn both(
    conn: &mut Conn<'_>,
    caller: &Caller,
    name: &str,
    id: ConnectionId,
) -> Result<(Organization, Connection), EngineError> {
    let (organization, _) = caller.organization(conn, name, Action::ChangeConnections)?;
    let connection = conn.connection(id)?.ok_or_else(|| EngineError::not_found("connection", id))?;
    Ok((organization, connection))
}

async fn show(
    visit: &Visit,
    org: &str,
    typed: String,
    withdrawn: Option<ConnectionId>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let read = visit.organization(org, Section::Connections, move |conn, at| {
        at.caller.require(conn, &at.organization, Action::ChangeConnections)?;
        let Some(id) = withdrawn else { return Ok(None) };
        let is_here = |connection: &Connection| connection.covered(at.organization.id).is_some();
        let known = at.organization.consents.contains(&id);
        // Of others' connections only those are told of that have to do with the organization (TEN-3).
        let found = conn.connection(id)?.filter(|connection| known || is_here(connection));
        found.ok_or_else(|| EngineError::not_found("connection", id)).map(Some)
    });
    let (shell, withdrawing) = read.await?;
    let (status, shell) = shell.refused(visit, refused)?;
    shell::page(status, &Page { shell, typed, withdrawing })
}

/// `GET …/consents`: which connection may cover the organization.
pub(in crate::console) async fn page(visit: Visit, Path(org): Path<String>) -> Result<Response, HttpError> {
    show(&visit, &org, String::new(), None, None).await
}

/// `POST …/consents`.
pub(in crate::console) async fn give(
    visit: Visit,
    Path(org): Path<String>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let typed = form.text("connection").unwrap_or_default().to_owned();
    let given = async {
        let unknown = || HttpError::field("connection", "there is no connection with this id");
        let id: ConnectionId = typed.parse().map_err(|_| unknown())?;
        let name = org.clone();
        let given = visit.acting().write(move |tx, env, caller| {
            let (organization, connection) = both(tx, caller, &name, id)?;
            Ok(declare::consent(tx, env, &organization, &connection)?)
        });
        given.await.map_err(|error| match error {
            HttpError::Engine(EngineError::NotFound { kind: "connection", .. }) => unknown(),
            error => error,
        })
    };
    match given.await {
        Ok(_) => back(&visit, &org, "done-consent"),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, typed, None, Some(error)).await,
    }
}

/// `GET …/consents/{id}/withdraw`: what that means.
pub(in crate::console) async fn withdrawing(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    show(&visit, &org, String::new(), Some(super::id("connection", &id)?), None).await
}

/// `POST …/consents/{id}/withdraw`.
pub(in crate::console) async fn withdraw(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let id: ConnectionId = super::id("connection", &id)?;
    let name = org.clone();
    let withdrawn = visit.acting().write(move |tx, env, caller| {
        let (organization, connection) = both(tx, caller, &name, id)?;
        Ok(declare::withdraw_consent(tx, env, &organization, &connection, &ScimDocuments)?)
    });
    match withdrawn.await {
        Ok(_) => back(&visit, &org, "done-consent-withdrawn"),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, String::new(), Some(id), Some(error)).await,
    }
}

fn back(visit: &Visit, org: &str, done: &str) -> Result<Response, HttpError> {
    let path = format!("{}/console/orgs/{org}/connections", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", done)]))
}

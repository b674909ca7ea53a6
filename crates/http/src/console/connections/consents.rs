//! Connections of other holders that may cover the organization: consenting, and taking that back (TEN-1).

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_engine::{
    EngineError,
    authority::Action,
    declare::{self, Consent},
};
use muster_model::ConnectionId;

use super::mark::Mark;
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
    /// What was consented to, and what covers the organization without having been asked.
    given: Vec<Line>,
    /// The connection that is to cover the organization no more; `None` where one is to be named.
    withdrawing: Option<Line>,
}

/// One connection of another holder.
struct Line {
    id: String,
    name: String,
    state: Mark,
}

impl Line {
    fn of(Consent { connection, covers }: Consent) -> Self {
        let state = if covers { Mark::COVERS } else { Mark::MAY_COVER };
        Self { id: connection.id.to_string(), name: connection.name, state }
    }
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
        declare::consents(conn, &at.organization)
    });
    let (shell, consents) = read.await?;
    let mut given: Vec<Line> = consents.into_iter().map(Line::of).collect();
    // Of others' connections only those are told of that have to do with the organization (TEN-3).
    let withdrawing = match withdrawn.map(|id| id.to_string()) {
        None => None,
        Some(id) => {
            let at = given.iter().position(|line| line.id == id);
            Some(given.swap_remove(at.ok_or_else(|| EngineError::not_found("consent to connection", id))?))
        }
    };
    let (status, shell) = shell.refused(visit, refused)?;
    shell::page(status, &Page { shell, typed, given, withdrawing })
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
            let (organization, connection) = declare::consenting(tx, caller, &name, id)?;
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
        let (organization, connection) = declare::consenting(tx, caller, &name, id)?;
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

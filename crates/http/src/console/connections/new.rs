//! A new connection: a draft, which nobody signs in through until it is activated.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_administration::declaration::{self, connection_to_engine};
use muster_engine::{
    EngineError, Refusal,
    authority::{
        Action,
        holder::{Whose, organizations_under},
    },
    declare::{self, Declaration, Secrets},
};
use muster_model::{ConnectionId, ConnectionState, Role};
use serde_json::json;

use super::path;
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
#[template(path = "console/connections/new.html")]
struct Page {
    shell: Shell,
    name: String,
    role: String,
    /// What it is to cover.
    organizations: String,
}

/// The organizations that a new connection covers: all of its holder's.
async fn covered(visit: &Visit, org: &str) -> Result<(Shell, Vec<String>), HttpError> {
    let read = visit.holder(org, Section::Connections, |conn, at| {
        at.require(conn, Action::ChangeConnections)?;
        Ok(organizations_under(conn, at.holder)?.into_iter().map(|one| one.name).collect())
    });
    read.await
}

/// `GET /console/orgs/{org}/connections/new`.
pub(in crate::console) async fn page(visit: Visit, Path(org): Path<String>) -> Result<Response, HttpError> {
    show(&visit, &org, String::new(), Role::Owner.as_str().to_owned(), None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    name: String,
    role: String,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (shell, organizations) = covered(visit, org).await?;
    let (status, shell) = shell.refused(visit, refused)?;
    shell::page(status, &Page { shell, name, role, organizations: organizations.join(", ") })
}

/// `POST /console/orgs/{org}/connections/new`.
pub(in crate::console) async fn create(
    visit: Visit,
    Path(org): Path<String>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let name = form.text("name").unwrap_or_default().to_owned();
    let role = form.text("role").unwrap_or_default().to_owned();
    match made(&visit, &org, &name, &role).await {
        Ok(id) => pages::see_other(&address(&path(&visit, &org, id, ""), &[("done", "done-connection-made")])),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &org, name, role, Some(error)).await,
    }
}

async fn made(visit: &Visit, org: &str, name: &str, role: &str) -> Result<ConnectionId, HttpError> {
    if name.is_empty() {
        return Err(HttpError::field("name", "say what it is called"));
    }
    let role: Role = role.parse().map_err(|_| HttpError::field("role", "choose one of the list"))?;
    let (whose, (_, organizations)) = (visit.whose(org), covered(visit, org).await?);
    let mut stated = json!({
        "name": name,
        "organizations": organizations,
        "state": ConnectionState::Draft,
        "highest_role": role,
    });
    match &whose {
        Whose::Organization(name) => stated["organization"] = json!(name),
        Whose::Company(name) => stated["company"] = json!(name),
    }
    let stated: declaration::Connection = serde_json::from_value(stated)
        .map_err(|error| HttpError::Internal("a connection cannot be stated", std::sync::Arc::new(error)))?;
    let made = visit.acting().write(move |tx, env, caller| {
        caller.holder(tx, &whose, Action::ChangeConnections)?;
        let connection = connection_to_engine(&stated, env.now().seconds())?;
        if tx.connection_by_name(&connection.name)?.is_some() {
            let why = format!("`{}` is, or was, a connection's name: choose another", connection.name);
            return Err(EngineError::from(Refusal::NameTaken(why)).into());
        }
        let name = connection.name.clone();
        let declaration = Declaration { connections: vec![connection], ..Declaration::default() };
        let applied = declare::apply(tx, env, &declaration, false, &Secrets::default(), &ScimDocuments)?;
        let id = applied.connections.get(&name).copied();
        id.ok_or_else(|| EngineError::not_found("connection", name).into())
    });
    made.await
}

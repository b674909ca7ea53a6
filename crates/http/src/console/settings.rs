//! What an organization is called, how many seats it has, and who owns it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_engine::{authority::Action, names, organizations};
use muster_model::Account;
use muster_store::Counter;
use serde::Deserialize;

use super::{
    list::address,
    shell::{self, Section, Shell},
    visit::{Posted, Visit, called},
};
use crate::{
    HttpError,
    pages::{self, filters, texts},
};

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

/// What was typed into a form that was refused.
#[derive(Debug, Clone, Default)]
struct Typed {
    name: Option<String>,
    seats: Option<String>,
}

#[derive(Template)]
#[template(path = "console/settings.html")]
struct Page {
    shell: Shell,
    name: String,
    seats: String,
    used: String,
    owners: Vec<Account>,
}

/// `GET /console/orgs/{org}/settings`.
pub(super) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, &asked.done, Typed::default(), None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    done: &str,
    typed: Typed,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let read = visit.organization(org, Section::Settings, |conn, at| {
        let id = at.organization.id.0;
        let taken = (conn.count(id, Counter::Members)?, conn.count(id, Counter::Invitations)?);
        Ok((at.organization.seats, taken, organizations::owners(conn, &at.organization)?))
    });
    let (shell, (seats, (members, invited), owners)) = read.await?;
    let (status, shell) = shell.done(done).refused(visit, refused)?;
    let page = Page {
        name: typed.name.unwrap_or_else(|| shell.place.clone()),
        seats: typed.seats.unwrap_or_else(|| seats.map(|seats| seats.to_string()).unwrap_or_default()),
        used: texts::say("settings-used", [("members", members.into()), ("invited", invited.into())]),
        owners,
        shell,
    };
    shell::page(status, &page)
}

/// `POST …/settings/name`.
pub(super) async fn rename(visit: Visit, Path(org): Path<String>, Posted(form): Posted) -> Result<Response, HttpError> {
    let name = form.text("name").unwrap_or_default().to_owned();
    let typed = Typed { name: Some(name.clone()), ..Typed::default() };
    let renamed = visit.change(&org, Action::ChangeSettings, move |tx, env, at| {
        names::rename_organization(tx, env, &at.organization, &name)
    });
    match renamed.await {
        Ok(renamed) => back(&visit, &renamed.name, "done-renamed"),
        Err(error) => show(&visit, &org, "", typed, Some(error)).await,
    }
}

/// Seats as they are typed; as many as are needed where nothing is.
pub(super) fn read_seats(text: &str) -> Result<Option<i64>, HttpError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| HttpError::field("seats", texts::text("settings-seats-wrong")))
}

/// `POST …/settings/seats`.
pub(super) async fn seats(visit: Visit, Path(org): Path<String>, Posted(form): Posted) -> Result<Response, HttpError> {
    let text = form.text("seats").unwrap_or_default().to_owned();
    let typed = Typed { seats: Some(text.clone()), ..Typed::default() };
    let seats = match read_seats(&text) {
        Ok(seats) => seats,
        Err(wrong) => return show(&visit, &org, "", typed, Some(wrong)).await,
    };
    let changed = visit.change(&org, Action::ChangeSettings, move |tx, env, at| {
        organizations::set_seats(tx, env, &at.organization, seats)
    });
    match changed.await {
        Ok(changed) => back(&visit, &changed.name, "done-seats"),
        Err(error) => show(&visit, &org, "", typed, Some(error)).await,
    }
}

fn back(visit: &Visit, org: &str, done: &str) -> Result<Response, HttpError> {
    let path = format!("{}/console/orgs/{org}/settings", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", done)]))
}

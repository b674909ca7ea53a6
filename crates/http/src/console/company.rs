//! `/console/companies/{company}`: a company over several organizations (ORG-1): its organizations with how much there is in
//! each, and who owns all of them.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_engine::{EngineError, Env, companies, declare, organizations};
use muster_model::{Account, Company, ConnectionId, Organization, domain::Holder};
use muster_store::{Conn, Counter, Tx};
use serde::Deserialize;

use super::{
    list::address,
    settings::read_seats,
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
    organization: String,
    seats: String,
    owner: String,
}

#[derive(Template)]
#[template(path = "console/company/page.html")]
struct Page {
    shell: Shell,
    company: Company,
    organizations: Vec<Line>,
    owners: Vec<Account>,
    domains: Vec<String>,
    connections: Vec<(ConnectionId, String)>,
    typed: Typed,
}

/// An organization of the company.
struct Line {
    organization: Organization,
    members: String,
    seats: String,
}

/// Everything that the page shows.
struct Read {
    company: Company,
    organizations: Vec<(Organization, i64)>,
    owners: Vec<Account>,
    domains: Vec<String>,
    connections: Vec<(ConnectionId, String)>,
}

/// The most organizations of which the page tells how much is in them.
const COUNTED: usize = 500;

impl Read {
    fn of(conn: &mut Conn<'_>, company: Company) -> Result<Self, EngineError> {
        let holder = Holder::Company(company.id);
        let mut organizations = Vec::new();
        for organization in conn.organizations_of(company.id)?.into_iter().take(COUNTED) {
            let members = conn.count(organization.id.0, Counter::Members)?;
            organizations.push((organization, members));
        }
        let mut connections = Vec::new();
        for id in conn.connections_held_by(holder)? {
            let connection = conn.connection(id)?.filter(|connection| !declare::is_pruned(connection));
            connections.extend(connection.map(|connection| (id, connection.name)));
        }
        let owners = conn.accounts(&company.owners)?;
        let domains = conn.domain_names(holder)?.into_iter().collect();
        Ok(Self { company, organizations, owners, domains, connections })
    }
}

/// `GET /console/companies/{company}`.
pub(super) async fn page(
    visit: Visit,
    Path(company): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &company, &asked.done, Typed::default(), None).await
}

async fn show(
    visit: &Visit,
    company: &str,
    done: &str,
    typed: Typed,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let (name, account) = (company.to_owned(), visit.session.account);
    let read = visit.read(move |conn, _| {
        let company = companies::owned(conn, account, &name)?;
        Read::of(conn, company)
    });
    let (shell, read) = read.await?;
    let Read { company, organizations, owners, domains, connections } = read;
    let (status, shell) = shell.company(&company.name, Section::Overview).done(done).refused(visit, refused)?;
    let line = |(organization, members): (Organization, i64)| Line {
        members: texts::say("teams-members", [("count", members.into())]),
        seats: organization.seats.map(|seats| seats.to_string()).unwrap_or_default(),
        organization,
    };
    let organizations = organizations.into_iter().map(line).collect();
    shell::page(status, &Page { shell, company, organizations, owners, domains, connections, typed })
}

/// Changes something of a company, if whoever visits owns it.
async fn change<T: Send + 'static>(
    visit: &Visit,
    company: &str,
    mut work: impl FnMut(&mut Tx<'_>, &mut Env, &Company) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, HttpError> {
    let (name, account) = (company.to_owned(), visit.session.account);
    visit
        .write(move |tx, env, _| {
            let company = companies::owned(tx, account, &name)?;
            work(tx, env, &company)
        })
        .await
}

fn back(visit: &Visit, company: &str, done: &str) -> Result<Response, HttpError> {
    let path = format!("{}/console/companies/{company}", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", done)]))
}

/// `POST …/organizations`: makes one.
pub(super) async fn create_organization(
    visit: Visit,
    Path(company): Path<String>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let said = |field: &str| form.text(field).unwrap_or_default().to_owned();
    let typed = Typed { organization: said("name"), seats: said("seats"), owner: String::new() };
    let seats = match read_seats(&typed.seats) {
        Ok(seats) => seats,
        Err(wrong) => return show(&visit, &company, "", typed, Some(wrong)).await,
    };
    let name = typed.organization.clone();
    let made = change(&visit, &company, move |tx, env, company| {
        organizations::create(tx, env, &name, Some(company.id), seats).map(drop)
    });
    match made.await {
        Ok(()) => back(&visit, &company, "done-organization-made"),
        Err(error) => show(&visit, &company, "", typed, Some(error)).await,
    }
}

/// `POST …/owners`: makes somebody an owner.
pub(super) async fn add_owner(
    visit: Visit,
    Path(company): Path<String>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let owner = form.text("username").unwrap_or_default().to_owned();
    let username = owner.clone();
    let added = change(&visit, &company, move |tx, env, company| {
        let account = companies::member(tx, company, &username)?;
        companies::add_owner(tx, env, company, &account).map(drop)
    });
    let error = match added.await {
        Ok(()) => return back(&visit, &company, "done-company-owner"),
        // Of the form, not of the address.
        Err(error @ HttpError::Engine(EngineError::NotFound { kind: "company", .. })) => return Err(error),
        Err(HttpError::Engine(EngineError::NotFound { .. })) => {
            HttpError::field("username", texts::say("company-no-member", [("name", owner.as_str().into())]))
        }
        Err(error) => error,
    };
    show(&visit, &company, "", Typed { owner, ..Typed::default() }, Some(error)).await
}

/// `POST …/owners/{username}/remove`.
pub(super) async fn remove_owner(
    visit: Visit,
    Path((company, username)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let removed = change(&visit, &company, move |tx, env, company| {
        let account = companies::owner(tx, company, &username)?;
        companies::remove_owner(tx, env, company, &account).map(drop)
    });
    match removed.await {
        Ok(()) => back(&visit, &company, "done-company-owner-removed"),
        Err(error) if error.status() == StatusCode::NOT_FOUND => Ok(error.into_response()),
        Err(error) => show(&visit, &company, "", Typed::default(), Some(error)).await,
    }
}

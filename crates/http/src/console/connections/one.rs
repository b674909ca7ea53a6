//! One connection: what to tell the identity provider, what it told us, and what each setting does.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_administration::{
    applying::connection_answer,
    connections::{self, ConnectionView, MANY},
};
use muster_engine::{authority::Action, credentials::enforcement, setup, sign_in, traffic};
use muster_model::{ConnectionId, ConnectionState, connection::SingleSignOn, sign_in::AttributeNames};
use serde::Deserialize;

use super::{
    links,
    list::{kind, sso},
    mark::Mark,
    path, read,
    settings::{Setting, told},
};
use crate::{
    HttpError,
    connecting::{
        guide::{Copied, Guide},
        step,
    },
    console::{
        chart::Chart,
        shell::{self, Shell},
        visit::{Posted, Visit},
    },
    pages::filters,
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    guide: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "console/connections/one.html")]
struct Page {
    shell: Shell,
    here: String,
    connection: ConnectionView,
    kind: String,
    states: Vec<Mark>,
    sso: Mark,
    scim: Mark,
    guide: Guide,
    copied: Vec<Copied>,
    /// What an attribute is, by the name of a text, and the names under which it is read.
    attributes: Vec<(&'static str, Vec<String>)>,
    now: String,
    settings: Vec<Setting>,
    waiting: i64,
    /// Who tries it, while nobody else does (SSO-12).
    pilots: Vec<String>,
    /// What came, unless it is a draft.
    charts: Vec<Chart>,
    /// What is only of one that is not in use.
    draft: Option<Draft>,
    /// Whether it can be enforced (SSO-11).
    is_tried: bool,
}

/// How far a draft is, and who else sets it up.
struct Draft {
    steps: Vec<step::Line>,
    /// Whether it was tried, and has a domain.
    is_ready: bool,
    links: Vec<links::Line>,
}

/// `GET /console/orgs/{org}/connections/{id}`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, super::id("connection", &id)?, &asked, None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    asked: &Asked,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let read = read(visit, org, id, move |conn, _, connection| {
        let waiting = conn.count_pending_held_changes(connection.id, None, now, MANY)?.0;
        let draft = match connection.state {
            ConnectionState::Draft => {
                let progress = setup::progress(conn, connection, None)?;
                Some((progress, setup::list(conn, connection.id)?))
            }
            _ => None,
        };
        let seen = connections::view(conn, connection, now)?;
        let is_tried = draft.is_none() && enforcement::is_tried(conn, connection)?;
        Ok((
            is_tried,
            seen,
            connections::stated(conn, connection)?,
            waiting,
            draft,
            traffic::of(conn, &[connection.id], now)?,
        ))
    });
    let (shell, connection, (is_tried, view, stated, waiting, draft, days)) = read.await?;
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let guide = Guide::named(&asked.guide);
    let answer = connection_answer(visit.app().base_url(), id, &stated, None);
    let here = shell.at(&format!("/connections/{id}"));
    let charts = if draft.is_some() { Vec::new() } else { Chart::both(&days).into() };
    let draft = draft.map(|(progress, links)| Draft {
        steps: step::lines(&progress, &here, true),
        is_ready: progress.has_domain() && progress.is_tested(),
        links: links.into_iter().map(|token| links::Line::of(token, now)).collect(),
    });
    let page = Page {
        here,
        shell,
        draft,
        is_tried,
        kind: kind(view.protocol.as_deref()),
        states: vec![Mark::of_state(&view.state)],
        sso: sso(view.protocol.as_deref(), view.enforced),
        scim: Mark::switch(view.scim),
        guide,
        copied: guide.copied(&answer, visit.app().base_url()),
        attributes: attributes(connection.settings.sso.as_ref()),
        now: now.to_string(),
        settings: told(&stated),
        pilots: if connection.state == ConnectionState::Pilot { stated.pilots } else { Vec::new() },
        waiting,
        charts,
        connection: view,
    };
    shell::page(status, &page)
}

/// Under which names attributes are read, the first that is there (SSO-4).
fn attributes(sso: Option<&SingleSignOn>) -> Vec<(&'static str, Vec<String>)> {
    let names = match sso {
        Some(SingleSignOn::Saml(saml)) => saml.attributes.clone(),
        Some(SingleSignOn::Oidc(oidc)) => oidc.attributes.clone(),
        None => return Vec::new(),
    };
    let AttributeNames { email, full_name, given_name, family_name, groups, organization, team, role, session_minutes } =
        names;
    vec![
        ("attribute-email", email),
        ("attribute-full-name", full_name),
        ("attribute-given-name", given_name),
        ("attribute-family-name", family_name),
        ("attribute-groups", groups),
        ("attribute-organization", organization),
        ("attribute-team", team),
        ("attribute-role", role),
        ("attribute-minutes", session_minutes),
    ]
}

#[derive(Template)]
#[template(path = "console/connections/test.html")]
struct TestPage {
    shell: Shell,
    here: String,
    name: String,
    link: String,
}

/// `POST …/connections/{id}/test`: a link by which anybody can try it (SSO-12).
pub(in crate::console) async fn test(
    visit: Visit,
    Path((org, id)): Path<(String, String)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let id = super::id("connection", &id)?;
    let tried = read(&visit, &org, id, move |conn, at, connection| {
        at.require(conn, Action::ChangeConnections)?;
        if connection.settings.sso.is_none() { Err(sign_in::nothing_to_try(connection).into()) } else { Ok(()) }
    });
    match tried.await {
        Ok((shell, connection, ())) => {
            let here = shell.at(&format!("/connections/{id}"));
            let link = visit.app().test_sign_in_link(id)?;
            shell::page(StatusCode::OK, &TestPage { shell, here, name: connection.name, link })
        }
        Err(error) => show(&visit, &org, id, &Asked::default(), Some(error)).await,
    }
}

/// The page again, with the reason why something was not done.
pub(super) async fn again(visit: &Visit, org: &str, id: ConnectionId, error: HttpError) -> Result<Response, HttpError> {
    show(visit, org, id, &Asked::default(), Some(error)).await
}

/// To the connection's page, which says what was done.
pub(super) fn back(visit: &Visit, org: &str, id: ConnectionId, done: &str) -> Result<Response, HttpError> {
    crate::pages::see_other(&crate::console::list::address(&path(visit, org, id, ""), &[("done", done)]))
}

//! The list of connections.

use askama::Template;
use axum::{extract::Path, response::Response};
use http::StatusCode;
use muster_administration::connections::{Listed, of_organization};

use super::mark::Mark;
use crate::{
    HttpError,
    console::{
        shell::{self, Section, Shell},
        visit::Visit,
    },
    pages::{filters, texts},
};

#[derive(Template)]
#[template(path = "console/connections/list.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
}

/// One line.
struct Line {
    name: String,
    href: Option<String>,
    kind: String,
    state: Mark,
    sso: Mark,
    scim: Mark,
    warnings: Vec<String>,
    /// How many held requests wait, in words, and where they are.
    waiting: Option<String>,
}

/// `GET /console/orgs/{org}/connections`.
pub(in crate::console) async fn page(visit: Visit, Path(org): Path<String>) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let read = visit.organization(&org, Section::Connections, move |conn, at| {
        of_organization(conn, at.caller, &at.organization, now)
    });
    let (shell, all) = read.await?;
    let path = shell.at("/connections");
    let lines = all.into_iter().map(|one| line(&path, one)).collect();
    shell::page(StatusCode::OK, &Page { shell, lines })
}

/// The word for how people sign in.
pub(super) fn kind(protocol: Option<&str>) -> String {
    texts::text(match protocol {
        Some("saml") => "connection-saml",
        Some(_) => "connection-oidc",
        None => "connection-no-protocol",
    })
}

/// Whether single sign-on is there, and whether it must be used.
pub(super) fn sso(protocol: Option<&str>, is_enforced: bool) -> Mark {
    match protocol {
        None => Mark::NOT_SET_UP,
        Some(_) if is_enforced => Mark::ENFORCED,
        Some(_) => Mark::ON,
    }
}

fn line(path: &str, Listed { view, is_held_here, waiting }: Listed) -> Line {
    Line {
        href: is_held_here.then(|| format!("{path}/{}", view.id)),
        kind: kind(view.protocol.as_deref()),
        state: Mark::of_state(&view.state),
        sso: sso(view.protocol.as_deref(), view.enforced),
        scim: Mark::switch(view.scim),
        warnings: view.warnings,
        waiting: (waiting > 0).then(|| texts::say("connections-held", [("count", waiting.into())])),
        name: view.name,
    }
}

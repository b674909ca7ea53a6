//! The list of connections.

use askama::Template;
use axum::{extract::Path, response::Response};
use http::StatusCode;
use muster_administration::connections::{Listed, of_holder};
use muster_engine::authority::holder::Whose;

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
    /// The company that holds it, where that is not the page's.
    company: Option<String>,
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
    let read = visit.holder(&org, Section::Connections, move |conn, at| of_holder(conn, at.caller, at.holder, now));
    let (shell, all) = read.await?;
    let lines = all.into_iter().map(|one| line(&shell, one)).collect();
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

fn line(shell: &Shell, Listed { view, holder, waiting }: Listed) -> Line {
    let id = &view.id;
    // Those of another organization are looked after there, also by whoever owns both.
    let (href, company) = match holder {
        Some(Whose::Organization(name)) if name == shell.place => (Some(shell.at(&format!("/connections/{id}"))), None),
        Some(Whose::Company(name)) => {
            let href = format!("{}/console/companies/{name}/connections/{id}", shell.frame.base);
            (Some(href), (!shell.is_company).then_some(name))
        }
        _ => (None, None),
    };
    Line {
        href,
        company,
        kind: kind(view.protocol.as_deref()),
        state: Mark::of_state(&view.state),
        sso: sso(view.protocol.as_deref(), view.enforced),
        scim: Mark::switch(view.scim),
        warnings: view.warnings,
        waiting: (waiting > 0).then(|| texts::say("connections-held", [("count", waiting.into())])),
        name: view.name,
    }
}

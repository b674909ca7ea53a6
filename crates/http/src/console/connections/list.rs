//! The list of connections.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_administration::connections::{Listed, of_holder};
use muster_engine::{authority::holder::Whose, declare};
use muster_model::domain::Holder;
use serde::Deserialize;

use super::mark::Mark;
use crate::{
    HttpError,
    console::{
        shell::{self, Section, Shell},
        visit::Visit,
    },
    pages::{filters, texts},
};

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    done: String,
}

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
    /// Where another's can be kept from covering the organization.
    withdraw: Option<String>,
    kind: String,
    state: Mark,
    sso: Mark,
    scim: Mark,
    warnings: Vec<String>,
    /// How many held requests wait, in words, and where they are.
    waiting: Option<String>,
}

/// `GET /console/orgs/{org}/connections`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let now = visit.acting().now();
    let read = visit.holder(&org, Section::Connections, move |conn, at| {
        let consents = match at.holder {
            Holder::Organization(id) => match conn.organization(id)? {
                Some(organization) => declare::consents(conn, &organization)?,
                None => Vec::new(),
            },
            Holder::Company(_) => Vec::new(),
        };
        let consents: Vec<String> = consents.into_iter().map(|one| one.connection.id.to_string()).collect();
        Ok((of_holder(conn, at.caller, at.holder, now)?, consents))
    });
    let (shell, (all, consents)) = read.await?;
    let shell = shell.done(&asked.done);
    let lines = all.into_iter().map(|one| line(&shell, &consents, one)).collect();
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

fn line(shell: &Shell, consents: &[String], Listed { view, holder, waiting }: Listed) -> Line {
    let id = &view.id;
    let is_others = consents.contains(id);
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
        withdraw: is_others.then(|| shell.at(&format!("/consents/{id}/withdraw"))),
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

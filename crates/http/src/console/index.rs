//! `/console`: where somebody may go.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use muster_engine::authority;

use super::{
    shell::{self, Shell},
    visit::Visit,
};
use crate::{
    HttpError,
    pages::{self, filters},
};

#[derive(Template)]
#[template(path = "console/index.html")]
struct Index {
    shell: Shell,
    organizations: Vec<Choice>,
}

/// An organization.
struct Choice {
    name: String,
    role: String,
}

/// `GET /console`: the organizations of whoever visits; the only one at once.
pub(super) async fn page(visit: Visit) -> Result<Response, HttpError> {
    let account = visit.session.account;
    let (shell, organizations) = visit.read(move |conn, _| authority::organizations_of(conn, account)).await?;
    if let [(only, _)] = &organizations[..] {
        let (base, name) = (&shell.frame.base, &only.name);
        return pages::see_other(&format!("{base}/console/orgs/{name}"));
    }
    let organizations = organizations.into_iter();
    let organizations =
        organizations.map(|(one, role)| Choice { name: one.name, role: role.as_str().to_owned() }).collect();
    shell::page(StatusCode::OK, &Index { shell, organizations })
}

//! `/console`: where somebody may go.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use muster_engine::authority;
use muster_model::{Organization, Role};

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
    companies: Vec<String>,
    organizations: Vec<Choice>,
}

/// An organization.
struct Choice {
    name: String,
    role: String,
}

/// `GET /console`: the companies and organizations of whoever visits; the only one at once.
pub(super) async fn page(visit: Visit) -> Result<Response, HttpError> {
    let account = visit.session.account;
    let read = visit.read(move |conn, _| {
        let companies = conn.companies_owned_by(account)?;
        Ok((companies, authority::organizations_of(conn, account)?))
    });
    let (shell, (companies, mut organizations)) = read.await?;
    if let ([], [(only, _)]) = (&companies[..], &organizations[..]) {
        let (base, name) = (&shell.frame.base, &only.name);
        return pages::see_other(&format!("{base}/console/orgs/{name}"));
    }
    organizations.sort_unstable_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    let choice = |(one, role): (Organization, Role)| Choice { name: one.name, role: role.as_str().to_owned() };
    let organizations = organizations.into_iter().map(choice).collect();
    let companies = companies.into_iter().map(|company| company.name).collect();
    shell::page(StatusCode::OK, &Index { shell, companies, organizations })
}

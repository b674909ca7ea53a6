//! Who has an address of a domain and is no member (ORG-6).

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use http::StatusCode;
use muster_engine::{
    authority::{Caller, holder::organizations_under},
    domains::{self, Audited, Page as Found},
};
use muster_model::AccountId;
use muster_store::Conn;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    HttpError,
    console::{
        list::address,
        shell::{self, Section, Shell},
        visit::Visit,
    },
    export,
    pages::filters,
};

/// How many people a page has: as many as may be invited by one form without making it heavy.
const PEOPLE: usize = 200;
/// Into how many of a company's organizations the page offers to invite.
const PLACES: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::console) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "console/domains/audit.html")]
struct Page {
    shell: Shell,
    domain: String,
    people: Vec<Audited>,
    /// The organizations into which they can be invited.
    into: Vec<String>,
    next: Option<String>,
}

impl Page {
    /// The addresses of the page, to be reviewed for inviting.
    fn list(&self) -> String {
        let addresses = self.people.iter().filter_map(|one| one.email.as_ref());
        addresses.map(|email| email.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// `GET …/domains/{domain}/audit`.
pub(in crate::console) async fn page(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let after = AccountId(asked.after.parse::<Uuid>().unwrap_or_default());
    let wanted = domain.clone();
    let read = visit.holder(&org, Section::Domains, move |conn, at| {
        let found = domains::audit(conn, at.holder, &wanted, after, PEOPLE)?;
        let into = organizations_under(conn, at.holder)?.into_iter().take(PLACES).map(|one| one.name);
        Ok((found, into.collect()))
    });
    let (shell, (Found { people, next }, into)) = read.await?;
    let path = shell.at(&format!("/domains/{domain}/audit"));
    let next = next.map(|after| address(&path, &[("after", &after.to_string())]));
    shell::page(StatusCode::OK, &Page { shell, domain, people, into, next })
}

/// `GET …/domains/{domain}/audit/export`: all of them, as CSV.
pub(in crate::console) async fn export(
    visit: Visit,
    Path((org, domain)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let whose = visit.whose(&org);
    let holder = Arc::new(move |conn: &mut Conn<'_>, caller: &Caller| {
        Ok(caller.holder(conn, &whose, Section::Domains.action())?.holder)
    });
    export::audit(visit.acting().clone(), holder, domain).await
}

//! The domains of a connection: added, with the record that proves each, looked for now, taken out again (SSO-2, ORG-4).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_administration::connections;
use muster_engine::{EngineError, domains, setup};
use muster_model::{Domain, Timestamp};
use muster_store::Conn;
use serde::Deserialize;

use super::{Desk, apart, back, here, is_draft, is_for_the_page};
use crate::{
    HttpError, ScimDocuments,
    console::{
        shell::{self, Shell},
        state::State,
        visit::Posted,
    },
    pages::filters,
};

/// What a page that was led to says.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

/// A domain.
struct Line {
    domain: Domain,
    state: State,
    /// Where the record is to be; `None` while none is needed.
    record: Option<String>,
    checked: Option<Timestamp>,
    seen: Option<String>,
}

#[derive(Template)]
#[template(path = "connecting/domains.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    is_draft: bool,
    lines: Vec<Line>,
    /// The holder's own that are proven and not in it, for owners.
    others: Vec<String>,
    typed: String,
}

/// `GET …/domains`.
pub(crate) async fn page<D: Desk>(desk: D, Query(asked): Query<Asked>) -> Result<Response, HttpError> {
    show(&desk, &asked.done, "", None).await
}

async fn show<D: Desk>(desk: &D, done: &str, typed: &str, refused: Option<HttpError>) -> Result<Response, HttpError> {
    let link = desk.link();
    let look = desk.look(move |conn, connection| {
        // Whoever comes by a link learns of no other domain (SEC-2).
        let others = if link.is_none() { setup::domains_beside(conn, connection)? } else { Vec::new() };
        Ok((setup::progress(conn, connection, link)?.domains, others))
    });
    let (shell, connection, (listed, others)) = look.await?;
    let (status, shell) = shell.done(done).refused_in(desk.arrival(), refused)?;
    let page = Page {
        here: here(desk),
        shell,
        is_draft: is_draft(&connection),
        lines: listed.into_iter().map(line).collect(),
        others,
        typed: typed.to_owned(),
        name: connection.name,
    };
    shell::page(status, &page)
}

fn line(domains::Listed { domain, check }: domains::Listed) -> Line {
    let awaits = domain.awaits_record() && domain.proof != Some(muster_model::domain::Proof::Operator);
    Line {
        state: State::of_domain(&domain),
        record: awaits.then(|| domains::record_name(&domain.name)),
        checked: check.as_ref().and_then(|check| check.checked),
        seen: check.and_then(|check| check.outcome),
        domain,
    }
}

/// `POST …/domains`: one more.
pub(crate) async fn add<D: Desk>(desk: D, Posted(form): Posted) -> Result<Response, HttpError> {
    let typed = form.text("domain").unwrap_or_default().to_owned();
    let added = async {
        let (_, connection, mut wanted) = desk.look(connections::stated).await?;
        if !is_draft(&connection) {
            wanted.domains.push(typed.clone());
            return desk.plan(wanted).await;
        }
        let name = typed.clone();
        let added = desk.change(move |tx, env, draft| {
            setup::add_domain(tx, env, draft, &name, &ScimDocuments).map(drop).map_err(HttpError::from)
        });
        added.await?;
        back(&desk, "/domains", "done-domain-in")
    };
    match added.await {
        Err(error) if is_for_the_page(&error) => show(&desk, "", &typed, Some(error)).await,
        other => other,
    }
}

/// `POST …/domains/{domain}/leave`: one fewer. Its holder keeps it.
pub(crate) async fn leave<D: Desk>(
    desk: D,
    Path(path): Path<Vec<(String, String)>>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let name = named(path);
    let left = async {
        let (_, connection, mut wanted) = desk.look(connections::stated).await?;
        if !is_draft(&connection) {
            wanted.domains.retain(|domain| *domain != name);
            return desk.plan(wanted).await;
        }
        let name = name.clone();
        let left = desk.change(move |tx, env, draft| {
            setup::leave_domain(tx, env, draft, &name, &ScimDocuments).map_err(HttpError::from)
        });
        left.await?;
        back(&desk, "/domains", "done-domain-out")
    };
    match left.await {
        Err(error) if is_for_the_page(&error) => show(&desk, "", "", Some(error)).await,
        other => other,
    }
}

/// `POST …/domains/{domain}/check`: looks for its record now.
pub(crate) async fn check<D: Desk>(
    desk: D,
    Path(path): Path<Vec<(String, String)>>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let name = named(path);
    let (_, _, id) = desk
        .look(move |conn: &mut Conn<'_>, connection| {
            let own = setup::progress(conn, connection, None)?.domains.into_iter().map(|listed| listed.domain);
            let found = own.into_iter().find(|domain| domain.name == name).map(|domain| domain.id);
            found.ok_or_else(|| EngineError::not_found("domain", &name))
        })
        .await?;
    match desk.app().check_domain(id).await {
        Ok(_) => back(&desk, "/domains", "done-domain-looked"),
        Err(error) => Ok(apart(error)),
    }
}

/// The domain that the address names.
fn named(path: Vec<(String, String)>) -> String {
    path.into_iter().find(|(name, _)| name == "domain").map(|(_, value)| value).unwrap_or_default()
}

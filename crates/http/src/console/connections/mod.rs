//! Connections: what the identity provider must be told, what it has told us, how it goes, and what each setting does.

mod adopt;
mod conflicts;
mod consents;
mod desk;
mod drift;
mod held;
mod links;
mod list;
mod log;
mod mark;
mod new;
mod one;
mod plan;
mod remove;
mod replay;
mod scim;
mod settings;

use axum::{
    Router,
    routing::{get, post},
};
use muster_engine::{EngineError, authority::Action};
use muster_model::{Connection, ConnectionId};
use muster_store::Conn;

use self::desk::Owner;
use super::{
    shell::{Section, Shell},
    visit::{Place, Visit},
};
use crate::{
    App, HttpError,
    connecting::{domains, groups, provider, test as tests},
};

/// The pages of connections.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/console/orgs/{org}/consents", get(consents::page).post(consents::give))
        .route("/console/orgs/{org}/consents/{id}/withdraw", get(consents::withdrawing).post(consents::withdraw))
        .merge(routes_below("/console/orgs/{org}/connections"))
        .merge(routes_below("/console/companies/{company}/connections"))
}

/// The pages of an organization's or company's connections, below this path.
fn routes_below(all: &str) -> Router<App> {
    let at = |rest: &str| format!("{all}/{{id}}{rest}");
    Router::new()
        .route(all, get(list::page))
        .route(&format!("{all}/new"), get(new::page).post(new::create))
        .route(&at(""), get(one::page))
        .route(&at("/remove"), get(remove::page).post(remove::submit))
        .route(&at("/domains"), get(domains::page::<Owner>).post(domains::add::<Owner>))
        .route(&at("/domains/{domain}/leave"), post(domains::leave::<Owner>))
        .route(&at("/domains/{domain}/check"), post(domains::check::<Owner>))
        .route(&at("/provider"), get(provider::page::<Owner>).post(provider::submit::<Owner>))
        .route(&at("/tests"), get(tests::page::<Owner>).post(tests::begin::<Owner>))
        .route(&at("/groups"), get(groups::page::<Owner>).post(groups::add::<Owner>))
        .route(&at("/groups/remove"), post(groups::remove::<Owner>))
        .route(&at("/groups/try"), post(groups::attempt::<Owner>))
        .route(&at("/links"), post(links::make))
        .route(&at("/links/{link}/revoke"), get(links::revoking).post(links::revoke))
        .route(&at("/state"), post(links::switch))
        .route(&at("/test"), post(one::test))
        .route(&at("/scim"), get(scim::page))
        .route(&at("/scim/tokens"), post(scim::make))
        .route(&at("/scim/rotate"), post(scim::rotate))
        .route(&at("/scim/tokens/{token}/revoke"), get(scim::revoking).post(scim::revoke))
        .route(&at("/scim/switch"), post(scim::switch))
        .route(&at("/settings"), get(settings::page).post(settings::submit))
        .route(&at("/plans/{plan}"), get(plan::page))
        .route(&at("/plans/{plan}/apply"), post(plan::apply))
        .route(&at("/held"), get(held::page))
        .route(&at("/held/approve"), post(held::approve))
        .route(&at("/held/reject"), post(held::reject))
        .route(&at("/drift"), get(drift::page).post(drift::submit))
        .route(&at("/unmanaged"), get(adopt::page).post(adopt::submit))
        .route(&at("/replay"), get(replay::page).post(replay::attempt))
        .route(&at("/replay/apply"), post(replay::apply))
        .route(&at("/conflicts"), get(conflicts::page))
        .route(&at("/log"), get(log::page))
        .route(&at("/log/{trace}"), get(log::one))
}

/// The id that an address has; what is none, is nowhere.
fn id<I: std::str::FromStr>(kind: &'static str, text: &str) -> Result<I, HttpError> {
    text.parse().map_err(|_| EngineError::not_found(kind, text).into())
}

/// The path of something of a connection.
fn path(visit: &Visit, org: &str, id: ConnectionId, rest: &str) -> String {
    format!("{}{}/connections/{id}{rest}", visit.app().base_url(), visit.home(org))
}

/// Reads what a page of one connection shows, with its shell.
async fn read<T: Send + 'static>(
    visit: &Visit,
    org: &str,
    id: ConnectionId,
    mut work: impl FnMut(&mut Conn<'_>, &Place<'_>, &Connection) -> Result<T, EngineError> + Send + 'static,
) -> Result<(Shell, Connection, T), HttpError> {
    let read = visit.holder(org, Section::Connections, move |conn, at| {
        let connection = at.caller.connection_of(conn, at.holder, id, Action::ReadConnections)?;
        let value = work(conn, at, &connection)?;
        Ok((connection, value))
    });
    let (shell, (connection, value)) = read.await?;
    Ok((shell, connection, value))
}

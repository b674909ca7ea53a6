//! Domains (ORG-4 to ORG-6), an organization's or a company's: claimed, proven by a record, watched; who has an address of one and
//! is no member.

mod audit;
mod change;
mod list;
mod one;

use axum::{
    Router,
    routing::{get, post},
};

use crate::App;

/// The pages of domains.
pub(super) fn routes() -> Router<App> {
    routes_below("/console/orgs/{org}/domains").merge(routes_below("/console/companies/{company}/domains"))
}

/// The pages of an organization's or company's domains, below this path.
fn routes_below(all: &str) -> Router<App> {
    let at = |rest: &str| format!("{all}/{{domain}}{rest}");
    Router::new()
        .route(all, get(list::page).post(list::add))
        .route(&at(""), get(one::page))
        .route(&at("/check"), post(change::check))
        .route(&at("/renew"), post(change::renew))
        .route(&at("/auto-provision"), post(change::auto_provision))
        .route(&at("/remove"), get(change::remove_page).post(change::remove))
        .route(&at("/audit"), get(audit::page))
        .route(&at("/audit/export"), get(audit::export))
}

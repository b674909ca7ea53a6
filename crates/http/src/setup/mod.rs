//! `/setup/{token}`: set-up pages for the customer's IT administrator, who needs no account (SEC-2).
//!
//! The link is shown once to the owner who makes it. Looking at it changes nothing, because programs look at links, too;
//! beginning is a form, which the owners are told of. From then on a sealed cookie says by which link somebody works, and each
//! request looks the link up anew: revoking it ends what was begun.
//!
//! - `start`: what the link leads to, and beginning;
//! - `desk`: who works by a link, and on which connection;
//! - `overview`: the steps, and telling the owners that it is ready.
//!
//! The steps themselves are the console's, too: [`connecting`](crate::connecting).

mod desk;
mod overview;
mod start;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use muster_model::ConnectionId;

use self::desk::ByLink;
use crate::{
    App,
    browser::own_forms,
    connecting::{directory, domains, groups, provider, test},
    pages,
};

/// The pages.
pub(crate) fn router(app: &App) -> Router {
    const ONE: &str = "/setup/connection/{id}";
    let at = |rest: &str| format!("{ONE}{rest}");
    Router::new()
        .route("/setup/{token}", get(start::page).post(start::begin))
        .route(ONE, get(overview::page))
        .route(&at("/ready"), post(overview::ready))
        .route(&at("/domains"), get(domains::page::<ByLink>).post(domains::add::<ByLink>))
        .route(&at("/domains/{domain}/leave"), post(domains::leave::<ByLink>))
        .route(&at("/domains/{domain}/check"), post(domains::check::<ByLink>))
        .route(&at("/provider"), get(provider::page::<ByLink>).post(provider::submit::<ByLink>))
        .route(&at("/tests"), get(test::page::<ByLink>).post(test::begin::<ByLink>))
        .route(&at("/directory"), get(directory::page::<ByLink>))
        .route(&at("/directory/switch"), post(directory::switch::<ByLink>))
        .route(&at("/directory/token"), post(overview::token))
        .route(&at("/groups"), get(groups::page::<ByLink>).post(groups::add::<ByLink>))
        .route(&at("/groups/remove"), post(groups::remove::<ByLink>))
        .route(&at("/groups/try"), post(groups::attempt::<ByLink>))
        .route_layer(middleware::from_fn_with_state(app.clone(), own_forms))
        .with_state(app.clone())
}

/// Where the set-up of a connection is, as a browser asks for it.
pub(crate) fn path_of(app: &App, id: ConnectionId) -> String {
    format!("{}/setup/connection/{id}", pages::path_of(app.base_url()))
}

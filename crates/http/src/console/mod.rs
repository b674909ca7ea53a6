//! The console: pages on which owners run their organizations.
//!
//! One request: [`visit`] finds who visits by their session; the handler does one thing in one transaction, in which
//! `engine::authority` decides whether they may, exactly as for the management API; what comes of it is put into the page's
//! [`shell`]. Every action is a form that works without scripts, sent to the address of what it changes, and ends at a page that
//! says what was done. What touches more than what one sees is shown on a page of its own first.
//!
//! Pages know no rules: what may be done, and what would come of it, they ask the engine.

mod activity;
mod chart;
mod company;
mod components;
mod connections;
mod domains;
mod index;
mod invitations;
pub(crate) mod list;
mod members;
mod overview;
mod sessions;
mod settings;
pub(crate) mod shell;
pub(crate) mod state;
mod teams;
mod tokens;
pub(crate) mod visit;
mod webhooks;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::{App, browser::own_forms};

/// The pages.
pub(crate) fn router(app: &App) -> Router {
    Router::new()
        .route("/console/companies/{company}", get(company::page))
        .route("/console/companies/{company}/organizations", post(company::create_organization))
        .route("/console/companies/{company}/owners", post(company::add_owner))
        .route("/console/companies/{company}/owners/{username}/remove", post(company::remove_owner))
        .route("/docs/components", get(components::page))
        .route("/console", get(index::page))
        .route("/console/orgs/{org}", get(overview::page))
        .route("/console/orgs/{org}/invitations", get(invitations::list::page).post(invitations::review::send))
        .route("/console/orgs/{org}/invitations/review", post(invitations::review::review))
        .route("/console/orgs/{org}/invitations/{id}/resend", post(invitations::list::resend))
        .route("/console/orgs/{org}/invitations/{id}/cancel", post(invitations::list::cancel))
        .route("/console/orgs/{org}/sessions", get(sessions::page))
        .route("/console/orgs/{org}/activity", get(activity::page))
        .route("/console/orgs/{org}/activity/export", get(activity::export))
        .route("/console/orgs/{org}/members/export", get(members::list::export))
        .route("/console/orgs/{org}/settings", get(settings::page))
        .route("/console/orgs/{org}/settings/name", post(settings::rename))
        .route("/console/orgs/{org}/settings/seats", post(settings::seats))
        .route("/console/orgs/{org}/members/{username}/sessions/end", post(sessions::end))
        .route("/console/orgs/{org}/members", get(members::list::page))
        .route("/console/orgs/{org}/members/{username}", get(members::one::page))
        .route("/console/orgs/{org}/members/{username}/role", post(members::change::role))
        .route(
            "/console/orgs/{org}/members/{username}/remove",
            get(members::remove::page).post(members::remove::submit),
        )
        .route("/console/orgs/{org}/blocks", get(members::blocks::page))
        .route("/console/orgs/{org}/blocks/{username}/lift", post(members::blocks::lift))
        .route("/console/orgs/{org}/teams", get(teams::list::page).post(teams::list::create))
        .route("/console/orgs/{org}/teams/{team}", get(teams::one::page).post(teams::change::update))
        .route("/console/orgs/{org}/teams/{team}/members", post(teams::change::add_member))
        .route("/console/orgs/{org}/teams/{team}/members/{username}/remove", post(teams::change::remove_member))
        .route("/console/orgs/{org}/teams/{team}/delete", get(teams::change::delete_page).post(teams::change::delete))
        .merge(domains::routes())
        .merge(connections::routes())
        .merge(webhooks::routes())
        .route("/console/orgs/{org}/tokens", get(tokens::organization::page).post(tokens::organization::create))
        .route("/console/orgs/{org}/tokens/{id}/switch", post(tokens::organization::switch))
        .route(
            "/console/orgs/{org}/tokens/{id}/end",
            get(tokens::organization::end_page).post(tokens::organization::end),
        )
        .route("/account/tokens", get(tokens::own::page).post(tokens::own::create))
        .route("/account/tokens/{id}/switch", post(tokens::own::switch))
        .route("/account/tokens/{id}/end", get(tokens::own::end_page).post(tokens::own::end))
        .route_layer(middleware::from_fn_with_state(app.clone(), own_forms))
        .with_state(app.clone())
}

//! The console: pages on which owners run their organizations.
//!
//! One request: [`visit`] finds who visits by their session; the handler does one thing in one transaction, in which
//! `engine::authority` decides whether they may, exactly as for the management API; what comes of it is put into the page's
//! [`shell`]. Every action is a form that works without scripts, sent to the address of what it changes, and ends at a page that
//! says what was done. What touches more than what one sees is shown on a page of its own first.
//!
//! Pages know no rules: what may be done, and what would come of it, they ask the engine.

mod connections;
mod index;
mod list;
mod members;
mod shell;
mod state;
mod visit;

use axum::{
    Router,
    routing::{get, post},
};

use crate::App;

/// The pages.
pub(crate) fn router(app: &App) -> Router {
    Router::new()
        .route("/console", get(index::page))
        .route("/console/orgs/{org}/members", get(members::list::page))
        .route("/console/orgs/{org}/members/{username}", get(members::one::page))
        .route("/console/orgs/{org}/members/{username}/role", post(members::change::role))
        .route(
            "/console/orgs/{org}/members/{username}/remove",
            get(members::remove::page).post(members::remove::submit),
        )
        .merge(connections::routes())
        .with_state(app.clone())
}

//! Muster over HTTP.
//!
//! This crate turns requests into calls of the engine and their outcomes into answers. It owns routes, extractors, the
//! caches of who may call, error bodies ([`HttpError`]), the request log's writing (SCIM-11), and the operations pages.
//! It must not know rules (a handler with an `if` about the domain is in the wrong place) or SQL.
//!
//! Where to start reading: [`App`], which every handler has; then `scim`, whose modules follow one request: `gate` (who
//! calls, with what), `users` and `groups` (handlers), `statement` (what was said, free of wire format), `answers`; and
//! `sign_in`, whose modules follow a person through an IdP; and `api`, the management API. `browser` and `pages` are what both sides of a page need.

mod acting;
mod activity;
mod api;
mod app;
mod arrival;
mod auth;
mod body;
mod browser;
mod connecting;
mod console;
mod domains;
mod erase;
mod error;
mod export;
mod held;
mod invitations;
mod journal;
mod limits;
mod metrics;
mod oauth;
mod operations;
mod pages;
mod replay;
mod roster;
mod scim;
mod scim_tokens;
mod serve;
mod setup;
mod sign_in;
mod spreadsheet;
mod streaming;
pub mod traces;
mod webhooks;

use axum::{Router, extract::Request, middleware};

pub use activity::{ActivityLine, FieldLine, activity_csv};
pub use app::{App, AppOptions};
pub use error::{HttpError, Unauthorized, format::ErrorFormat};
pub use held::{Approval, Settled};
pub use invitations::{Invited, invitees};
pub use journal::{
    CodecError, LogError, LogPage, Logged, LoggedRead, log_page, logged_body, logged_read, logged_reads,
};
pub use limits::Limits;
pub use operations::operations_router;
pub use replay::{Replay, Replayed, Verdict, Which};
pub use roster::{members_csv, outsiders_csv};
pub use scim::statement::ScimDocuments;
pub use scim::{Purpose, Repeated, Rerun, RerunError};
pub use serve::serve;
pub use sign_in::{Refreshed, SignInFailure};
pub use streaming::{Destination, Syslog, SyslogError, Webhook};
pub use webhooks::WebhookTrial;

/// Everything that clients reach: SCIM under both its paths, signing in, and whether the server is up.
pub fn router(app: &App) -> Router {
    let render = middleware::from_fn_with_state(app.clone(), pages::render);
    let guard = middleware::from_fn_with_state(app.clone(), pages::guard);
    let arrive = middleware::from_fn_with_state(app.clone(), arrival::arrive);
    let pages = operations::probes(app)
        .fallback(async |_: Request| HttpError::NoRoute)
        .merge(
            sign_in::router(app)
                .merge(api::pages(app))
                .merge(console::router(app))
                .merge(setup::router(app))
                .merge(oauth::pages(app))
                .layer(guard),
        )
        .layer(render)
        .layer(middleware::from_fn(browser::secured))
        .layer(arrive);
    // The gates of SCIM and of the management API do for their requests what the layers do for the others.
    scim::mount(pages.merge(api::router(app)).merge(oauth::router(app)), app)
}

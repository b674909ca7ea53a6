//! The OpenID provider for the products behind Muster (interfaces §3).
//!
//! Requests and tokens are read and written by `muster_oidc::op`, and what is granted is decided by `muster_engine::openid`; here
//! the two meet.
//!
//! 1. `discovery`: what we say of ourselves, and our keys (`keys`).
//! 2. `authorize`: a browser comes from a product and goes back with a code; `consent` asks the person, where a third party wants to
//!    know. `pushed` takes such requests from the product itself.
//! 3. `token`: a code, or the refresh token before, becomes tokens (`issue`). `device` is for those without a browser.
//! 4. `userinfo`, `introspect`, `revoke`: what tokens are worth now, and giving them back.
//! 5. `logout`: signing out from a product; `telling`: products learn that a session is over.

mod authorize;
mod clients;
mod consent;
mod device;
mod discovery;
mod introspect;
mod issue;
mod keys;
mod logout;
mod pushed;
mod revoke;
mod telling;
mod token;
mod userinfo;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use http::{Method, header};
use tower_http::cors::{Any, CorsLayer};

pub(crate) use self::{
    keys::{SigningKeys, change_keys},
    telling::tell_due,
};
use crate::{App, ErrorFormat, arrival, error::format::render, pages};

/// The pages.
pub(crate) fn pages(app: &App) -> Router {
    Router::new()
        .route("/oauth2/authorize", get(authorize::by_query).post(authorize::by_form))
        .route("/oauth2/consent", post(consent::answer))
        .route("/oauth2/logout", get(logout::by_query).post(logout::by_form))
        .route("/oauth2/logout/confirm", post(logout::confirm))
        .route("/oauth2/device/confirm", get(device::page).post(device::submit))
        .with_state(app.clone())
}

/// What programs ask.
pub(crate) fn router(app: &App) -> Router {
    // Pages of other sites may ask as well: nothing here looks at cookies.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::WWW_AUTHENTICATE]);
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::metadata))
        .route("/.well-known/oauth-authorization-server", get(discovery::metadata))
        .route("/oauth2/jwks", get(discovery::keys))
        .route("/oauth2/token", post(token::token))
        .route("/oauth2/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .route("/oauth2/introspect", post(introspect::introspect))
        .route("/oauth2/revoke", post(revoke::revoke))
        .route("/oauth2/par", post(pushed::push))
        .route("/oauth2/device", post(device::authorize))
        .layer(middleware::from_fn_with_state(app.clone(), pages::guard))
        .layer(middleware::from_fn_with_state(ErrorFormat::OAuth, render))
        .layer(cors)
        .layer(middleware::from_fn_with_state(app.clone(), arrival::arrive))
        .with_state(app.clone())
}

//! Signing in: from the address somebody types to a session.
//!
//! 1. `start`: the address leads to a connection, by its domain.
//! 2. `carried`: a sign-in begins, bound to the browser, which carries what must be known of it (`pending` keeps what only an
//!    answer may cause); `saml` and `oidc` send the browser to the IdP.
//! 3. `saml` and `oidc` take the IdP's answer and has its protocol checked; what is left is free of protocol.
//! 4. `finish`: the engine decides, provisions and begins a session, in one commit, with the log (`journal`).
//! 5. `account`: who is signed in, where, and why; signing out.
//!
//! `trial` tries a connection without keeping anything of it.
//!
//! `local` is what people do whose company has no identity provider here, guests, and owners: they have passwords. `security`
//! is what they have besides, `passkeys` signing in with one.
//!
//! `invitation` is what an invitation's link leads to (ORG-3).
//!
//! `provider` is a connection with all that is needed to talk to its IdP, `own_keys` our keys towards it.

mod account;
mod carried;
mod failure;
mod finish;
pub(crate) mod identity_provider;
mod invitation;
mod journal;
pub(crate) mod local;
mod log_bound;
mod oidc;
mod operator;
mod own_keys;
mod passkeys;
mod pending;
mod provider;
mod saml;
mod security;
mod start;
pub(crate) mod trial;
pub(crate) mod way_back;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    routing::{get, post},
};
use muster_engine::EngineError;
use muster_model::ConnectionId;

pub use failure::SignInFailure;
pub use identity_provider::Refreshed;
pub(crate) use log_bound::LogBound;
pub(crate) use oidc::{Discoveries, keep_secret as keep_client_secret, require_provider};
pub(crate) use passkeys::RelyingParty;
pub(crate) use provider::Providers;
pub(crate) use {
    carried::Trial,
    start::{Begin, go, with_leave},
};

use crate::{App, HttpError, pages};

/// The part of a path that names something; it may not be decodable.
type Segment = Result<Path<String>, PathRejection>;

/// The pages and addresses of signing in.
pub(crate) fn router(app: &App) -> Router {
    Router::new()
        .route("/", get(account::home))
        .route("/signin", get(start::page).post(start::submit))
        .route("/signin/continue", get(saml::confirm_page).post(saml::confirmed))
        .route("/signout", post(account::sign_out))
        .route("/account", get(account::page))
        .route("/account/sessions/end", post(account::end_session))
        .route("/account/applications", get(account::applications::page))
        .route("/account/applications/{client}/end", post(account::applications::end))
        .route("/account/invitations/{id}/accept", post(account::places::accept))
        .route("/account/invitations/{id}/decline", post(account::places::decline))
        .route("/account/organizations/{org}/leave", get(account::places::leave_page).post(account::places::leave))
        .route("/sso/saml/{connection}/metadata", get(saml::metadata))
        .route("/sso/saml/{connection}/login", get(saml::login))
        .route("/sso/saml/{connection}/acs", post(saml::acs))
        .route("/sso/saml/{connection}/slo", get(saml::logout_redirect).post(saml::logout_form))
        .route("/sso/test/{connection}/{link}", get(trial::begin))
        .route("/sso/oidc/callback", get(oidc::callback))
        .route("/sso/oidc/signed-out", get(oidc::signed_out))
        .route("/sso/oidc/{connection}/jwks", get(oidc::jwks))
        .route("/sso/oidc/{connection}/backchannel-logout", post(oidc::backchannel_logout))
        .merge(invitation::routes())
        .merge(local::routes())
        .merge(passkeys::routes())
        .merge(security::routes())
        .with_state(app.clone())
        .merge(pages::assets())
}

/// The connection that a path names.
fn connection_id(segment: Segment) -> Result<ConnectionId, HttpError> {
    let text = segment.map(|Path(text)| text).unwrap_or_default();
    parse_id(&text).ok_or_else(|| {
        let named: String = text.chars().take(80).collect();
        EngineError::not_found("connection", named).into()
    })
}

fn parse_id(text: &str) -> Option<ConnectionId> {
    text.parse().ok()
}

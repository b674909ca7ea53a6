//! The pages and endpoints.

mod backchannel;
mod home;
mod oidc;
mod pages;
mod reply;
mod saml;
mod sign_in;

use axum::{
    Router,
    routing::{get, post},
};

use super::{IdentityProvider, oidc as messages, saml as assertions};

/// Everything that is answered.
pub(super) fn router(provider: IdentityProvider) -> Router {
    let router = Router::new()
        .route("/", get(home::show))
        .route("/style.css", get(pages::style))
        .route("/keys", post(home::change_keys))
        .route("/sign-out", post(saml::sign_out))
        .route("/sign-in/{id}", get(sign_in::show).post(sign_in::answer))
        .route("/saml/start", post(saml::start))
        .route(assertions::METADATA_PATH, get(saml::metadata))
        .route(assertions::SIGN_IN_PATH, get(saml::ask_by_redirect).post(saml::ask_by_form))
        .route(assertions::LOGOUT_PATH, get(saml::logout_by_redirect).post(saml::logout_by_form))
        .route(messages::DISCOVERY_PATH, get(oidc::discovery))
        .route(messages::KEYS_PATH, get(oidc::keys))
        .route(messages::AUTHORIZE_PATH, get(oidc::authorize).post(oidc::authorize_by_form))
        .route(messages::TOKEN_PATH, post(oidc::token))
        .route(messages::USERINFO_PATH, get(oidc::userinfo).post(oidc::userinfo))
        .route(messages::END_SESSION_PATH, get(oidc::end_session).post(oidc::end_session_by_form))
        .fallback(reply::unknown);
    #[cfg(feature = "client")]
    let router = router.route("/applications", post(home::register));
    router.with_state(provider)
}

//! The management API under `/v2`: in Docker Hub's shape where Hub has it, and in the same style elsewhere.
//!
//! One request: [`gate`] numbers it, counts it against its caller's minute, and takes its body; the handler reads what was
//! sent ([`sent`]) and does one thing in one transaction ([`call`]), in which `engine::authority` decides whether the caller
//! may. Every route is declared once, with its description: what serves and what `/v2/openapi.json` says are made of the same
//! ([`document`]).

mod access_tokens;
mod activity;
mod auth_token;
mod bearer;
mod blocks;
mod call;
mod clients;
mod companies;
mod connections;
mod declaration;
mod document;
mod domains;
mod events;
mod export;
mod gate;
mod groups;
mod idempotency;
mod invites;
mod members;
mod organizations;
mod paging;
mod rate;
mod sent;
mod sessions;
mod webhooks;

use axum::{
    Router,
    extract::Request,
    middleware,
    routing::{any, get},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use rate::Rates;

use crate::{App, ErrorFormat, HttpError, arrival, error::format::render};

/// Every route that needs a bearer token.
fn called() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(access_tokens::list_personal, access_tokens::create_personal))
        .routes(routes!(access_tokens::get_personal, access_tokens::change_personal, access_tokens::delete_personal))
        .routes(routes!(access_tokens::list_organization, access_tokens::create_organization))
        .routes(routes!(
            access_tokens::get_organization,
            access_tokens::change_organization,
            access_tokens::delete_organization
        ))
        .routes(routes!(organizations::list))
        .routes(routes!(organizations::get, organizations::change))
        .routes(routes!(companies::list))
        .routes(routes!(companies::get, companies::change))
        .routes(routes!(companies::list_organizations, companies::create_organization))
        .routes(routes!(companies::add_owner))
        .routes(routes!(companies::remove_owner))
        .routes(routes!(declaration::apply))
        .routes(routes!(declaration::export))
        .merge(connections::routes())
        .routes(routes!(members::list))
        .routes(routes!(export::members))
        .routes(routes!(members::get, members::change, members::remove))
        .routes(routes!(members::explain))
        .routes(routes!(sessions::list_member, sessions::end_member))
        .routes(routes!(sessions::end_member_session))
        .routes(routes!(sessions::list_organization, sessions::end_organization))
        .routes(routes!(sessions::list_own, sessions::end_own))
        .routes(routes!(sessions::end_own_session))
        .routes(routes!(blocks::list))
        .routes(routes!(blocks::lift))
        .routes(routes!(clients::list, clients::create))
        .routes(routes!(clients::get, clients::change, clients::delete))
        .routes(routes!(clients::rotate))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::change, webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::replay))
        .routes(routes!(events::list))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::get, groups::replace, groups::change, groups::delete))
        .routes(routes!(groups::list_members, groups::add_member))
        .routes(routes!(groups::remove_member))
        .routes(routes!(invites::list))
        .routes(routes!(invites::bulk))
        .routes(routes!(invites::cancel))
        .routes(routes!(invites::resend))
        .merge(domains())
        .routes(routes!(activity::list))
        .routes(routes!(export::activity))
        .routes(routes!(activity::actions))
}

/// Those of domains: an organization's and a company's.
fn domains() -> OpenApiRouter<App> {
    use domains::{company, organization};
    OpenApiRouter::new()
        .routes(routes!(organization::list, organization::add))
        .routes(routes!(organization::get, organization::change, organization::delete))
        .routes(routes!(organization::verify))
        .routes(routes!(organization::audit))
        .routes(routes!(organization::export))
        .routes(routes!(organization::invite))
        .routes(routes!(company::list, company::add))
        .routes(routes!(company::get, company::change, company::delete))
        .routes(routes!(company::verify))
        .routes(routes!(company::audit))
        .routes(routes!(company::export))
        .routes(routes!(company::invite))
}

/// Every route that needs none.
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(auth_token::exchange))
}

/// The API, and what describes it.
pub(crate) fn router(app: &App) -> Router {
    let (called, _) = called().split_for_parts();
    let (open, _) = open().split_for_parts();
    let gated = called.route_layer(middleware::from_fn_with_state(app.clone(), gate::gate));
    let open = open.route_layer(middleware::from_fn_with_state(app.clone(), gate::receive));
    gated
        .merge(open)
        .route("/v2/openapi.json", get(document::document))
        .route("/v2/{*unknown}", any(async |_: Request| HttpError::NoRoute))
        .method_not_allowed_fallback(async |_: Request| HttpError::MethodNotAllowed)
        .with_state(app.clone())
        .layer(middleware::from_fn_with_state(ErrorFormat::Api, render))
        .layer(middleware::from_fn_with_state(app.clone(), arrival::arrive))
}

/// The page that describes the API.
pub(crate) fn pages(app: &App) -> Router {
    Router::new().route("/docs/api", get(document::page)).with_state(app.clone())
}

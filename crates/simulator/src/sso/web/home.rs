//! The first page, and what is switched there.

use axum::{body::Bytes, extract::State, http::HeaderMap};

use super::{
    pages::Home,
    reply::{Reply, page, parameters, redirect, session},
};
use crate::sso::IdentityProvider;

/// `GET /`.
pub(super) async fn show(State(provider): State<IdentityProvider>, headers: HeaderMap) -> Reply {
    let applications = provider.saml_applications();
    // Signing out goes on to an application, and a form that ends there must be let.
    let logouts: Vec<&str> = applications.iter().filter_map(|known| known.logout_url.as_deref()).collect();
    let saml: Vec<_> = applications.iter().map(|known| known.entity_id.clone()).collect();
    let oidc: Vec<_> = provider.oidc_applications().into_iter().map(|known| known.client_id).collect();
    let signed_in = session(&headers)
        .and_then(|name| provider.state().sessions.get(&name).map(|session| session.profile.full_name()));
    let (entity_id, discovery_url) = (provider.entity_id(), provider.discovery_url());
    page(
        &Home {
            entity_id: &entity_id,
            discovery_url: &discovery_url,
            saml: &saml,
            oidc: &oidc,
            registers: cfg!(feature = "client"),
            signed_in: signed_in.as_deref(),
        },
        &logouts,
    )
}

/// `POST /applications`: an application, by the address of its metadata.
#[cfg(feature = "client")]
pub(super) async fn register(State(provider): State<IdentityProvider>, body: Bytes) -> Reply {
    let url = parameters(&body).into_iter().find(|(name, _)| name == "metadata").map(|(_, url)| url);
    provider.register_saml(crate::sso::SamlApplication::fetch(url.unwrap_or_default().trim()).await?);
    redirect("/")
}

/// `POST /keys`: the next keys are announced, or take over.
pub(super) async fn change_keys(State(provider): State<IdentityProvider>, body: Bytes) -> Reply {
    if parameters(&body).iter().any(|(name, value)| name == "change" && value == "rotate") {
        provider.rotate_keys()?;
    } else {
        provider.announce_keys()?;
    }
    redirect("/")
}

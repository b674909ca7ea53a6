//! Telling clients that a person has signed out, by requests of the provider's own.

use crate::sso::{IdentityProvider, state::Session};

/// Tells every client of a session that takes logout tokens. Who does not answer was told all the same.
pub(super) async fn tell(provider: &IdentityProvider, name: &str, session: &Session) {
    for client_id in &session.clients {
        let Some(client) = provider.oidc_application(client_id) else { continue };
        let Some(address) = &client.backchannel_logout_uri else { continue };
        if let Ok(token) = provider.logout_token(client_id, &session.profile.subject, Some(name)) {
            send(address, &token).await;
        }
    }
}

#[cfg(feature = "client")]
async fn send(address: &str, token: &str) {
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build();
    let Ok(client) = client else { return };
    let body: String = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
    let request = client.post(address).header("content-type", "application/x-www-form-urlencoded").body(body);
    // The person is signed out here, whatever the client says.
    drop(request.send().await);
}

/// Without a client for requests, nobody is told.
#[cfg(not(feature = "client"))]
async fn send(_: &str, _: &str) {}

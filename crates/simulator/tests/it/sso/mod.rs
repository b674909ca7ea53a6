//! The identity provider that people sign in at.

mod faults;
mod logout;
mod oidc;
mod pages;
mod requests;
mod responses;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, Response};
use muster_simulator::sso::{IdentityProvider, Options, Profile, SamlApplication};
use muster_testkit::browser::{Browser, Transport};
use tower::ServiceExt;

pub(crate) const IDP: &str = "http://127.0.0.1:9200";
pub(crate) const SP: &str = "http://127.0.0.1:8080/sso/saml/okta/metadata";
pub(crate) const ACS: &str = "http://127.0.0.1:8080/sso/saml/okta/acs";
/// 2026-11-22T10:00:00Z.
pub(crate) const NOW: i64 = 1_795_341_600;

/// An identity provider whose clock stands.
pub(crate) fn provider() -> IdentityProvider {
    let options = Options { clock: Arc::new(|| NOW), ..Options::default() };
    IdentityProvider::new(IDP, options).unwrap()
}

pub(crate) fn application() -> SamlApplication {
    SamlApplication::new(ACS, SP)
}

/// The first person in the list.
pub(crate) fn ada(provider: &IdentityProvider) -> Profile {
    provider.people()[0].clone()
}

/// The identity provider in memory; whatever goes elsewhere is answered with an echo of its body.
pub(crate) struct Memory(IdentityProvider);

impl Transport for Memory {
    async fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        if !request.uri().to_string().starts_with(IDP) {
            return Response::new(request.into_body());
        }
        let request = request.map(axum::body::Body::from);
        let (head, body) = self.0.router().oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Response::from_parts(head, body.to_vec())
    }
}

pub(crate) fn browser(provider: &IdentityProvider) -> Browser<Memory> {
    Browser::new(Memory(provider.clone()))
}

/// The value of a field in a form's body.
pub(crate) fn sent(body: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(body.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// A private key as PEM.
pub(crate) fn pem(pair: &rcgen::KeyPair) -> String {
    let base64 = STANDARD.encode(pair.serialize_der());
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

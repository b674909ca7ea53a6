//! Single Logout, both ways.

use muster_saml::{
    RedirectBinding, Signers, SigningKey,
    logout::{self, LogoutRequest, LogoutResponse, Message, Outcome},
    metadata, response,
};
use muster_simulator::sso::{IdentityProvider, SamlApplication};
use rcgen::{CertificateParams, KeyPair, RsaKeySize};

use super::{IDP, NOW, SP, application, browser, pem, provider};

const SLO: &str = "http://127.0.0.1:8080/sso/saml/okta/slo";

fn register(provider: &IdentityProvider) -> SigningKey {
    let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate = CertificateParams::default().self_signed(&pair).unwrap().der().to_vec();
    provider.register_saml(SamlApplication {
        logout_url: Some(SLO.to_owned()),
        signing_certificates: vec![certificate],
        ..application()
    });
    SigningKey::new(&pem(&pair)).unwrap()
}

/// What the service provider reads in a redirect.
fn read(provider: &IdentityProvider, address: &str) -> Message {
    let known = metadata::read(&provider.metadata(), NOW).unwrap();
    let signers = Signers::new(known.certificates.iter().map(Vec::as_slice)).unwrap();
    let expected = logout::Expected { issuer: &known.entity_id, logout_url: SLO, now: NOW };
    let (to, query) = address.split_once('?').unwrap();
    assert_eq!(to, SLO);
    logout::read_redirect(query, &signers, expected).unwrap().message
}

#[tokio::test]
async fn sso_1_signing_out_at_the_identity_provider_tells_the_application() {
    let provider = provider();
    let key = register(&provider);
    let mut browser = browser(&provider);
    let home = browser.get(IDP).await;
    let people = browser.submit(&home, &home.form("application")).await;
    browser.submit(&people, &people.only_form().by("person", "ada")).await;
    let home = browser.get(IDP).await;
    assert!(home.words().contains("Signed in as Ada Lindqvist"));
    browser.follow_redirects(false);
    let leaving = browser.submit(&home, &home.form("sign-out")).await;
    let Message::Ends(ended) = read(&provider, &leaving.location().unwrap()) else { panic!("no request") };
    assert_eq!((ended.name_id.value.as_str(), ended.session_indexes.len()), ("ada.lindqvist@example.com", 1));
    let answer = LogoutResponse {
        id: "_answer",
        issued: NOW,
        issuer: SP,
        destination: "http://127.0.0.1:9200/saml/slo",
        in_response_to: &ended.id,
        outcome: Outcome::Ended,
    };
    let back = answer.redirect(RedirectBinding { relay_state: None, signing_key: Some(&key) }).unwrap();
    let done = browser.get(&back).await;
    assert!(done.words().contains("You are signed out here, and at every application"), "{}", done.words());
    assert!(!browser.get(IDP).await.words().contains("Signed in as"));
}

#[tokio::test]
async fn sso_1_signing_out_at_the_application_ends_the_session_here() {
    let provider = provider();
    let key = register(&provider);
    let mut browser = browser(&provider);
    let home = browser.get(IDP).await;
    let people = browser.submit(&home, &home.form("application")).await;
    browser.submit(&people, &people.only_form().by("person", "ada")).await;
    let name_id = response::NameId {
        value: "ada.lindqvist@example.com".to_owned(),
        format: None,
        name_qualifier: None,
        sp_name_qualifier: None,
    };
    let request = LogoutRequest {
        id: "_request",
        issued: NOW,
        issuer: SP,
        destination: "http://127.0.0.1:9200/saml/slo",
        name_id: &name_id,
        session_index: None,
    };
    browser.follow_redirects(false);
    // Anybody could ask; only the application may.
    let unsigned = request.redirect(RedirectBinding { relay_state: None, signing_key: None }).unwrap();
    assert_eq!(browser.get(&unsigned).await.status, 400);
    let signed = request.redirect(RedirectBinding { relay_state: Some("back"), signing_key: Some(&key) }).unwrap();
    let answer = browser.get(&signed).await.location().unwrap();
    assert!(answer.contains("RelayState=back"));
    let heard = Message::Heard { in_response_to: Some("_request".to_owned()), is_success: true };
    assert_eq!(read(&provider, &answer), heard);
    assert!(!browser.get(IDP).await.words().contains("Signed in as"));
}

//! Requests of Muster's own service provider, and what becomes of them.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_saml::{AuthnRequest, Expected, RedirectBinding, Signers, SigningKey, metadata, response};
use muster_simulator::sso::SamlApplication;
use rcgen::{CertificateParams, KeyPair, RsaKeySize};

use super::{ACS, IDP, NOW, SP, ada, application, browser, pem, provider, sent};

fn request(acs_url: &'static str) -> AuthnRequest<'static> {
    AuthnRequest {
        id: "_1234567890abcdef",
        issued: NOW,
        issuer: SP,
        destination: "http://127.0.0.1:9200/saml/sso",
        acs_url,
        force_authn: false,
        name_id_format: None,
        authn_contexts: &[],
        subject: Some("ada.lindqvist@example.com"),
    }
}

/// A key of the service provider with its certificate.
fn key() -> (SigningKey, Vec<u8>) {
    let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate = CertificateParams::default().self_signed(&pair).unwrap().der().to_vec();
    (SigningKey::new(&pem(&pair)).unwrap(), certificate)
}

#[tokio::test]
async fn sso_1_a_request_by_redirect_or_form_is_answered_by_a_form_with_its_relay_state() {
    let provider = provider();
    let (key, certificate) = key();
    provider.register_saml(SamlApplication {
        signing_certificates: vec![certificate],
        signs_requests: true,
        ..application()
    });
    let signed = RedirectBinding { relay_state: Some("r&<\"1"), signing_key: Some(&key) };
    let address = request(ACS).redirect(signed).unwrap();
    let form = request(ACS).form_value(Some(&key)).unwrap();
    let mut browser = browser(&provider);
    let by_form =
        browser.post_from(SP, &format!("{IDP}/saml/sso"), &[("SAMLRequest", &form), ("RelayState", "r&<\"1")]).await;
    let by_redirect = browser.get(&address).await;
    // Whom it expects may also stand beside the request.
    let beside = AuthnRequest { subject: None, ..request(ACS) }.redirect(signed).unwrap();
    let beside = browser.get(&format!("{beside}&login_hint=ada.lindqvist%40example.com")).await;
    assert!(beside.words().contains("Ada Lindqvist expected"), "{}", beside.words());
    for people in [by_form, by_redirect] {
        assert!(people.words().contains("Ada Lindqvist expected"), "{}", people.words());
        let page = browser.submit(&people, &people.only_form().by("person", "ada")).await;
        let form = page.only_form();
        assert_eq!((form.action.as_str(), form.value("RelayState")), (ACS, Some("r&<\"1")));
        // The browser holds the form to the page's policy on the way.
        let arrived = browser.submit(&page, &form).await;
        let known = metadata::read(&provider.metadata(), NOW).unwrap();
        let signers = Signers::new(known.certificates.iter().map(Vec::as_slice)).unwrap();
        let expected = Expected {
            issuer: &known.entity_id,
            audience: SP,
            acs_url: ACS,
            request: Some("_1234567890abcdef"),
            authn_contexts: &[],
            now: NOW,
        };
        let login = response::read(&sent(&arrived.text, "SAMLResponse").unwrap(), &signers, None, &expected).unwrap();
        assert_eq!(login.name_id.value, ada(&provider).email);
    }
}

#[tokio::test]
async fn only_registered_applications_are_answered_and_only_where_they_registered() {
    let provider = provider();
    let mut browser = browser(&provider);
    let unsigned = RedirectBinding { relay_state: None, signing_key: None };
    let page = browser.get(&request(ACS).redirect(unsigned).unwrap()).await;
    assert_eq!(page.status, 400);
    assert!(page.words().contains("is not registered here"), "{}", page.words());
    provider.register_saml(application());
    let page = browser.get(&request("http://127.0.0.1:8080/elsewhere").redirect(unsigned).unwrap()).await;
    assert_eq!(page.status, 400);
    assert!(page.words().contains("asks to be answered at `http://127.0.0.1:8080/elsewhere`"), "{}", page.words());
    assert_eq!(browser.get(&request(ACS).redirect(unsigned).unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_request_that_is_signed_must_be_signed_by_its_application() {
    let provider = provider();
    let ((_, certificate), (stranger, _)) = (key(), key());
    provider.register_saml(SamlApplication {
        signing_certificates: vec![certificate],
        signs_requests: true,
        ..application()
    });
    let mut browser = browser(&provider);
    let unsigned = request(ACS).redirect(RedirectBinding { relay_state: None, signing_key: None }).unwrap();
    assert!(browser.get(&unsigned).await.words().contains("is not signed"));
    let strange = request(ACS).redirect(RedirectBinding { relay_state: None, signing_key: Some(&stranger) }).unwrap();
    assert!(browser.get(&strange).await.words().contains("does not hold"));
    let form = request(ACS).form_value(Some(&stranger)).unwrap();
    let page = browser.post_from(SP, &format!("{IDP}/saml/sso"), &[("SAMLRequest", &form)]).await;
    assert!(page.words().contains("does not hold"), "{}", page.words());
}

#[tokio::test]
async fn messages_that_are_none_are_refused() {
    let provider = provider();
    let mut browser = browser(&provider);
    for xml in ["", "<a", "<a/>", "<!DOCTYPE a><a/>", &"<a>".repeat(1_000)] {
        let value = STANDARD.encode(xml);
        for path in ["/saml/sso", "/saml/slo"] {
            let page = browser.post_from(SP, &format!("{IDP}{path}"), &[("SAMLRequest", &value)]).await;
            assert_eq!(page.status, 400, "{xml}");
        }
    }
    for query in ["", "SAMLRequest=", "SAMLRequest=%ff", "SAMLRequest=AAAA", "SAMLResponse=AAAA"] {
        assert_eq!(browser.get(&format!("{IDP}/saml/sso?{query}")).await.status, 400, "{query}");
    }
}

#[test]
fn sso_1_an_application_is_registered_by_its_metadata() {
    let (_, certificate) = key();
    let service_provider = metadata::ServiceProvider {
        entity_id: SP,
        acs_url: ACS,
        logout_url: Some("http://127.0.0.1:8080/sso/saml/okta/slo"),
        signing_certificates: std::slice::from_ref(&certificate),
        encryption_certificates: std::slice::from_ref(&certificate),
        signs_requests: true,
    };
    let read = SamlApplication::from_metadata(&service_provider.to_xml()).unwrap();
    assert_eq!((read.entity_id.as_str(), &read.acs_urls), (SP, &vec![ACS.to_owned()]));
    assert_eq!(read.logout_url.as_deref(), service_provider.logout_url);
    assert_eq!((&read.signing_certificates[0], &read.encryption_certificates[0]), (&certificate, &certificate));
    assert!(read.signs_requests);
    for wrong in ["", "<a/>", &provider().metadata()] {
        assert!(SamlApplication::from_metadata(wrong).is_err(), "{wrong}");
    }
}

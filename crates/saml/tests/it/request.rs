//! Requests of ours.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{DsigContext, KeysManager, keys::loader, verify};
use miniz_oxide::inflate::decompress_to_vec;
use muster_saml::{AuthnRequest, RedirectBinding, SigningKey};
use percent_encoding::percent_decode_str;

use crate::idp::{ACS, Identity, NOW, REQUEST, SP};

const REQUESTED: AuthnRequest<'static> = AuthnRequest {
    id: REQUEST,
    issued: NOW,
    issuer: SP,
    destination: "https://idp.example.com/sso",
    acs_url: ACS,
    force_authn: false,
    name_id_format: None,
    authn_contexts: &[],
    subject: None,
};

fn parameters(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

#[test]
fn sso_1_a_redirect_carries_the_request() {
    let url = REQUESTED.redirect(RedirectBinding { relay_state: Some("k1&=ä"), signing_key: None }).unwrap();
    assert!(url.starts_with("https://idp.example.com/sso?SAMLRequest="), "{url}");
    let parameters = parameters(&url);
    let xml = decompress_to_vec(&STANDARD.decode(&parameters["SAMLRequest"]).unwrap()).unwrap();
    assert_eq!(String::from_utf8(xml).unwrap(), REQUESTED.to_xml());
    assert_eq!(parameters["RelayState"], "k1&=ä");
    assert_eq!(parameters.len(), 2);
    // An address with a query of its own keeps it.
    let with_query = AuthnRequest { destination: "https://idp.example.com/sso?idp=1", ..REQUESTED };
    let url = with_query.redirect(RedirectBinding { relay_state: Some("k"), signing_key: None }).unwrap();
    assert!(url.starts_with("https://idp.example.com/sso?idp=1&SAMLRequest="), "{url}");
}

#[test]
fn sso_1_a_signed_redirect_is_signed_as_it_is_sent() {
    let ours = Identity::rsa();
    let key = SigningKey::new(&ours.private_pem).unwrap();
    let url = REQUESTED.redirect(RedirectBinding { relay_state: Some("k1"), signing_key: Some(&key) }).unwrap();
    let (_, query) = url.split_once('?').unwrap();
    let (signed, _) = query.split_once("&Signature=").unwrap();
    let signature = STANDARD.decode(&parameters(&url)["Signature"]).unwrap();
    let public = loader::load_x509_cert_der(&ours.certificate).unwrap().to_spki_der().unwrap();
    let public =
        aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, public);
    public.verify(signed.as_bytes(), &signature).unwrap();
    assert!(public.verify(signed.replace("k1", "k2").as_bytes(), &signature).is_err());
}

#[test]
fn sso_1_a_signed_form_verifies_with_our_certificate() {
    let ours = Identity::rsa();
    let key = SigningKey::new(&ours.private_pem).unwrap();
    let value = REQUESTED.form_value(Some(&key)).unwrap();
    let xml = String::from_utf8(STANDARD.decode(value).unwrap()).unwrap();
    let check = |identity: &Identity, xml: &str| {
        let mut keys = KeysManager::new();
        keys.add_key(loader::load_x509_cert_der(&identity.certificate).unwrap());
        verify(&DsigContext::new(keys), xml).is_ok_and(|result| result.is_valid())
    };
    assert!(check(&ours, &xml));
    assert!(!check(&ours, &xml.replace(ACS, "https://evil.example")));
    assert!(!check(&Identity::rsa(), &xml));
    let plain = String::from_utf8(STANDARD.decode(REQUESTED.form_value(None).unwrap()).unwrap()).unwrap();
    assert_eq!(plain, REQUESTED.to_xml());
}

#[test]
fn what_is_asked_for_is_in_it_and_nothing_breaks_out() {
    let contexts = ["https://refeds.org/profile/mfa".to_owned()];
    let request = AuthnRequest {
        force_authn: true,
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        authn_contexts: &contexts,
        subject: Some("ada\"<x/>&@example.com"),
        ..REQUESTED
    };
    let xml = request.to_xml();
    for part in [
        r#"ForceAuthn="true""#,
        "<saml:NameID>ada&quot;&lt;x/&gt;&amp;@example.com</saml:NameID>",
        r#"Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent""#,
        "<saml:AuthnContextClassRef>https://refeds.org/profile/mfa</saml:AuthnContextClassRef>",
        r#"IssueInstant="2026-11-22T10:00:00Z""#,
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    assert!(!REQUESTED.to_xml().contains("ForceAuthn"));
    assert!(SigningKey::new("not a key").is_err());
}

//! Responses, read by Muster's own service provider.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_saml::{DecryptionKeys, Expected, Login, MessageError, Signers, metadata, response};
use muster_simulator::sso::{
    Algorithm, Flavour, IdentityProvider, NameIdKind, Profile, SamlApplication, Signs, saml::Answer,
};
use rcgen::{CertificateParams, KeyPair, RsaKeySize};

use super::{ACS, IDP, NOW, SP, ada, application, pem, provider};

pub(super) const REQUEST: &str = "_8f2c1d7e9b";

/// What the service provider makes of a response, by the identity provider's present metadata.
pub(super) fn read(
    provider: &IdentityProvider,
    xml: &str,
    keys: Option<&DecryptionKeys>,
) -> Result<Login, MessageError> {
    let known = metadata::read(&provider.metadata(), NOW).unwrap();
    let signers = Signers::new(known.certificates.iter().map(Vec::as_slice)).unwrap();
    let expected = Expected {
        issuer: &known.entity_id,
        audience: SP,
        acs_url: ACS,
        request: Some(REQUEST),
        authn_contexts: &[],
        now: NOW,
    };
    response::read(&STANDARD.encode(xml), &signers, keys, &expected)
}

pub(super) fn answer<'a>(application: &'a SamlApplication, profile: &'a Profile) -> Answer<'a> {
    Answer {
        application,
        request: Some(REQUEST),
        acs_url: ACS,
        profile,
        fault: None,
        session_index: "_s1",
        authn_context: None,
    }
}

/// The values of an attribute.
fn values<'l>(login: &'l Login, name: &str) -> &'l [String] {
    login.attributes.iter().find(|one| one.name == name).map_or(&[], |one| &one.values)
}

#[test]
fn sso_1_responses_are_taken_however_they_are_signed() {
    let provider = provider();
    let ada = ada(&provider);
    for algorithm in [Algorithm::Rsa, Algorithm::Ecdsa] {
        for signs in [Signs::Response, Signs::Assertion, Signs::Both] {
            let application = SamlApplication { signs, algorithm, ..application() };
            let xml = provider.saml_response(&answer(&application, &ada)).unwrap();
            let login = read(&provider, &xml, None).unwrap_or_else(|error| panic!("{signs:?} {algorithm:?}: {error}"));
            assert_eq!(login.name_id.value, "ada.lindqvist@example.com");
            let due = (signs != Signs::Assertion, signs != Signs::Response);
            assert_eq!((login.protection.response_signed, login.protection.assertion_signed), due);
        }
    }
}

#[test]
fn sso_1_assertions_are_encrypted_for_who_offers_a_key() {
    let provider = provider();
    let ada = ada(&provider);
    let pair = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate = CertificateParams::default().self_signed(&pair).unwrap().der().to_vec();
    let keys = DecryptionKeys::new([pem(&pair).as_str()]).unwrap();
    for signs in [Signs::Response, Signs::Assertion, Signs::Both] {
        let application =
            SamlApplication { signs, encryption_certificates: vec![certificate.clone()], ..application() };
        let xml = provider.saml_response(&answer(&application, &ada)).unwrap();
        assert!(!xml.contains("ada.lindqvist"), "{xml}");
        let login = read(&provider, &xml, Some(&keys)).unwrap_or_else(|error| panic!("{signs:?}: {error}"));
        assert!(login.protection.encrypted && login.name_id.value == ada.email);
    }
}

#[test]
fn sso_4_attributes_have_the_names_of_each_identity_provider() {
    let provider = provider();
    let profile = Profile {
        organization: "moby".to_owned(),
        team: "pilots".to_owned(),
        role: "editor".to_owned(),
        session_minutes: "45".to_owned(),
        name_id: NameIdKind::Persistent,
        ..ada(&provider)
    };
    for flavour in Flavour::ALL {
        let application = application().flavoured(flavour);
        let login = read(&provider, &provider.saml_response(&answer(&application, &profile)).unwrap(), None).unwrap();
        let (email, name, groups) = match flavour {
            Flavour::Entra => (
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
                "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
            ),
            Flavour::Google => ("email", "name", "Groups"),
            Flavour::Okta | Flavour::Keycloak => ("email", "name", "groups"),
        };
        assert_eq!(values(&login, email), ["ada.lindqvist@example.com"], "{flavour:?}");
        assert!(values(&login, name)[0].ends_with("Lindqvist"), "{flavour:?}");
        assert_eq!(values(&login, groups), ["moby:developers", "Everyone"], "{flavour:?}");
        assert_eq!(values(&login, "dockerOrg"), ["moby"]);
        assert_eq!(values(&login, "dockerTeam"), ["pilots"]);
        assert_eq!(values(&login, "dockerRole"), ["editor"]);
        assert_eq!(values(&login, "dockerSessionMinutes"), ["45"]);
        assert!(login.name_id.is_persistent() && login.name_id.value == "ada");
        assert_eq!(login.session_index.as_deref(), Some("_s1"));
    }
}

#[test]
fn jit_3_no_groups_and_groups_that_are_not_sent_are_told_apart() {
    let provider = provider();
    let login = |groups: Option<Vec<String>>| {
        let profile = Profile { groups, ..ada(&provider) };
        read(&provider, &provider.saml_response(&answer(&application(), &profile)).unwrap(), None).unwrap()
    };
    let stated = |login: &Login| login.attributes.iter().any(|one| one.name == "groups");
    assert!(!stated(&login(None)));
    let none = login(Some(Vec::new()));
    assert!(stated(&none) && values(&none, "groups").is_empty());
}

#[test]
fn text_that_is_markup_stays_text() {
    let provider = provider();
    let profile = Profile {
        given_name: "<b>&\"'".to_owned(),
        family_name: "]]> \u{1} é 漢".to_owned(),
        groups: Some(vec!["moby:<!-- -->".to_owned()]),
        ..ada(&provider)
    };
    let login = read(&provider, &provider.saml_response(&answer(&application(), &profile)).unwrap(), None).unwrap();
    assert_eq!(values(&login, "name"), ["<b>&\"' ]]> \u{fffd} é 漢"]);
    assert_eq!(values(&login, "groups"), ["moby:<!-- -->"]);
}

#[test]
fn sso_8_metadata_announces_the_next_keys_before_they_sign() {
    let provider = provider();
    let ada = ada(&provider);
    let certificates = || metadata::read(&provider.metadata(), NOW).unwrap().certificates;
    let before = certificates();
    assert_eq!(
        (before.len(), metadata::read(&provider.metadata(), NOW).unwrap().entity_id),
        (2, format!("{IDP}/saml/metadata"))
    );
    provider.announce_keys().unwrap();
    let both = certificates();
    assert_eq!((both.len(), &both[..2]), (4, &before[..]));
    provider.rotate_keys().unwrap();
    assert_eq!(certificates(), both[2..]);
    let xml = provider.saml_response(&answer(&application(), &ada)).unwrap();
    read(&provider, &xml, None).unwrap();
    let old = Signers::new(before.iter().map(Vec::as_slice)).unwrap();
    let expected = Expected {
        issuer: &provider.entity_id(),
        audience: SP,
        acs_url: ACS,
        request: Some(REQUEST),
        authn_contexts: &[],
        now: NOW,
    };
    let refused = response::read(&STANDARD.encode(xml), &old, None, &expected);
    assert!(matches!(refused, Err(MessageError::Signature(_))), "{refused:?}");
}

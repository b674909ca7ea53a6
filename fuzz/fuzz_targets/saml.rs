//! Whatever comes as a SAML message or as metadata, nobody is let in by what is not signed, and nothing panics.
#![no_main]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;
use muster_saml::{Expected, Signers, logout, metadata, response};

const ACS: &str = "https://muster.example.com/sso/saml/okta/acs";
const IDP: &str = "https://idp.example.com/saml";

static SIGNERS: LazyLock<Signers> = LazyLock::new(|| {
    let pair = rcgen::KeyPair::generate().expect("a key");
    let parameters = rcgen::CertificateParams::new(vec!["idp.example.com".to_owned()]).expect("a name");
    let certificate = parameters.self_signed(&pair).expect("a certificate");
    Signers::new([certificate.der().as_ref()]).expect("signers")
});

fuzz_target!(|bytes: &[u8]| {
    let value = STANDARD.encode(bytes);
    let expected =
        Expected { issuer: IDP, audience: "muster", acs_url: ACS, request: None, authn_contexts: &[], now: 1_795_341_600 };
    assert!(response::read(&value, &SIGNERS, None, &expected).is_err());
    let expected = logout::Expected { issuer: IDP, logout_url: ACS, now: 1_795_341_600 };
    let is_end = |message: &logout::Message| matches!(message, logout::Message::Ends(_));
    assert!(!logout::read_form(&value, None, &SIGNERS, expected).is_ok_and(|received| is_end(&received.message)));
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(!logout::read_redirect(text, &SIGNERS, expected).is_ok_and(|received| is_end(&received.message)));
        if let Ok(provider) = metadata::read(text, 1_795_341_600) {
            assert!(!provider.certificates.is_empty());
        }
    }
});

//! Responses as identity providers send them.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_saml::{Attribute, Protection, Signers, response};

use crate::idp::{ENVELOPED, EXCLUSIVE, Identity, Said, Template, expected, read};

fn protection(response_signed: bool, assertion_signed: bool) -> Protection {
    Protection { response_signed, assertion_signed, encrypted: false }
}

#[test]
fn sso_1_what_is_signed_is_read_whole() {
    let idp = Identity::rsa();
    let login = read(&Said::default().signed(&idp), &idp).unwrap();
    assert_eq!(login.name_id.value, "ada@example.com");
    assert!(!login.name_id.is_persistent());
    let attribute = |name: &str, values: &[&str]| Attribute {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    // Stated twice, it is one attribute with all its values.
    let groups = ["moby:developers", "moby:security", "whale:backend"];
    assert_eq!(login.attributes, [attribute("name", &["Ada Lovelace"]), attribute("groups", &groups)]);
    assert_eq!(login.assertion_id, "_a1");
    assert_eq!(login.usable_until, 1_795_341_600 + 5 * 60 + response::SKEW);
    assert_eq!(login.session_index.as_deref(), Some("_s1"));
    assert_eq!(login.session_not_on_or_after, Some(1_795_341_600 + 8 * 60 * 60));
    assert_eq!(login.protection, protection(false, true));
}

#[test]
fn sso_1_response_assertion_or_both_may_be_signed() {
    let (idp, said) = (Identity::rsa(), Said::default());
    assert_eq!(read(&said.response_signed(&idp), &idp).unwrap().protection, protection(true, false));
    let assertion = idp.sign(&said.assertion(&Template::over("#_a1").xml()));
    let both = idp.sign(&said.response(&Template::over("#_r1").xml(), &assertion));
    assert_eq!(read(&both, &idp).unwrap().protection, protection(true, true));
    // The enveloped signature alone, or with prefixes that are kept.
    let alone = Template { transforms: &[ENVELOPED], ..Template::over("#_a1") }.xml();
    let kept = Template::over("#_a1").xml().replace(
        &format!(r#"<ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform>"#),
        &format!(
            r#"<ds:Transform Algorithm="{EXCLUSIVE}"><ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="xs"/></ds:Transform>"#
        ),
    );
    for template in [alone, kept] {
        // In its place: without exclusive canonical XML, the namespaces around it are signed, too.
        let signed = idp.sign(&said.response("", &said.assertion(&template)));
        assert!(read(&signed, &idp).is_ok(), "{:?}", read(&signed, &idp));
    }
}

#[test]
fn sso_1_rsa_and_ecdsa_with_each_digest() {
    let said = Said::default();
    let signed = |idp: &Identity, method: &str, digest: &str| {
        let template = Template { method, digest, ..Template::over("#_a1") };
        read(&said.response("", &idp.sign(&said.assertion(&template.xml()))), idp)
    };
    let more = "http://www.w3.org/2001/04/xmldsig-more#";
    let digests = [
        "http://www.w3.org/2001/04/xmlenc#sha256",
        &format!("{more}sha384"),
        "http://www.w3.org/2001/04/xmlenc#sha512",
    ];
    let rsa = Identity::rsa();
    for (bits, digest) in [256, 384, 512].into_iter().zip(digests) {
        signed(&rsa, &format!("{more}rsa-sha{bits}"), digest).unwrap();
    }
    let p256 = Identity::ec(&rcgen::PKCS_ECDSA_P256_SHA256);
    signed(&p256, &format!("{more}ecdsa-sha256"), digests[0]).unwrap();
    let p384 = Identity::ec(&rcgen::PKCS_ECDSA_P384_SHA384);
    signed(&p384, &format!("{more}ecdsa-sha384"), digests[1]).unwrap();
}

#[test]
fn sso_8_the_next_certificate_takes_over_without_a_moment_of_refusal() {
    let (old, new, other) = (Identity::rsa(), Identity::rsa(), Identity::rsa());
    let both = Signers::new([old.certificate.as_slice(), new.certificate.as_slice()]).unwrap();
    let said = Said::default();
    let read = |idp: &Identity| response::read(&STANDARD.encode(said.signed(idp)), &both, None, &expected());
    assert!(read(&old).is_ok() && read(&new).is_ok());
    assert!(read(&other).is_err());
    assert!(Signers::new([]).is_err(), "no certificate must not mean that any will do");
}

#[test]
fn base64_may_be_broken_into_lines() {
    let idp = Identity::rsa();
    let text = STANDARD.encode(Said::default().signed(&idp));
    let lines: Vec<_> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    assert!(response::read(&lines.join("\r\n"), &idp.signers(), None, &expected()).is_ok());
}

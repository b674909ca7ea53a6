//! Metadata, ours and theirs.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_saml::{
    KeyError, MetadataError, certificate,
    metadata::{IdentityProvider, ServiceProvider, read},
};

use crate::idp::{ACS, IDP, Identity, NOW, SP};

fn key(used_for: &str, certificate: &str) -> String {
    format!(
        r#"<md:KeyDescriptor{used_for}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>
{certificate}
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#
    )
}

fn entity(attributes: &str, keys: &str, services: &str) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{IDP}" {attributes}><md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>{services}</md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

fn service(location: &str) -> String {
    format!(
        r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{location}"/>"#
    )
}

#[test]
fn sso_8_metadata_with_two_signing_certificates_is_normal() {
    let (old, new, cipher) = (Identity::rsa(), Identity::ec(&rcgen::PKCS_ECDSA_P256_SHA256), Identity::rsa());
    let text = |identity: &Identity| STANDARD.encode(&identity.certificate);
    let keys = [
        key(r#" use="signing""#, &text(&old)),
        key("", &text(&new)),
        key(r#" use="signing""#, &text(&old)),
        key(r#" use="encryption""#, &text(&cipher)),
    ];
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\"?>\n{}",
        entity("", &keys.concat(), &service("https://idp.example.com/sso?a=b&amp;c=d"))
    );
    let expected = IdentityProvider {
        entity_id: IDP.to_owned(),
        redirect_url: Some("https://idp.example.com/sso?a=b&c=d".to_owned()),
        post_url: None,
        logout_redirect_url: None,
        certificates: vec![old.certificate, new.certificate],
        wants_signed_requests: true,
        name_id_formats: vec!["urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".to_owned()],
        valid_until: None,
    };
    assert_eq!(read(&xml, NOW), Ok(expected.clone()));
    let federation = format!(
        r#"<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">{}</md:EntitiesDescriptor>"#,
        &xml[xml.find("<md:").unwrap()..]
    );
    assert_eq!(read(&federation, NOW), Ok(expected));
}

#[test]
fn metadata_that_cannot_be_used_says_why() {
    let certificate = STANDARD.encode(&Identity::rsa().certificate);
    let keys = key("", &certificate);
    let good = entity("", &keys, &service("https://idp.example.com/sso"));
    assert!(read(&good, NOW).is_ok());
    let told = |xml: &str, what: &str| {
        let error = read(xml, NOW).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    told("", "not XML");
    told("<html><body>Sign in</body></html>", "no identity provider");
    told(&good.replace("IDPSSODescriptor", "SPSSODescriptor"), "no identity provider");
    told(&good.replace("SAML:2.0:protocol", "SAML:1.1:protocol"), "no identity provider");
    told(&format!("<all>{good}{good}</all>"), "2 identity providers");
    told(&entity("", "", &service("https://idp.example.com/sso")), "no signing certificate");
    told(&entity("", &keys, ""), "no `SingleSignOnService`");
    told(
        &entity(r#"validUntil="2026-11-22T10:00:00Z""#, &keys, &service("https://idp.example.com/sso")),
        "valid until",
    );
    told(&entity(r#"validUntil="soon""#, &keys, &service("https://idp.example.com/sso")), "no time");
    told(&format!(r#"<all validUntil="2020-01-01T00:00:00Z">{good}</all>"#), "valid until");
    told(&format!("<!DOCTYPE a>{good}"), "document type");
    for address in ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", "https://idp.example.com/&#10;x"] {
        let error = read(&entity("", &keys, &service(address)), NOW).unwrap_err();
        assert!(matches!(error, MetadataError::Address(_)), "{address}: {error}");
    }
    let broken = entity("", &key("", "AAAA"), &service("https://idp.example.com/sso"));
    assert_eq!(read(&broken, NOW), Err(MetadataError::Certificate(KeyError::NotACertificate)));
}

#[test]
fn certificates_are_read_as_people_paste_them() {
    let der = Identity::rsa().certificate;
    let text = STANDARD.encode(&der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("\n-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\r\n"));
    for pasted in [text.clone(), pem, lines.join("\n")] {
        assert_eq!(certificate::parse(&pasted), Ok(der.clone()));
    }
    for wrong in ["", "x", "-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----"] {
        assert_eq!(certificate::parse(wrong), Err(KeyError::NotACertificate));
    }
    let ed25519 = Identity::ec(&rcgen::PKCS_ED25519).certificate;
    assert_eq!(certificate::parse(&STANDARD.encode(ed25519)), Err(KeyError::Unsupported));
}

#[test]
fn sso_8_ours_names_old_and_new_keys_and_is_well_formed() {
    let (one, two, cipher) = (Identity::rsa(), Identity::rsa(), Identity::rsa());
    let xml = ServiceProvider {
        entity_id: SP,
        acs_url: &format!("{ACS}?a=1&b='2'"),
        logout_url: Some("https://muster.example.com/sso/saml/okta/slo"),
        signing_certificates: &[one.certificate.clone(), two.certificate.clone()],
        encryption_certificates: std::slice::from_ref(&cipher.certificate),
        signs_requests: true,
    }
    .to_xml();
    for certificate in [&one, &two, &cipher] {
        assert!(xml.contains(&STANDARD.encode(&certificate.certificate)));
    }
    assert!(xml.contains("?a=1&amp;b=&apos;2&apos;"), "{xml}");
    // Read with the reader's eyes, it describes no identity provider, and is XML.
    assert_eq!(
        read(&xml, NOW),
        Err(MetadataError::Missing("the metadata describes no identity provider: choose the identity provider's"))
    );
}

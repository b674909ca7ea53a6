//! Forgeries: somebody who may sign in as mallory, or who has seen a response for mallory, wants to be ada.

use muster_saml::{Login, MessageError};
use proptest::prelude::*;

use crate::idp::{ENVELOPED, EXCLUSIVE, Identity, RSA_SHA256, Said, Template, read};

/// A response that is truly mallory's.
fn mallory() -> Said {
    let mut said = Said::default();
    said.subject = said.subject.replace("ada@example.com", "mallory@example.com");
    said
}

/// The assertion that mallory would like to be read.
fn forged() -> String {
    Said::default().assertion("").replace(r#"ID="_a1""#, r#"ID="_forged""#)
}

fn refused(what: &str, result: Result<Login, MessageError>) -> MessageError {
    match result {
        Ok(login) => panic!("{what}: {} was let in", login.name_id.value),
        Err(error) => error,
    }
}

#[test]
fn a_changed_byte_is_refused() {
    let idp = Identity::rsa();
    for response in [mallory().signed(&idp), mallory().response_signed(&idp)] {
        for (from, to) in
            [("mallory@", "ada@"), ("moby:security", "moby:owners"), ("10:05:00Z", "23:05:00Z"), ("_a1", "_a2")]
        {
            refused(from, read(&response.replace(from, to), &idp));
        }
    }
}

#[test]
fn a_signature_of_nobody_we_know_is_refused() {
    let (idp, stranger) = (Identity::rsa(), Identity::rsa());
    refused("stranger", read(&Said::default().signed(&stranger), &idp));
    // With the stranger's own certificate beside the signature, as if that made it good.
    let certificate = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &stranger.certificate);
    let key_info = format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    );
    let response = Said::default().signed(&stranger).replace("</ds:Signature>", &key_info);
    assert!(matches!(refused("own certificate", read(&response, &idp)), MessageError::Signature(_)));
    // What the right one says of itself there is no more believed, and does no harm.
    let response = Said::default().signed(&idp).replace("</ds:Signature>", &key_info);
    assert!(read(&response, &idp).is_ok());
    // Nor is anything fetched that it names.
    let fetched = r##"<ds:KeyInfo><ds:RetrievalMethod URI="http://localhost/key"/></ds:KeyInfo></ds:Signature>"##;
    let response = Said::default().signed(&idp).replace("</ds:Signature>", fetched);
    assert!(matches!(refused("retrieval", read(&response, &idp)), MessageError::Structure(_)));
}

#[test]
fn what_is_not_signed_is_refused() {
    let idp = Identity::rsa();
    let said = Said::default();
    assert_eq!(read(&said.response("", &said.assertion("")), &idp), Err(MessageError::Unsigned));
    // A signature over something else, somewhere.
    let signed = idp.sign(&mallory().assertion(&Template::over("#_a1").xml()));
    let signature = &signed[signed.find("<ds:Signature ").unwrap()..signed.find("</ds:Signature>").unwrap() + 15];
    for place in [said.assertion(signature), format!("{}{signature}", said.assertion(""))] {
        refused("moved", read(&said.response("", &place), &idp));
    }
}

/// The shapes of signature wrapping: the signed assertion is still there, and another one is where a reader looks.
#[test]
fn wrapped_assertions_are_refused() {
    let idp = Identity::rsa();
    let (said, forged) = (mallory(), forged());
    let signed = idp.sign(&said.assertion(&Template::over("#_a1").xml()));
    let (start, end) = (signed.find("<ds:Signature ").unwrap(), signed.find("</ds:Signature>").unwrap() + 15);
    let signature = &signed[start..end];
    let bare = format!("{}{}", &signed[..start], &signed[end..]);
    let with = |inner: &str, into: &str, before: &str| into.replacen(before, &format!("{inner}{before}"), 1);
    let object =
        |inner: &str| signature.replace("</ds:Signature>", &format!("<ds:Object>{inner}</ds:Object></ds:Signature>"));
    let extensions = |inner: &str| format!("<samlp:Extensions>{inner}</samlp:Extensions>");
    let advice = |inner: &str| format!("<saml:Advice>{inner}</saml:Advice>");
    let shapes = [
        ("signed one in extensions alone", extensions(&signed)),
        ("before it", format!("{forged}{signed}")),
        ("after it", format!("{signed}{forged}")),
        ("signed one in extensions", format!("{}{forged}", extensions(&signed))),
        ("forged one in extensions", format!("{}{signed}", extensions(&forged))),
        ("signed one in the forged one", with(&signed, &forged, "</saml:Assertion>")),
        ("signed one as advice", with(&advice(&signed), &forged, "<saml:AuthnStatement")),
        (
            "signature in the forged one, signed one beside",
            format!("{}{bare}", with(signature, &forged, "<saml:Subject>")),
        ),
        ("signature in the forged one, signed one in it", with(&object(&bare), &forged, "<saml:Subject>")),
        (
            "signed one in an attribute",
            with(
                &format!(
                    "<saml:AttributeStatement><saml:Attribute Name=\"x\"><saml:AttributeValue>{signed}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
                ),
                &forged,
                "</saml:Assertion>",
            ),
        ),
        ("the same ID", format!("{}{signed}", forged.replace("_forged", "_a1"))),
        (
            "another namespace's",
            format!("{signed}{}", forged.replace("SAML:2.0:assertion", "SAML:1.0:assertion")) + &forged,
        ),
    ];
    for (what, inner) in shapes {
        let error = refused(what, read(&said.response("", &inner), &idp));
        assert!(matches!(error, MessageError::Structure(_)), "{what}: {error}");
    }
    let moved = with(signature, &forged.replace("_forged", "_a1"), "<saml:Subject>");
    let error = refused("moved", read(&said.response("", &moved), &idp));
    assert!(matches!(error, MessageError::Signature(_)), "{error}");
    // A signature that holds, over an element that nobody reads.
    let advice = said.assertion(&Template::over("#_a1").xml()).replace("saml:Assertion", "saml:Advice");
    let elsewhere = extensions(&idp.sign(&advice));
    let error = refused("elsewhere", read(&said.response(&elsewhere, &forged), &idp));
    assert!(error.to_string().contains("neither in the response nor in the assertion"), "{error}");
}

#[test]
fn wrapped_responses_are_refused() {
    let idp = Identity::rsa();
    let said = mallory();
    let signed = said.response_signed(&idp);
    let (start, end) = (signed.find("<ds:Signature ").unwrap(), signed.find("</ds:Signature>").unwrap() + 15);
    let signature = &signed[start..end];
    let bare = format!("{}{}", &signed[..start], &signed[end..]);
    let object = signature.replace("</ds:Signature>", &format!("<ds:Object>{bare}</ds:Object></ds:Signature>"));
    let outer = Said::default().response(&object, &forged()).replace(r#"ID="_r1""#, r#"ID="_forgedr""#);
    refused("original in the signature", read(&outer, &idp));
    let extensions = format!("<samlp:Extensions>{signed}</samlp:Extensions>");
    refused("original in extensions", read(&Said::default().response(&extensions, &forged()), &idp));
    let root = signed.replace("<samlp:Response ", "<samlp:Wrapper ").replace("</samlp:Response>", "</samlp:Wrapper>");
    refused("another root", read(&root, &idp));
}

#[test]
fn comments_and_instructions_do_not_cut_a_name() {
    let idp = Identity::rsa();
    let mut said = Said::default();
    said.subject = said.subject.replace("ada@example.com", "ada@example.com.evil.example");
    let signed = said.signed(&idp);
    // The signature still holds: comments are not part of what is signed.
    let cut = signed.replace("ada@example.com.evil", "ada@example.com<!-- -->.evil");
    assert_eq!(read(&cut, &idp).unwrap().name_id.value, "ada@example.com.evil.example");
    let data = signed.replace("ada@example.com.evil", "<![CDATA[ada@example.com]]>.evil");
    assert_eq!(read(&data, &idp).unwrap().name_id.value, "ada@example.com.evil.example");
    refused("instruction", read(&signed.replace("ada@example.com.evil", "ada@example.com<?x?>.evil"), &idp));
    // Signed with an element in the name by an identity provider that lets people choose their names freely.
    said.subject = said.subject.replace("ada@example.com.evil", "ada@example.com<b/>.evil");
    refused("element", read(&said.signed(&idp), &idp));
}

#[test]
fn weak_and_confused_algorithms_are_refused() {
    let idp = Identity::rsa();
    let response = Said::default().signed(&idp);
    for (from, to) in [
        (RSA_SHA256, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        (RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
        (ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        (ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116"),
        (EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"),
        (EXCLUSIVE, ""),
    ] {
        let error = refused(to, read(&response.replace(from, to), &idp));
        assert_eq!(error, MessageError::Algorithm(to.to_owned()));
    }
    // Signed, but by a key of another kind than the method says.
    let ec = Identity::ec(&rcgen::PKCS_ECDSA_P256_SHA256);
    refused("key confusion", read(&response, &ec));
}

#[test]
fn references_must_be_to_the_element_around_them() {
    let idp = Identity::rsa();
    let said = Said::default();
    for uri in ["", "#_r1", "#xpointer(/)", "#xpointer(id('_a1'))", "http://localhost/", "_a1", "#"] {
        let template = Template::over("#_a1").xml();
        let signed = idp.sign(&said.assertion(&template));
        let response = said.response("", &signed.replace(r##"URI="#_a1""##, &format!("URI=\"{uri}\"")));
        let error = refused(uri, read(&response, &idp));
        assert!(matches!(error, MessageError::Structure(_)), "{uri}: {error}");
    }
    let response = said.signed(&idp);
    let reference = &response[response.find("<ds:Reference").unwrap()..response.find("</ds:Reference>").unwrap() + 15];
    for (what, changed) in [
        ("two references", response.replace(reference, &format!("{reference}{reference}"))),
        ("no reference", response.replace(reference, "")),
        ("an object", response.replace("</ds:Signature>", "<ds:Object/></ds:Signature>")),
        ("a manifest", response.replace("</ds:SignedInfo>", "<ds:Manifest/></ds:SignedInfo>")),
        ("a prefixed ID", response.replace(r#" ID="_a1""#, r#" ID="_a1" xmlns:x="urn:x" x:ID="_a1""#)),
        ("no ID", response.replace(r#" ID="_a1""#, "")),
        (
            "two signatures",
            response.replace(
                "</saml:Assertion>",
                "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></saml:Assertion>",
            ),
        ),
    ] {
        let error = refused(what, read(&changed, &idp));
        assert!(matches!(error, MessageError::Structure(_)), "{what}: {error}");
    }
}

#[test]
fn an_attribute_with_a_prefix_hides_nothing_in_a_signature() {
    let idp = Identity::rsa();
    let response = Said::default().signed(&idp);
    let prefixed = |from: &str, to: &str| {
        assert!(response.contains(from), "{from} is not in {response}");
        response.replacen(from, to, 1).replacen("<samlp:Response ", "<samlp:Response xmlns:x=\"urn:x\" ", 1)
    };
    for changed in [
        prefixed("<ds:Reference URI", "<ds:Reference x:URI=\"Cargo.toml\" URI"),
        prefixed(
            "<ds:Transform Algorithm",
            "<ds:Transform x:Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\" Algorithm",
        ),
        prefixed("<ds:SignatureMethod Algorithm", "<ds:SignatureMethod x:Algorithm=\"urn:none\" Algorithm"),
    ] {
        let error = refused("prefixed", read(&changed, &idp));
        assert!(matches!(error, MessageError::Structure(_)), "{error}");
    }
}

#[test]
fn what_would_take_long_is_refused_before_it_is_begun() {
    let idp = Identity::rsa();
    let prefixes: String = (0..1_000).map(|number| format!("p{number} ")).collect();
    let kept = format!(
        r#"<ds:Transform Algorithm="{EXCLUSIVE}"><ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{prefixes}"/></ds:Transform>"#
    );
    let plain = format!(r#"<ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform>"#);
    let response = Said::default().signed(&idp).replace(&plain, &kept);
    assert!(matches!(refused("prefixes", read(&response, &idp)), MessageError::Structure(_)));
    let declared: String = (0..60).map(|number| format!(" xmlns:n{number}=\"urn:n\"")).collect();
    let response = Said::default().signed(&idp).replacen(" ID=", &format!("{declared} ID="), 1);
    assert!(matches!(refused("namespaces", read(&response, &idp)), MessageError::Xml(_)));
    let response = Said::default().signed(&idp).replacen(
        "</samlp:Status>",
        &format!("</samlp:Status>{}", "<a/>".repeat(30_000)),
        1,
    );
    assert!(matches!(refused("elements", read(&response, &idp)), MessageError::Xml(_)));
}

#[test]
fn document_types_and_bombs_are_refused() {
    let idp = Identity::rsa();
    let response = Said::default().signed(&idp);
    let entity = format!("<!DOCTYPE r [<!ENTITY a \"ada\">]>{}", response.replace("ada@", "&a;@"));
    assert!(matches!(refused("entity", read(&entity, &idp)), MessageError::Xml(_)));
    let attributes: String = (0..5_000).map(|number| format!(" a{number}=\"\"")).collect();
    let bomb = response.replacen(" ID=", &format!("{attributes} ID="), 1);
    assert!(matches!(refused("attributes", read(&bomb, &idp)), MessageError::Xml(_)));
    let large = response.replace("Ada Lovelace", &"A".repeat(300_000));
    assert!(matches!(refused("size", read(&large, &idp)), MessageError::TooLarge { .. }));
    for text in ["", "not xml", "<a/>", "\u{feff}", "<samlp:Response/>"] {
        refused(text, read(text, &idp));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is changed, the person is who was signed, or nobody.
    #[test]
    fn changes_never_make_another_person(at in any::<prop::sample::Index>(), length in 0_usize..40, text in "[ -~<>&;\"'/=]{0,40}") {
        thread_local! {
            static SIGNED: (Identity, String) = {
                let idp = Identity::rsa();
                let response = mallory().signed(&idp);
                (idp, response)
            };
        }
        SIGNED.with(|(idp, response)| {
            let at = at.index(response.len());
            let end = (at + length).min(response.len());
            let changed = format!("{}{text}{}", &response[..at], &response[end..]);
            if let Ok(login) = read(&changed, idp) {
                assert_eq!(login.name_id.value, "mallory@example.com");
                assert_eq!(login.attributes.len(), 2);
            }
        });
    }

    /// Anything at all is refused without a panic.
    #[test]
    fn arbitrary_text_is_refused(text in "\\PC{0,200}") {
        thread_local!(static IDP: Identity = Identity::rsa());
        IDP.with(|idp| {
            assert!(read(&text, idp).is_err());
            assert!(muster_saml::response::read(&text, &idp.signers(), None, &crate::idp::expected()).is_err());
        });
    }
}

//! Single Logout, both ways. Our own messages play the identity provider's.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use muster_saml::{
    MessageError, NameId, RedirectBinding, Signers, SigningKey,
    logout::{Ended, Expected, LogoutRequest, LogoutResponse, Message, Outcome, Received, read_form, read_redirect},
};

use crate::idp::{IDP, Identity, NOW, Template};

const SLO: &str = "https://muster.example.com/sso/saml/okta/slo";

fn expected() -> Expected<'static> {
    Expected { issuer: IDP, logout_url: SLO, now: NOW }
}

fn ada() -> NameId {
    NameId {
        value: "ada&<b>@example.com".to_owned(),
        format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".to_owned()),
        name_qualifier: Some(IDP.to_owned()),
        sp_name_qualifier: None,
    }
}

fn request(name_id: &NameId) -> LogoutRequest<'_> {
    LogoutRequest { id: "_l1", issued: NOW, issuer: IDP, destination: SLO, name_id, session_index: Some("_s1") }
}

fn response(outcome: Outcome) -> LogoutResponse<'static> {
    LogoutResponse { id: "_l2", issued: NOW, issuer: IDP, destination: SLO, in_response_to: "_l1", outcome }
}

fn query(url: &str) -> &str {
    url.split_once('?').unwrap().1
}

/// A redirect with a signature by this key.
fn signed_redirect(idp: &Identity, relay_state: Option<&str>) -> String {
    let key = SigningKey::new(&idp.private_pem).unwrap();
    let url = request(&ada()).redirect(RedirectBinding { relay_state, signing_key: Some(&key) }).unwrap();
    query(&url).to_owned()
}

fn ends() -> Message {
    Message::Ends(Ended { id: "_l1".to_owned(), name_id: ada(), session_indexes: vec!["_s1".to_owned()] })
}

#[test]
fn ses_4_a_signed_request_names_the_person_and_the_session() {
    let idp = Identity::rsa();
    let key = SigningKey::new(&idp.private_pem).unwrap();
    let form = request(&ada()).form_value(Some(&key)).unwrap();
    let from_form = read_form(&form, Some("theirs"), &idp.signers(), expected()).unwrap();
    let from_redirect = read_redirect(&signed_redirect(&idp, Some("theirs")), &idp.signers(), expected()).unwrap();
    let received = Received { message: ends(), relay_state: Some("theirs".to_owned()) };
    assert_eq!((from_form, from_redirect), (received.clone(), received));
    let without = read_redirect(&signed_redirect(&idp, None), &idp.signers(), expected()).unwrap();
    assert_eq!(without, Received { message: ends(), relay_state: None });
}

#[test]
fn nobody_is_signed_out_by_a_stranger() {
    let (idp, stranger) = (Identity::rsa(), Identity::rsa());
    let missing = |error: MessageError| assert!(error.to_string().contains("not signed"), "{error}");
    missing(read_form(&request(&ada()).form_value(None).unwrap(), None, &idp.signers(), expected()).unwrap_err());
    let unsigned = request(&ada()).redirect(RedirectBinding { relay_state: None, signing_key: None }).unwrap();
    missing(read_redirect(query(&unsigned), &idp.signers(), expected()).unwrap_err());
    let signed = signed_redirect(&idp, Some("k1"));
    for changed in [
        signed.replace("RelayState=k1", "RelayState=k2"),
        signed.replace("&RelayState=k1", ""),
        signed.replace("rsa-sha256", "rsa-sha512"),
        signed_redirect(&stranger, Some("k1")),
    ] {
        let error = read_redirect(&changed, &idp.signers(), expected()).unwrap_err();
        assert!(matches!(error, MessageError::Signature(_)), "{error}");
    }
    let key = SigningKey::new(&stranger.private_pem).unwrap();
    let form = request(&ada()).form_value(Some(&key)).unwrap();
    let error = read_form(&form, None, &idp.signers(), expected()).unwrap_err();
    assert!(matches!(error, MessageError::Signature(_)), "{error}");
}

#[test]
fn a_query_says_each_thing_once() {
    let idp = Identity::rsa();
    let signed = signed_redirect(&idp, Some("k1"));
    let read = |query: &str| read_redirect(query, &idp.signers(), expected());
    assert!(read(&format!("{signed}&other=1")).is_ok(), "what is not of SAML is passed over");
    for query in [
        format!("{signed}&RelayState=k1"),
        format!("{signed}&SAMLRequest=x"),
        format!("{signed}&SAMLResponse=x"),
        signed.split_once("&Signature=").unwrap().0.to_owned(),
        signed.split_once("&SigAlg=").unwrap().0.to_owned() + "&Signature=AAAA",
        signed.replace("SAMLRequest=", "SAMLresponse="),
        String::new(),
    ] {
        let error = read(&query).unwrap_err();
        assert!(matches!(error, MessageError::Structure(_)), "{query}: {error}");
    }
    for (query, algorithm) in [
        (signed.replace("rsa-sha256", "rsa-sha1"), "rsa-sha1"),
        (signed.replace("xmldsig-more", "xmldsig"), "xmldsig#"),
        (signed.replace("rsa-sha256", "hmac-sha256"), "hmac"),
    ] {
        let error = read(&query).unwrap_err();
        assert!(matches!(&error, MessageError::Algorithm(named) if named.contains(algorithm)), "{error}");
    }
    // A request that came under the response's name.
    let unsigned = response(Outcome::Ended).redirect(RedirectBinding { relay_state: None, signing_key: None }).unwrap();
    let error = read(&query(&unsigned).replace("SAMLResponse", "SAMLRequest")).unwrap_err();
    assert!(matches!(error, MessageError::Structure(_)), "{error}");
}

#[test]
fn ecdsa_signs_queries_too() {
    let idp = Identity::ec(&rcgen::PKCS_ECDSA_P256_SHA256);
    let url = request(&ada()).redirect(RedirectBinding { relay_state: None, signing_key: None }).unwrap();
    let method = "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23ecdsa-sha256";
    let signed = format!("{}&SigAlg={method}", query(&url));
    let der =
        STANDARD.decode(idp.private_pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap();
    let signature = pair.sign(&aws_lc_rs::rand::SystemRandom::new(), signed.as_bytes()).unwrap();
    // With the plus signs of Base64 as some send them.
    let signed = format!("{signed}&Signature={}", STANDARD.encode(signature.as_ref()).replace('=', "%3D"));
    assert_eq!(read_redirect(&signed, &idp.signers(), expected()).unwrap().message, ends());
    let both = Signers::new([Identity::rsa().certificate.as_slice(), idp.certificate.as_slice()]).unwrap();
    assert!(read_redirect(&signed, &both, expected()).is_ok());
}

#[test]
fn what_is_for_another_or_over_is_refused() {
    let idp = Identity::rsa();
    let read = |change: &dyn Fn(String) -> String| {
        let template = Template::over("#_l1").xml();
        let plain = String::from_utf8(STANDARD.decode(request(&ada()).form_value(None).unwrap()).unwrap()).unwrap();
        let xml = change(plain).replacen("</saml:Issuer>", &format!("</saml:Issuer>{template}"), 1);
        read_form(&STANDARD.encode(idp.sign(&xml)), None, &idp.signers(), expected())
    };
    let swap = |from: &'static str, to: &'static str| {
        read(&move |xml: String| {
            assert!(xml.contains(from), "{from} is not in {xml}");
            xml.replace(from, to)
        })
    };
    assert!(read(&|xml| xml).is_ok());
    assert!(matches!(swap("<saml:Issuer>https://idp", "<saml:Issuer>https://other"), Err(MessageError::Issuer { .. })));
    assert!(matches!(swap("/okta/slo", "/entra/slo"), Err(MessageError::Address { .. })));
    assert!(matches!(swap(r#"Version="2.0""#, r#"Version="1.1""#), Err(MessageError::Version(_))));
    let over = swap(" Destination=", r#" NotOnOrAfter="2026-11-22T09:58:00Z" Destination="#);
    assert!(matches!(over, Err(MessageError::Expired { .. })), "{over:?}");
    assert!(swap(" Destination=", r#" NotOnOrAfter="2026-11-22T10:05:00Z" Destination="#).is_ok());
    let issued = r#"IssueInstant="2026-11-22T10:00:00Z""#;
    assert!(matches!(swap(issued, r#"IssueInstant="2026-11-22T09:53:00Z""#), Err(MessageError::Expired { .. })));
    assert!(matches!(swap(issued, r#"IssueInstant="2026-11-22T10:02:00Z""#), Err(MessageError::NotYetValid { .. })));
    assert!(swap(issued, r#"IssueInstant="2026-11-22T09:55:00Z""#).is_ok());
    let nowhere = format!(r#" Destination="{SLO}""#);
    assert!(matches!(read(&|xml: String| xml.replace(&nowhere, "")), Err(MessageError::Missing(_))));
    assert!(matches!(swap("NameID", "BaseID"), Err(MessageError::Missing(_))));
    assert!(matches!(swap("LogoutRequest", "Response"), Err(MessageError::Structure(_))));
    let many = format!("{}</samlp:SessionIndex>", "</samlp:SessionIndex><samlp:SessionIndex>_s".repeat(101));
    let many = read(&|xml: String| xml.replacen("</samlp:SessionIndex>", &many, 1));
    assert!(matches!(many, Err(MessageError::Structure(_))), "{many:?}");
}

#[test]
fn an_answer_is_heard_and_nothing_depends_on_it() {
    let idp = Identity::rsa();
    let heard = |outcome: Outcome| {
        let url = response(outcome).redirect(RedirectBinding { relay_state: Some("k1"), signing_key: None }).unwrap();
        let from_redirect = read_redirect(query(&url), &idp.signers(), expected()).unwrap();
        let from_form = read_form(&response(outcome).form_value(None).unwrap(), Some("k1"), &idp.signers(), expected());
        assert_eq!(from_form.unwrap(), from_redirect);
        match from_redirect.message {
            Message::Heard { in_response_to, is_success } => (in_response_to.unwrap(), is_success),
            Message::Ends(_) => panic!("an answer ended a session"),
        }
    };
    assert_eq!(heard(Outcome::Ended), ("_l1".to_owned(), true));
    assert_eq!(heard(Outcome::Partly), ("_l1".to_owned(), false));
    assert_eq!(heard(Outcome::Refused), ("_l1".to_owned(), false));
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let idp = Identity::rsa();
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b'a'; 64 << 20], 9);
    let packed = STANDARD.encode(bomb).replace('+', "%2B");
    let error = read_redirect(&format!("SAMLRequest={packed}"), &idp.signers(), expected()).unwrap_err();
    assert_eq!(error, MessageError::Encoding);
}

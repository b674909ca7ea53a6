//! Responses that are signed by the right key and still not for us, not now, or not for this browser.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_saml::{Expected, MessageError, response};

use crate::idp::{ACS, IDP, Identity, NOW, REQUEST, SP, Said, expected, read};

/// What is refused when `change` has been made to what is said, in a signed assertion.
fn refused(change: impl Fn(&mut Said)) -> MessageError {
    let idp = Identity::rsa();
    let mut said = Said::default();
    change(&mut said);
    read(&said.signed(&idp), &idp).unwrap_err()
}

/// Replaces a piece that must be there.
fn swap(text: &mut String, from: &str, to: &str) {
    assert!(text.contains(from), "`{from}` is not in `{text}`");
    *text = text.replace(from, to);
}

#[test]
fn sso_1_another_issuer_audience_or_address_is_refused() {
    let issuer = refused(|said| swap(&mut said.issuer, IDP, "https://idp.example.com/saml/other"));
    assert!(matches!(issuer, MessageError::Issuer { .. }), "{issuer}");
    let audience = refused(|said| swap(&mut said.conditions, SP, "https://other.example.com"));
    assert_eq!(audience.to_string(), format!("the audience is `https://other.example.com` and not `{SP}`"));
    // One that only begins alike is another.
    for other in
        [&format!("{ACS}.evil.example"), &ACS[..ACS.len() - 1], "https://muster.example.com/sso/saml/entra/acs"]
    {
        let recipient = refused(|said| swap(&mut said.subject, ACS, other));
        assert!(matches!(recipient, MessageError::Address { what: "`Recipient`", .. }), "{recipient}");
        let destination = refused(|said| swap(&mut said.response_attributes, ACS, other));
        assert!(matches!(destination, MessageError::Address { what: "`Destination`", .. }), "{destination}");
    }
}

#[test]
fn each_audience_restriction_must_name_us_and_any_audience_of_one_may() {
    let idp = Identity::rsa();
    let mut said = Said::default();
    let other = "<saml:Audience>https://other.example.com</saml:Audience>";
    swap(&mut said.conditions, "<saml:AudienceRestriction>", &format!("<saml:AudienceRestriction>{other}"));
    assert!(read(&said.signed(&idp), &idp).is_ok());
    let restriction = format!("<saml:AudienceRestriction>{other}</saml:AudienceRestriction></saml:Conditions>");
    let two = refused(|said| swap(&mut said.conditions, "</saml:Conditions>", &restriction));
    assert!(matches!(two, MessageError::Audience { .. }), "{two}");
    let none = refused(|said| said.conditions = said.conditions.replace("AudienceRestriction", "OneTimeUse"));
    assert_eq!(none.to_string(), "the assertion has no `AudienceRestriction`");
}

#[test]
fn sso_7_only_the_request_of_this_browser_is_answered() {
    let (idp, said) = (Identity::rsa(), Said::default());
    let text = STANDARD.encode(said.signed(&idp));
    let read = |request| response::read(&text, &idp.signers(), None, &Expected { request, ..expected() });
    assert!(read(Some(REQUEST)).is_ok());
    for other in [Some("_another"), None] {
        let error = read(other).unwrap_err();
        assert!(matches!(error, MessageError::InResponseTo { .. }), "{error}");
    }
    // In the assertion, too, which is what is signed.
    let assertion = refused(|said| swap(&mut said.subject, REQUEST, "_another"));
    assert!(matches!(assertion, MessageError::InResponseTo { what: "the subject's confirmation", .. }), "{assertion}");
    let missing = refused(|said| swap(&mut said.subject, &format!(r#"InResponseTo="{REQUEST}""#), ""));
    assert!(matches!(missing, MessageError::InResponseTo { found: None, .. }), "{missing}");
}

#[test]
fn sso_3_what_answers_no_request_is_taken_only_where_none_was_made() {
    let idp = Identity::rsa();
    let mut said = Said::default();
    let answers = format!(r#"InResponseTo="{REQUEST}""#);
    swap(&mut said.subject, &answers, "");
    swap(&mut said.response_attributes, &answers, "");
    let text = STANDARD.encode(said.signed(&idp));
    let read = |request| response::read(&text, &idp.signers(), None, &Expected { request, ..expected() });
    assert!(read(None).is_ok());
    assert!(matches!(read(Some(REQUEST)), Err(MessageError::InResponseTo { .. })));
}

#[test]
fn times_hold_to_the_second_with_a_minute_of_skew() {
    let (idp, said) = (Identity::rsa(), Said::default());
    let text = STANDARD.encode(said.signed(&idp));
    let read = |now| response::read(&text, &idp.signers(), None, &Expected { now, ..expected() });
    let (start, end) = (NOW - 5 * 60 - response::SKEW, NOW + 5 * 60 + response::SKEW);
    assert!(read(start).is_ok() && read(end - 1).is_ok());
    assert!(matches!(read(start - 1), Err(MessageError::NotYetValid { .. })));
    assert!(matches!(read(end), Err(MessageError::Expired { .. })));
    assert!(read(i64::MIN).is_err() && read(i64::MAX).is_err());
    // The response can be forgotten when it would be refused anyway.
    assert_eq!(read(NOW).unwrap().usable_until, end);
}

#[test]
fn unreadable_times_refuse() {
    for (from, to) in [
        ("2026-11-22T09:55:00Z", "yesterday"),
        ("2026-11-22T10:05:00Z", "2026-11-22T10:05:00"),
        ("2026-11-22T09:55:00Z", ""),
    ] {
        let error = refused(|said| swap(&mut said.conditions, from, to));
        assert!(matches!(error, MessageError::Time { .. }), "{error}");
    }
    let error = refused(|said| swap(&mut said.statements, "2026-11-22T18:00:00Z", "later"));
    assert!(matches!(error, MessageError::Time { what: "SessionNotOnOrAfter", .. }), "{error}");
}

#[test]
fn ses_2_a_session_that_is_over_is_not_begun_and_the_earliest_end_counts() {
    let error = refused(|said| swap(&mut said.statements, "2026-11-22T18:00:00Z", "2026-11-22T10:00:00Z"));
    assert!(matches!(error, MessageError::Expired { what: "`SessionNotOnOrAfter`", .. }), "{error}");
    let idp = Identity::rsa();
    let mut said = Said::default();
    said.statements +=
        r#"<saml:AuthnStatement AuthnInstant="2026-11-22T09:59:00Z" SessionNotOnOrAfter="2026-11-22T11:00:00Z"/>"#;
    let login = read(&said.signed(&idp), &idp).unwrap();
    assert_eq!(login.session_not_on_or_after, Some(NOW + 60 * 60));
}

#[test]
fn what_must_be_there_is_missed() {
    let missing = |error: MessageError, what: &str| {
        assert!(matches!(error, MessageError::Missing(_)) && error.to_string().contains(what), "{error}");
    };
    missing(refused(|said| said.conditions.clear()), "`Conditions`");
    missing(refused(|said| said.subject.clear()), "`Subject`");
    missing(refused(|said| said.statements = String::new()), "`AuthnStatement`");
    missing(refused(|said| swap(&mut said.subject, "ada@example.com", "")), "`NameID`");
    missing(refused(|said| swap(&mut said.subject, "ada@example.com", " \n ")), "`NameID`");
    missing(refused(|said| swap(&mut said.subject, "cm:bearer", "cm:holder-of-key")), "bearer");
    missing(refused(|said| swap(&mut said.subject, r#"NotOnOrAfter="2026-11-22T10:05:00Z""#, "")), "`NotOnOrAfter`");
    missing(refused(|said| swap(&mut said.subject, &format!(r#"Recipient="{ACS}""#), "")), "`Recipient`");
    missing(refused(|said| said.status.clear()), "status");
    let version = refused(|said| said.version = "1.1".to_owned());
    assert_eq!(version, MessageError::Version("1.1".to_owned()));
    let not_before =
        refused(|said| swap(&mut said.subject, "NotOnOrAfter", r#"NotBefore="2026-11-22T09:00:00Z" NotOnOrAfter"#));
    assert!(matches!(not_before, MessageError::Structure(_)), "{not_before}");
    let condition =
        refused(|said| swap(&mut said.conditions, "</saml:Conditions>", "<saml:Condition/></saml:Conditions>"));
    assert_eq!(condition, MessageError::Condition("Condition".to_owned()));
    let idp = Identity::rsa();
    let nowhere = Said { response_attributes: format!(r#"InResponseTo="{REQUEST}""#), ..Said::default() };
    missing(read(&nowhere.response_signed(&idp), &idp).unwrap_err(), "`Destination`");
    assert!(read(&nowhere.signed(&idp), &idp).is_ok(), "an unsigned `Destination` proves nothing, so it may be absent");
}

#[test]
fn sso_13_a_failure_at_the_identity_provider_is_told_in_its_words() {
    let failed = |status: &str| {
        let said = Said { status: status.to_owned(), ..Said::default() };
        read(&said.response("", ""), &Identity::rsa()).unwrap_err()
    };
    let error = failed(
        r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode><samlp:StatusMessage>not assigned</samlp:StatusMessage></samlp:Status>"#,
    );
    assert_eq!(
        error.to_string(),
        "the identity provider answers `urn:oasis:names:tc:SAML:2.0:status:AuthnFailed`: not assigned"
    );
    // A success that says nothing is none.
    let nothing = failed(&Said::default().status);
    assert_eq!(nothing.to_string(), "the response holds no assertion");
}

#[test]
fn the_authentication_that_was_asked_for_must_have_happened() {
    let (idp, said) = (Identity::rsa(), Said::default());
    let text = STANDARD.encode(said.signed(&idp));
    let read = |contexts: &[&str]| {
        let authn_contexts: Vec<_> = contexts.iter().map(|one| (*one).to_owned()).collect();
        response::read(&text, &idp.signers(), None, &Expected { authn_contexts: &authn_contexts, ..expected() })
    };
    let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    assert!(read(&["urn:other", password]).is_ok());
    assert!(matches!(read(&["https://refeds.org/profile/mfa"]), Err(MessageError::AuthnContext { .. })));
}

#[test]
fn sso_4_values_that_are_no_text_are_named_and_passed_over() {
    let idp = Identity::rsa();
    let mut said = Said::default();
    swap(
        &mut said.statements,
        "<saml:AttributeStatement>",
        r#"<saml:AttributeStatement><saml:EncryptedAttribute/><saml:Attribute Name="nested"><saml:AttributeValue><saml:NameID>x</saml:NameID></saml:AttributeValue></saml:Attribute><saml:Attribute Name="empty"><saml:AttributeValue/></saml:Attribute>"#,
    );
    let login = read(&said.signed(&idp), &idp).unwrap();
    assert_eq!(login.unread, ["EncryptedAttribute", "nested"]);
    let values = |name: &str| login.attributes.iter().find(|one| one.name == name).unwrap().values.len();
    assert_eq!((values("nested"), values("empty"), values("name")), (0, 0, 1));
}

#[test]
fn jit_3_thousands_of_groups_are_read_as_identity_providers_write_them() {
    let idp = Identity::rsa();
    let mut said = Said::default();
    // With both namespaces declared at each value, as Okta and Keycloak do.
    let value = |number| {
        format!(
            r#"<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:string">moby:team-{number}</saml:AttributeValue>"#
        )
    };
    let values: String = (0..1_000).map(value).collect();
    swap(&mut said.statements, "<saml:AttributeValue>moby:developers</saml:AttributeValue>", &values);
    let login = read(&said.signed(&idp), &idp).unwrap();
    assert_eq!(login.attributes.iter().find(|one| one.name == "groups").unwrap().values.len(), 1_002);
}

#[test]
fn sso_7_an_assertion_is_kept_as_long_as_any_of_its_confirmations_could_let_it_in() {
    let idp = Identity::rsa();
    let mut said = Said::default();
    let start = said.subject.find("<saml:SubjectConfirmation ").unwrap();
    let end = said.subject.find("</saml:SubjectConfirmation>").unwrap() + "</saml:SubjectConfirmation>".len();
    let longer = said.subject[start..end].replace("10:05:00Z", "18:00:00Z");
    said.subject.insert_str(end, &longer);
    swap(&mut said.conditions, r#" NotOnOrAfter="2026-11-22T10:05:00Z""#, "");
    assert_eq!(read(&said.signed(&idp), &idp).unwrap().usable_until, NOW + 8 * 60 * 60 + response::SKEW);
}

//! Responses (saml-core-2.0 §3.3.3), right ones and wrong ones.

use std::borrow::Cow;

use super::{
    instant,
    signature::{encrypt, template},
    xml::escaped,
};
use crate::sso::{
    Fault, Flavour, NameIdKind, Profile, SamlApplication, Signs, SsoError,
    keys::{Keys, SigningKey},
    random,
};

/// Somebody else's address.
const ELSEWHERE: &str = "https://another-application.example.com/saml/acs";
/// Somebody else's entity ID.
const ANOTHER: &str = "https://another-application.example.com/saml/metadata";
/// How long an assertion may be taken, in seconds.
const USABLE: i64 = 5 * 60;
/// How far the clock is off where it is, in seconds.
const SKEW: i64 = 10 * 60;
/// How a person is said to have been authenticated unless asked for.
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// What is to be said, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The application that asked.
    pub application: &'a SamlApplication,
    /// The ID of its request; `None` where nobody asked.
    pub request: Option<&'a str>,
    /// Where the answer goes.
    pub acs_url: &'a str,
    /// The person.
    pub profile: &'a Profile,
    /// What to do wrong.
    pub fault: Option<Fault>,
    /// The name of the session here.
    pub session_index: &'a str,
    /// How the person is said to have been authenticated.
    pub authn_context: Option<&'a str>,
}

/// What the answer is made with.
pub(crate) struct Made<'m> {
    pub(crate) entity_id: &'m str,
    pub(crate) keys: &'m mut Keys,
    /// Now, in seconds since 1970.
    pub(crate) now: i64,
}

/// The response as XML.
pub(crate) fn response(answer: &Answer<'_>, made: &mut Made<'_>) -> Result<String, SsoError> {
    let written = Written::new(answer, made)?;
    let application = answer.application;
    let key = match answer.fault {
        Some(Fault::RotatedKey) => made.keys.next()?.of(application.algorithm),
        Some(Fault::UnknownSigner) => made.keys.stranger()?,
        Some(Fault::ExpiredCertificate) => made.keys.over()?,
        _ => made.keys.present().of(application.algorithm),
    };
    let is_signed = answer.fault != Some(Fault::Unsigned);
    let signs_response = is_signed && application.signs != Signs::Assertion;
    if answer.fault == Some(Fault::Denied) {
        return written.signed_response("", signs_response.then_some(key));
    }
    let signs_assertion = is_signed && application.signs != Signs::Response;
    let mut assertion = written.assertion(&written.assertion_id, signs_assertion.then_some(key));
    if signs_assertion {
        assertion = key.sign_xml(&assertion)?;
        assertion = written.tampered(assertion);
    }
    if answer.fault == Some(Fault::Wrapped) {
        assertion = format!("{}{assertion}", written.assertion(&random::message_id()?, None));
    } else if let Some(certificate) = application.encryption_certificates.first() {
        assertion = encrypt(&assertion, certificate)?;
    }
    let response = written.signed_response(&assertion, signs_response.then_some(key))?;
    Ok(if signs_assertion { response } else { written.tampered(response) })
}

/// The pieces, with the fault in them.
struct Written<'a> {
    answer: &'a Answer<'a>,
    response_id: String,
    assertion_id: String,
    issuer: &'a str,
    /// What the clock shows here.
    now: i64,
}

impl<'a> Written<'a> {
    fn new(answer: &'a Answer<'a>, made: &Made<'a>) -> Result<Self, SsoError> {
        let now = match answer.fault {
            Some(Fault::SkewedClock) => made.now.saturating_add(SKEW),
            Some(Fault::Expired) => made.now.saturating_sub(SKEW),
            _ => made.now,
        };
        let issuer = if answer.fault == Some(Fault::WrongIssuer) { ANOTHER } else { made.entity_id };
        Ok(Self { answer, response_id: random::message_id()?, assertion_id: random::message_id()?, issuer, now })
    }

    fn has(&self, fault: Fault) -> bool {
        self.answer.fault == Some(fault)
    }

    /// The attribute that names the request, if there is one.
    fn in_response_to(&self) -> String {
        let request = if self.has(Fault::WrongRequest) { Some("_nobody_asked_this") } else { self.answer.request };
        request.map(|id| format!(" InResponseTo=\"{}\"", escaped(id))).unwrap_or_default()
    }

    fn signed_response(&self, inner: &str, key: Option<&SigningKey>) -> Result<String, SsoError> {
        let status = if self.has(Fault::Denied) {
            "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode \
             Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></samlp:StatusCode><samlp:StatusMessage>the person \
             is not assigned to this application</samlp:StatusMessage>"
        } else {
            "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>"
        };
        let destination = if self.has(Fault::WrongDestination) { ELSEWHERE } else { self.answer.acs_url };
        let xml = format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{}\" \
             Destination=\"{}\"{}><saml:Issuer>{}</saml:Issuer>{}<samlp:Status>{status}</samlp:Status>{inner}\
             </samlp:Response>",
            self.response_id,
            instant(self.now),
            escaped(destination),
            self.in_response_to(),
            escaped(self.issuer),
            key.map(|key| template(&self.response_id, key)).unwrap_or_default(),
        );
        key.map_or(Ok(xml.clone()), |key| key.sign_xml(&xml))
    }

    /// An assertion, with room for a signature or none.
    fn assertion(&self, id: &str, key: Option<&SigningKey>) -> String {
        let answer = self.answer;
        let audience = if self.has(Fault::WrongAudience) { ANOTHER } else { &answer.application.entity_id };
        format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{}\"><saml:Issuer>{}</saml:Issuer>{}{}<saml:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{}\">\
             <saml:AudienceRestriction><saml:Audience>{}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AuthnStatement AuthnInstant=\"{}\" SessionIndex=\"{}\"><saml:AuthnContext><saml:AuthnContextClassRef>{}\
             </saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{}</saml:Assertion>",
            instant(self.now),
            escaped(self.issuer),
            key.map(|key| template(id, key)).unwrap_or_default(),
            self.subject(),
            instant(self.now.saturating_sub(30)),
            instant(self.now.saturating_add(USABLE)),
            escaped(audience),
            instant(self.now),
            escaped(answer.session_index),
            escaped(answer.authn_context.unwrap_or(PASSWORD)),
            self.attributes(),
        )
    }

    fn subject(&self) -> String {
        let profile = self.answer.profile;
        let (kind, name) = if self.has(Fault::MissingEmail) {
            (NameIdKind::Persistent, profile.subject.as_str())
        } else {
            (profile.name_id, profile.name_id())
        };
        let recipient = if self.has(Fault::WrongRecipient) { ELSEWHERE } else { self.answer.acs_url };
        format!(
            "<saml:Subject><saml:NameID Format=\"{}\">{}</saml:NameID><saml:SubjectConfirmation \
             Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData Recipient=\"{}\"{} \
             NotOnOrAfter=\"{}\"/></saml:SubjectConfirmation></saml:Subject>",
            kind.uri(),
            escaped(name),
            escaped(recipient),
            self.in_response_to(),
            instant(self.now.saturating_add(USABLE)),
        )
    }

    /// The attributes under the names of the flavour (SSO-4).
    fn attributes(&self) -> String {
        let profile = self.answer.profile;
        let mut stated: Vec<(Cow<'static, str>, Vec<&str>)> = Vec::new();
        let mut state = |name: Cow<'static, str>, value: &'a str| {
            if !value.is_empty() {
                stated.push((name, vec![value]));
            }
        };
        let email = if self.has(Fault::MissingEmail) { "" } else { profile.email.as_str() };
        let full_name = profile.full_name();
        let is_entra = self.answer.application.flavour == Flavour::Entra;
        if is_entra {
            state(claim("emailaddress"), email);
            state(claim("name"), email);
            state(claim("givenname"), &profile.given_name);
            state(claim("surname"), &profile.family_name);
        } else {
            state("email".into(), email);
        }
        state("dockerOrg".into(), &profile.organization);
        state("dockerTeam".into(), &profile.team);
        state("dockerRole".into(), &profile.role);
        state("dockerSessionMinutes".into(), &profile.session_minutes);
        if !is_entra && !full_name.is_empty() {
            stated.push(("name".into(), vec![&full_name]));
        }
        if self.has(Fault::Overage) {
            let link = "https://graph.windows.net/tenant/users/person/getMemberObjects";
            stated.push(("http://schemas.microsoft.com/claims/groups.link".into(), vec![link]));
        } else if self.has(Fault::MalformedGroups) {
            stated.push((self.groups_name(), vec!["Everyone", "moby developers"]));
        } else if let Some(groups) = &profile.groups {
            stated.push((self.groups_name(), groups.iter().map(String::as_str).collect()));
        }
        if stated.is_empty() {
            return String::new();
        }
        let attributes: String = stated.iter().map(|(name, values)| attribute(name, values)).collect();
        format!("<saml:AttributeStatement>{attributes}</saml:AttributeStatement>")
    }

    fn groups_name(&self) -> Cow<'static, str> {
        match self.answer.application.flavour {
            Flavour::Entra => "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups".into(),
            Flavour::Google => "Groups".into(),
            Flavour::Okta | Flavour::Keycloak => "groups".into(),
        }
    }

    /// What was signed, with another time in it.
    fn tampered(&self, xml: String) -> String {
        if !self.has(Fault::Tampered) {
            return xml;
        }
        let (right, wrong) = (instant(self.now), instant(self.now.saturating_add(1)));
        let stated = |time: &str| format!("IssueInstant=\"{time}\"");
        xml.replacen(&stated(&right), &stated(&wrong), 1)
    }
}

/// A claim of WS-Federation.
fn claim(name: &str) -> Cow<'static, str> {
    format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/{name}").into()
}

fn attribute(name: &str, values: &[&str]) -> String {
    let values: String = values
        .iter()
        .map(|value| {
            format!(
                "<saml:AttributeValue xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"xs:string\">{}</saml:AttributeValue>",
                escaped(value)
            )
        })
        .collect();
    format!("<saml:Attribute Name=\"{}\">{values}</saml:Attribute>", escaped(name))
}

//! Single Logout (saml-profiles-2.0 §4.4), begun by a service provider or here.

use super::{
    instant, message,
    xml::{ASSERTION, Node, PROTOCOL, escaped, parse},
};
use crate::sso::{NameIdKind, SsoError, keys::SigningKey, random};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// What a logout message says.
pub(crate) enum Said {
    /// Sessions are to end.
    Request(LogoutRequest),
    /// A request of ours was answered.
    Response { is_success: bool },
}

/// A service provider's request.
pub(crate) struct LogoutRequest {
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) name_id: String,
    pub(crate) session_index: Option<String>,
}

/// Who was signed in to which application, under which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Participant {
    pub(crate) entity_id: String,
    pub(crate) name_id: String,
    pub(crate) kind: NameIdKind,
}

/// Reads a logout message.
pub(crate) fn read_logout(xml: &str) -> Result<Said, SsoError> {
    let doc = parse(xml)?;
    let root = Node::root(&doc)?;
    let missing = |what: &str| SsoError::Refused(format!("the logout message has no {what}"));
    if root.is(PROTOCOL, "LogoutResponse") {
        let status = root.first(PROTOCOL, "Status").and_then(|status| status.first(PROTOCOL, "StatusCode"));
        return Ok(Said::Response { is_success: status.is_some_and(|code| code.attribute("Value") == Some(SUCCESS)) });
    }
    if !root.is(PROTOCOL, "LogoutRequest") {
        return Err(SsoError::Refused("the message is neither `LogoutRequest` nor `LogoutResponse`".to_owned()));
    }
    let text = |namespace, name| root.first(namespace, name).and_then(Node::text).map(str::to_owned);
    Ok(Said::Request(LogoutRequest {
        id: root.attribute("ID").ok_or_else(|| missing("`ID`"))?.to_owned(),
        issuer: text(ASSERTION, "Issuer").ok_or_else(|| missing("`Issuer`"))?,
        name_id: text(ASSERTION, "NameID").ok_or_else(|| missing("`NameID`"))?,
        session_index: text(PROTOCOL, "SessionIndex"),
    }))
}

/// The address to send a browser to with a request that a session end.
pub(crate) fn logout_request(
    to: &str,
    participant: &Participant,
    session_index: &str,
    sender: &Sender<'_>,
) -> Result<String, SsoError> {
    let body = format!(
        "<saml:NameID Format=\"{}\">{}</saml:NameID><samlp:SessionIndex>{}</samlp:SessionIndex>",
        participant.kind.uri(),
        escaped(&participant.name_id),
        escaped(session_index)
    );
    let xml = sender.message("LogoutRequest", to, "", &body)?;
    message::redirect(to, "SAMLRequest", &xml, None, sender.key)
}

/// The address to send a browser to with the answer to a request.
pub(crate) fn logout_response(
    to: &str,
    request: &str,
    relay_state: Option<&str>,
    sender: &Sender<'_>,
) -> Result<String, SsoError> {
    let answers = format!(" InResponseTo=\"{}\"", escaped(request));
    let status = format!("<samlp:Status><samlp:StatusCode Value=\"{SUCCESS}\"/></samlp:Status>");
    let xml = sender.message("LogoutResponse", to, &answers, &status)?;
    message::redirect(to, "SAMLResponse", &xml, relay_state, sender.key)
}

/// Who sends a logout message, and when.
pub(crate) struct Sender<'s> {
    pub(crate) entity_id: &'s str,
    pub(crate) key: &'s SigningKey,
    /// Now, in seconds since 1970.
    pub(crate) now: i64,
}

impl Sender<'_> {
    fn message(&self, name: &str, to: &str, attributes: &str, body: &str) -> Result<String, SsoError> {
        Ok(format!(
            "<samlp:{name} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{}\" \
             Destination=\"{}\"{attributes}><saml:Issuer>{}</saml:Issuer>{body}</samlp:{name}>",
            random::message_id()?,
            instant(self.now),
            escaped(to),
            escaped(self.entity_id),
        ))
    }
}

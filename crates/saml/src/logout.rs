//! Single Logout, both ways (saml-profiles-2.0 §4.4): a request to end a person's sessions, and the answer to one.
//!
//! A request must be signed, or anybody could sign anybody out. Of an answer nothing depends: the session here has ended
//! before the identity provider was asked.

use bergshamra::c14n::C14nMode;

use crate::{
    binding::{self, Head, Kind, RedirectBinding},
    bounds,
    certificate::{Signers, SigningKey},
    error::MessageError,
    response::{
        NameId, SKEW,
        assertion::{Instant, issuer, name_id, required, version},
        profile::SUCCESS,
    },
    signature::{self, canonical, structure},
    xml::{Node, PROTOCOL, escaped},
};

const PARTIAL: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
/// How old a request may be, in seconds: it travels through a browser.
const FRESH: i64 = 5 * 60;
/// The most sessions that one request names.
const SESSIONS: usize = 100;

/// What a logout message must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'e> {
    /// The entity ID of the connection's identity provider.
    pub issuer: &'e str,
    /// Where the message came in.
    pub logout_url: &'e str,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// A message of the identity provider, with what came beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What it says.
    pub message: Message,
    /// What is to go back with the answer, as it came.
    pub relay_state: Option<String>,
}

/// What an identity provider says of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// They are to end.
    Ends(Ended),
    /// It has heard of the end of ours.
    Heard {
        /// The ID of our request.
        in_response_to: Option<String>,
        /// Whether all of the person's sessions have ended.
        is_success: bool,
    },
}

/// Whose sessions are to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The request's ID, which the answer must name.
    pub id: String,
    /// The person.
    pub name_id: NameId,
    /// The sessions, as the assertions named them; all of the person's if there is none.
    pub session_indexes: Vec<String>,
}

/// Reads a logout message from a form's `SAMLRequest` or `SAMLResponse`.
///
/// # Errors
///
/// [`MessageError`] for whatever is wrong first.
pub fn read_form(
    value: &str,
    relay_state: Option<&str>,
    signers: &Signers,
    expected: Expected<'_>,
) -> Result<Received, MessageError> {
    let text = binding::read_form(value)?;
    let doc = bounds::parse(&text).map_err(MessageError::Xml)?;
    let root = Node::root(&doc).ok_or(MessageError::Structure("it is empty"))?;
    let is_signed = structure::message(root)?;
    let message = if is_signed {
        signature::verify(root, &text, 1, signers)?;
        let signed = canonical(root, C14nMode::Exclusive)?;
        let doc = bounds::parse(&signed).map_err(MessageError::Xml)?;
        read(Node::root(&doc).ok_or(MessageError::Structure("it is empty"))?, true, expected)?
    } else {
        read(root, false, expected)?
    };
    Ok(Received { message, relay_state: relay_state.map(str::to_owned) })
}

/// Reads a logout message from the query of a redirect as it came, still encoded.
///
/// # Errors
///
/// As [`read_form`].
pub fn read_redirect(query: &str, signers: &Signers, expected: Expected<'_>) -> Result<Received, MessageError> {
    let redirected = binding::read_redirect(query, signers)?;
    let doc = bounds::parse(&redirected.text).map_err(MessageError::Xml)?;
    let root = Node::root(&doc).ok_or(MessageError::Structure("it is empty"))?;
    let message = read(root, redirected.is_signed, expected)?;
    let kind = match message {
        Message::Ends(_) => Kind::Request,
        Message::Heard { .. } => Kind::Response,
    };
    if kind != redirected.kind {
        return Err(MessageError::Structure("a request came as a response, or the reverse"));
    }
    Ok(Received { message, relay_state: redirected.relay_state })
}

fn read(root: Node<'_, '_>, is_signed: bool, expected: Expected<'_>) -> Result<Message, MessageError> {
    version(root)?;
    let found = issuer(root)?.ok_or(MessageError::Missing("the message has no `Issuer`"))?;
    if found != expected.issuer {
        return Err(MessageError::Issuer { expected: expected.issuer.to_owned(), found });
    }
    let destination = root.attribute("Destination");
    if let Some(found) = destination.filter(|found| *found != expected.logout_url) {
        let found = found.chars().take(500).collect();
        return Err(MessageError::Address { what: "`Destination`", expected: expected.logout_url.to_owned(), found });
    }
    if root.is(PROTOCOL, "LogoutResponse") {
        let code = root.only(PROTOCOL, "Status").and_then(|status| status.only(PROTOCOL, "StatusCode"));
        let says = |code: Node<'_, '_>, value| code.attribute("Value") == Some(value);
        let partly = |code: Node<'_, '_>| code.named(PROTOCOL, "StatusCode").any(|inner| says(inner, PARTIAL));
        return Ok(Message::Heard {
            in_response_to: root.attribute("InResponseTo").map(str::to_owned),
            is_success: code.is_some_and(|code| says(code, SUCCESS) && !partly(code)),
        });
    }
    if !root.is(PROTOCOL, "LogoutRequest") {
        return Err(MessageError::Structure("its outermost element is neither `LogoutRequest` nor `LogoutResponse`"));
    }
    if !is_signed {
        return Err(MessageError::Missing(
            "the logout request is not signed: switch on signing at the identity provider",
        ));
    }
    if destination.is_none() {
        return Err(MessageError::Missing("the logout request is signed and has no `Destination`"));
    }
    require_fresh(root, expected)?;
    let sessions = root.named(PROTOCOL, "SessionIndex").filter_map(Node::text).filter(|session| !session.is_empty());
    let session_indexes: Vec<_> = sessions.map(str::to_owned).take(SESSIONS + 1).collect();
    if session_indexes.len() > SESSIONS {
        return Err(MessageError::Structure("it names more than 100 sessions"));
    }
    let id = required(root, "ID", "the logout request has no `ID`")?;
    Ok(Message::Ends(Ended { id, name_id: name_id(root)?, session_indexes }))
}

/// Demands that a request was made just now: an old one, found somewhere, must not sign anybody out.
fn require_fresh(root: Node<'_, '_>, expected: Expected<'_>) -> Result<(), MessageError> {
    if let Some(end) = Instant::of(root, "NotOnOrAfter")?
        && expected.now.saturating_sub(SKEW) >= end.seconds
    {
        return Err(MessageError::Expired { what: "`NotOnOrAfter` of the logout request", until: end.text });
    }
    let issued = Instant::of(root, "IssueInstant")?.ok_or(MessageError::Missing("`IssueInstant` is missing"))?;
    if expected.now.saturating_sub(FRESH + SKEW) >= issued.seconds {
        return Err(MessageError::Expired { what: "`IssueInstant` of the logout request", until: issued.text });
    }
    if expected.now.saturating_add(SKEW) < issued.seconds {
        return Err(MessageError::NotYetValid { what: "`IssueInstant` of the logout request", from: issued.text });
    }
    Ok(())
}

/// Our request that a person's session at the identity provider end.
#[derive(Debug, Clone, Copy)]
pub struct LogoutRequest<'r> {
    /// Its ID: it begins with a letter or `_`.
    pub id: &'r str,
    /// Now, in seconds since 1970.
    pub issued: i64,
    /// Our entity ID.
    pub issuer: &'r str,
    /// Where the identity provider takes logout messages.
    pub destination: &'r str,
    /// Whom it is about, as the assertion said it.
    pub name_id: &'r NameId,
    /// The session, as the assertion named it.
    pub session_index: Option<&'r str>,
}

impl LogoutRequest<'_> {
    /// The address to send the browser to; `None` if signing fails.
    #[must_use]
    pub fn redirect(&self, binding: RedirectBinding<'_>) -> Option<String> {
        binding::redirect(self.destination, Kind::Request, &self.xml(""), binding)
    }

    /// The value of the form's `SAMLRequest`; `None` if signing fails.
    #[must_use]
    pub fn form_value(&self, signing_key: Option<&SigningKey>) -> Option<String> {
        binding::form_value(self.id, signing_key, |signature| self.xml(signature))
    }

    fn head(&self) -> Head<'_> {
        Head { id: self.id, issued: self.issued, issuer: self.issuer, destination: self.destination }
    }

    fn xml(&self, signature: &str) -> String {
        let name = self.name_id;
        let qualifiers = [
            ("NameQualifier", &name.name_qualifier),
            ("SPNameQualifier", &name.sp_name_qualifier),
            ("Format", &name.format),
        ];
        let qualifiers: String = qualifiers
            .into_iter()
            .filter_map(|(attribute, value)| Some(format!(" {attribute}=\"{}\"", escaped(value.as_deref()?))))
            .collect();
        let session =
            self.session_index.map(|session| format!("<samlp:SessionIndex>{}</samlp:SessionIndex>", escaped(session)));
        let body =
            format!("<saml:NameID{qualifiers}>{}</saml:NameID>{}", escaped(&name.value), session.unwrap_or_default());
        self.head().message("LogoutRequest", "", &format!("{signature}{body}"))
    }
}

/// How a request to end sessions went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// They have ended.
    Ended,
    /// Some have, and others could not be.
    Partly,
    /// The request was refused.
    Refused,
}

/// Our answer to a request that sessions end.
#[derive(Debug, Clone, Copy)]
pub struct LogoutResponse<'r> {
    /// Its ID: it begins with a letter or `_`.
    pub id: &'r str,
    /// Now, in seconds since 1970.
    pub issued: i64,
    /// Our entity ID.
    pub issuer: &'r str,
    /// Where the identity provider takes logout messages.
    pub destination: &'r str,
    /// The request's ID.
    pub in_response_to: &'r str,
    /// How it went.
    pub outcome: Outcome,
}

impl LogoutResponse<'_> {
    /// The address to send the browser to; `None` if signing fails.
    #[must_use]
    pub fn redirect(&self, binding: RedirectBinding<'_>) -> Option<String> {
        binding::redirect(self.destination, Kind::Response, &self.xml(""), binding)
    }

    /// The value of the form's `SAMLResponse`; `None` if signing fails.
    #[must_use]
    pub fn form_value(&self, signing_key: Option<&SigningKey>) -> Option<String> {
        binding::form_value(self.id, signing_key, |signature| self.xml(signature))
    }

    fn head(&self) -> Head<'_> {
        Head { id: self.id, issued: self.issued, issuer: self.issuer, destination: self.destination }
    }

    fn xml(&self, signature: &str) -> String {
        let code = match self.outcome {
            Outcome::Ended => format!("<samlp:StatusCode Value=\"{SUCCESS}\"/>"),
            Outcome::Partly => {
                format!(
                    "<samlp:StatusCode Value=\"{SUCCESS}\"><samlp:StatusCode Value=\"{PARTIAL}\"/></samlp:StatusCode>"
                )
            }
            Outcome::Refused => format!("<samlp:StatusCode Value=\"{REQUESTER}\"/>"),
        };
        let answers = format!(" InResponseTo=\"{}\"", escaped(self.in_response_to));
        let body = format!("<samlp:Status>{code}</samlp:Status>");
        self.head().message("LogoutResponse", &answers, &format!("{signature}{body}"))
    }
}

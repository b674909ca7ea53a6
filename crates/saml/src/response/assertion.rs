//! What an assertion says, read from the bytes that were signed (saml-core-2.0 §2.3.3).

use std::collections::{HashMap, hash_map::Entry};

use super::{Attribute, NameId};
use crate::{
    error::MessageError,
    time,
    xml::{ASSERTION, Node},
};

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// The longest value that is kept, in bytes.
const VALUE_BYTES: usize = 8_192;

/// An assertion as it stands, checked against nothing yet.
pub(super) struct Assertion {
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) name_id: NameId,
    pub(super) confirmations: Vec<Confirmation>,
    pub(super) not_before: Option<Instant>,
    pub(super) not_on_or_after: Option<Instant>,
    /// The audiences of each restriction: one of each must be us.
    pub(super) audiences: Vec<Vec<String>>,
    pub(super) authn: Authn,
    pub(super) attributes: Vec<Attribute>,
    pub(super) unread: Vec<String>,
}

/// By what the bearer may be taken for the subject.
pub(super) struct Confirmation {
    pub(super) recipient: Option<String>,
    pub(super) in_response_to: Option<String>,
    pub(super) not_before: Option<Instant>,
    pub(super) not_on_or_after: Option<Instant>,
}

/// How and until when somebody is signed in.
pub(super) struct Authn {
    pub(super) instant: i64,
    pub(super) session_index: Option<String>,
    pub(super) session_not_on_or_after: Option<Instant>,
    pub(super) context: Option<String>,
}

/// A time, and how it was written.
#[derive(Clone)]
pub(crate) struct Instant {
    pub(crate) seconds: i64,
    pub(crate) text: String,
}

impl Instant {
    /// The time in an attribute, if it is there.
    pub(crate) fn of(node: Node<'_, '_>, name: &'static str) -> Result<Option<Instant>, MessageError> {
        let Some(text) = node.attribute(name) else { return Ok(None) };
        let text: String = text.chars().take(100).collect();
        match time::parse(&text) {
            Some(seconds) => Ok(Some(Instant { seconds, text })),
            None => Err(MessageError::Time { what: name, found: text }),
        }
    }
}

impl Assertion {
    pub(super) fn read(node: Node<'_, '_>) -> Result<Assertion, MessageError> {
        if !node.is(ASSERTION, "Assertion") {
            return Err(MessageError::Structure("what is signed is not an assertion"));
        }
        version(node)?;
        let subject = node.only(ASSERTION, "Subject").ok_or(MessageError::Missing("the assertion has no `Subject`"))?;
        let conditions =
            node.only(ASSERTION, "Conditions").ok_or(MessageError::Missing("the assertion has no `Conditions`"))?;
        let (attributes, unread) = attributes(node);
        Ok(Assertion {
            id: required(node, "ID", "the assertion has no `ID`")?,
            issuer: issuer(node)?.ok_or(MessageError::Missing("the assertion has no `Issuer`"))?,
            name_id: name_id(subject)?,
            confirmations: confirmations(subject)?,
            not_before: Instant::of(conditions, "NotBefore")?,
            not_on_or_after: Instant::of(conditions, "NotOnOrAfter")?,
            audiences: audiences(conditions)?,
            authn: authn(node)?,
            attributes,
            unread,
        })
    }
}

/// Demands SAML 2.0.
pub(crate) fn version(node: Node<'_, '_>) -> Result<(), MessageError> {
    match node.attribute("Version") {
        Some("2.0") => Ok(()),
        other => Err(MessageError::Version(other.unwrap_or_default().chars().take(20).collect())),
    }
}

/// Who made it, if it says.
pub(crate) fn issuer(node: Node<'_, '_>) -> Result<Option<String>, MessageError> {
    let mut issuers = node.named(ASSERTION, "Issuer");
    let Some(issuer) = issuers.next() else { return Ok(None) };
    if issuers.next().is_some() {
        return Err(MessageError::Structure("an element has two issuers"));
    }
    value(issuer).map(Some).ok_or(MessageError::Structure("an issuer is not one piece of text"))
}

pub(crate) fn required(node: Node<'_, '_>, name: &str, missing: &'static str) -> Result<String, MessageError> {
    let found = node.attribute(name).filter(|value| !value.is_empty() && value.len() <= 1_024);
    found.map(str::to_owned).ok_or(MessageError::Missing(missing))
}

/// A value that is one piece of text, not empty and not endless.
fn value(node: Node<'_, '_>) -> Option<String> {
    node.text().filter(|text| !text.is_empty() && text.len() <= VALUE_BYTES).map(str::to_owned)
}

pub(crate) fn name_id(subject: Node<'_, '_>) -> Result<NameId, MessageError> {
    if subject.named(ASSERTION, "EncryptedID").next().is_some() {
        return Err(MessageError::Missing("the NameID is encrypted by itself: encrypt the assertion instead"));
    }
    let node = subject.only(ASSERTION, "NameID").ok_or(MessageError::Missing("nobody is named by a `NameID`"))?;
    let value = value(node).ok_or(MessageError::Missing("the `NameID` is empty, or not one piece of text"))?;
    let attribute = |name| node.attribute(name).map(str::to_owned);
    Ok(NameId {
        value,
        format: attribute("Format"),
        name_qualifier: attribute("NameQualifier"),
        sp_name_qualifier: attribute("SPNameQualifier"),
    })
}

fn confirmations(subject: Node<'_, '_>) -> Result<Vec<Confirmation>, MessageError> {
    let bearer = |node: &Node<'_, '_>| node.attribute("Method") == Some(BEARER);
    let read = |node: Node<'_, '_>| {
        let Some(data) = node.only(ASSERTION, "SubjectConfirmationData") else { return Ok(None) };
        let attribute = |name| data.attribute(name).map(str::to_owned);
        Ok(Some(Confirmation {
            recipient: attribute("Recipient"),
            in_response_to: attribute("InResponseTo"),
            not_before: Instant::of(data, "NotBefore")?,
            not_on_or_after: Instant::of(data, "NotOnOrAfter")?,
        }))
    };
    subject.named(ASSERTION, "SubjectConfirmation").filter(bearer).filter_map(|node| read(node).transpose()).collect()
}

fn audiences(conditions: Node<'_, '_>) -> Result<Vec<Vec<String>>, MessageError> {
    let mut restrictions = Vec::new();
    for condition in conditions.elements() {
        if condition.is(ASSERTION, "AudienceRestriction") {
            restrictions.push(condition.named(ASSERTION, "Audience").filter_map(value).collect());
        } else if !condition.is(ASSERTION, "OneTimeUse") && !condition.is(ASSERTION, "ProxyRestriction") {
            // saml-core-2.0 §2.5.1.1: with an unknown condition nobody knows whether the assertion is valid. Once is all we
            // use any; and we hand none on.
            return Err(MessageError::Condition(condition.name().chars().take(100).collect()));
        }
    }
    Ok(restrictions)
}

fn authn(node: Node<'_, '_>) -> Result<Authn, MessageError> {
    let mut statements = node.named(ASSERTION, "AuthnStatement");
    let first = statements.next().ok_or(MessageError::Missing("the assertion has no `AuthnStatement`"))?;
    let instant = Instant::of(first, "AuthnInstant")?.ok_or(MessageError::Missing("`AuthnInstant` is missing"))?;
    let mut end = Instant::of(first, "SessionNotOnOrAfter")?;
    for other in statements {
        let other = Instant::of(other, "SessionNotOnOrAfter")?;
        let earlier = |end: &Instant| other.as_ref().is_some_and(|other| other.seconds < end.seconds);
        if end.as_ref().is_none_or(earlier) {
            end = other.or(end);
        }
    }
    let context = first.only(ASSERTION, "AuthnContext");
    Ok(Authn {
        instant: instant.seconds,
        session_index: first.attribute("SessionIndex").map(str::to_owned),
        session_not_on_or_after: end,
        context: context.and_then(|context| context.only(ASSERTION, "AuthnContextClassRef")).and_then(value),
    })
}

/// The attributes, and the names of what is no text.
fn attributes(node: Node<'_, '_>) -> (Vec<Attribute>, Vec<String>) {
    let (mut found, mut unread): (Vec<Attribute>, Vec<String>) = (Vec::new(), Vec::new());
    let mut places: HashMap<&str, usize> = HashMap::new();
    for attribute in node.named(ASSERTION, "AttributeStatement").flat_map(Node::elements) {
        let Some(name) = attribute.attribute("Name").filter(|_| attribute.is(ASSERTION, "Attribute")) else {
            unread.push(attribute.name().chars().take(100).collect());
            continue;
        };
        let mut values = Vec::new();
        for node in attribute.named(ASSERTION, "AttributeValue") {
            match node.text() {
                // A value that is not stated.
                Some("") => {}
                Some(text) if text.len() <= VALUE_BYTES => values.push(text.to_owned()),
                Some(_) | None => unread.push(name.chars().take(200).collect()),
            }
        }
        match places.entry(name) {
            Entry::Occupied(place) => found[*place.get()].values.append(&mut values),
            Entry::Vacant(place) => {
                place.insert(found.len());
                found.push(Attribute { name: name.to_owned(), values });
            }
        }
    }
    (found, unread)
}

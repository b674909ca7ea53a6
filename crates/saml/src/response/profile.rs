//! The checks of the Web Browser SSO profile (saml-profiles-2.0 §4.1.4.2 and §4.1.4.3).

use super::{
    Expected, Login, Protection, SKEW,
    assertion::{self, Assertion, Confirmation, Instant},
};
use crate::{
    error::MessageError,
    xml::{Node, PROTOCOL},
};

/// The status of what went well.
pub(crate) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// Checks the response around the assertion.
pub(super) fn response(response: Node<'_, '_>, is_signed: bool, expected: &Expected<'_>) -> Result<(), MessageError> {
    assertion::version(response)?;
    if let Some(found) = assertion::issuer(response)? {
        require_issuer(found, expected)?;
    }
    match response.attribute("Destination") {
        Some(found) => require_address("`Destination`", found, expected)?,
        // saml-bindings-2.0 §3.5.5.2.
        None if is_signed => {
            return Err(MessageError::Missing("the response is signed and has no `Destination`"));
        }
        None => {}
    }
    // Before what it answers: who cannot sign in there should read why.
    status(response)?;
    require_request("the response", response.attribute("InResponseTo"), expected)
}

/// Checks an assertion, which is what somebody is let in by.
pub(super) fn assertion(
    assertion: Assertion,
    protection: Protection,
    expected: &Expected<'_>,
) -> Result<Login, MessageError> {
    require_issuer(assertion.issuer, expected)?;
    let confirmed_until = confirmed(&assertion.confirmations, expected)?;
    not_before("`NotBefore` of the conditions", assertion.not_before.as_ref(), expected)?;
    not_over("`NotOnOrAfter` of the conditions", assertion.not_on_or_after.as_ref(), expected)?;
    require_audience(&assertion.audiences, expected)?;
    let authn = assertion.authn;
    // Without skew: a session that is over is not begun.
    if let Some(end) = authn.session_not_on_or_after.as_ref().filter(|end| end.seconds <= expected.now) {
        return Err(MessageError::Expired { what: "`SessionNotOnOrAfter`", until: end.text.clone() });
    }
    let asked = expected.authn_contexts;
    if !asked.is_empty() && !authn.context.as_ref().is_some_and(|found| asked.contains(found)) {
        return Err(MessageError::AuthnContext { found: authn.context });
    }
    let until = assertion.not_on_or_after.map_or(confirmed_until, |end| end.seconds.min(confirmed_until));
    Ok(Login {
        assertion_id: assertion.id,
        usable_until: until.saturating_add(SKEW),
        name_id: assertion.name_id,
        attributes: assertion.attributes,
        unread: assertion.unread,
        session_index: authn.session_index,
        session_not_on_or_after: authn.session_not_on_or_after.map(|end| end.seconds),
        authn_context: authn.context,
        authn_instant: authn.instant,
        protection,
    })
}

fn status(response: Node<'_, '_>) -> Result<(), MessageError> {
    let missing = MessageError::Missing("the response has no status");
    let status = response.only(PROTOCOL, "Status").ok_or(missing.clone())?;
    let mut code = status.only(PROTOCOL, "StatusCode").ok_or(missing)?;
    if code.attribute("Value") == Some(SUCCESS) {
        return Ok(());
    }
    // The inner code says more: the outer one, whose fault it is.
    while let Some(inner) = code.only(PROTOCOL, "StatusCode") {
        code = inner;
    }
    let short = |text: &str| text.chars().take(500).collect::<String>();
    let message = status.only(PROTOCOL, "StatusMessage").and_then(Node::text).filter(|text| !text.is_empty());
    Err(MessageError::Status { code: short(code.attribute("Value").unwrap_or_default()), message: message.map(short) })
}

fn require_issuer(found: String, expected: &Expected<'_>) -> Result<(), MessageError> {
    if found == expected.issuer {
        return Ok(());
    }
    Err(MessageError::Issuer { expected: expected.issuer.to_owned(), found })
}

/// To the byte: an address that only begins alike is somebody else's.
fn require_address(what: &'static str, found: &str, expected: &Expected<'_>) -> Result<(), MessageError> {
    if found == expected.acs_url {
        return Ok(());
    }
    let found = found.chars().take(500).collect();
    Err(MessageError::Address { what, expected: expected.acs_url.to_owned(), found })
}

/// SSO-3, SSO-7: it answers the request of this browser; or none, where none was made.
fn require_request(what: &'static str, found: Option<&str>, expected: &Expected<'_>) -> Result<(), MessageError> {
    if found == expected.request {
        return Ok(());
    }
    Err(MessageError::InResponseTo {
        what,
        expected: expected.request.map(str::to_owned),
        found: found.map(|found| found.chars().take(200).collect()),
    })
}

/// Any of several restrictions' audiences may be us, in each restriction.
fn require_audience(restrictions: &[Vec<String>], expected: &Expected<'_>) -> Result<(), MessageError> {
    if restrictions.is_empty() {
        return Err(MessageError::Missing("the assertion has no `AudienceRestriction`"));
    }
    let names_us = |audiences: &Vec<String>| audiences.iter().any(|audience| audience == expected.audience);
    match restrictions.iter().find(|audiences| !names_us(audiences)) {
        None => Ok(()),
        Some(found) => Err(MessageError::Audience {
            expected: expected.audience.to_owned(),
            found: found.iter().take(20).cloned().collect(),
        }),
    }
}

/// Until when a bearer can be confirmed by any of the confirmations, if one confirms this one now; or what is wrong with the
/// first. Another that holds for longer would let the assertion in again.
fn confirmed(confirmations: &[Confirmation], expected: &Expected<'_>) -> Result<i64, MessageError> {
    let mut first_wrong = None;
    let mut is_confirmed = false;
    for confirmation in confirmations {
        match confirm(confirmation, expected) {
            Ok(()) => is_confirmed = true,
            Err(wrong) => first_wrong = first_wrong.or(Some(wrong)),
        }
    }
    let ends = confirmations.iter().filter_map(|confirmation| confirmation.not_on_or_after.as_ref());
    match ends.map(|end| end.seconds).max().filter(|_| is_confirmed) {
        Some(until) => Ok(until),
        None => Err(first_wrong.unwrap_or(MessageError::Missing("the assertion has no bearer `SubjectConfirmation`"))),
    }
}

fn confirm(confirmation: &Confirmation, expected: &Expected<'_>) -> Result<(), MessageError> {
    let recipient = confirmation.recipient.as_deref();
    let recipient = recipient.ok_or(MessageError::Missing("the subject's confirmation has no `Recipient`"))?;
    require_address("`Recipient`", recipient, expected)?;
    if confirmation.not_before.is_some() {
        return Err(MessageError::Structure("a bearer confirmation has `NotBefore`, which the profile forbids"));
    }
    let end = confirmation.not_on_or_after.as_ref();
    let end = end.ok_or(MessageError::Missing("the subject's confirmation has no `NotOnOrAfter`"))?;
    not_over("`NotOnOrAfter` of the subject's confirmation", Some(end), expected)?;
    require_request("the subject's confirmation", confirmation.in_response_to.as_deref(), expected)
}

fn not_over(what: &'static str, end: Option<&Instant>, expected: &Expected<'_>) -> Result<(), MessageError> {
    match end {
        Some(end) if expected.now.saturating_sub(SKEW) >= end.seconds => {
            Err(MessageError::Expired { what, until: end.text.clone() })
        }
        _ => Ok(()),
    }
}

fn not_before(what: &'static str, start: Option<&Instant>, expected: &Expected<'_>) -> Result<(), MessageError> {
    match start {
        Some(start) if expected.now.saturating_add(SKEW) < start.seconds => {
            Err(MessageError::NotYetValid { what, from: start.text.clone() })
        }
        _ => Ok(()),
    }
}

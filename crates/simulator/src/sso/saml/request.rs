//! What service providers ask (saml-core-2.0 §3.4.1).

use super::xml::{ASSERTION, Node, PROTOCOL, parse};
use crate::sso::{SamlApplication, SsoError};

/// An authentication request, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthnRequest {
    pub(crate) id: String,
    pub(crate) issuer: String,
    destination: Option<String>,
    acs_url: Option<String>,
    pub(crate) force_authn: bool,
    pub(crate) is_passive: bool,
    /// Whom the service provider expects.
    pub(crate) subject: Option<String>,
    /// The kinds of authentication that would do.
    pub(crate) authn_contexts: Vec<String>,
}

impl AuthnRequest {
    pub(crate) fn read(xml: &str) -> Result<Self, SsoError> {
        let doc = parse(xml)?;
        let root = Node::root(&doc)?;
        let missing = |what: &str| SsoError::Refused(format!("the message has no {what}"));
        if !root.is(PROTOCOL, "AuthnRequest") {
            return Err(SsoError::Refused("the message is no `AuthnRequest`".to_owned()));
        }
        let issuer = root.first(ASSERTION, "Issuer").and_then(Node::text).ok_or_else(|| missing("`Issuer`"))?;
        let subject = root.first(ASSERTION, "Subject").and_then(|subject| subject.first(ASSERTION, "NameID"));
        let contexts = root.first(PROTOCOL, "RequestedAuthnContext").into_iter();
        let contexts = contexts.flat_map(|context| context.named(ASSERTION, "AuthnContextClassRef"));
        Ok(Self {
            id: root.attribute("ID").ok_or_else(|| missing("`ID`"))?.to_owned(),
            issuer: issuer.to_owned(),
            destination: root.attribute("Destination").map(str::to_owned),
            acs_url: root.attribute("AssertionConsumerServiceURL").map(str::to_owned),
            force_authn: root.is_true("ForceAuthn"),
            is_passive: root.is_true("IsPassive"),
            subject: subject.and_then(Node::text).map(str::to_owned),
            authn_contexts: contexts.filter_map(Node::text).map(str::to_owned).collect(),
        })
    }

    /// Where the answer goes: an address that the application registered, or nowhere.
    pub(crate) fn acs_url(&self, application: &SamlApplication) -> Result<String, SsoError> {
        let known = &application.acs_urls;
        match &self.acs_url {
            Some(asked) if known.contains(asked) => Ok(asked.clone()),
            Some(asked) => Err(SsoError::Refused(format!(
                "the application `{}` asks to be answered at `{asked}`, which is not registered: register {}",
                application.entity_id,
                known.join(" or ")
            ))),
            None => {
                known.first().cloned().ok_or_else(|| SsoError::Refused("the application has no address".to_owned()))
            }
        }
    }

    /// Demands that it was sent here.
    pub(crate) fn require_destination(&self, here: &str) -> Result<(), SsoError> {
        match &self.destination {
            Some(found) if found != here => {
                Err(SsoError::Refused(format!("the request is addressed to `{found}` and not to `{here}`")))
            }
            _ => Ok(()),
        }
    }
}

/// A sign-in that an application waits for, or that begins here.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) application: SamlApplication,
    /// The request's ID; `None` where nobody asked.
    pub(crate) request: Option<String>,
    pub(crate) acs_url: String,
    pub(crate) relay_state: Option<String>,
    pub(crate) authn_context: Option<String>,
}

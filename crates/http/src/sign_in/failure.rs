//! Why an IdP's answer is not accepted, before any rule of the engine is asked.

use muster_model::{Rule, texts};
use muster_oidc::{IssuerError, LogoutError, SignInError};
use muster_saml::{KeyError, MessageError};

/// For a person whom the IdP itself has refused.
const NOT_SIGNED_IN: &str = "Your identity provider did not sign you in. Contact your company administrator.";

/// Why a sign-in came to nothing. The text is for the administrator of the connection (SSO-13).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInFailure {
    /// The SAML message is refused.
    #[error(transparent)]
    Saml(#[from] MessageError),
    /// The OpenID provider's answer is refused, or there is none.
    #[error("{0}")]
    Oidc(Box<SignInError>),
    /// The OpenID provider's word that sessions are over is refused.
    #[error(transparent)]
    Logout(#[from] LogoutError),
    /// The connection's issuer cannot be used.
    #[error(transparent)]
    Issuer(IssuerError),
    /// The client authenticates with a secret, and none is kept.
    #[error("connection `{0}` has no client secret: enter it with the connection's identity provider")]
    NoClientSecret(String),
    /// SSO-5: what should be the address is none.
    #[error("{0}")]
    NotAnEmail(&'static str),
    /// The connection cannot sign people in by this protocol.
    #[error("connection `{0}` has no settings for this protocol: set its identity provider up")]
    NotConfigured(String),
    /// A certificate or key of the connection is of no use.
    #[error("a certificate of the connection cannot be used: {0}")]
    Key(KeyError),
    /// The IdP let the person in without asking again, which the connection demands.
    #[error(
        "the identity provider did not authenticate the person anew, as the connection demands: let it heed `ForceAuthn`"
    )]
    NotAuthenticatedAnew,
    /// The form lacks what it is for.
    #[error("the form has no `{0}`")]
    Missing(&'static str),
}

impl SignInFailure {
    /// The rule that it fails.
    #[must_use]
    pub fn rule(&self) -> Rule {
        match self {
            Self::Saml(MessageError::InResponseTo { .. }) => Rule::Sso7,
            Self::Saml(MessageError::Signature(_) | MessageError::Undecryptable) | Self::Key(_) => Rule::Sso8,
            Self::Oidc(error) => match **error {
                SignInError::Nonce => Rule::Sso7,
                SignInError::Signature | SignInError::UnknownKey(_) => Rule::Sso8,
                _ => Rule::Sso1,
            },
            Self::Logout(LogoutError::Token(error)) => match **error {
                SignInError::Signature | SignInError::UnknownKey(_) => Rule::Sso8,
                _ => Rule::Ses3,
            },
            Self::Logout(_) => Rule::Ses3,
            Self::Issuer(_) | Self::NoClientSecret(_) => Rule::Sso1,
            Self::NotAnEmail(_) => Rule::Sso5,
            Self::Saml(_) | Self::NotConfigured(_) | Self::NotAuthenticatedAnew | Self::Missing(_) => Rule::Sso1,
        }
    }

    /// What the person reads, where it may be told.
    #[must_use]
    pub fn for_people(&self) -> Option<&'static str> {
        match self {
            Self::NotAnEmail(text) => Some(text),
            Self::Saml(MessageError::InResponseTo { .. }) => Some(texts::NO_SESSION),
            Self::Saml(MessageError::Status { .. }) => Some(NOT_SIGNED_IN),
            Self::Oidc(error) if matches!(**error, SignInError::Refused { .. }) => Some(NOT_SIGNED_IN),
            _ => None,
        }
    }
}

//! A response on its way from the browser's form to a [`Login`].
//!
//! 1. `bounds`: size and shape of the bytes.
//! 2. `structure`: one assertion, in one place; signatures only where they cover it.
//! 3. `signature`: every signature holds with a certificate of the connection.
//! 4. What was signed is written out once more, and nothing else is read from then on.
//! 5. `profile`: the checks of the Web Browser SSO profile.

pub(crate) mod assertion;
pub(crate) mod profile;

use bergshamra::c14n::C14nMode;

use self::assertion::Assertion;
use crate::{
    binding, bounds,
    certificate::{DecryptionKeys, Signers},
    encryption,
    error::MessageError,
    signature::{
        self, canonical,
        structure::{self, Carried, Shape},
    },
    xml::Node,
};

/// By how many seconds clocks may differ.
pub const SKEW: i64 = 60;

/// What a response must agree with.
#[derive(Debug, Clone)]
pub struct Expected<'e> {
    /// The entity ID of the connection's identity provider.
    pub issuer: &'e str,
    /// Our entity ID towards it.
    pub audience: &'e str,
    /// Our assertion consumer service, where the form came in.
    pub acs_url: &'e str,
    /// The ID of the request that this browser is waiting for; `None` where the identity provider may begin (SSO-3).
    pub request: Option<&'e str>,
    /// The authentication contexts that the request asked for; empty if any will do.
    pub authn_contexts: &'e [String],
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// What an identity provider says of who has signed in: all of it signed, in time, for us, and for this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The assertion's ID. To be accepted once per issuer until [`Login::usable_until`].
    pub assertion_id: String,
    /// When the assertion can be forgotten, in seconds since 1970: it would be refused for its age from then on.
    pub usable_until: i64,
    /// Whom it is about.
    pub name_id: NameId,
    /// What is said of the person, in the order of the assertion. An attribute that is stated twice is here once, with the
    /// values of both.
    pub attributes: Vec<Attribute>,
    /// What could not be read, for the trace: names of attributes that are encrypted or not text.
    pub unread: Vec<String>,
    /// The identity provider's name for the session, which a logout must state.
    pub session_index: Option<String>,
    /// When the session must end at the latest, in seconds since 1970 (SES-2).
    pub session_not_on_or_after: Option<i64>,
    /// How the person was authenticated.
    pub authn_context: Option<String>,
    /// When the person was authenticated, in seconds since 1970.
    pub authn_instant: i64,
    /// What protects it.
    pub protection: Protection,
}

/// A person's name at the identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The name. Never empty.
    pub value: String,
    /// What kind of name it is, a URI.
    pub format: Option<String>,
    /// In whose realm it is unique.
    pub name_qualifier: Option<String>,
    /// For which service provider it was made.
    pub sp_name_qualifier: Option<String>,
}

impl NameId {
    /// Whether it goes on meaning the same person when the address changes (JIT-1): a persistent identifier.
    #[must_use]
    pub fn is_persistent(&self) -> bool {
        self.format.as_deref() == Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
    }
}

/// One attribute with all its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name. Formats of names are not told apart: identity providers use them loosely.
    pub name: String,
    /// Its values, without white space around them.
    pub values: Vec<String>,
}

/// Which parts of a response were protected, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// The response is signed.
    pub response_signed: bool,
    /// The assertion is signed.
    pub assertion_signed: bool,
    /// The assertion was encrypted.
    pub encrypted: bool,
}

/// Reads the value of the form's `SAMLResponse`.
///
/// # Errors
///
/// [`MessageError`] for whatever is wrong first. Nothing of the response is to be believed then.
pub fn read(
    form_value: &str,
    signers: &Signers,
    keys: Option<&DecryptionKeys>,
    expected: &Expected<'_>,
) -> Result<Login, MessageError> {
    let text = binding::read_form(form_value)?;
    let doc = bounds::parse(&text).map_err(MessageError::Xml)?;
    let root = Node::root(&doc).ok_or(MessageError::Structure("it is empty"))?;
    let shape = structure::response(root)?;
    let count = usize::from(shape.response_signed) + usize::from(shape.assertion_signed);
    if count > 0 {
        signature::verify(root, &text, count, signers)?;
    }
    let signed = Signed::of(&shape, signers, keys)?;
    signed.read(&shape, expected)
}

/// What signatures cover, each as a document of its own.
struct Signed {
    /// The response, if it is signed.
    response: Option<String>,
    /// The assertion; `None` if there is none.
    assertion: Option<String>,
    protection: Protection,
}

impl Signed {
    /// Writes out what the signatures of a document cover, which were verified; opens an encrypted assertion.
    fn of(shape: &Shape<'_, '_>, signers: &Signers, keys: Option<&DecryptionKeys>) -> Result<Signed, MessageError> {
        let mut protection = Protection {
            response_signed: shape.response_signed,
            assertion_signed: shape.assertion_signed,
            encrypted: false,
        };
        let response = shape.response_signed.then(|| canonical(shape.response, C14nMode::Exclusive)).transpose()?;
        let assertion = match shape.assertion {
            Carried::Missing => None,
            Carried::Plain(_) if !shape.response_signed && !shape.assertion_signed => {
                return Err(MessageError::Unsigned);
            }
            Carried::Plain(assertion) => Some(canonical(assertion, C14nMode::Exclusive)?),
            Carried::Encrypted(encrypted) => {
                protection.encrypted = true;
                let keys = keys.ok_or(MessageError::NotExpectedEncrypted)?;
                let opened = encryption::decrypt(encrypted, shape.response_signed, keys)?;
                protection.assertion_signed = verify_opened(&opened, shape.response_signed, signers)?;
                Some(opened)
            }
        };
        Ok(Signed { response, assertion, protection })
    }

    fn read(self, shape: &Shape<'_, '_>, expected: &Expected<'_>) -> Result<Login, MessageError> {
        let parsed = |text| bounds::parse(text).map_err(MessageError::Xml);
        let empty = MessageError::Structure("it is empty");
        // Of an unsigned response only what can refuse it is read, never what would let somebody in.
        match &self.response {
            Some(text) => {
                let doc = parsed(text)?;
                profile::response(Node::root(&doc).ok_or(empty.clone())?, true, expected)?;
            }
            None => profile::response(shape.response, false, expected)?,
        }
        let text = self.assertion.as_deref().ok_or(MessageError::Missing("the response holds no assertion"))?;
        let doc = parsed(text)?;
        let assertion = Assertion::read(Node::root(&doc).ok_or(empty)?)?;
        profile::assertion(assertion, self.protection, expected)
    }
}

/// Checks what was encrypted as if it had come in the clear; whether it is signed itself.
fn verify_opened(opened: &str, response_signed: bool, signers: &Signers) -> Result<bool, MessageError> {
    let doc = bounds::parse(opened).map_err(|_| MessageError::Undecryptable)?;
    let root = Node::root(&doc).ok_or(MessageError::Undecryptable)?;
    let is_signed = structure::assertion(root)?;
    if is_signed {
        signature::verify(root, opened, 1, signers)?;
    } else if !response_signed {
        return Err(MessageError::Unsigned);
    }
    Ok(is_signed)
}

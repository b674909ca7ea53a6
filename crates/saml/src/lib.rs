//! SAML 2.0 as a service provider: the Web Browser SSO profile
//! ([saml-profiles-2.0](https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf) §4.1), Single Logout (§4.4) and
//! metadata.
//!
//! This crate turns what a browser carried here into a checked [`Login`], and what we ask of an identity provider into what
//! a browser can carry. It does no I/O, reads no clock, and knows nothing of accounts, connections or databases. Nothing in
//! it panics, whatever the input.
//!
//! Where to start reading:
//!
//! 1. [`response`]: a response on its way, check by check. A [`Login`] can only be made from bytes whose signature held.
//! 2. `signature` and `encryption`: what is demanded of XML signatures and encryption before and after the library looks.
//! 3. [`request`]: an authentication request; `binding`: how messages travel, as a redirect and as a form.
//! 4. [`logout`]: Single Logout, both ways.
//! 5. [`metadata`]: ours, and the identity provider's.
//!
//! Whether an assertion was seen before, and which requests are pending in which browser, is the caller's to know:
//! [`Login::assertion_id`] is to be accepted once per issuer until [`Login::usable_until`].

mod binding;
mod bounds;
pub mod certificate;
mod encryption;
pub mod error;
pub mod logout;
pub mod metadata;
mod redact;
pub mod request;
pub mod response;
mod signature;
mod time;
mod xml;

pub use binding::RedirectBinding;
pub use certificate::{DecryptionKeys, Signers, SigningKey};
pub use error::{KeyError, MessageError, MetadataError};
pub use redact::redacted;
pub use request::AuthnRequest;
pub use response::{Attribute, Expected, Login, NameId, Protection};

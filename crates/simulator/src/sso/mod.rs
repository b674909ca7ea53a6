//! An identity provider to sign in at, for trying and testing: SAML 2.0 and OpenID Connect, with a small page on which one
//! picks who to be, edits what is said of them, and switches faults on.
//!
//! It checks no password: whoever reaches it is whoever they like. So every page says what it is, and it answers only to
//! applications that were registered with it, at the addresses that were registered.
//!
//! Where to start reading:
//!
//! 1. [`IdentityProvider`]: what it is started with, and what there is to ask of it.
//! 2. [`Profile`] is what it says of a person, [`Fault`] what it can do wrong and what is due then.
//! 3. [`saml`] and [`oidc`]: the messages. `web`: the pages and endpoints.

mod application;
mod describe;
mod fault;
#[cfg(feature = "client")]
mod fetch;
mod keys;
pub mod oidc;
mod profile;
mod provider;
mod random;
pub mod saml;
mod state;
mod web;

pub use application::{Algorithm, Flavour, OidcApplication, SamlApplication, Signs};
pub use describe::Description;
pub use fault::{Due, Fault, Protocol};
pub use profile::{NameIdKind, Profile};
pub use provider::{Clock, IdentityProvider, Options, Running};

/// Why the identity provider cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum SsoError {
    /// A key or a certificate cannot be made.
    #[error("a key cannot be made: {0}")]
    Key(String),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// A signature cannot be made.
    #[error("the message cannot be signed: {0}")]
    Signing(String),
    /// An assertion cannot be encrypted.
    #[error("the assertion cannot be encrypted: {0}")]
    Encryption(String),
    /// It cannot listen.
    #[error("the identity provider cannot listen")]
    Listen(#[source] std::io::Error),
    /// A page cannot be written.
    #[error("a page cannot be written")]
    Page(#[from] askama::Error),
    /// Metadata of a service provider that says too little.
    #[error("the metadata of the service provider cannot be used: {0}")]
    Metadata(String),
    /// A message of an application that is refused.
    #[error("{0}")]
    Refused(String),
}

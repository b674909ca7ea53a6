//! Signing in: from the address somebody types to a session.

mod identity_provider;

pub use identity_provider::{saml_certificates, saml_settings};

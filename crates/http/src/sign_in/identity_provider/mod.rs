//! What is known of a connection's IdP (SSO-8): read from its metadata, fetched again and again, and until when its keys and
//! ours are good.

mod ends;
mod refresh;
mod settings;

pub(crate) use ends::warn_of_ends;
pub use ends::{identity_provider_certificates, relied_certificates};
pub use refresh::Refreshed;
pub(crate) use refresh::{newer, refresh_due, refresh_or_wait};
pub use settings::{saml_certificates, saml_settings};

//! Metadata ([saml-metadata-2.0](https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf)): ours for the
//! identity provider, and its for us.

mod read;
mod write;

pub use read::{IdentityProvider, METADATA_BYTES, read};
pub use write::ServiceProvider;

/// The HTTP-Redirect binding.
pub const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// The HTTP-POST binding.
pub const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

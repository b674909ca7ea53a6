//! SAML 2.0 as an identity provider: what service providers ask, and what is answered.
//!
//! Written apart from `muster-saml`, so that a mistake on one side is seen by the other.

mod answer;
mod logout;
mod message;
mod metadata;
mod request;
mod service_provider;
mod signature;
mod xml;

pub use answer::Answer;
pub(crate) use answer::{Made, response};
pub(crate) use logout::{Participant, Said, Sender, logout_request, logout_response, read_logout};
pub(crate) use message::Carried;
pub(crate) use metadata::metadata;
pub(crate) use request::{AuthnRequest, SignIn};

/// Where authentication requests are taken, by redirect and as forms.
pub(crate) const SIGN_IN_PATH: &str = "/saml/sso";
/// Where logout messages are taken, by redirect and as forms.
pub(crate) const LOGOUT_PATH: &str = "/saml/slo";
/// Where the metadata is, whose address is the entity ID.
pub(crate) const METADATA_PATH: &str = "/saml/metadata";

/// A time of SAML (saml-core-2.0 §1.3.3), by the seconds since 1970.
fn instant(seconds: i64) -> String {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

//! PingFederate and PingOne.
//!
//! Source: Ping Identity, "SCIM Provisioner": user and group management, settings, changelog.
//!
//! - It finds groups by reading all of them and comparing, so pages must be stable.
//! - Users are updated by PUT, groups by PATCH or PUT: a PUT without members keeps them (SCIM-12).
//! - `type` values are compared without case, as the schemas here say (`caseExact: false`).
//! - It can provision users who are disabled from the start.

/// What its `User-Agent` would contain, in lower case: its names. No header is documented.
pub(super) const AGENT_WORDS: &[&str] = &["pingfederate", "pingone"];

//! Okta.
//!
//! Sources: Okta, "SCIM 2.0 protocol reference"; "SCIM integration concepts and requirements"; "Build a SCIM 2.0 server
//! with entitlements".
//!
//! - A create or PUT carries `groups: []`, `password`, `locale` and `meta`: `groups` and `meta` are read-only and ignored,
//!   `password` is accepted and never stored.
//! - Apps from the catalog PATCH only `active` and `password`, without a path: `{"op":"replace","value":{"active":false}}`.
//! - A pushed group is renamed by `{"op":"replace","value":{"id":"<gid>","displayName":"new"}}`: the `id` inside the value
//!   is ignored, and members, which it does not name, stay as they are.
//! - Members leave by `remove members[value eq "id"]` and come by `add members`, in one PATCH.
//! - Apps made by the wizard PUT everything, groups included.

/// What its `User-Agent` contains, in lower case. Documented: `Okta SCIM Client 1.0.0`.
pub(super) const AGENT_WORDS: &[&str] = &["okta"];

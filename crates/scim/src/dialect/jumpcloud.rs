//! JumpCloud.
//!
//! Source: JumpCloud, "Identity Management using a Custom SCIM Integration".
//!
//! - On activation it creates a test user and a test group, updates them and deletes them again: nothing to tolerate, but
//!   a test that must pass.
//! - Members are removed by `remove members` with a list of values: only those listed leave
//!   ([`Note::RemovedByValue`](super::Note::RemovedByValue)).
//! - Its custom connector sends no extension schemas.

/// What its `User-Agent` would contain, in lower case: its name. No header is documented.
pub(super) const AGENT_WORDS: &[&str] = &["jumpcloud"];

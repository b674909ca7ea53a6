//! OneLogin.
//!
//! Sources: the access log in goauthentik/authentik issue 11249; public set-up guides with JSON templates.
//!
//! An administrator writes the body as a JSON template, so it can hold what no schema asks for:
//!
//! - `"active":"true"` ([`Note::StringBoolean`]) and `"dockerSessionMinutes":"60"` ([`Note::DecimalString`]);
//! - `"id":null`, which is read-only and ignored;
//! - odd `schemas`, such as `urn:scim:schemas:core:2.0` ([`Note::UnknownSchema`]), or none ([`Note::SchemasMissing`]).

use super::Note;

/// What its `User-Agent` would contain, in lower case: its name. No header is documented.
pub(super) const AGENT_WORDS: &[&str] = &["onelogin"];

/// Whether only this identity provider is known to do what is noted.
pub(super) fn is_sign(note: &Note) -> bool {
    matches!(note, Note::UnknownSchema(urn) if urn.to_ascii_lowercase().starts_with("urn:scim:schemas:core:2.0"))
}

//! Microsoft Entra ID.
//!
//! Sources: Microsoft, "Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID"; "Known issues and
//! resolutions with SCIM 2.0 protocol compliance of the Microsoft Entra user provisioning service".
//!
//! - `Add`, `Replace`, `Remove` with a capital ([`Note::OperationCase`]).
//! - `"value":"False"` for booleans, and `roles[primary eq "True"].value` in a path ([`Note::StringBoolean`]).
//! - `add` or `replace` of `emails[type eq "work"].value` when there is no work email: the email is made, with that type
//!   ([`Note::ValueMade`]). A second sub-attribute lands in the same value. RFC 7644 alone says `noTarget`, and so does
//!   a `replace` whose type is none of those in the schema, which are the ones that Entra's mappings offer.
//! - `remove members` *with* a list of values removes only those ([`Note::RemovedByValue`]); RFC 7644 alone would read it
//!   as the whole attribute.
//! - A manager as a bare id, or as an array of one ([`Note::ManagerAsText`], [`Note::ManagerAsArray`]).
//! - `null` for attributes, `"$ref": null` in a member, and empty lists: unassigned, as RFC 7643 §2.5 says anyway.
//! - Groups are created with a schema of Microsoft's own beside the standard one ([`Note::UnknownSchema`]).
//! - With `?aadOptscim062020`, a `replace` without a path whose keys are paths: `name.givenName`,
//!   `urn:...:User:employeeNumber` ([`Note::PathAsKey`]). On-demand provisioning does not use that flag, so both manners
//!   reach one server.
//! - The filter `emails[type eq "work"].value eq "x"` ([`Note::FilteredSubAttribute`]).
//!
//! It documents no `User-Agent`, so it is recognised by its manners.

use super::Note;

/// What Microsoft's schema URNs begin with, in lower case.
const SCHEMA_PREFIX: &str = "http://schemas.microsoft.com/";

/// Whether only this identity provider is known to do what is noted.
pub(super) fn is_sign(note: &Note) -> bool {
    match note {
        Note::OperationCase(word) => word.starts_with(|first: char| first.is_ascii_uppercase()),
        Note::UnknownSchema(urn) => urn.to_ascii_lowercase().starts_with(SCHEMA_PREFIX),
        Note::FilteredSubAttribute | Note::ValueMade(_) => true,
        _ => false,
    }
}

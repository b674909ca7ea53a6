//! Bounds on what a client may send. All are answered with a SCIM error; none is ever reached by a known client.

/// Longest filter, in bytes. Longer ones are 400 `invalidFilter`.
pub const FILTER_BYTES: usize = 16 * 1024;

/// Most comparisons (and `pr` tests) in one filter.
pub const FILTER_TERMS: usize = 200;

/// Deepest nesting of parentheses, `not` and brackets in a filter. The parser recurses at most this far.
pub const FILTER_DEPTH: usize = 10;

/// Longest PATCH path or attribute name, in bytes.
pub const PATH_BYTES: usize = 4 * 1024;

/// Most comparisons between the brackets of a PATCH path, unless they only list ids (`value eq "a" or value eq "b"`).
///
/// With the two limits below, this keeps the largest PATCH of a user well under a second.
pub const PATH_TERMS: usize = 10;

/// Deepest nesting of arrays and objects in a body. SCIM itself needs six levels (a PATCH of an extension's complex
/// attribute).
pub const JSON_DEPTH: usize = 16;

/// Most operations in one PATCH. Above it: 413.
pub const PATCH_OPERATIONS: usize = 1_000;

/// Most values of multi-valued attributes that one PATCH carries. Above it: 413. Members are counted on their own.
pub const PATCH_VALUES: usize = 5_000;

/// Most members that one PATCH adds or removes by name (SCIM-14). Above it: 413 that says how to go on.
///
/// A full list (`replace`, PUT, POST) is not counted here: what it changes is known only to who has the old list.
pub const MEMBER_CHANGES: usize = 10_000;

/// Longest text, in bytes, of an attribute that the database indexes: `userName`, `externalId`, `displayName`, the value
/// of an email.
pub const INDEXED_TEXT_BYTES: usize = 1_024;

/// How much of a text counts when resources are sorted, in bytes. Texts that differ only behind it are in the order of their
/// ids.
pub const SORT_KEY_BYTES: usize = 256;

/// Longest cursor that is looked at, in bytes. Those of this server are shorter.
pub const CURSOR_BYTES: usize = 1_024;

/// Longest `bulkId`, and longest id in the path of a bulk operation, in bytes.
pub const BULK_ID_BYTES: usize = 256;

/// Most values of one multi-valued attribute of a user. Members of a group are not counted by this.
pub const VALUES: usize = 500;

/// Most names in `attributes` or `excludedAttributes`.
pub const PROJECTION_NAMES: usize = 200;

/// Most notes kept of one request.
pub const NOTES: usize = 64;

/// Longest piece of a client's text that is repeated in an error's `detail`, in characters.
pub const QUOTED_CHARACTERS: usize = 80;

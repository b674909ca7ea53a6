//! The record of what was understood against the letter.

use std::fmt;

use crate::limits;

/// One thing that was read in another way than the RFCs say, or passed over.
///
/// Texts are names of attributes or operators as the client wrote them, shortened; never values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Note {
    /// `"True"` or `"False"` was read as a boolean, at this path.
    StringBoolean(String),
    /// A decimal string was read as an integer, at this path.
    DecimalString(String),
    /// A manager came as a bare id.
    ManagerAsText,
    /// A manager came as an array of one.
    ManagerAsArray,
    /// `null` for this attribute was read as "as it is" (SCIM-12).
    NullKept(String),
    /// An attribute that the server alone sets was ignored.
    ReadOnly(String),
    /// A password was ignored.
    Password,
    /// An attribute that no schema has was ignored.
    UnknownAttribute(String),
    /// `schemas` named a URN that is not served.
    UnknownSchema(String),
    /// `schemas` was missing.
    SchemasMissing,
    /// An attribute came twice, in different case; the last counts.
    Repeated(String),
    /// Values of an attribute had the same `type` and `value`; they became one (RFC 7643 §2.4).
    ValuesMerged(String),
    /// An operator of a PATCH was not in lower case.
    OperationCase(String),
    /// A key of a PATCH value without a path was itself a path: dotted, with a URN, or with a filter.
    PathAsKey(String),
    /// A filter of a PATCH matched nothing, and the value it describes was made.
    ValueMade(String),
    /// `remove` came with values, and only those are removed.
    RemovedByValue(String),
    /// `emails[type eq "work"].value eq "x"`, which RFC 7644's grammar lacks, was read as a condition in brackets.
    FilteredSubAttribute,
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StringBoolean(path) => write!(formatter, "`{path}` came as a string and was read as a boolean"),
            Self::DecimalString(path) => write!(formatter, "`{path}` came as a string and was read as an integer"),
            Self::ManagerAsText => formatter.write_str("`manager` came as a bare id"),
            Self::ManagerAsArray => formatter.write_str("`manager` came as an array"),
            Self::NullKept(path) => write!(formatter, "`{path}` came as null and was left as it is"),
            Self::ReadOnly(path) => write!(formatter, "`{path}` is read-only and was ignored"),
            Self::Password => formatter.write_str("`password` was ignored"),
            Self::UnknownAttribute(name) => write!(formatter, "`{name}` is in no schema and was ignored"),
            Self::UnknownSchema(urn) => write!(formatter, "the schema `{urn}` is not served and was ignored"),
            Self::SchemasMissing => formatter.write_str("`schemas` was missing"),
            Self::Repeated(name) => write!(formatter, "`{name}` came more than once, the last counts"),
            Self::ValuesMerged(path) => {
                write!(formatter, "values of `{path}` with the same type and value were merged")
            }
            Self::OperationCase(word) => write!(formatter, "the operation `{word}` was read without case"),
            Self::PathAsKey(key) => write!(formatter, "the key `{key}` was read as a path"),
            Self::ValueMade(path) => write!(formatter, "`{path}` matched nothing, so the value was made"),
            Self::RemovedByValue(path) => write!(formatter, "only the listed values of `{path}` were removed"),
            Self::FilteredSubAttribute => formatter.write_str("a sub-attribute after a value filter was understood"),
        }
    }
}

/// The notes of one request: each once, in order, and no more than [`limits::NOTES`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// Adds a note, unless it is there already or there are too many.
    pub fn push(&mut self, note: Note) {
        if self.0.len() < limits::NOTES && !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    /// The notes, in the order in which they were made.
    #[must_use]
    pub fn as_slice(&self) -> &[Note] {
        &self.0
    }

    /// Whether the request was as the RFCs say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A client's word as a note keeps it.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(limits::QUOTED_CHARACTERS).collect()
}

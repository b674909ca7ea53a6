//! What RFC 7643 §7 says about one attribute, as a row of a static table.

use std::hash::{Hash, Hasher};

/// The data type of an attribute (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Unicode text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// An RFC 3339 time.
    DateTime,
    /// Base64 text.
    Binary,
    /// A URI.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

impl Type {
    /// The word in a schema document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// Who may change an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// Only the server. Values that a client sends are ignored.
    ReadOnly,
    /// The client, at any time.
    ReadWrite,
    /// The client, when the value is made.
    Immutable,
    /// The client, but nobody can read it.
    WriteOnly,
}

impl Mutability {
    /// The word in a schema document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// When an attribute is part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Returned {
    /// Always, whatever `attributes` and `excludedAttributes` say.
    Always,
    /// Never.
    Never,
    /// Unless the request says otherwise.
    Default,
}

impl Returned {
    /// The word in a schema document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
        }
    }
}

/// Within what an attribute's value is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    /// Nothing.
    None,
    /// The resources of one connection.
    Server,
}

impl Uniqueness {
    /// The word in a schema document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
        }
    }
}

/// An attribute or sub-attribute: its name, its characteristics, and what is enforced about its values.
///
/// Attributes are rows of static tables, so two references are equal when they are the same row.
#[derive(Debug)]
pub struct Attribute {
    /// The name, in the spelling of the schema.
    pub name: &'static str,
    /// The data type.
    pub kind: Type,
    /// Whether it holds an array of values.
    pub multi_valued: bool,
    /// Shown to the administrators of an identity provider.
    pub description: &'static str,
    /// Whether a resource without it is refused.
    pub required: bool,
    /// Whether text compares with regard to case.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is part of an answer.
    pub returned: Returned,
    /// Within what it is unique.
    pub uniqueness: Uniqueness,
    /// Suggested values, or the only ones if [`Attribute::closed`].
    pub canonical_values: &'static [&'static str],
    /// What a reference may refer to.
    pub reference_types: &'static [&'static str],
    /// The sub-attributes of a complex attribute.
    pub sub_attributes: &'static [Attribute],
    /// Whether values outside `canonical_values` are refused.
    pub closed: bool,
    /// Whether the database indexes it, which bounds its length.
    pub indexed: bool,
    /// Whether an explicit `null` leaves it as it is, instead of clearing it (SCIM-12).
    pub null_keeps: bool,
    /// Whether whole numbers may come as decimal strings, and must be above zero (SCIM-4).
    pub counted: bool,
    /// Whether it is understood where clients name it, but is in no answer and so in no published schema.
    pub unpublished: bool,
}

impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Attribute {}

impl Hash for Attribute {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self, state);
    }
}

impl Attribute {
    /// The sub-attribute of this name, in any case.
    #[must_use]
    pub fn sub_attribute(&'static self, name: &str) -> Option<&'static Self> {
        find(self.sub_attributes, name)
    }

    /// What a bare multi-valued complex attribute (or a manager) is compared by in a filter: its `value`.
    #[must_use]
    pub fn value_sub_attribute(&'static self) -> Option<&'static Self> {
        self.sub_attribute("value")
    }

    /// Whether a client can never write it.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        matches!(self.mutability, Mutability::ReadOnly)
    }

    /// The canonical spelling of a value of a closed list.
    #[must_use]
    pub fn canonical(&self, value: &str) -> Option<&'static str> {
        self.canonical_values.iter().copied().find(|canonical| canonical.eq_ignore_ascii_case(value))
    }

    const fn new(name: &'static str, kind: Type, description: &'static str) -> Self {
        Self {
            name,
            kind,
            multi_valued: false,
            description,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            reference_types: &[],
            sub_attributes: &[],
            closed: false,
            indexed: false,
            null_keeps: false,
            counted: false,
            unpublished: false,
        }
    }

    pub(super) const fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Type::String, description)
    }

    pub(super) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Type::Boolean, description)
    }

    pub(super) const fn integer(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Type::Integer, description)
    }

    pub(super) const fn date_time(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Type::DateTime, description)
    }

    pub(super) const fn binary(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Type::Binary, description).case_exact()
    }

    pub(super) const fn reference(
        name: &'static str,
        reference_types: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        let mut attribute = Self::new(name, Type::Reference, description).case_exact();
        attribute.reference_types = reference_types;
        attribute
    }

    pub(super) const fn complex(
        name: &'static str,
        sub_attributes: &'static [Self],
        description: &'static str,
    ) -> Self {
        let mut attribute = Self::new(name, Type::Complex, description);
        attribute.sub_attributes = sub_attributes;
        attribute
    }

    pub(super) const fn multi_valued(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    /// For schema URNs, which are references but compare without case (RFC 7643 §2.1).
    pub(super) const fn compared_without_case(mut self) -> Self {
        self.case_exact = false;
        self
    }

    pub(super) const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    pub(super) const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    pub(super) const fn write_only(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    pub(super) const fn always_returned(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(super) const fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    pub(super) const fn suggests(mut self, canonical_values: &'static [&'static str]) -> Self {
        self.canonical_values = canonical_values;
        self
    }

    pub(super) const fn one_of(mut self, canonical_values: &'static [&'static str]) -> Self {
        self.canonical_values = canonical_values;
        self.closed = true;
        self
    }

    pub(super) const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    pub(super) const fn null_keeps(mut self) -> Self {
        self.null_keeps = true;
        self
    }

    pub(super) const fn unpublished(mut self) -> Self {
        self.unpublished = true;
        self
    }

    pub(super) const fn counted(mut self) -> Self {
        self.counted = true;
        self
    }
}

/// The attribute of this name in a table, in any case.
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

//! Filters (RFC 7644 §3.4.2.2): parsed, resolved against the schemas, type-checked, and evaluated.
//!
//! A [`Filter`] that exists is right: its attributes exist, and every comparison makes sense for its attribute's type.
//! The tree is public, for a compiler to SQL; [`Filter::matches`] is the meaning that such a compiler must keep to (or
//! stay a superset of).
//!
//! The logic has two values. A comparison of an unassigned attribute is false, whatever the operator, `ne` included; so
//! `not (displayName eq "x")` is true of a user without `displayName`, and `displayName ne "x"` is not. Of a multi-valued
//! attribute, one value that fits suffices.

mod check;
mod display;
mod evaluate;
mod lexer;
mod parser;

use serde_json::Value;

use crate::dialect::Notes;
use crate::error::RequestError;
use crate::path::AttributePath;
use crate::schema::ResourceType;

/// A checked filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    expression: Expression,
}

/// A node of a filter.
///
/// Parsing flattens: an [`Expression::And`] holds no other `And` directly and at least two parts, and so does
/// [`Expression::Or`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expression {
    /// All parts hold.
    And(Vec<Expression>),
    /// One part holds.
    Or(Vec<Expression>),
    /// The part does not hold.
    Not(Box<Expression>),
    /// A value of the attribute compares so. A bare `emails` has become `emails.value` here.
    Compare(Comparison),
    /// The attribute has a value that is not empty (`pr`). `x ne null` is this, `x eq null` its negation.
    Present(AttributePath),
    /// One value of the complex attribute fulfils the whole condition (`emails[type eq "work" and value co "x"]`).
    ///
    /// Paths in the condition have this attribute and a sub-attribute. `emails[type eq "work"].value eq "x"`, which Entra
    /// sends, has become `emails[type eq "work" and value eq "x"]`.
    Values {
        /// The complex attribute.
        attribute: AttributePath,
        /// What must hold for one value.
        condition: Box<Expression>,
    },
}

/// An attribute, an operator, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comparison {
    /// A simple attribute or sub-attribute; its [`AttributePath::leaf`] says how to compare.
    pub path: AttributePath,
    /// How to compare.
    pub operator: Operator,
    /// What to compare with; of the leaf's type.
    pub literal: Literal,
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

impl Operator {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }
}

/// What an attribute is compared with. The type follows from the attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// For boolean attributes; only `eq` and `ne`.
    Boolean(bool),
    /// For integer attributes.
    Integer(i64),
    /// For times, in microseconds since 1970 UTC. Times on the wire have milliseconds: compare at that precision.
    Instant(i64),
    /// For text, references and binaries, as sent. Fold both sides unless the leaf is `caseExact`.
    Text(String),
}

impl Filter {
    /// Parses and checks a filter on resources of the given types. An attribute that only some of them have is absent
    /// from the others.
    ///
    /// # Errors
    ///
    /// 400 `invalidFilter` saying where and why: malformed, too long or too deep (see [`crate::limits`]), an unknown
    /// attribute, or a comparison that the attribute's type does not have.
    pub fn parse(text: &str, types: &[ResourceType], notes: &mut Notes) -> Result<Self, RequestError> {
        let expression = parser::parse(text, parser::Scope::Resource(types), notes)?;
        Ok(Self { expression })
    }

    /// The tree.
    #[must_use]
    pub const fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Whether it holds for a whole resource, in the spelling of the schemas, with `id`, `meta`, and what else of `groups`
    /// and `members` it [mentions](Self::mentions).
    #[must_use]
    pub fn matches(&self, resource: &Value) -> bool {
        evaluate::holds(&self.expression, resource)
    }

    /// Whether it reads the attribute of this name at the top of a resource, such as `members`, `groups` or `meta`.
    #[must_use]
    pub fn mentions(&self, attribute: &str) -> bool {
        self.expression.mentions(attribute)
    }

    /// A text that is equal for filters of equal meaning as far as that is cheap to see: canonical, and with literals
    /// folded where case does not count. For caches.
    #[must_use]
    pub fn canonical_key(&self) -> String {
        let mut key = String::new();
        display::write(&mut key, &self.expression, display::Style::Folded);
        key
    }
}

impl Expression {
    /// All of these, flattened.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        Self::flat(parts, Self::And, |part| match part {
            Self::And(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// One of these, flattened.
    #[must_use]
    pub fn any(parts: Vec<Self>) -> Self {
        Self::flat(parts, Self::Or, |part| match part {
            Self::Or(inner) => Ok(inner),
            other => Err(other),
        })
    }

    fn flat(parts: Vec<Self>, wrap: fn(Vec<Self>) -> Self, unwrap: fn(Self) -> Result<Vec<Self>, Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match unwrap(part) {
                Ok(inner) => flat.extend(inner),
                Err(other) => flat.push(other),
            }
        }
        match flat.len() {
            1 => flat.swap_remove(0),
            _ => wrap(flat),
        }
    }

    /// Whether a condition in brackets holds for one value of its attribute.
    #[must_use]
    pub fn holds_for_value(&self, value: &Value) -> bool {
        evaluate::holds_within(self, value)
    }

    /// The canonical text of a condition in brackets, without the brackets: its paths are written as sub-attributes.
    #[must_use]
    pub fn condition_text(&self) -> String {
        display::condition(self)
    }

    /// The texts of `sub eq "a"`, or of `sub eq "a" or sub eq "b" ...`, if the condition is nothing but that.
    #[must_use]
    pub fn equals_any(&self, sub_attribute: &str) -> Option<Vec<&str>> {
        match self {
            Self::Or(parts) => parts.iter().map(|part| part.equals(sub_attribute)).collect(),
            _ => self.equals(sub_attribute).map(|text| vec![text]),
        }
    }

    fn equals(&self, sub_attribute: &str) -> Option<&str> {
        match self {
            Self::Compare(Comparison { path, operator: Operator::Equal, literal: Literal::Text(text) })
                if path.leaf().name == sub_attribute =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    /// How many comparisons and `pr` tests it consists of.
    pub(crate) fn terms(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::terms).sum(),
            Self::Not(part) | Self::Values { condition: part, .. } => part.terms(),
            Self::Compare(_) | Self::Present(_) => 1,
        }
    }

    fn mentions(&self, attribute: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(attribute)),
            Self::Not(part) => part.mentions(attribute),
            Self::Compare(comparison) => comparison.path.attribute.name == attribute,
            Self::Present(path) | Self::Values { attribute: path, .. } => path.attribute.name == attribute,
        }
    }
}

/// Parses what stands between the brackets of a PATCH path.
pub(crate) fn parse_condition(
    text: &str,
    attribute: AttributePath,
    notes: &mut Notes,
) -> Result<Expression, RequestError> {
    parser::parse(text, parser::Scope::Value(attribute), notes)
}

#[cfg(test)]
mod tests;

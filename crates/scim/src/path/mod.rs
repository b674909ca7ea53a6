//! Names of attributes, resolved against the schemas of a resource type (RFC 7644 §3.10).
//!
//! `userName`, `name.familyName`, `urn:ietf:params:scim:schemas:core:2.0:User:emails.value` and
//! `urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerRole` all become an [`AttributePath`]: references into
//! the schema tables. Once it exists, the attribute exists. All names compare without case.

mod patch_path;

use std::fmt;

use serde_json::{Map, Value};

pub use patch_path::PatchPath;

use crate::error::Quoted;
use crate::limits;
use crate::schema::{Attribute, ResourceType, Schema, SchemaRole, Type};

/// An attribute, or a sub-attribute of a complex one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttributePath {
    /// The schema whose table the attribute is in.
    pub schema: &'static Schema,
    /// The attribute at the top of the resource or extension.
    pub attribute: &'static Attribute,
    /// The sub-attribute, if one is named.
    pub sub_attribute: Option<&'static Attribute>,
}

/// Why a text names no attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is not of the form of an attribute path.
    #[error("{} is not an attribute path", Quoted(.0))]
    Malformed(String),
    /// It is well formed, but no schema of the resource type has it.
    #[error("{} is not an attribute of a {types}, see /Schemas", Quoted(.text))]
    Unknown {
        /// The text.
        text: String,
        /// The names of the resource types that were searched.
        types: String,
    },
}

/// What a name can refer to: an attribute, or all attributes of a schema at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// One attribute or sub-attribute.
    Attribute(AttributePath),
    /// A whole schema, named by its URN.
    Schema(&'static Schema),
}

impl Target {
    /// Resolves a name against the schemas of the given resource types, the first type first.
    ///
    /// # Errors
    ///
    /// When it is malformed or unknown; which error that is on the wire depends on where it stood.
    pub fn resolve(text: &str, types: &[ResourceType]) -> Result<Self, PathError> {
        if text.len() > limits::PATH_BYTES {
            return Err(PathError::Malformed(text.to_owned()));
        }
        if text.contains(':') {
            return Self::resolve_urn(text, types);
        }
        let (name, sub_name) = split_names(text).ok_or_else(|| PathError::Malformed(text.to_owned()))?;
        types
            .iter()
            .flat_map(|each| each.schemas())
            .filter(|schema| !schema.is_extension())
            .find_map(|schema| AttributePath::find(schema, name, sub_name))
            .map(Self::Attribute)
            .ok_or_else(|| unknown(text, types))
    }

    fn resolve_urn(text: &str, types: &[ResourceType]) -> Result<Self, PathError> {
        for each in types {
            for schema in each.schemas().filter(|schema| schema.role != SchemaRole::Common) {
                let Some(rest) = strip_prefix_ignoring_case(text, schema.urn) else { continue };
                if rest.is_empty() {
                    return Ok(Self::Schema(schema));
                }
                let Some(rest) = rest.strip_prefix(':') else { continue };
                let (name, sub_name) = split_names(rest).ok_or_else(|| PathError::Malformed(text.to_owned()))?;
                let found = if schema.is_extension() {
                    AttributePath::find(schema, name, sub_name)
                } else {
                    // `urn:...:core:2.0:User:externalId` is common, but qualified like the attributes beside it.
                    each.schemas()
                        .filter(|schema| !schema.is_extension())
                        .find_map(|schema| AttributePath::find(schema, name, sub_name))
                };
                return found.map(Self::Attribute).ok_or_else(|| unknown(text, types));
            }
        }
        let urn_like = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":.-_$/%".contains(&byte));
        Err(if urn_like { unknown(text, types) } else { PathError::Malformed(text.to_owned()) })
    }
}

impl AttributePath {
    /// Resolves the path of one attribute.
    ///
    /// # Errors
    ///
    /// As [`Target::resolve`]; a whole schema is no attribute.
    pub fn resolve(text: &str, types: &[ResourceType]) -> Result<Self, PathError> {
        match Target::resolve(text, types)? {
            Target::Attribute(path) => Ok(path),
            Target::Schema(_) => Err(unknown(text, types)),
        }
    }

    /// The path of a top attribute of a schema.
    #[must_use]
    pub const fn top(schema: &'static Schema, attribute: &'static Attribute) -> Self {
        Self { schema, attribute, sub_attribute: None }
    }

    /// This path with a sub-attribute.
    #[must_use]
    pub const fn with(self, sub_attribute: &'static Attribute) -> Self {
        Self { sub_attribute: Some(sub_attribute), ..self }
    }

    /// The attribute that holds the value: the sub-attribute if one is named.
    #[must_use]
    pub const fn leaf(&self) -> &'static Attribute {
        match self.sub_attribute {
            Some(sub_attribute) => sub_attribute,
            None => self.attribute,
        }
    }

    /// Whether this names the given attribute, as in `path.is("name.givenName")`. For extensions, without the URN.
    #[must_use]
    pub fn is(&self, names: &str) -> bool {
        match (self.sub_attribute, names.split_once('.')) {
            (Some(sub_attribute), Some((name, sub_name))) => {
                self.attribute.name == name && sub_attribute.name == sub_name
            }
            (None, None) => self.attribute.name == names,
            _ => false,
        }
    }

    /// The attribute's value in the JSON of a resource; not that of the sub-attribute.
    #[must_use]
    pub fn value_in<'v>(&self, resource: &'v Map<String, Value>) -> Option<&'v Value> {
        if self.schema.is_extension() {
            resource.get(self.schema.urn)?.get(self.attribute.name)
        } else {
            resource.get(self.attribute.name)
        }
    }

    fn find(schema: &'static Schema, name: &str, sub_name: Option<&str>) -> Option<Self> {
        let attribute = schema.attribute(name)?;
        let sub_attribute = match sub_name {
            Some(sub_name) => Some(attribute.sub_attribute(sub_name)?),
            None => None,
        };
        Some(Self { schema, attribute, sub_attribute })
    }

    /// The path that a comparison means: a complex attribute that has a `value` means that (`emails co "x"`,
    /// `manager eq "id"`). `None` if it is complex and has none.
    #[must_use]
    pub fn compared(self) -> Option<Self> {
        if self.leaf().kind == Type::Complex {
            self.attribute.value_sub_attribute().map(|sub| self.with(sub))
        } else {
            Some(self)
        }
    }
}

impl fmt::Display for AttributePath {
    /// The canonical text: with the URN for extensions, without for all else.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema.is_extension() {
            write!(formatter, "{}:", self.schema.urn)?;
        }
        formatter.write_str(self.attribute.name)?;
        match self.sub_attribute {
            Some(sub_attribute) => write!(formatter, ".{}", sub_attribute.name),
            None => Ok(()),
        }
    }
}

/// Splits `attribute` or `attribute.sub`, both of the form of RFC 7644's `ATTRNAME` (or `$ref`).
fn split_names(text: &str) -> Option<(&str, Option<&str>)> {
    match text.split_once('.') {
        Some((name, sub_name)) if is_name(name) && is_name(sub_name) => Some((name, Some(sub_name))),
        None if is_name(text) => Some((text, None)),
        _ => None,
    }
}

pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'$')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn strip_prefix_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn unknown(text: &str, types: &[ResourceType]) -> PathError {
    let types = types.iter().map(|each| each.as_str()).collect::<Vec<_>>().join(" or ");
    PathError::Unknown { text: text.to_owned(), types }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{DOCKER_USER_URN, ENTERPRISE_USER_URN, USER_URN};

    const USER: &[ResourceType] = &[ResourceType::User];

    #[test]
    fn names_resolve_in_any_case_and_print_in_the_schemas_spelling() {
        let cases = [
            ("USERNAME", "userName".to_owned()),
            ("name.FAMILYNAME", "name.familyName".to_owned()),
            ("urn:ietf:params:scim:schemas:core:2.0:user:Emails.Value", "emails.value".to_owned()),
            (&format!("{USER_URN}:externalid"), "externalId".to_owned()),
            ("Meta.LastModified", "meta.lastModified".to_owned()),
            ("groups.$REF", "groups.$ref".to_owned()),
            (&format!("{}:DOCKERROLE", DOCKER_USER_URN.to_uppercase()), format!("{DOCKER_USER_URN}:dockerRole")),
            (&format!("{ENTERPRISE_USER_URN}:manager.value"), format!("{ENTERPRISE_USER_URN}:manager.value")),
        ];
        for (text, canonical) in cases {
            let path = AttributePath::resolve(text, USER).unwrap();
            assert_eq!(path.to_string(), canonical);
            assert_eq!(AttributePath::resolve(&canonical, USER).unwrap(), path);
        }
    }

    #[test]
    fn malformed_and_unknown_names_are_told_apart() {
        for text in
            ["", " ", "a b", "userName ", ".value", "emails.", "name.a.b", "1st", "urn:x y:z", "emails[", "naïve", ":"]
        {
            let error = AttributePath::resolve(text, USER).unwrap_err();
            let expected_unknown = text == ":";
            assert_eq!(matches!(error, PathError::Unknown { .. }), expected_unknown, "{text}");
        }
        for text in
            ["colour", "name.colour", "members", "dockerRole", "urn:example:2.0:User:x", USER_URN, "userName.value"]
        {
            assert!(matches!(AttributePath::resolve(text, USER), Err(PathError::Unknown { .. })), "{text}");
        }
    }

    #[test]
    fn a_whole_schema_is_a_target() {
        let target = Target::resolve(&DOCKER_USER_URN.to_lowercase(), USER).unwrap();
        assert!(matches!(target, Target::Schema(schema) if schema.urn == DOCKER_USER_URN));
    }

    #[test]
    fn several_types_are_searched_in_order() {
        assert!(AttributePath::resolve("members.value", ResourceType::ALL).is_ok());
        assert!(AttributePath::resolve("userName", ResourceType::ALL).is_ok());
    }
}

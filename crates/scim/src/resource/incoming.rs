//! The body of a POST or PUT.

use serde_json::{Map, Value};

use super::check::{self, Shape};
use super::member::{MemberRef, parse_members};
use crate::dialect::{Note, Notes, shortened};
use crate::error::{RequestError, ScimType};
use crate::json;
use crate::path::{AttributePath, Target};
use crate::schema::{ResourceType, Schema};

/// A checked body of a user or group.
///
/// Names are in the schema's spelling; what the server alone sets (`id`, `meta`, `groups`) and what no schema has are gone;
/// required attributes are there. What it clears explicitly is null in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    resource_type: ResourceType,
    attributes: Map<String, Value>,
    members: Option<Vec<MemberRef>>,
}

impl Incoming {
    /// Parses and checks a body.
    ///
    /// # Errors
    ///
    /// 400 `invalidSyntax` when it is not a JSON object; 400 `invalidValue` when an attribute is missing or of the wrong
    /// type, naming it.
    pub fn parse(resource_type: ResourceType, body: &[u8], notes: &mut Notes) -> Result<Self, RequestError> {
        Self::from_value(resource_type, json::parse(body)?, notes)
    }

    /// Checks a body that is JSON already, such as the `data` of a bulk operation.
    ///
    /// # Errors
    ///
    /// As [`Incoming::parse`].
    pub fn from_value(resource_type: ResourceType, body: Value, notes: &mut Notes) -> Result<Self, RequestError> {
        let Value::Object(body) = body else {
            let detail = format!("the body must be a JSON object, not {}", json::kind(&body));
            return Err(RequestError::bad(ScimType::InvalidSyntax, detail));
        };
        let mut incoming = Self { resource_type, attributes: Map::new(), members: None };
        let mut schemas_given = false;
        for (name, value) in body {
            if name.eq_ignore_ascii_case("schemas") {
                schemas_given = true;
                note_schemas(resource_type, &value, notes)?;
            } else {
                incoming.take(&name, value, notes)?;
            }
        }
        if !schemas_given {
            notes.push(Note::SchemasMissing);
        }
        incoming.check_required()?;
        Ok(incoming)
    }

    fn take(&mut self, name: &str, given: Value, notes: &mut Notes) -> Result<(), RequestError> {
        let (name, value) = match Target::resolve(name, &[self.resource_type]) {
            Ok(Target::Attribute(path)) if path.sub_attribute.is_none() => {
                if self.resource_type == ResourceType::Group && path.is("members") {
                    self.members = Some(parse_members(given, notes)?);
                    return Ok(());
                }
                let Some(value) = check::value(path, given, Shape::Array, notes)? else { return Ok(()) };
                if path.schema.is_extension() {
                    (path.schema.urn, Value::Object(Map::from_iter([(path.attribute.name.to_owned(), value)])))
                } else {
                    (path.attribute.name, value)
                }
            }
            Ok(Target::Schema(schema)) if schema.is_extension() => match extension(schema, given, notes)? {
                Some(value) => (schema.urn, value),
                None => return Ok(()),
            },
            _ => {
                notes.push(Note::UnknownAttribute(shortened(name)));
                return Ok(());
            }
        };
        match (self.attributes.get_mut(name), value) {
            // Attributes of one extension may come one by one, each with its URN.
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            (Some(there), value) => {
                notes.push(Note::Repeated(name.to_owned()));
                *there = value;
            }
            (None, value) => {
                self.attributes.insert(name.to_owned(), value);
            }
        }
        Ok(())
    }

    fn check_required(&self) -> Result<(), RequestError> {
        let core = self.resource_type.core();
        match core
            .attributes
            .iter()
            .find(|attribute| attribute.required && !self.attributes.contains_key(attribute.name))
        {
            Some(missing) => Err(check::invalid(format!("`{}` is required", missing.name))),
            None => Ok(()),
        }
    }

    /// The type that it was checked as.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// The checked attributes; null where an attribute is cleared explicitly.
    #[must_use]
    pub const fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// The members of a group: `None` when the body does not name them, so that they stay (SCIM-12); empty when it
    /// clears them.
    #[must_use]
    pub fn members(&self) -> Option<&[MemberRef]> {
        self.members.as_deref()
    }
}

/// The object of an extension. An empty object states nothing.
fn extension(schema: &'static Schema, value: Value, notes: &mut Notes) -> Result<Option<Value>, RequestError> {
    let object = match value {
        Value::Object(object) => object,
        Value::Null => return Ok(Some(Value::Null)),
        Value::Array(values) if values.is_empty() => return Ok(Some(Value::Null)),
        other => {
            return Err(check::invalid(format!("`{}` must be an object, not {}", schema.urn, json::kind(&other))));
        }
    };
    let mut checked = Map::new();
    for (name, given) in object {
        let Some(attribute) = schema.attribute(&name) else {
            notes.push(Note::UnknownAttribute(shortened(&name)));
            continue;
        };
        let path = AttributePath::top(schema, attribute);
        if let Some(value) = check::value(path, given, Shape::Array, notes)?
            && checked.insert(attribute.name.to_owned(), value).is_some()
        {
            notes.push(Note::Repeated(path.to_string()));
        }
    }
    Ok((!checked.is_empty()).then_some(Value::Object(checked)))
}

/// `schemas` decides nothing: which extensions have data is seen from the data. URNs that are not served are noted.
fn note_schemas(resource_type: ResourceType, value: &Value, notes: &mut Notes) -> Result<(), RequestError> {
    let urns = match value {
        Value::Null => return Ok(()),
        Value::Array(urns) => urns,
        other => return Err(check::invalid(format!("`schemas` must be an array of URNs, not {}", json::kind(other)))),
    };
    for urn in urns {
        let Some(urn) = urn.as_str() else {
            return Err(check::invalid(format!("`schemas` must hold URNs, not {}", json::kind(urn))));
        };
        if !resource_type.schemas().any(|schema| schema.urn.eq_ignore_ascii_case(urn)) {
            notes.push(Note::UnknownSchema(shortened(urn)));
        }
    }
    Ok(())
}

//! The path of a PATCH operation (RFC 7644 §3.5.2, figure 7).

use std::fmt;

use super::{AttributePath, Target};
use crate::dialect::Notes;
use crate::error::{Quoted, RequestError, ScimType};
use crate::filter::{self, Expression};
use crate::limits;
use crate::schema::{Attribute, ResourceType, Schema};

/// What a PATCH operation works on.
#[derive(Debug, Clone, PartialEq)]
pub enum PatchPath {
    /// `userName`, `name.givenName`, `urn:...:User:dockerRole`.
    Attribute(AttributePath),
    /// `emails[type eq "work"]` or `emails[type eq "work"].value`: the values of a multi-valued attribute for which a
    /// condition holds, or one sub-attribute of each.
    Values {
        /// The multi-valued attribute.
        attribute: AttributePath,
        /// What must hold for a value; its paths are sub-attributes of `attribute`.
        condition: Expression,
        /// The sub-attribute, if one is named.
        sub_attribute: Option<&'static Attribute>,
    },
    /// A schema's whole URN: the object of an extension, or the top of the resource for the core schema.
    Schema(&'static Schema),
}

impl PatchPath {
    /// Parses a path.
    ///
    /// # Errors
    ///
    /// 400 `invalidPath`, or `invalidFilter` for what stands between brackets.
    pub fn parse(text: &str, resource_type: ResourceType, notes: &mut Notes) -> Result<Self, RequestError> {
        let types = &[resource_type];
        let Some((name, rest)) = text.split_once('[') else {
            return match Target::resolve(text, types).map_err(|error| invalid(error.to_string()))? {
                Target::Attribute(path) => Ok(Self::Attribute(path)),
                Target::Schema(schema) => Ok(Self::Schema(schema)),
            };
        };
        let attribute = AttributePath::resolve(name, types).map_err(|error| invalid(error.to_string()))?;
        if !attribute.attribute.multi_valued || attribute.sub_attribute.is_some() {
            return Err(invalid(format!("`{attribute}` is not multi-valued, a path cannot select among its values")));
        }
        let Some((condition, after)) = rest.rsplit_once(']') else {
            return Err(invalid(format!("{} has `[` without `]`", Quoted(text))));
        };
        let sub_attribute = match after.strip_prefix('.') {
            None if after.is_empty() => None,
            Some(name) => match attribute.attribute.sub_attribute(name) {
                Some(sub_attribute) => Some(sub_attribute),
                None => return Err(invalid(format!("`{attribute}` has no sub-attribute {}", Quoted(name)))),
            },
            None => return Err(invalid(format!("{} has text after `]`", Quoted(text)))),
        };
        let condition = filter::parse_condition(condition, attribute, notes)?;
        if condition.terms() > limits::PATH_TERMS && condition.equals_any("value").is_none() {
            let detail = format!("more than {} comparisons in the brackets of a path", limits::PATH_TERMS);
            return Err(RequestError::bad(ScimType::InvalidFilter, detail));
        }
        Ok(Self::Values { attribute, condition, sub_attribute })
    }
}

impl fmt::Display for PatchPath {
    /// The canonical text, which parses to the same path.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(path) => path.fmt(formatter),
            Self::Schema(schema) => formatter.write_str(schema.urn),
            Self::Values { attribute, condition, sub_attribute } => {
                write!(formatter, "{attribute}[{}]", condition.condition_text())?;
                match sub_attribute {
                    Some(sub_attribute) => write!(formatter, ".{}", sub_attribute.name),
                    None => Ok(()),
                }
            }
        }
    }
}

fn invalid(detail: String) -> RequestError {
    RequestError::bad(ScimType::InvalidPath, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PatchPath, RequestError> {
        PatchPath::parse(text, ResourceType::User, &mut Notes::default())
    }

    #[test]
    fn paths_print_canonically() {
        let cases = [
            ("EMAILS[TYPE EQ \"work\"].VALUE", "emails[type eq \"work\"].value"),
            ("addresses[type eq \"a]b[\"]", "addresses[type eq \"a]b[\"]"),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\" and value ew \"x\"]",
                "emails[type eq \"work\" and value ew \"x\"]",
            ),
            ("urn:ietf:params:scim:schemas:extension:docker:2.0:user", crate::schema::DOCKER_USER_URN),
            ("roles[primary eq \"True\"].value", "roles[primary eq true].value"),
        ];
        for (text, canonical) in cases {
            let path = parse(text).unwrap();
            assert_eq!(path.to_string(), canonical);
            assert_eq!(parse(canonical).unwrap(), path);
        }
    }

    #[test]
    fn conditions_are_short_unless_they_list_ids() {
        let condition = |term: &str| format!("emails[{}]", [term; limits::PATH_TERMS + 1].join(" or "));
        assert!(parse(&condition("value eq \"x\"")).is_ok());
        assert_eq!(parse(&condition("type pr")).unwrap_err().scim_type(), Some(ScimType::InvalidFilter));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("", ScimType::InvalidPath),
            ("emails[", ScimType::InvalidPath),
            ("emails]", ScimType::InvalidPath),
            ("[type eq \"work\"]", ScimType::InvalidPath),
            ("name[givenName eq \"x\"]", ScimType::InvalidPath),
            ("emails.value[type eq \"work\"]", ScimType::InvalidPath),
            ("emails[type eq \"work\"]value", ScimType::InvalidPath),
            ("emails[type eq \"work\"].colour", ScimType::InvalidPath),
            ("emails[type eq \"work\"].", ScimType::InvalidPath),
            ("emails[]", ScimType::InvalidFilter),
            ("emails[type]", ScimType::InvalidFilter),
            ("emails[colour eq \"red\"]", ScimType::InvalidFilter),
            ("emails[type eq work]", ScimType::InvalidFilter),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap_err().scim_type(), Some(expected), "{text}");
        }
    }
}

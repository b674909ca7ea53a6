//! Which attributes an answer shows: `attributes` and `excludedAttributes` (RFC 7644 §3.9).
//!
//! `id` and `schemas` always come back, as their `returned` says. Names of no attribute select nothing and exclude
//! nothing.

use serde_json::{Map, Value};

use crate::error::{RequestError, ScimType};
use crate::limits;
use crate::path::{AttributePath, Target};
use crate::schema::{ResourceType, Returned};

/// What to show of each resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Projection(Selection);

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
enum Selection {
    /// Everything that is returned by default.
    #[default]
    Default,
    /// These, and what is always returned.
    Only(Vec<Target>),
    /// Everything but these.
    Without(Vec<Target>),
}

/// How much of one attribute is shown.
enum Shown {
    All,
    Nothing,
    Only(Vec<&'static str>),
    Without(Vec<&'static str>),
}

impl Projection {
    /// Resolves the names that a client gave.
    ///
    /// # Errors
    ///
    /// 400 `invalidValue` when both lists have names, which RFC 7644 does not allow, or too many.
    pub fn new<S: AsRef<str>>(
        attributes: &[S],
        excluded_attributes: &[S],
        types: &[ResourceType],
    ) -> Result<Self, RequestError> {
        if !attributes.is_empty() && !excluded_attributes.is_empty() {
            let detail = "`attributes` and `excludedAttributes` exclude each other, send one of them";
            return Err(RequestError::bad(ScimType::InvalidValue, detail));
        }
        if attributes.len().max(excluded_attributes.len()) > limits::PROJECTION_NAMES {
            let detail = format!("more than {} names of attributes", limits::PROJECTION_NAMES);
            return Err(RequestError::bad(ScimType::InvalidValue, detail));
        }
        let resolve = |names: &[S]| -> Vec<Target> {
            // A name may mean an attribute of each type, as `displayName` does.
            let each =
                |name: &S| types.iter().filter_map(|each| Target::resolve(name.as_ref(), &[*each]).ok()).collect();
            names.iter().flat_map(|name: &S| -> Vec<Target> { each(name) }).collect()
        };
        Ok(Self(if !attributes.is_empty() {
            Selection::Only(resolve(attributes))
        } else if !excluded_attributes.is_empty() {
            Selection::Without(resolve(excluded_attributes))
        } else {
            Selection::Default
        }))
    }

    /// Reads `attributes` and `excludedAttributes` of a URL's parameters, decoded already; others are ignored.
    ///
    /// # Errors
    ///
    /// As [`Projection::new`].
    pub fn from_pairs<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
        types: &[ResourceType],
    ) -> Result<Self, RequestError> {
        let (mut attributes, mut excluded_attributes) = (Vec::new(), Vec::new());
        for (name, value) in pairs {
            let names = if name.as_ref().eq_ignore_ascii_case("attributes") {
                &mut attributes
            } else if name.as_ref().eq_ignore_ascii_case("excludedAttributes") {
                &mut excluded_attributes
            } else {
                continue;
            };
            let given = value.as_ref().split(',').map(str::trim).filter(|name| !name.is_empty());
            names.extend(given.map(str::to_owned));
        }
        Self::new(&attributes, &excluded_attributes, types)
    }

    /// Whether everything is shown, so that the text of a resource can be answered as it is.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        matches!(self.0, Selection::Default)
    }

    /// Whether the client asked for certain attributes, which a PATCH must then answer with (RFC 7644 §3.5.2).
    #[must_use]
    pub const fn is_selective(&self) -> bool {
        matches!(self.0, Selection::Only(_))
    }

    /// Whether any part of this attribute at the top of a resource, such as `members` or `groups`, is shown. What is not
    /// needs not be read.
    #[must_use]
    pub fn needs(&self, attribute: &str) -> bool {
        let names = |target: &Target| match target {
            Target::Attribute(path) => path.attribute.name == attribute,
            Target::Schema(schema) => schema.attribute(attribute).is_some(),
        };
        match &self.0 {
            Selection::Default => true,
            Selection::Only(targets) => targets.iter().any(names),
            Selection::Without(targets) => !targets.iter().any(|target| {
                names(target) && !matches!(target, Target::Attribute(AttributePath { sub_attribute: Some(_), .. }))
            }),
        }
    }

    /// Takes away from a whole resource what is not shown.
    pub fn apply(&self, resource_type: ResourceType, resource: &mut Value) {
        let Value::Object(resource) = resource else { return };
        if self.is_default() {
            return;
        }
        for schema in resource_type.schemas() {
            if schema.is_extension() {
                let emptied = match resource.get_mut(schema.urn) {
                    Some(Value::Object(extension)) => {
                        self.apply_schema(
                            schema.attributes.iter().map(|each| AttributePath::top(schema, each)),
                            extension,
                        );
                        extension.is_empty()
                    }
                    _ => false,
                };
                if emptied {
                    resource.shift_remove(schema.urn);
                }
            } else {
                self.apply_schema(schema.attributes.iter().map(|each| AttributePath::top(schema, each)), resource);
            }
        }
    }

    fn apply_schema(&self, paths: impl Iterator<Item = AttributePath>, holder: &mut Map<String, Value>) {
        for path in paths {
            let name = path.attribute.name;
            let Some(value) = holder.get_mut(name) else { continue };
            let kept = match self.shown(path) {
                Shown::All => true,
                Shown::Nothing => false,
                Shown::Only(names) => retain(value, &|name| names.contains(&name)),
                Shown::Without(names) => retain(value, &|name| !names.contains(&name)),
            };
            if !kept {
                holder.shift_remove(name);
            }
        }
    }

    fn shown(&self, path: AttributePath) -> Shown {
        if path.attribute.returned == Returned::Always {
            return Shown::All;
        }
        let (targets, only) = match &self.0 {
            Selection::Default => return Shown::All,
            Selection::Only(targets) => (targets, true),
            Selection::Without(targets) => (targets, false),
        };
        let mut names = Vec::new();
        for target in targets {
            match target {
                Target::Schema(schema) if *schema == path.schema => {
                    return if only { Shown::All } else { Shown::Nothing };
                }
                Target::Attribute(named) if named.attribute == path.attribute => match named.sub_attribute {
                    Some(sub_attribute) => names.push(sub_attribute.name),
                    None => return if only { Shown::All } else { Shown::Nothing },
                },
                _ => {}
            }
        }
        match (only, names.is_empty()) {
            (true, true) => Shown::Nothing,
            (true, false) => Shown::Only(names),
            (false, true) => Shown::All,
            (false, false) => Shown::Without(names),
        }
    }
}

/// Keeps these sub-attributes of a complex attribute, single or multi-valued. False if nothing is left.
fn retain(value: &mut Value, keep: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| keep(name));
            !object.is_empty()
        }
        Value::Array(values) => {
            values.retain_mut(|value| retain(value, keep));
            !values.is_empty()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{DOCKER_USER_URN, USER_URN};

    fn project(parameter: &str, names: &str) -> Value {
        let mut user = json!({
            "schemas": [USER_URN, DOCKER_USER_URN], "id": "u", "userName": "ada", "active": true,
            "name": {"givenName": "Ada", "familyName": "Lovelace"},
            "emails": [{"value": "a", "type": "work"}, {"value": "b"}],
            DOCKER_USER_URN: {"dockerRole": "owner", "dockerOrg": "moby"},
            "meta": {"version": "1", "created": "x"},
        });
        let projection = Projection::from_pairs([(parameter, names)], &[ResourceType::User]).unwrap();
        projection.apply(ResourceType::User, &mut user);
        let user = user.as_object_mut().unwrap();
        assert!(user.shift_remove("schemas").is_some() && user.shift_remove("id").is_some(), "always returned");
        Value::Object(user.clone())
    }

    #[test]
    fn attributes_are_selected_by_any_form_of_name() {
        let cases = [
            ("USERNAME", json!({"userName": "ada"})),
            ("name.givenName,active", json!({"active": true, "name": {"givenName": "Ada"}})),
            ("emails.type", json!({"emails": [{"type": "work"}]})),
            (&format!("{USER_URN}:userName"), json!({"userName": "ada"})),
            (&format!("{DOCKER_USER_URN}:dockerRole"), json!({DOCKER_USER_URN: {"dockerRole": "owner"}})),
            (DOCKER_USER_URN, json!({DOCKER_USER_URN: {"dockerRole": "owner", "dockerOrg": "moby"}})),
            ("meta.version", json!({"meta": {"version": "1"}})),
            ("colour", json!({})),
            ("id", json!({})),
            ("password", json!({})),
        ];
        for (names, expected) in cases {
            assert_eq!(project("attributes", names), expected, "{names}");
        }
    }

    #[test]
    fn attributes_are_excluded() {
        let excluded = project(
            "excludedAttributes",
            &format!("id,schemas,name.familyName,EMAILS,meta,{DOCKER_USER_URN}:dockerOrg,active"),
        );
        assert_eq!(
            excluded,
            json!({"userName": "ada", "name": {"givenName": "Ada"}, DOCKER_USER_URN: {"dockerRole": "owner"}})
        );
        assert_eq!(project("excludedAttributes", "emails.value")["emails"], json!([{"type": "work"}]));
        assert_eq!(project("excludedAttributes", DOCKER_USER_URN).get(DOCKER_USER_URN), None);
    }

    #[test]
    fn both_at_once_are_400_and_empty_ones_are_absent() {
        let types = &[ResourceType::User];
        assert!(Projection::from_pairs([("attributes", "a"), ("excludedAttributes", "b")], types).is_err());
        let blank = Projection::from_pairs([("attributes", ""), ("excludedAttributes", " , ")], types).unwrap();
        assert!(blank.is_default());
    }

    #[test]
    fn what_is_not_shown_needs_not_be_read() {
        let types = &[ResourceType::Group];
        let needs = |parameter: &str, names: &str| {
            Projection::from_pairs([(parameter, names)], types).unwrap().needs("members")
        };
        assert!(!needs("excludedAttributes", "members"));
        assert!(needs("excludedAttributes", "members.display"));
        assert!(!needs("attributes", "displayName"));
        assert!(needs("attributes", "displayName,Members.value"));
        assert!(needs("attributes", crate::schema::GROUP_URN));
        assert!(Projection::default().needs("members"));
    }
}

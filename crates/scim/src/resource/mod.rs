//! Users and groups: what a client sent, what is stored, what is answered.
//!
//! - [`Incoming`] is a body that was checked against the schema. It still knows which attributes were cleared explicitly
//!   and which were not named at all, because an absent value is never read as "clear it" (SCIM-12).
//! - [`Resource`] is what is stored: the client's attributes in the schema's spelling, text byte for byte (PRE-4), without
//!   what the server knows better: `id`, `meta`, `groups` and `members`.
//! - [`Answer`] splices that stored text with the rest, without parsing it.

mod answer;
pub(crate) mod check;
mod incoming;
mod member;
pub(crate) mod merge;

use serde_json::{Map, Value};

pub use answer::{Answer, GroupLink, MemberLink, Meta};
pub use incoming::Incoming;
pub use member::MemberRef;
pub(crate) use member::parse_members;

use crate::schema::{DOCKER_USER_URN, ENTERPRISE_USER_URN, ResourceType};
use crate::{json, schema};

/// A user or group as its client wrote it.
///
/// It holds no nulls and nothing empty, and two are equal whatever the order of their keys: a change that leads to an
/// equal resource is no change (SCIM-13).
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    resource_type: ResourceType,
    attributes: Map<String, Value>,
}

/// A stored document that is not one: the database was changed by something else.
#[derive(Debug, thiserror::Error)]
#[error("the stored document is not a JSON object")]
pub struct DocumentError {
    #[source]
    source: Option<serde_json::Error>,
}

/// An email address of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Email<'r> {
    /// The address, as sent.
    pub value: &'r str,
    /// `work`, `home` or whatever the client calls it.
    pub kind: Option<&'r str>,
    /// Whether it is the preferred one.
    pub primary: bool,
}

/// Where a user is placed (SCIM-4). Absent states nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Placement<'r> {
    /// `member`, `editor` or `owner`, in lower case whatever was sent.
    pub role: Option<&'static str>,
    /// The organization's name, as sent.
    pub organization: Option<&'r str>,
    /// The team's name, as sent.
    pub team: Option<&'r str>,
    /// After how many minutes to authenticate again; above zero.
    pub session_minutes: Option<i64>,
}

impl Resource {
    /// A new resource from the body of a POST. A user that states nothing about `active` is active.
    #[must_use]
    pub fn create(incoming: &Incoming) -> Self {
        let mut resource = Self { resource_type: incoming.resource_type(), attributes: Map::new() };
        merge::merge(&mut resource.attributes, incoming.attributes().clone());
        if resource.resource_type == ResourceType::User && resource.active().is_none() {
            resource.set_active(true);
        }
        resource
    }

    /// This resource after a PUT: what the body names is replaced, what it clears explicitly goes, the rest stays
    /// (SCIM-12). Of a name, a manager or an extension, the parts that are not named stay as well; an array is replaced
    /// whole.
    #[must_use]
    pub fn put(&self, incoming: &Incoming) -> Self {
        let mut attributes = self.attributes.clone();
        merge::merge(&mut attributes, incoming.attributes().clone());
        Self { resource_type: self.resource_type, attributes }
    }

    /// Reads a stored document.
    ///
    /// # Errors
    ///
    /// When it is not a JSON object.
    pub fn from_document(resource_type: ResourceType, document: &str) -> Result<Self, DocumentError> {
        match serde_json::from_str(document) {
            Ok(Value::Object(mut attributes)) => {
                attributes.shift_remove("schemas");
                Ok(Self { resource_type, attributes })
            }
            Ok(_) => Err(DocumentError { source: None }),
            Err(source) => Err(DocumentError { source: Some(source) }),
        }
    }

    /// The text to store: compact JSON that begins with `schemas`, without `id`, `meta`, `groups` and `members`.
    /// [`Answer`] is made from it.
    #[must_use]
    pub fn to_document(&self) -> String {
        // A map of JSON values always serializes.
        let attributes = serde_json::to_string(&self.attributes).unwrap_or_default();
        let mut document = String::with_capacity(attributes.len() + 128);
        document.push_str("{\"schemas\":[");
        for (index, urn) in self.schemas().enumerate() {
            if index > 0 {
                document.push(',');
            }
            json::write_text(&mut document, urn);
        }
        document.push(']');
        if !self.attributes.is_empty() {
            document.push(',');
        }
        document.push_str(attributes.get(1..).unwrap_or("}"));
        document
    }

    pub(crate) fn with_attributes(&self, attributes: Map<String, Value>) -> Self {
        Self { resource_type: self.resource_type, attributes }
    }

    /// The core schema, and each extension with data (RFC 7643 §3.3).
    pub fn schemas(&self) -> impl Iterator<Item = &'static str> {
        let extensions = self.resource_type.extensions().iter().map(|schema| schema.urn);
        std::iter::once(self.resource_type.core().urn)
            .chain(extensions.filter(|urn| self.attributes.contains_key(*urn)))
    }

    /// The resource type.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// The attributes, in the spelling of the schema; those of extensions in objects under their URNs.
    #[must_use]
    pub const fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// `userName`, as sent; empty for a group.
    #[must_use]
    pub fn user_name(&self) -> &str {
        text(&self.attributes, "userName").unwrap_or_default()
    }

    /// `externalId`.
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        text(&self.attributes, "externalId")
    }

    /// `displayName`. Every group has one.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        text(&self.attributes, "displayName")
    }

    /// `active`; always there for a user made by [`Resource::create`].
    #[must_use]
    pub fn active(&self) -> Option<bool> {
        self.attributes.get("active")?.as_bool()
    }

    /// Sets `active`.
    pub fn set_active(&mut self, active: bool) {
        self.attributes.insert("active".to_owned(), Value::Bool(active));
    }

    /// `name.formatted`.
    #[must_use]
    pub fn formatted_name(&self) -> Option<&str> {
        self.name_part("formatted")
    }

    /// `name.givenName`.
    #[must_use]
    pub fn given_name(&self) -> Option<&str> {
        self.name_part("givenName")
    }

    /// `name.familyName`.
    #[must_use]
    pub fn family_name(&self) -> Option<&str> {
        self.name_part("familyName")
    }

    fn name_part(&self, part: &str) -> Option<&str> {
        text(self.attributes.get("name")?.as_object()?, part)
    }

    /// The emails that have an address, in the client's order.
    pub fn emails(&self) -> impl Iterator<Item = Email<'_>> {
        let emails = self.attributes.get("emails").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        emails.iter().filter_map(|email| {
            let email = email.as_object()?;
            Some(Email {
                value: text(email, "value")?,
                kind: text(email, "type"),
                primary: email.get("primary").and_then(Value::as_bool).unwrap_or(false),
            })
        })
    }

    /// The primary email, else the first (SCIM-10).
    #[must_use]
    pub fn primary_email(&self) -> Option<Email<'_>> {
        self.emails().find(|email| email.primary).or_else(|| self.emails().next())
    }

    /// Role, organization, team and session minutes.
    #[must_use]
    pub fn placement(&self) -> Placement<'_> {
        let Some(extension) = self.attributes.get(DOCKER_USER_URN).and_then(Value::as_object) else {
            return Placement::default();
        };
        Placement {
            role: text(extension, "dockerRole").and_then(schema::canonical_role),
            organization: text(extension, "dockerOrg"),
            team: text(extension, "dockerTeam"),
            session_minutes: extension.get("dockerSessionMinutes").and_then(Value::as_i64),
        }
    }

    /// The id of the manager.
    #[must_use]
    pub fn manager(&self) -> Option<&str> {
        text(self.attributes.get(ENTERPRISE_USER_URN)?.get("manager")?.as_object()?, "value")
    }
}

fn text<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    object.get(name)?.as_str()
}

#[cfg(test)]
mod tests;

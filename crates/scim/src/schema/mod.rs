//! The schemas, as static tables (RFC 7643).
//!
//! One table per schema serves `/Schemas`, resolves names, enforces types and builds the filter's comparisons, so what is
//! published is what happens. Look-ups ignore case (RFC 7643 §2.1).

mod attribute;
mod capabilities;
mod common;
mod discovery;
mod docker;
mod enterprise;
mod group;
mod user;

pub use attribute::{Attribute, Mutability, Returned, Type, Uniqueness};
pub use capabilities::{Bulk, Capabilities};
pub use discovery::{resource_type, resource_types, schema_document, schema_documents, service_provider_config};

/// Which of three places a schema's attributes live in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaRole {
    /// `id`, `externalId`, `meta`, `schemas`: attributes of every resource, in no served schema (RFC 7643 §3.1).
    Common,
    /// The schema of a resource type: its attributes are at the top of the resource.
    Core,
    /// An extension: its attributes are in an object under its URN.
    Extension,
}

/// A schema: a URN and a table of attributes.
#[derive(Debug)]
pub struct Schema {
    /// The URN; empty for the common attributes.
    pub urn: &'static str,
    /// The name shown to people.
    pub name: &'static str,
    /// What it describes.
    pub description: &'static str,
    /// Where its attributes live.
    pub role: SchemaRole,
    /// The table.
    pub attributes: &'static [Attribute],
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Schema {}

impl std::hash::Hash for Schema {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::ptr::hash(self, state);
    }
}

impl Schema {
    /// The attribute of this name, in any case.
    #[must_use]
    pub fn attribute(&'static self, name: &str) -> Option<&'static Attribute> {
        attribute::find(self.attributes, name)
    }

    /// Whether its attributes are in an object under the URN.
    #[must_use]
    pub const fn is_extension(&self) -> bool {
        matches!(self.role, SchemaRole::Extension)
    }
}

/// A type of resource that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceType {
    /// `/Users`.
    User,
    /// `/Groups`.
    Group,
}

impl ResourceType {
    /// Every type, in the order in which a search at the root lists them.
    pub const ALL: &'static [Self] = &[Self::User, Self::Group];

    /// The name, as in `meta.resourceType`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The path below the base URL, with its leading slash.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// The type of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|resource_type| resource_type.as_str().eq_ignore_ascii_case(name))
    }

    /// The core schema.
    #[must_use]
    pub fn core(self) -> &'static Schema {
        match self {
            Self::User => &user::USER,
            Self::Group => &group::GROUP,
        }
    }

    /// The extension schemas. None is required.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static Schema] {
        static OF_USERS: [&Schema; 2] = [&enterprise::ENTERPRISE_USER, &docker::DOCKER_USER];
        match self {
            Self::User => &OF_USERS,
            Self::Group => &[],
        }
    }

    /// Every schema with attributes of such a resource: common, core, extensions.
    pub fn schemas(self) -> impl Iterator<Item = &'static Schema> {
        [&common::COMMON, self.core()].into_iter().chain(self.extensions().iter().copied())
    }
}

/// The location of a resource: `{base_url}/Users/{id}`. The same text is `meta.location` and the `Location` header.
#[must_use]
pub fn location(base_url: &str, resource_type: ResourceType, id: &str) -> String {
    format!("{base_url}{}/{id}", resource_type.endpoint())
}

/// The core schema of users.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core schema of groups.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension of users (RFC 7643 §4.3).
pub const ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The extension that carries role, organization, team and session minutes (SCIM-4).
pub const DOCKER_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:docker:2.0:User";

/// A role as the schema spells it, whatever the case it came in.
#[must_use]
pub fn canonical_role(role: &str) -> Option<&'static str> {
    docker::DOCKER_USER.attribute("dockerRole").and_then(|attribute| attribute.canonical(role))
}

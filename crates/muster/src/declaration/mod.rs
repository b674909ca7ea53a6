//! The file that `muster apply` reads and `muster export` writes.
//!
//! These types are the file's format: what is absent has its default, unknown keys are errors. `convert` turns them
//! into what the engine takes, and back; [`read()`] reads a file and what it refers to.

mod convert;
mod precedence;
mod read;
mod sso;

use muster_model::{ConnectionState, Role, connection::ScimSettings};
use serde::{Deserialize, Serialize};

use precedence::Precedence;

pub(crate) use convert::{from_engine, to_engine};
pub(crate) use read::{ReadError, parse, read};
pub(crate) use sso::{ClientSecret, Oidc, Saml};

/// A whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Declaration {
    #[serde(rename = "company", skip_serializing_if = "Vec::is_empty")]
    pub(crate) companies: Vec<Company>,
    #[serde(rename = "organization", skip_serializing_if = "Vec::is_empty")]
    pub(crate) organizations: Vec<Organization>,
    #[serde(rename = "domain", skip_serializing_if = "Vec::is_empty")]
    pub(crate) domains: Vec<Domain>,
    #[serde(rename = "connection", skip_serializing_if = "Vec::is_empty")]
    pub(crate) connections: Vec<Connection>,
}

/// `[[company]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Company {
    pub(crate) name: String,
}

/// `[[organization]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organization {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seats: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) owners: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) teams: Vec<String>,
}

/// `[[domain]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Domain {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verified: Option<bool>,
    /// An organization, or `off`; absent leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auto_provision: Option<String>,
}

/// `[[connection]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<String>,
    #[serde(default)]
    pub(crate) organizations: Vec<String>,
    #[serde(default)]
    pub(crate) domains: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_organization: Option<String>,
    #[serde(default = "default_team")]
    pub(crate) default_team: String,
    #[serde(default = "yes")]
    pub(crate) jit: bool,
    #[serde(default = "highest_role")]
    pub(crate) highest_role: Role,
    #[serde(default = "active")]
    pub(crate) state: ConnectionState,
    /// Who signs in while the state is `pilot`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pilots: Vec<String>,
    /// Whether people of its domains sign in through it alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) enforced: bool,
    /// The connection that takes this one's people over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) successor: Option<String>,
    #[serde(default)]
    pub(crate) precedence: Precedence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) saml: Option<Saml>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) oidc: Option<Oidc>,
    #[serde(default)]
    pub(crate) scim: ScimSettings,
    #[serde(default, rename = "mapping", skip_serializing_if = "Vec::is_empty")]
    pub(crate) mappings: Vec<Mapping>,
}

/// `[[connection.mapping]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    pub(crate) pattern: String,
    pub(crate) organization: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
}

fn default_team() -> String {
    muster_model::connection::Settings::default().default_team
}

fn yes() -> bool {
    true
}

fn highest_role() -> Role {
    Role::Owner
}

fn active() -> ConnectionState {
    ConnectionState::Active
}

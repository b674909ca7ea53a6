//! The format of what is declared: the file that `muster apply` reads and `muster export` writes, and a connection's settings
//! over the API.
//!
//! What is absent has its default, unknown keys are errors. `convert` turns it into what the engine takes, and back;
//! `merge` changes some of it.

mod client;
mod convert;
mod merge;
mod precedence;
mod sso;
mod webhook;

use muster_model::{ConnectionState, Role, connection::ScimSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use client::{Client, client_from_engine, client_to_engine, patched_client};
pub use precedence::Precedence;

pub use convert::{connection_from_engine, connection_to_engine, from_engine, to_engine};
pub use merge::merge;
pub use sso::{ClientSecret, Oidc, Saml};
pub use webhook::Webhook;

/// A whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = StatedDeclaration)]
pub struct Declaration {
    /// Parents of organizations.
    #[serde(rename = "company", skip_serializing_if = "Vec::is_empty")]
    pub companies: Vec<Company>,
    /// Organizations.
    #[serde(rename = "organization", skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<Organization>,
    /// Email domains.
    #[serde(rename = "domain", skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Domain>,
    /// Connections to identity providers.
    #[serde(rename = "connection", skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<Connection>,
    /// Products that sign people in here.
    #[serde(rename = "client", skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<Client>,
    /// Web servers that are sent what happens.
    #[serde(rename = "webhook", skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Webhook>,
}

/// `[[company]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedCompany)]
pub struct Company {
    /// Unique.
    pub name: String,
    /// Addresses of people who own all its organizations; those who are not named stay what they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
}

/// `[[organization]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedOrganization)]
pub struct Organization {
    /// The slug.
    pub name: String,
    /// The company that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// How many seats; unlimited without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<i64>,
    /// Addresses of people who are owners by hand; those who are not named stay what they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// Teams that exist; those that are not named stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
}

/// `[[domain]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedDomain)]
pub struct Domain {
    /// The domain.
    pub name: String,
    /// Whose: an organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Whose: a company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Whether the operator vouches for it; without, its record proves it (ORG-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// An organization, or `off`; absent leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_provision: Option<String>,
}

/// `[[connection]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedConnection)]
pub struct Connection {
    /// Unique in the installation.
    pub name: String,
    /// Whose: an organization; the first of `organizations` without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Whose: a company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The organizations that it covers.
    #[serde(default)]
    pub organizations: Vec<String>,
    /// Its email domains.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Where people go whom nothing else places (JIT-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_organization: Option<String>,
    /// The team there.
    #[serde(default = "default_team")]
    pub default_team: String,
    /// Just-in-Time provisioning.
    #[serde(default = "yes")]
    pub jit: bool,
    /// The most that its identity provider can make of somebody (ORG-1).
    #[serde(default = "highest_role")]
    #[schema(value_type = String, example = "owner")]
    pub highest_role: Role,
    /// `draft`, `pilot`, `active` or `off` (SSO-12).
    #[serde(default = "active")]
    #[schema(value_type = String, example = "active")]
    pub state: ConnectionState,
    /// Who signs in while the state is `pilot`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pilots: Vec<String>,
    /// Whether people of its domains sign in through it alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enforced: bool,
    /// The connection that takes this one's people over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// Who wins where SSO and SCIM disagree (PRE-1): `sso`, `scim` or `last`; or one of them for each of `full_name`, `role`, `session_minutes`.
    #[serde(default)]
    #[schema(value_type = serde_json::Value)]
    pub precedence: Precedence,
    /// A SAML identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<Saml>,
    /// An OpenID provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<Oidc>,
    /// The directory.
    #[serde(default)]
    #[schema(value_type = ScimSchema)]
    pub scim: ScimSettings,
    /// The mapping table (GRP-8).
    #[serde(default, rename = "mapping", skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
}

/// `[[connection.mapping]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StatedMapping)]
pub struct Mapping {
    /// The name of a group, exactly or with `*`.
    pub pattern: String,
    /// Where its members go; must be covered.
    pub organization: String,
    /// The team there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The role there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "editor")]
    pub role: Option<Role>,
}

/// SCIM's settings, as descriptions have them.
#[derive(ToSchema)]
#[schema(as = StatedScim)]
#[expect(dead_code, reason = "the schema of the model's type, which knows nothing of descriptions")]
struct ScimSchema {
    /// Whether it is enabled (SCIM-1).
    enabled: bool,
    /// What `userName` is: `email` or `any` (SCIM-10).
    #[schema(example = "email")]
    user_names: String,
    /// Invite people of other domains as guests (SCIM-10).
    other_domains: bool,
    /// Hold requests that would end too much (MIG-3).
    mass_change_guard: bool,
    /// Who is in no group of an organization any more leaves it (GRP-7).
    membership_follows_groups: bool,
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

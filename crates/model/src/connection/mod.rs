//! Connections to identity providers, with their settings.

mod sso;

pub use sso::{Binding, ClientAuthentication, KeyPurpose, Oidc, OwnCertificate, Saml, SingleSignOn};

use serde::{Deserialize, Serialize};

use crate::{
    ConnectionId, OrganizationId, Role, Timestamp, Version,
    domain::Holder,
    mapping::Entry,
    name::Email,
    precedence::{Policy, Speaker},
};

/// One SSO connection to one IdP. SCIM is switched on per connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// Stable id.
    #[serde(skip)]
    pub id: ConnectionId,
    /// Unique among the installation's connections; appears in texts and commands.
    pub name: String,
    /// Whose it is (TEN-1).
    pub holder: Holder,
    /// Where it is in its life.
    pub state: ConnectionState,
    /// What an owner chose.
    pub settings: Settings,
    /// The organizations it may provision into.
    pub organizations: Vec<Covered>,
    /// Its email domains that are verified now, in lower case.
    pub domains: Vec<String>,
    /// The mapping table (GRP-8).
    pub mappings: Vec<Entry>,
    /// When SCIM was first enabled: only JIT memberships made after that are managed (SCIM-6).
    pub scim_since: Option<Timestamp>,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// An organization that a connection covers, under every name it has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Which.
    pub id: OrganizationId,
    /// Its present name.
    pub name: String,
    /// Former names; they keep mapping.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
    /// Whether an owner's block keeps out addresses that blocked people have given up (ORG-2).
    #[serde(skip)]
    pub keeps_addresses_out: bool,
}

/// Where a connection is in its life (SSO-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// Being set up; nobody signs in.
    Draft,
    /// Only named pilots sign in; its SCIM answers 403.
    Pilot,
    /// In use.
    Active,
    /// Switched off.
    Off,
}

impl ConnectionState {
    /// The word in SQL and pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Pilot => "pilot",
            Self::Active => "active",
            Self::Off => "off",
        }
    }

    /// The inverse of [`ConnectionState::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Draft, Self::Pilot, Self::Active, Self::Off].into_iter().find(|state| state.as_str() == text)
    }
}

/// What an owner can set on a connection; absent keys are the defaults of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where people go whom nothing else places (JIT-4). `None`: the only covered organization, if there is one.
    pub default_organization: Option<OrganizationId>,
    /// The team there.
    pub default_team: String,
    /// Just-in-Time provisioning (JIT-7).
    pub jit: bool,
    /// Who wins where SSO and SCIM disagree (PRE-1).
    pub precedence: Precedence,
    /// The most that this connection's IdP can give (ORG-1).
    pub highest_role: Role,
    /// The directory.
    pub scim: ScimSettings,
    /// The connection that takes this one's people over, each with its first push (SSO-12).
    pub successor: Option<ConnectionId>,
    /// The connection whose successor this one is.
    pub predecessor: Option<ConnectionId>,
    /// Who signs in before the connection is activated (SSO-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pilots: Vec<Email>,
    /// Whether people of its domains sign in through it alone (SSO-9).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub enforced: bool,
    /// How people sign in; `None` until that is set up.
    pub sso: Option<SingleSignOn>,
    /// When that last changed (SSO-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_changed: Option<Timestamp>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_organization: None,
            default_team: "company".to_owned(),
            jit: true,
            precedence: Precedence::default(),
            highest_role: Role::Owner,
            scim: ScimSettings::default(),
            successor: None,
            predecessor: None,
            pilots: Vec::new(),
            enforced: false,
            sso: None,
            sso_changed: None,
        }
    }
}

/// PRE-1 per attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Precedence {
    /// For the full name.
    pub full_name: Policy,
    /// For the role.
    pub role: Policy,
    /// For `dockerSessionMinutes`.
    pub session_minutes: Policy,
}

impl From<Policy> for Precedence {
    fn from(policy: Policy) -> Self {
        Self { full_name: policy, role: policy, session_minutes: policy }
    }
}

/// The SCIM half of a connection's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScimSettings {
    /// Off by default; off again, calls are refused and members stay (SCIM-7).
    pub enabled: bool,
    /// Where the account's email comes from (SCIM-10).
    pub user_names: UserNames,
    /// People of other domains become guests by invitation (SCIM-10).
    pub other_domains: bool,
    /// MIG-3.
    pub mass_change_guard: bool,
    /// GRP-7.
    pub membership_follows_groups: bool,
}

impl Default for ScimSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            user_names: UserNames::Email,
            other_domains: false,
            mass_change_guard: true,
            membership_follows_groups: false,
        }
    }
}

/// What a `userName` of this directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserNames {
    /// The primary email.
    #[default]
    Email,
    /// Anything; the email is the primary or first of `emails`.
    Any,
}

impl Connection {
    /// The default organization (JIT-4): the named one while it is covered, else the only one.
    #[must_use]
    pub fn default_organization(&self) -> Option<&Covered> {
        match self.settings.default_organization {
            Some(id) => self.covered(id),
            None if self.organizations.len() == 1 => self.organizations.first(),
            None => None,
        }
    }

    /// The covered organization with this id (JIT-9).
    #[must_use]
    pub fn covered(&self, id: OrganizationId) -> Option<&Covered> {
        self.organizations.iter().find(|covered| covered.id == id)
    }

    /// The covered organization with this name, present or former, without case.
    #[must_use]
    pub fn covered_by_name(&self, name: &str) -> Option<&Covered> {
        let name = name.trim().to_lowercase();
        let named = |covered: &&Covered| covered.name == name;
        self.organizations
            .iter()
            .find(named)
            .or_else(|| self.organizations.iter().find(|covered| covered.former.contains(&name)))
    }

    /// Whether an address is in one of the connection's verified domains (SSO-6, SCIM-10).
    #[must_use]
    pub fn owns(&self, email: &Email) -> bool {
        let domain = email.domain();
        self.domains.contains(&domain)
    }

    /// Whether an address is one of a named pilot's (SSO-12).
    #[must_use]
    pub fn is_pilot(&self, email: &Email) -> bool {
        self.settings.pilots.iter().any(|pilot| pilot.key() == email.key())
    }

    /// What decides about this connection's say on full names.
    #[must_use]
    pub fn speaker(&self, policy: impl FnOnce(&Precedence) -> Policy) -> Speaker {
        Speaker { policy: policy(&self.settings.precedence), jit: self.settings.jit, scim: self.settings.scim.enabled }
    }
}

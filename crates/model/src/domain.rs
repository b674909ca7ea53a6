//! Email domains and their proof.

use serde::{Deserialize, Serialize};

use crate::{CompanyId, DomainId, OrganizationId, Timestamp, Version};

/// What a connection or a domain belongs to (TEN-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "id")]
pub enum Holder {
    /// One organization.
    Organization(OrganizationId),
    /// A company, for all its organizations.
    Company(CompanyId),
}

impl Holder {
    /// As two columns, of which exactly one is set: organization, company.
    #[must_use]
    pub fn columns(self) -> (Option<OrganizationId>, Option<CompanyId>) {
        match self {
            Self::Organization(id) => (Some(id), None),
            Self::Company(id) => (None, Some(id)),
        }
    }

    /// The inverse of [`Holder::columns`].
    #[must_use]
    pub fn from_columns(organization: Option<OrganizationId>, company: Option<CompanyId>) -> Option<Self> {
        match (organization, company) {
            (Some(id), None) => Some(Self::Organization(id)),
            (None, Some(id)) => Some(Self::Company(id)),
            _ => None,
        }
    }
}

/// An email domain claimed by a holder. Sub-domains are separate domains (SSO-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// Stable id.
    #[serde(skip)]
    pub id: DomainId,
    /// In lower case.
    pub name: String,
    /// Whose.
    pub holder: Holder,
    /// Proven or not.
    pub state: DomainState,
    /// The value that the TXT record must have.
    pub challenge: String,
    /// When the state was last checked.
    pub checked: Option<Timestamp>,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

/// Whether a domain counts (ORG-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainState {
    /// Claimed; blocks nobody.
    Pending,
    /// Proven.
    Verified,
    /// Proven once, the record has been missing too long.
    Lapsed,
}

impl DomainState {
    /// The word in SQL and pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Lapsed => "lapsed",
        }
    }

    /// The inverse of [`DomainState::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Verified, Self::Lapsed].into_iter().find(|state| state.as_str() == text)
    }
}

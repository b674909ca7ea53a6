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
    /// The value that the TXT record is to have; adding the domain again makes another one.
    pub challenge: String,
    /// What it was proven by last; `None` if it never was, or if that counts no more.
    pub proof: Option<Proof>,
    /// Where existing accounts of the domain are members from their next sign-in on (ORG-5).
    pub auto_provision: Option<OrganizationId>,
    /// Since when the record of a proven domain is missing.
    pub missing_since: Option<Timestamp>,
    /// Since when a claim's record has been there although another holder has the domain, who has been told.
    pub contested_since: Option<Timestamp>,
    /// Counts changes.
    #[serde(skip)]
    pub version: Version,
}

impl Domain {
    /// A claim that nothing proves yet.
    #[must_use]
    pub fn claim(id: DomainId, name: String, holder: Holder, challenge: String) -> Self {
        Self {
            id,
            name,
            holder,
            state: DomainState::Pending,
            challenge,
            proof: None,
            auto_provision: None,
            missing_since: None,
            contested_since: None,
            version: 1,
        }
    }

    /// The domain as proven.
    #[must_use]
    pub fn proven(self, proof: Proof) -> Self {
        let proof = Some(proof);
        Self { state: DomainState::Verified, proof, missing_since: None, contested_since: None, ..self }
    }

    /// Whether a value is asked for that has not been found yet.
    #[must_use]
    pub fn awaits_record(&self) -> bool {
        !matches!(&self.proof, Some(Proof::Record(value)) if *value == self.challenge)
    }
}

/// What a domain was proven by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// The operator's word, which no record needs to repeat.
    Operator,
    /// A TXT record of this value.
    Record(String),
}

impl Proof {
    /// As one column.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Operator => "operator",
            Self::Record(value) => value,
        }
    }

    /// The inverse of [`Proof::as_str`].
    #[must_use]
    pub fn from_column(text: String) -> Self {
        if text == "operator" { Self::Operator } else { Self::Record(text) }
    }
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

//! Domains, as they are answered.

use muster_engine::{
    EngineError,
    domains::{self, Listed},
};
use muster_model::{Domain, DomainState, domain::Proof};
use muster_store::Conn;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A domain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct DomainView {
    /// Stable and unique.
    #[schema(format = Uuid)]
    id: String,
    /// In lower case.
    name: String,
    /// `pending`, `verified`, `missing` (verified, but its record is not there) or `lapsed`.
    state: &'static str,
    /// `record`, or `operator` where the operator vouches for it; null where nothing proves it.
    proven_by: Option<&'static str>,
    /// Whether it counts.
    is_verified: bool,
    /// The record that proves it.
    record: RecordView,
    /// Whether existing accounts of it join an organization when they sign in.
    auto_provision: bool,
    /// Which one, by name.
    auto_provision_into: Option<String>,
    /// When it lapses, if its record does not come back.
    #[schema(format = DateTime)]
    lapses_at: Option<String>,
    /// Until when its present holder, who is another, can prove it anew.
    #[schema(format = DateTime)]
    contested_until: Option<String>,
    /// When its record was last looked for.
    #[schema(format = DateTime)]
    checked_at: Option<String>,
    /// What was seen then.
    last_seen: Option<String>,
    /// When it is looked for next; absent: only when somebody asks.
    #[schema(format = DateTime)]
    next_check_at: Option<String>,
}

/// A record in DNS.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct RecordView {
    /// `TXT`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where it is to be; it is found at the domain itself as well.
    name: String,
    value: String,
}

/// A domain that is to be claimed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewDomain {
    /// Such as `example.com`; no public suffix, and no public mail domain.
    #[schema(example = "example.com")]
    pub(super) domain: String,
}

/// What is to be changed of a domain.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DomainChange {
    /// Whether existing accounts of it join an organization when they sign in.
    pub(super) auto_provision: Option<bool>,
    /// Which one, by name; needed for a company's domain, whose organizations are several.
    pub(super) organization: Option<String>,
}

/// A domain as its holder's owners see it.
pub(super) fn view(conn: &mut Conn<'_>, Listed { domain, check }: &Listed) -> Result<DomainView, EngineError> {
    let is_missing = domain.state == DomainState::Verified && domain.missing_since.is_some();
    let check = check.as_ref();
    let into = domain.auto_provision.map(|id| conn.organization(id)).transpose()?.flatten();
    Ok(DomainView {
        id: domain.id.to_string(),
        name: domain.name.clone(),
        state: if is_missing { "missing" } else { domain.state.as_str() },
        proven_by: domain.proof.as_ref().map(|proof| match proof {
            Proof::Operator => "operator",
            Proof::Record(_) => "record",
        }),
        is_verified: domain.state == DomainState::Verified,
        record: RecordView { kind: "TXT", name: domains::record_name(&domain.name), value: domain.challenge.clone() },
        auto_provision: domain.auto_provision.is_some(),
        auto_provision_into: into.map(|organization| organization.name),
        lapses_at: domain.missing_since.filter(|_| is_missing).map(|since| since.after(domains::GRACE).to_string()),
        contested_until: domain.contested_since.map(|since| since.after(domains::NOTICE).to_string()),
        checked_at: check.and_then(|check| check.checked).map(|at| at.to_string()),
        last_seen: check.and_then(|check| check.outcome.clone()),
        next_check_at: check.and_then(|check| check.due).map(|at| at.to_string()),
    })
}

/// The same, with what is kept of it now.
pub(super) fn shown(conn: &mut Conn<'_>, domain: &Domain) -> Result<DomainView, EngineError> {
    let found = domains::find(conn, domain.holder, &domain.name)?;
    view(conn, &found)
}

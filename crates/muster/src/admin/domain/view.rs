//! A domain, as the shell tells it.

use muster_engine::{
    EngineError,
    domains::{self, Listed},
};
use muster_model::{DomainState, domain::Proof};
use muster_store::Conn;
use serde::{Deserialize, Serialize};

/// A domain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DomainView {
    pub(crate) name: String,
    /// Such as "organization `moby`".
    pub(crate) holder: String,
    /// `pending`, `verified`, `missing` or `lapsed`.
    pub(crate) state: String,
    /// `operator` or `record`; absent if nothing proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proven_by: Option<String>,
    /// The TXT record that is asked for.
    pub(crate) record: Record,
    /// Where existing accounts join when they sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auto_provision: Option<String>,
    /// When it lapses, if its record does not come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lapses: Option<String>,
    /// Until when its present holder can answer this claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contested_until: Option<String>,
    /// When its record was last looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<String>,
    /// What was seen then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<String>,
    /// When it is looked for next; absent: only when somebody asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// A TXT record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Where it is to be; it is found at the domain itself as well.
    pub(crate) name: String,
    pub(crate) value: String,
}

impl DomainView {
    pub(super) fn of(conn: &mut Conn<'_>, Listed { domain, check }: &Listed) -> Result<Self, EngineError> {
        let into = domain.auto_provision.map(|id| conn.organization(id)).transpose()?.flatten();
        let is_missing = domain.state == DomainState::Verified && domain.missing_since.is_some();
        let check = check.as_ref();
        Ok(Self {
            name: domain.name.clone(),
            holder: domains::holder_name(conn, domain.holder)?,
            state: if is_missing { "missing" } else { domain.state.as_str() }.to_owned(),
            proven_by: domain.proof.as_ref().map(|proof| match proof {
                Proof::Operator => "operator".to_owned(),
                Proof::Record(_) => "record".to_owned(),
            }),
            record: Record { name: domains::record_name(&domain.name), value: domain.challenge.clone() },
            auto_provision: into.map(|organization| organization.name),
            lapses: domain.missing_since.filter(|_| is_missing).map(|since| since.after(domains::GRACE).to_string()),
            contested_until: domain.contested_since.map(|since| since.after(domains::NOTICE).to_string()),
            checked: check.and_then(|check| check.checked).map(|at| at.to_string()),
            seen: check.and_then(|check| check.outcome.clone()),
            next: check.and_then(|check| check.due).map(|at| at.to_string()),
        })
    }
}

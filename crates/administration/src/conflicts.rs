//! Where SSO and SCIM disagree (PRE-3), readable.

use muster_engine::conflicts::{Conflict, Said};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One value of one account about which sources disagree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Conflict)]
pub struct ConflictLine {
    /// Whose value.
    pub username: String,
    /// The address, where it is yours to know.
    pub email: Option<String>,
    /// `full_name`, `session_minutes` or `role`.
    #[schema(example = "role")]
    pub attribute: String,
    /// Where, for a role.
    pub organization: Option<String>,
    /// What holds; `null` when the default does.
    pub holds: Option<Value>,
    /// Whose word that is: `manual` when an owner has overruled both.
    pub decided_by: String,
    /// Since when they disagree.
    #[schema(format = DateTime)]
    pub since: String,
    /// What each says, in the order in which they first spoke.
    pub said: Vec<SaidLine>,
}

/// One source's word on a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Said)]
pub struct SaidLine {
    /// `sso` or `scim`.
    pub source: String,
    /// Through which connection.
    pub connection: Option<String>,
    /// What is said.
    pub value: Value,
    /// The rule that let it in.
    pub rule: String,
    /// The TraceID of the request.
    pub trace_id: Option<String>,
    /// When it was first said.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether this is what holds.
    pub wins: bool,
}

impl From<Conflict> for ConflictLine {
    fn from(conflict: Conflict) -> Self {
        let Conflict { email, username, attribute, organization, holds, decided_by, since, said, .. } = conflict;
        Self {
            username,
            email: email.map(|email| email.as_str().to_owned()),
            attribute: attribute.as_str().replace(' ', "_"),
            organization,
            holds,
            decided_by: decided_by.as_str().to_owned(),
            since: since.to_string(),
            said: said.into_iter().map(SaidLine::from).collect(),
        }
    }
}

impl From<Said> for SaidLine {
    fn from(said: Said) -> Self {
        Self {
            source: said.source.as_str().to_owned(),
            connection: said.connection,
            value: said.value,
            rule: said.rule.id().to_owned(),
            trace_id: said.request.map(|request| request.to_string()),
            at: said.at.to_string(),
            wins: said.wins,
        }
    }
}

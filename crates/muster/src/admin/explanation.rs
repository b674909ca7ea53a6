//! What `muster explain` says, as a value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Change;

/// Everything about one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Explanation {
    pub(crate) account: AccountLine,
    /// Each value, with what every source says of it (PRE-2).
    pub(crate) values: Vec<ValueLine>,
    /// Each organization where the person has, or had, a membership.
    pub(crate) memberships: Vec<MembershipLine>,
    /// What directories say of the person.
    pub(crate) directory_users: Vec<DirectoryLine>,
    /// What happened, oldest first.
    pub(crate) history: Vec<HistoryLine>,
}

/// The account itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccountLine {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) email_confirmed: bool,
    pub(crate) username: String,
    pub(crate) full_name: String,
    pub(crate) state: String,
    pub(crate) created: String,
    /// Sources disagree about a value (PRE-3).
    pub(crate) conflict: bool,
}

/// One value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ValueLine {
    /// What it is: `full_name`, `session_minutes`, or `role` of an organization.
    pub(crate) attribute: String,
    /// What holds, if one value does.
    pub(crate) effective: Option<Value>,
    pub(crate) said: Vec<Said>,
}

/// What one source says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) source: String,
    pub(crate) connection: Option<String>,
    pub(crate) value: Value,
    pub(crate) rule: String,
    pub(crate) actor: String,
    pub(crate) request: Option<String>,
    pub(crate) at: String,
    pub(crate) locked: bool,
}

/// One membership with its reasons.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MembershipLine {
    pub(crate) organization: String,
    pub(crate) state: String,
    /// Which connection ended it, if one did.
    pub(crate) ended_by: Option<String>,
    pub(crate) role: String,
    pub(crate) guest: bool,
    pub(crate) blocked: bool,
    /// The connections that manage it (SCIM-6).
    pub(crate) managed_by: Vec<String>,
    pub(crate) joined: String,
    pub(crate) grants: Vec<GrantLine>,
}

/// One reason for a membership.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GrantLine {
    /// The team, or none for the organization alone.
    pub(crate) team: Option<String>,
    pub(crate) source: String,
    pub(crate) connection: Option<String>,
    /// What exactly says so: the person's own entry, or a directory group.
    pub(crate) origin: String,
    pub(crate) rule: String,
    pub(crate) actor: String,
    pub(crate) request: Option<String>,
    pub(crate) given: String,
    pub(crate) asleep: bool,
}

/// A directory user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DirectoryLine {
    pub(crate) connection: String,
    pub(crate) id: String,
    pub(crate) user_name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) active: bool,
    pub(crate) groups: i64,
    pub(crate) created: String,
    pub(crate) modified: String,
}

/// One transaction that concerned the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HistoryLine {
    pub(crate) at: String,
    pub(crate) source: String,
    pub(crate) connection: Option<String>,
    pub(crate) actor: String,
    pub(crate) request: Option<String>,
    pub(crate) changes: Vec<Change>,
}

//! Who somebody is, and why they are where they are (PRE-2), readable: every value and membership with who set it, when, by
//! which rule and in which request.

mod telling;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use telling::{explain, of_member};

use crate::change::Change;

/// Everything about one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// Who it is.
    pub account: AccountLine,
    /// Each value, with what every source says of it (PRE-2).
    pub values: Vec<ValueLine>,
    /// Each organization where the person has, or had, a membership.
    pub memberships: Vec<MembershipLine>,
    /// What directories say of the person.
    pub directory_users: Vec<DirectoryLine>,
    /// What happened, oldest first.
    pub history: Vec<HistoryLine>,
}

/// The account itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExplainedAccount)]
pub struct AccountLine {
    /// The account's id; stable.
    pub id: String,
    /// The address; empty where there is none.
    pub email: String,
    /// Whether the person has shown that it is theirs (ACC-1).
    pub email_confirmed: bool,
    /// The name in lists and addresses.
    pub username: String,
    /// Empty while nobody has said one.
    pub full_name: String,
    /// `active` or `closed`.
    pub state: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// Sources disagree about a value (PRE-3).
    pub conflict: bool,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExplainedValue)]
pub struct ValueLine {
    /// What it is: `full_name`, `session_minutes`, or `role` of an organization.
    pub attribute: String,
    /// What holds, if one value does.
    pub effective: Option<Value>,
    /// What each source says of it.
    pub said: Vec<Said>,
}

/// What one source says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExplainedStatement)]
pub struct Said {
    /// `sso`, `scim`, `manual` or `system`.
    pub source: String,
    /// Through which connection.
    pub connection: Option<String>,
    /// What is said, before any cap.
    pub value: Value,
    /// The rule that let it in.
    pub rule: String,
    /// Who acted.
    pub actor: String,
    /// The TraceID of the request.
    pub request: Option<String>,
    /// When it was first said.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether an owner has locked it (PRE-5).
    pub locked: bool,
}

/// One membership with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExplainedMembership)]
pub struct MembershipLine {
    /// The organization's name.
    pub organization: String,
    /// `active`; or how it is not, and why.
    pub state: String,
    /// Which connection ended it, if one did.
    pub ended_by: Option<String>,
    /// `owner`, `editor` or `member`.
    pub role: String,
    /// Whether the address is none of the organization's domains.
    pub guest: bool,
    /// Whether an owner keeps the person out.
    pub blocked: bool,
    /// The connections that manage it (SCIM-6).
    pub managed_by: Vec<String>,
    /// When it began.
    #[schema(format = DateTime)]
    pub joined: String,
    /// The reasons, those that are asleep too.
    pub grants: Vec<GrantLine>,
}

/// One reason for a membership.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExplainedGrant)]
pub struct GrantLine {
    /// The team, or none for the organization alone.
    pub team: Option<String>,
    /// From where it comes.
    pub source: String,
    /// Through which connection.
    pub connection: Option<String>,
    /// What exactly says so: the person's own entry, or a directory group.
    pub origin: String,
    /// The rule that gave it.
    pub rule: String,
    /// Who acted.
    pub actor: String,
    /// The TraceID of the request.
    pub request: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub given: String,
    /// Whether it does not count now, as the person is not active in the directory.
    pub asleep: bool,
}

/// A directory user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExplainedDirectoryUser)]
pub struct DirectoryLine {
    /// Whose directory.
    pub connection: String,
    /// Its SCIM id.
    pub id: String,
    /// Its `userName`.
    pub user_name: String,
    /// Its `externalId`.
    pub external_id: Option<String>,
    /// Whether the directory has the person active.
    pub active: bool,
    /// In how many of its groups the person is.
    pub groups: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    pub modified: String,
}

/// One transaction that concerned the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExplainedChange)]
pub struct HistoryLine {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// From where it came.
    pub source: String,
    /// Through which connection.
    pub connection: Option<String>,
    /// Who acted.
    pub actor: String,
    /// The TraceID of the request.
    pub request: Option<String>,
    /// What it did to the person.
    pub changes: Vec<Change>,
}

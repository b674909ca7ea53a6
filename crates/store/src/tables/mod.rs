//! The statements, a module per kind of thing. Reads are methods of [`Conn`](crate::Conn), writes of
//! [`Tx`](crate::Tx). Every statement that concerns a tenant names its connection or organization.

mod accounts;
mod authorizations;
mod baselines;
mod blocked_addresses;
mod ceremonies;
mod certificate_warnings;
mod clients;
mod connections;
mod counters;
mod credentials;
mod deliveries;
mod directory_groups;
mod directory_users;
mod domain_checks;
mod domain_joins;
mod domains;
mod duties;
mod endings;
mod erasing;
mod erasures;
mod events;
mod factors;
mod grants;
mod group_moves;
mod held_changes;
mod idempotency;
mod idp_metadata;
mod installation;
mod invitations;
mod ledger;
mod mails;
mod members;
mod memberships;
mod organizations;
mod own_certificates;
mod pending_sign_ins;
mod plans;
mod rates;
mod requests;
mod retention;
mod search;
mod server;
mod sessions;
mod signing_keys;
mod streams;
mod subjects;
mod teams;
mod test_sign_ins;
mod tickets;
mod tokens;
mod traffic;
mod walks;
mod webhooks;

pub use authorizations::Telling;
pub use ceremonies::Ceremony;
pub use clients::ClientSecrets;
pub use counters::Counter;
pub use deliveries::{Delivery, EventKey, NoEventKey};
pub use directory_groups::UserGroup;
pub use domain_checks::DomainCheck;
pub use domain_joins::DomainJoin;
pub use domains::DomainHolding;
pub use duties::Duty;
pub use erasing::{HeldNote, ReportText};
pub use erasures::ErasureRow;
pub use group_moves::GroupMove;
pub use idempotency::IdempotentAnswer;
pub use idp_metadata::IdpMetadata;
pub use installation::DataKey;
pub use invitations::InviteeSearch;
pub use ledger::ReportRow;
pub use mails::MailRow;
pub use members::{MEMBERS_COUNTED, MemberKey, MemberSearch};
pub use pending_sign_ins::PendingSignIn;
pub use plans::PlanRow;
pub use requests::RequestRow;
pub use retention::{Expired, LogEntry};
pub use search::{Candidates, Key, Listed};
pub use server::DatabaseServer;
pub use signing_keys::SigningKeyRow;
pub use test_sign_ins::TestSignIn;
pub use tickets::{Ticket, TicketKind};
pub use traffic::{DayCount, TrafficKind};
pub use webhooks::{WebhookHealth, WebhookSecrets};

use muster_model::{
    AccountId, AuthorizationId, ClientId, CompanyId, ConnectionId, DirectoryGroupId, DirectoryUserId, DomainId,
    ErasureId, FactorId, GrantId, HeldChangeId, InvitationId, LedgerId, MailId, MappingId, OrganizationId, PlanId,
    RequestId, SessionId, TeamId, Timestamp, TokenId, WalkId, WebhookId,
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{Row, StoreError, Val};

macro_rules! id_vals {
    ($($id:ty),+) => {
        $(
            impl From<$id> for Val {
                fn from(id: $id) -> Val {
                    Val::Uuid(id.0)
                }
            }
        )+
    };
}

id_vals!(
    AccountId,
    AuthorizationId,
    ClientId,
    CompanyId,
    ConnectionId,
    DirectoryGroupId,
    DirectoryUserId,
    DomainId,
    ErasureId,
    FactorId,
    GrantId,
    HeldChangeId,
    InvitationId,
    LedgerId,
    MailId,
    MappingId,
    OrganizationId,
    PlanId,
    RequestId,
    SessionId,
    TeamId,
    TokenId,
    WalkId,
    WebhookId
);

impl From<Timestamp> for Val {
    fn from(at: Timestamp) -> Val {
        Val::Int(at.0)
    }
}

/// What comes after every text that begins with `prefix`, as both databases compare texts: byte by byte.
fn beyond(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// A value of ours as the text of a JSON column.
fn json<T: Serialize>(value: &T) -> Result<Val, StoreError> {
    serde_json::to_string(value).map(Val::Text).map_err(StoreError::other)
}

/// Reads a JSON column.
fn from_json<T: DeserializeOwned>(row: &Row<'_>, index: usize, table: &'static str) -> Result<T, StoreError> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|_| corrupt(row, table))
}

/// Reads a column that holds one of our words.
fn word<T>(
    row: &Row<'_>,
    index: usize,
    table: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let text: String = row.get(index)?;
    parse(&text).ok_or_else(|| corrupt(row, table))
}

/// The failure to read a row. It names the row by the id in its first column and tells nothing of what is in it: errors
/// are logged, and contents are about people.
fn corrupt(row: &Row<'_>, table: &'static str) -> StoreError {
    let key = row.get::<Uuid>(0).map_or_else(|_| "unknown".to_owned(), |id| id.to_string());
    StoreError::Corrupt { table, key }
}

/// `(?3, ?4, ?5)`, padded to a power of two so that few different texts are prepared; the caller pads the values with
/// the same number of nulls ([`pad`]).
fn placeholders(first: usize, count: usize) -> String {
    let padded = count.max(1).next_power_of_two();
    let names: Vec<String> = (first..first + padded).map(|n| format!("?{n}")).collect();
    format!("({})", names.join(", "))
}

/// Appends `items` to `vals`, padded as [`placeholders`] expects.
fn pad(vals: &mut Vec<Val>, items: impl ExactSizeIterator<Item = Val>) {
    let count = items.len();
    vals.extend(items);
    vals.extend(std::iter::repeat_n(Val::Null, count.max(1).next_power_of_two() - count));
}

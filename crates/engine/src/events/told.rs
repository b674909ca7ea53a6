//! One change, as a product learns of it.

use muster_model::{
    AccountId, OrganizationId,
    ledger::{Change, Kind, LedgerRow},
};
use muster_store::{Conn, EventKey};
use uuid::Uuid;

use crate::{
    EngineError,
    activity::{Entry, Reader, Scope, said_id},
};

/// A change that is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Where it is in the order of what happened.
    pub key: EventKey,
    /// What happened.
    pub entry: Entry,
    /// In which organization, by id and name, if in one.
    pub organization: Option<(OrganizationId, String)>,
    /// Whom it is about, if somebody.
    pub account: Option<Person>,
}

/// Somebody whom a change is about, as they are now; whoever is erased by now has neither name nor address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As `sub` in tokens.
    pub id: AccountId,
    /// Their username.
    pub username: Option<String>,
    /// Their address.
    pub email: Option<String>,
}

/// What receivers know a change by, however often they are told.
#[must_use]
pub fn event_id(entry: &Entry) -> String {
    format!("evt_{}.{}", entry.id, entry.number)
}

/// What a change is about: an account, if it is about one. What is about the same is told in its order.
pub(crate) fn subject(change: &Change) -> (Uuid, Option<AccountId>) {
    let account = match change.kind {
        Kind::Account | Kind::Membership => Some(change.id),
        Kind::Grant | Kind::Factor => change.of,
        Kind::Company
        | Kind::Organization
        | Kind::Team
        | Kind::Domain
        | Kind::Connection
        | Kind::Token
        | Kind::Invitation
        | Kind::DirectoryUser
        | Kind::DirectoryGroup
        | Kind::Client
        | Kind::Webhook => None,
    };
    (account.unwrap_or(change.id), account.map(AccountId))
}

/// Tells of the changes of a row with these numbers, within a scope. Whether they concern it was decided before.
///
/// # Errors
///
/// The store's.
pub(crate) fn tell(
    conn: &mut Conn<'_>,
    reader: &mut Reader,
    scope: Scope,
    (seq, row): (i64, &LedgerRow),
    numbers: &[usize],
) -> Result<Vec<Told>, EngineError> {
    let mut told = Vec::new();
    for (number, change) in numbers.iter().filter_map(|number| Some((*number, row.changes.get(*number)?))) {
        let entry = reader.entry(conn, row, number, change)?;
        let organization = match scope {
            Scope::Organization(id) => Some(id),
            Scope::Company(_) | Scope::Account(_) | Scope::Everything => organization(change),
        };
        let organization = match organization {
            Some(id) => Some((id, reader.name(conn, id.0)?.unwrap_or_default())),
            None => None,
        };
        let account = match subject(change).1 {
            Some(account) => Some(person(conn, account)?),
            None => None,
        };
        let key = EventKey { seq, number: i64::try_from(number).unwrap_or(i64::MAX) };
        told.push(Told { key, entry, organization, account });
    }
    Ok(told)
}

/// The organization that a change is in, as far as it says so itself.
fn organization(change: &Change) -> Option<OrganizationId> {
    match change.kind {
        Kind::Organization => Some(change.id),
        Kind::Membership | Kind::Invitation | Kind::Client | Kind::Webhook => change.of,
        Kind::Grant | Kind::Team => said_id(change, "organization"),
        Kind::Account
        | Kind::Company
        | Kind::Domain
        | Kind::Connection
        | Kind::Token
        | Kind::Factor
        | Kind::DirectoryUser
        | Kind::DirectoryGroup => None,
    }
    .map(OrganizationId)
}

fn person(conn: &mut Conn<'_>, id: AccountId) -> Result<Person, EngineError> {
    let account = conn.account(id)?;
    let email = account.as_ref().and_then(|account| account.email.as_ref()).map(ToString::to_string);
    Ok(Person { id, username: account.map(|account| account.username), email })
}

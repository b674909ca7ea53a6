//! Enforcement: whose password counts no more, because the company wants its people to sign in through it (SSO-9, SSO-11).
//!
//! It is a matter of the address's domain alone, so it tells nobody whether there is an account (SEC-5), and it is decided
//! when somebody signs in, on the state of that moment. Guests' addresses are of other domains.

use std::collections::BTreeSet;

use muster_model::{
    Account, AccountId, Connection, ConnectionState, Email, FactorKind, Membership, Role, Rule, Timestamp,
    session::Ended, trace::Note,
};
use muster_store::{Conn, Tx};

use super::factors;
use crate::{EngineError, Env, Refusal, connections, sessions};

/// The names of the connections through which alone people of an address's domain sign in; none, while a password does.
///
/// # Errors
///
/// The store's.
pub fn enforcing(conn: &mut Conn<'_>, email: Option<&Email>) -> Result<Vec<String>, EngineError> {
    let Some(email) = email else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for id in conn.connections_of_domain(&email.domain())? {
        let connection = conn.connection(id)?.filter(|connection| is_enforcing(connection) && connection.owns(email));
        names.extend(connection.map(|connection| connection.name));
    }
    names.sort();
    Ok(names)
}

fn is_enforcing(connection: &Connection) -> bool {
    connection.settings.enforced && connection.state == ConnectionState::Active
}

/// Whom enforcing a connection would affect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// How many accounts have an address of its domains.
    pub accounts: usize,
    /// Those of them who have a password or a passkey, which would count no more, by address.
    pub with_password: Vec<Account>,
    /// Those of them who have never signed in through the connection, and may not be able to, by address.
    pub never_tried: Vec<Account>,
}

/// Shows who would be affected, before enforcement is turned on (SSO-9). Reads every account of the connection's
/// domains: it is for the lane of scans.
///
/// # Errors
///
/// The store's.
pub fn affected(conn: &mut Conn<'_>, connection: &Connection) -> Result<Affected, EngineError> {
    let mut affected = Affected { accounts: 0, with_password: Vec::new(), never_tried: Vec::new() };
    let tried: BTreeSet<AccountId> = conn.signed_in_since(connection.id, Timestamp(0))?.into_iter().collect();
    connections::each_person(conn, connection, |conn, account| {
        affected.accounts += 1;
        if account.password_set.is_some() || has_passkey(conn, account.id)? {
            affected.with_password.push(account.clone());
        }
        if !tried.contains(&account.id) {
            affected.never_tried.push(account);
        }
        Ok(())
    })?;
    let by_address = |account: &Account| account.email.as_ref().map(Email::key);
    affected.with_password.sort_by_key(by_address);
    affected.never_tried.sort_by_key(by_address);
    Ok(affected)
}

fn has_passkey(conn: &mut Conn<'_>, account: AccountId) -> Result<bool, EngineError> {
    Ok(factors::list(conn, account)?.iter().any(|factor| factor.kind == FactorKind::Passkey))
}

/// Whether an owner has signed in through a connection since its settings of single sign-on last changed, so that it can be
/// enforced (SSO-11).
///
/// # Errors
///
/// The store's.
pub fn is_tried(conn: &mut Conn<'_>, connection: &Connection) -> Result<bool, EngineError> {
    match require_tried(conn, connection) {
        Ok(()) => Ok(true),
        Err(EngineError::Refused(Refusal::NeverTried(_))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// SSO-11: an owner has come in through the connection, as it is set up now.
///
/// # Errors
///
/// [`Refusal::NeverTried`]; the store's.
pub(crate) fn require_tried(conn: &mut Conn<'_>, connection: &Connection) -> Result<(), EngineError> {
    if let Some(since) = connection.settings.sso_changed {
        for account in conn.signed_in_since(connection.id, since)? {
            if is_owner(conn, connection, account)? {
                return Ok(());
            }
        }
    }
    Err(Refusal::NeverTried(connection.name.clone()).into())
}

fn is_owner(conn: &mut Conn<'_>, connection: &Connection, account: AccountId) -> Result<bool, EngineError> {
    let owns = |membership: &Membership| {
        membership.is_active()
            && membership.role == Role::Owner
            && connection.covered(membership.organization).is_some()
    };
    if conn.memberships_of(account)?.iter().any(owns) {
        return Ok(true);
    }
    for covered in &connection.organizations {
        if conn.is_company_owner(covered.id, account)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends the sessions that a password began, of everybody whom a connection's enforcement covers from now on (SES-4);
/// tokens go on. How many there were.
///
/// # Errors
///
/// The store's.
pub(crate) fn end_password_sessions(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
) -> Result<usize, EngineError> {
    if !is_enforcing(connection) {
        return Ok(0);
    }
    let mut ended = 0;
    for (session, account) in tx.sessions_without_connection()? {
        let email = tx.account(account)?.and_then(|account| account.email);
        if email.is_some_and(|email| connection.owns(&email)) && sessions::end(tx, env, session, Ended::Enforced)? {
            ended += 1;
        }
    }
    env.note(Rule::Ses4, Note::Checked(format!("{ended} sessions begun with a password have ended")));
    Ok(ended)
}

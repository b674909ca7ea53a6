//! Who would lose access if a connection stopped letting newcomers in (JIT-8).

use muster_model::{Account, AccountId, Connection, Email, Membership, Timestamp};
use muster_store::Conn;

use crate::{EngineError, connections};

/// The accounts with an address of the connection's domains that are neither member of one of its organizations nor invited to
/// one, by address: with JIT off they are denied (JIT-7, JIT-8). Reads every account of its domains: it is for the lane of scans.
///
/// # Errors
///
/// The store's.
pub fn losing_without_jit(
    conn: &mut Conn<'_>,
    connection: &Connection,
    now: Timestamp,
) -> Result<Vec<Account>, EngineError> {
    let mut losing = Vec::new();
    connections::each_person(conn, connection, |conn, account| {
        let Some(email) = account.email.clone() else { return Ok(()) };
        if !is_member(conn, connection, account.id)? && !is_invited(conn, connection, &email, account.id, now)? {
            losing.push(account);
        }
        Ok(())
    })?;
    losing.sort_by_key(|account| account.email.as_ref().map(Email::key));
    Ok(losing)
}

fn is_member(conn: &mut Conn<'_>, connection: &Connection, account: AccountId) -> Result<bool, EngineError> {
    let is_in =
        |membership: &Membership| membership.is_active() && connection.covered(membership.organization).is_some();
    Ok(conn.memberships_of(account)?.iter().any(is_in))
}

fn is_invited(
    conn: &mut Conn<'_>,
    connection: &Connection,
    email: &Email,
    account: AccountId,
    now: Timestamp,
) -> Result<bool, EngineError> {
    let invitations = conn.pending_invitations_of(&[email.key()])?;
    Ok(invitations.iter().any(|invitation| {
        let is_meant = invitation.account.is_none_or(|meant| meant == account);
        is_meant && invitation.expires > now && connection.covered(invitation.organization).is_some()
    }))
}

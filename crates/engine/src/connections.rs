//! Connections as requests meet them.

use muster_model::{Account, AccountId, AccountState, Connection, ConnectionId, Timestamp, Token, token::TokenKind};
use muster_store::{Conn, Tx};
use uuid::Uuid;

use crate::{EngineError, domains};

/// The name under which nodes notice that connections, tokens, domains or organizations changed.
pub const CACHED: &str = "connections";

/// The connection that a SCIM token opens, and the token; `None` for an unknown, expired or revoked one.
///
/// # Errors
///
/// The store's.
pub fn by_scim_token(
    conn: &mut Conn<'_>,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(Connection, Token)>, EngineError> {
    let Some(token) = conn.token_by_hash(TokenKind::Scim, hash)?.filter(|token| token.is_live(now)) else {
        return Ok(None);
    };
    Ok(conn.connection(ConnectionId(token.scope))?.map(|connection| (connection, token)))
}

/// Whether a connection that `of` names, often itself, takes what a directory says: then what that ended stays ended
/// (JIT-10, SCIM-7).
///
/// # Errors
///
/// The store's.
pub(crate) fn has_directory(conn: &mut Conn<'_>, known: &Connection, of: ConnectionId) -> Result<bool, EngineError> {
    if of == known.id {
        return Ok(known.settings.scim.enabled);
    }
    Ok(conn.connection_settings(of)?.is_some_and(|settings| settings.scim.enabled))
}

/// Tells every node to forget what it knows of connections, once this transaction is committed.
///
/// # Errors
///
/// The store's.
pub fn changed(tx: &mut Tx<'_>) -> Result<(), EngineError> {
    Ok(tx.raise_version(CACHED)?)
}

/// The number that changes with everything that is cached of connections ([`CACHED`]).
///
/// # Errors
///
/// The store's.
pub fn version(conn: &mut Conn<'_>) -> Result<i64, EngineError> {
    let versions = conn.versions()?;
    Ok(versions.into_iter().find(|(key, _)| key == CACHED).map_or(0, |(_, version)| version))
}

/// A connection as it is now: `known`, which was read under `version`, unless something changed since (SEC-1). `None` when it
/// is gone.
///
/// # Errors
///
/// The store's.
pub fn current(conn: &mut Conn<'_>, known: &Connection, under: i64) -> Result<Option<Connection>, EngineError> {
    if version(conn)? == under {
        return Ok(Some(known.clone()));
    }
    Ok(conn.connection(known.id)?)
}

/// Accounts read with one statement.
const PAGE: i64 = 500;

/// Visits each active account with an address of a connection's domains: those that were there before a domain passed to its
/// present holder are left out (ORG-4).
///
/// # Errors
///
/// The visit's; the store's.
pub(crate) fn each_person(
    conn: &mut Conn<'_>,
    connection: &Connection,
    mut visit: impl FnMut(&mut Conn<'_>, Account) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    for domain in &connection.domains {
        let mut after = AccountId(Uuid::nil());
        loop {
            let page = conn.accounts_of_domain(domain, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for account in page {
                if account.state == AccountState::Active && !domains::is_former_holders(conn, &account)? {
                    visit(conn, account)?;
                }
            }
        }
    }
    Ok(())
}

//! Which connections an address leads to (SSO-3): decided by its domain alone, so that nobody learns whether an account
//! exists (SEC-5).

use muster_model::{Connection, ConnectionState, Email};
use muster_store::Conn;

use crate::EngineError;

/// The connections through which people of the address's domain sign in, the oldest first: what people know stays where it
/// was.
///
/// # Errors
///
/// The store's.
pub fn connections_for(conn: &mut Conn<'_>, email: &Email) -> Result<Vec<Connection>, EngineError> {
    let mut found = Vec::new();
    for id in conn.connections_of_domain(&email.domain())? {
        found.extend(conn.connection(id)?.filter(|connection| {
            // Pilots know where they begin (SSO-12): to show them the way here would tell who has an account.
            connection.state == ConnectionState::Active && connection.settings.sso.is_some() && connection.owns(email)
        }));
    }
    found.sort_by_key(|connection| connection.id);
    Ok(found)
}

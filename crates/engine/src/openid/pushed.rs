//! Requests that clients push before the browser comes (RFC 9126): kept until a code is given, once.

use std::time::Duration;

use muster_model::{Client, ClientId, Timestamp};
use muster_store::{Conn, Ticket, TicketKind, Tx};

use crate::{EngineError, Env};

/// How long a request waits: the person may have to sign in first.
pub const LIVES: Duration = Duration::from_mins(10);

/// Keeps a request, whose name only the caller knows.
///
/// # Errors
///
/// The store's.
pub fn keep(tx: &mut Tx<'_>, env: &Env, client: &Client, hash: &[u8; 32], content: &str) -> Result<(), EngineError> {
    let ticket = Ticket {
        kind: TicketKind::Request,
        client: client.id,
        account: None,
        content: content.to_owned(),
        outcome: None,
        polled: None,
        used: None,
        expires: env.now().after(LIVES),
    };
    Ok(tx.insert_ticket(hash, None, &ticket)?)
}

/// A request of this client that waits.
///
/// # Errors
///
/// The store's.
pub fn find(
    conn: &mut Conn<'_>,
    client: ClientId,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<String>, EngineError> {
    let found = conn.ticket(TicketKind::Request, hash)?;
    let waits = |ticket: &Ticket| ticket.client == client && ticket.used.is_none() && now < ticket.expires;
    Ok(found.filter(waits).map(|ticket| ticket.content))
}

/// Uses a request up; whether it was not.
///
/// # Errors
///
/// The store's.
pub fn use_up(tx: &mut Tx<'_>, env: &Env, hash: &[u8; 32]) -> Result<bool, EngineError> {
    Ok(tx.use_ticket(hash, None, env.now())?)
}

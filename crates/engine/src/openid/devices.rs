//! Those without a browser (RFC 8628): a command line or a desktop program shows a short code, and the person types it where they are
//! signed in.

use std::time::Duration;

use muster_model::{
    AuthorizationId, Client, Session, SessionId, Timestamp,
    client::{ClientScope, ClientScopes},
};
use muster_store::{Conn, StoreError, Ticket, TicketKind, Tx};
use serde::{Deserialize, Serialize};

use super::{
    codes::{self, Granted},
    people,
};
use crate::{EngineError, Env};

/// How long a code can be typed.
pub const LIVES: Duration = Duration::from_mins(15);
/// How long a device waits between two questions.
pub const INTERVAL: Duration = Duration::from_secs(5);
/// The letters of what is typed: no vowels, so that no words come of them, and none that look alike.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them.
const LENGTH: usize = 8;

/// What a device waits for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Waiting {
    scopes: String,
    /// What the person said, once they have: through which session, or no.
    #[serde(default)]
    said: Option<Said>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Said {
    Yes(SessionId),
    No,
}

/// What a device is told.
#[derive(Debug, Clone)]
pub enum Polled {
    /// The person said yes.
    Granted(Box<Granted>),
    /// Nobody has typed the code yet.
    Pending,
    /// The device asks too often.
    TooOften,
    /// The person said no, or may not use this application.
    Denied,
    /// Nobody typed it in time.
    Expired,
    /// There is no such code of this client, or it was used.
    Unknown,
}

/// What somebody types: eight letters, shown in two halves.
#[must_use]
pub fn new_user_code(env: &mut Env) -> String {
    let mut letters = String::with_capacity(LENGTH);
    while letters.len() < LENGTH {
        // 240 is the largest multiple of twenty in a byte: without it, some letters would be likelier.
        let fair = env.new_secret().into_iter().filter(|byte| *byte < 240);
        letters.extend(fair.map(|byte| char::from(LETTERS[usize::from(byte % 20)])).take(LENGTH - letters.len()));
    }
    letters
}

/// What was typed, as it is compared: dashes, spaces and the case of letters do not matter. `None` for what is no code.
#[must_use]
pub fn read_user_code(typed: &str) -> Option<String> {
    let letters: String =
        typed.chars().filter(|it| !matches!(it, ' ' | '-')).map(|it| it.to_ascii_uppercase()).collect();
    let is_code = letters.len() == LENGTH && letters.bytes().all(|byte| LETTERS.contains(&byte));
    is_code.then_some(letters)
}

/// Lets a device wait.
///
/// # Errors
///
/// The store's.
pub fn begin(
    tx: &mut Tx<'_>,
    env: &Env,
    client: &Client,
    scopes: &ClientScopes,
    device_code: &[u8; 32],
    user_code: &[u8; 32],
) -> Result<(), EngineError> {
    let mut scopes = scopes.within(&client.settings.scopes);
    if scopes.is_empty() {
        scopes = [ClientScope::Openid].into_iter().collect();
    }
    let waiting = Waiting { scopes: scopes.to_string(), said: None };
    let ticket = Ticket {
        kind: TicketKind::Device,
        client: client.id,
        account: None,
        content: serde_json::to_string(&waiting).map_err(StoreError::other)?,
        outcome: None,
        polled: None,
        used: None,
        expires: env.now().after(LIVES),
    };
    Ok(tx.insert_ticket(device_code, Some(user_code), &ticket)?)
}

/// The client whose device waits with a code that somebody has typed, and what it asks for; `None` if none does.
///
/// # Errors
///
/// The store's.
pub fn waiting(
    conn: &mut Conn<'_>,
    user_code: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(Client, ClientScopes)>, EngineError> {
    let Some((_, ticket)) = conn.ticket_by_user_code(user_code)? else { return Ok(None) };
    if ticket.account.is_some() || ticket.used.is_some() || ticket.expires <= now {
        return Ok(None);
    }
    let waiting = read(&ticket)?;
    let client = conn.client(ticket.client)?.filter(|client| client.disabled.is_none());
    Ok(client.map(|client| (client, ClientScopes::parse(&waiting.scopes))))
}

/// What the person of a session says of the device that waits with a code; whether it still waited.
///
/// # Errors
///
/// The store's.
pub fn say(
    tx: &mut Tx<'_>,
    env: &Env,
    session: &Session,
    user_code: &[u8; 32],
    is_yes: bool,
) -> Result<bool, EngineError> {
    let Some((hash, ticket)) = tx.ticket_by_user_code(user_code)? else { return Ok(false) };
    if ticket.expires <= env.now() {
        return Ok(false);
    }
    let mut waiting = read(&ticket)?;
    let client = tx.client(ticket.client)?;
    let serves = match &client {
        Some(client) => people::serves(tx, client, session.account)?,
        None => false,
    };
    waiting.said = Some(if is_yes && serves { Said::Yes(session.id) } else { Said::No });
    let content = serde_json::to_string(&waiting).map_err(StoreError::other)?;
    if !tx.decide_ticket(&hash, session.account, &content)? {
        return Ok(false);
    }
    if let Some(client) = client.filter(|client| client.settings.third_party && is_yes) {
        super::requests::agree(tx, env, &client, session, &ClientScopes::parse(&waiting.scopes))?;
    }
    Ok(true)
}

/// A device asks what came of its code.
///
/// # Errors
///
/// The store's.
pub fn poll(tx: &mut Tx<'_>, env: &mut Env, client: &Client, device_code: &[u8; 32]) -> Result<Polled, EngineError> {
    let found = tx.ticket(TicketKind::Device, device_code)?;
    let Some(ticket) = found.filter(|ticket| ticket.client == client.id && ticket.used.is_none()) else {
        return Ok(Polled::Unknown);
    };
    let now = env.now();
    if ticket.expires <= now {
        return Ok(Polled::Expired);
    }
    let waiting = read(&ticket)?;
    let Some(said) = waiting.said else {
        let too_often = ticket.polled.is_some_and(|polled| now < polled.after(INTERVAL));
        tx.note_ticket_polled(device_code, now)?;
        return Ok(if too_often { Polled::TooOften } else { Polled::Pending });
    };
    let Said::Yes(session) = said else {
        tx.use_ticket(device_code, None, now)?;
        return Ok(Polled::Denied);
    };
    let id = AuthorizationId(env.new_id());
    let session = tx.session(session)?.filter(|session| session.over(now).is_none());
    let Some(session) = session else {
        tx.use_ticket(device_code, None, now)?;
        return Ok(Polled::Denied);
    };
    if !people::serves(tx, client, session.account)? || !tx.use_ticket(device_code, Some(id), now)? {
        return Ok(Polled::Denied);
    }
    let scopes = ClientScopes::parse(&waiting.scopes).within(&client.settings.scopes);
    Ok(Polled::Granted(Box::new(codes::begin(tx, env, id, client, &session, scopes)?)))
}

fn read(ticket: &Ticket) -> Result<Waiting, EngineError> {
    Ok(serde_json::from_str(&ticket.content).map_err(StoreError::other)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_with_dashes_and_in_any_case() {
        assert_eq!(read_user_code(" wdjb-mjht ").as_deref(), Some("WDJBMJHT"));
        for other in ["", "WDJB", "WDJBMJHTX", "AEIOUAEI", "WDJB_MJHT", "ÄDJB-MJHT"] {
            assert_eq!(read_user_code(other), None, "{other}");
        }
    }
}

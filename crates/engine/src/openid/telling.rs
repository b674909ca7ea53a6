//! Products that are to be told that a session is over (OpenID Connect Back-Channel Logout 1.0).
//!
//! Whatever ends a session makes the telling due in the same commit. One node takes it for a while, sends it, and notes what came
//! of it: the receipt that people read. What is not noted is sent again.

use std::time::Duration;

use muster_model::{AccountId, Authorization, Client, Session, Timestamp};
use muster_store::{Conn, Telling, Tx};

use crate::{EngineError, Env};

/// How long a node has for one telling.
const LEASE: Duration = Duration::from_secs(60);
/// How many are taken at once.
const AT_ONCE: i64 = 64;
/// The rests between tries; after the last one nobody tries again, and the session is over for the product when it asks next.
const RESTS: [Duration; 8] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(6),
];
/// The most characters of a failure that are kept.
const FAILURE: usize = 200;
/// How many are told of one person at once.
pub(super) const SHOWN: i64 = 100;

/// What is to be told to whom.
#[derive(Debug, Clone)]
pub struct Task {
    /// What the client was let do.
    pub authorization: Authorization,
    /// The client.
    pub client: Client,
    /// Where it is told.
    pub address: String,
    /// The session.
    pub session: Session,
    attempts: i64,
}

/// Whether anything may be due.
///
/// # Errors
///
/// The store's.
pub fn is_due(conn: &mut Conn<'_>, now: Timestamp) -> Result<bool, EngineError> {
    Ok(!conn.tellings_due(now, 1)?.is_empty())
}

/// Takes what is due. What turns out not to be over yet is due when it will be.
///
/// # Errors
///
/// The store's.
pub fn take(tx: &mut Tx<'_>, env: &Env) -> Result<Vec<Task>, EngineError> {
    let now = env.now();
    let mut tasks: Vec<Task> = Vec::new();
    for Telling { authorization, tell_at, attempts, .. } in tx.tellings_due(now, AT_ONCE)? {
        let Some(due) = tell_at else { continue };
        let (client, sid) = (authorization.client, authorization.sid);
        if tasks.iter().any(|task| (task.client.id, task.authorization.sid) == (client, sid)) {
            continue;
        }
        let (Some(client), Some(session)) = (tx.client(client)?, tx.session(authorization.session)?) else {
            tx.note_told(client, sid, None, Some("the application is no more"), None)?;
            continue;
        };
        let Some(address) = client.settings.backchannel_logout_uri.clone() else {
            tx.note_told(client.id, sid, None, Some("the application takes no word of it any more"), None)?;
            continue;
        };
        let until = if session.over(now).is_some() { now.after(LEASE) } else { session.expires() };
        let took = tx.take_telling(authorization.id, due, until)?;
        if took && session.over(now).is_some() {
            tasks.push(Task { authorization, client, address, session, attempts });
        }
    }
    Ok(tasks)
}

/// Notes that a client took it.
///
/// # Errors
///
/// The store's.
pub fn told(tx: &mut Tx<'_>, env: &Env, task: &Task) -> Result<(), EngineError> {
    Ok(tx.note_told(task.client.id, task.authorization.sid, Some(env.now()), None, None)?)
}

/// Notes that it could not be told, and why.
///
/// # Errors
///
/// The store's.
pub fn failed(tx: &mut Tx<'_>, env: &Env, task: &Task, why: &str) -> Result<(), EngineError> {
    let why: String = why.chars().take(FAILURE).collect();
    let rest = usize::try_from(task.attempts).ok().and_then(|tried| RESTS.get(tried));
    let next = rest.map(|rest| env.now().after(*rest));
    Ok(tx.note_told(task.client.id, task.authorization.sid, None, Some(&why), next)?)
}

/// What an account let clients do lately, with what they were told: the receipts, newest first.
///
/// # Errors
///
/// The store's.
pub fn receipts(conn: &mut Conn<'_>, account: AccountId) -> Result<Vec<Telling>, EngineError> {
    Ok(conn.authorizations_of(account, SHOWN)?)
}

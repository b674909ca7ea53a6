//! Sessions: how long people stay signed in (SES-1, SES-2), what ends that (SES-4), and why it ended (SES-3).

pub mod oversight;

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use muster_model::{
    Account, AccountId, AccountState, Connection, ConnectionId, OrganizationId, Rule, Session, SessionId, Timestamp,
    precedence::{self, Speaker},
    session::{ClientKind, Ended, IdpSession, Limit},
    trace::Note,
};
use muster_store::{Conn, Tx};
use uuid::Uuid;

use crate::{EngineError, Env, Refusal, domains};

/// How exactly it is known when a session was last used.
const USE_NOTED: Duration = Duration::from_secs(3_600);
/// For how long people see that a session or token of theirs has ended, and why (SES-3).
pub const SHOWN: Duration = Duration::from_hours(30 * 24);
/// How many ended sessions of one person are told at once.
const TOLD: usize = 50;
/// How many of an organization's sessions are ended in one transaction.
const AT_ONCE: usize = 500;

/// A session that is to begin.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The hash of the secret that opens it.
    pub hash: [u8; 32],
    /// For what kind of client.
    pub kind: ClientKind,
    /// What the person recognises it by.
    pub device: String,
    /// What the IdP calls it, and the hash of its name for the person.
    pub idp: Option<(IdpSession, [u8; 32])>,
    /// When the IdP says that it must end at the latest (SES-2).
    pub not_after: Option<Timestamp>,
    /// The session that this browser had: it ends first (SEC-4).
    pub replaces: Option<SessionId>,
}

/// What a cookie opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A live session.
    Live(Box<Session>),
    /// One that is over, and why (SES-3).
    Over(String),
}

/// Begins a session for an account. Its life is that of its kind, unless the IdP states minutes (SES-2); these and what the
/// IdP says of its own session only shorten, or replace, what its kind says.
///
/// # Errors
///
/// The store's.
pub fn begin(
    tx: &mut Tx<'_>,
    env: &mut Env,
    account: AccountId,
    connection: Option<&Connection>,
    begin: Begin,
) -> Result<Session, EngineError> {
    let now = env.now();
    let replaced = match begin.replaces {
        Some(replaced) => tx.session(replaced)?.filter(|session| session.over(now).is_none()),
        None => None,
    };
    domains::auto_provision(tx, env, account)?;
    let minutes = match connection {
        Some(connection) => tx.account(account)?.and_then(|account| minutes(&account, connection)),
        None => None,
    };
    let (rule, life, idle, limit) = match minutes {
        Some((minutes, limit)) => (Rule::Ses2, minutes, None, limit),
        None => (Rule::Ses1, begin.kind.life(), begin.kind.idle(), Limit::Kind),
    };
    let end = now.after(life);
    let (absolute_end, limit) = match begin.not_after.filter(|not_after| *not_after < end) {
        Some(not_after) => (not_after, Limit::IdentityProvider),
        None => (end, limit),
    };
    let session = Session {
        id: SessionId(env.new_id()),
        account,
        connection: connection.map(|connection| connection.id),
        kind: begin.kind,
        client: None,
        device: begin.device,
        idp: begin.idp.as_ref().map(|(idp, _)| idp.clone()),
        trace: env.origin().request,
        created: now,
        last_used: now,
        authenticated: now,
        absolute_end,
        limit,
        idle_seconds: idle.and_then(|idle| i64::try_from(idle.as_secs()).ok()),
        ended: None,
        version: 1,
    };
    let index = session.idp.as_ref().and_then(|idp| idp.index.as_ref());
    let index = index.map(|index| muster_crypto::sha256(index.as_bytes()));
    tx.insert_session(&session, &begin.hash, begin.idp.map(|(_, subject)| subject), index)?;
    if let Some(replaced) = replaced {
        // Whoever signs in again the same way stays signed in at products; they know nothing of this session's name.
        if (replaced.account, replaced.connection) == (session.account, session.connection) {
            tx.move_authorizations(replaced.id, session.id, session.expires())?;
        }
        if tx.end_session(replaced.id, Ended::Replaced.as_str(), now)? {
            env.note(Rule::Ses3, Note::SessionReplaced);
        }
    }
    env.note(rule, Note::SessionBegun(session.expires().to_string()));
    Ok(session)
}

/// How long a connection's IdP wants sessions through it to last, by PRE-1, and whether its directory says so; `None` if it
/// states nothing (SES-2).
#[must_use]
pub fn minutes(account: &Account, connection: &Connection) -> Option<(Duration, Limit)> {
    let speaker = Speaker {
        policy: connection.settings.precedence.session_minutes,
        // JIT-7: minutes are applied with JIT off, too.
        jit: true,
        scim: connection.settings.scim.enabled,
    };
    // What another connection says concerns sessions through that one.
    let said = precedence::effective(&account.session_minutes, |id| (id == connection.id).then_some(speaker))?;
    let minutes = u64::try_from(said.value).ok()?;
    Some((Duration::from_secs(minutes * 60), Limit::of_minutes(said.source)))
}

/// Lets live sessions follow what a connection's IdP says now of their length: they are only ever shortened (SES-2).
pub(crate) fn shorten(
    tx: &mut Tx<'_>,
    account: &Account,
    connection: &Connection,
    now: Timestamp,
) -> Result<(), EngineError> {
    if let Some((life, limit)) = minutes(account, connection)
        && let Ok(micros) = i64::try_from(life.as_micros())
    {
        tx.shorten_sessions(account.id, connection.id, micros, limit, now)?;
    }
    Ok(())
}

/// What the secret with this hash opens; `None` for one that was never given out.
///
/// # Errors
///
/// The store's.
pub fn find(conn: &mut Conn<'_>, hash: &[u8; 32], now: Timestamp) -> Result<Option<Found>, EngineError> {
    let Some((session, account)) = conn.session_by_hash(hash)? else { return Ok(None) };
    let over = match session.over(now) {
        Some(reason) => Some(reason.to_owned()),
        None => (account != AccountState::Active).then(|| Ended::AccountClosed.as_str().to_owned()),
    };
    Ok(Some(over.map_or(Found::Live(Box::new(session)), Found::Over)))
}

/// Whether a use at `now` is worth noting: true once an hour.
#[must_use]
pub fn is_use_worth_noting(session: &Session, now: Timestamp) -> bool {
    session.last_used.after(USE_NOTED) <= now
}

/// Ends a session; whether it was live.
///
/// # Errors
///
/// The store's.
pub fn end(tx: &mut Tx<'_>, env: &mut Env, id: SessionId, why: Ended) -> Result<bool, EngineError> {
    Ok(tx.end_session(id, why.as_str(), env.now())?)
}

/// Ends all of an account's sessions; how many were live.
///
/// # Errors
///
/// The store's.
pub fn end_all(tx: &mut Tx<'_>, env: &mut Env, account: AccountId, why: Ended) -> Result<usize, EngineError> {
    let live = list(tx, account, env.now())?;
    for session in &live {
        end(tx, env, session.id, why)?;
    }
    Ok(live.len())
}

/// Ends one of a person's own sessions, from another one; whether it was theirs and live.
///
/// # Errors
///
/// The store's.
pub fn end_own(tx: &mut Tx<'_>, env: &mut Env, account: AccountId, id: SessionId) -> Result<bool, EngineError> {
    match tx.session(id)? {
        Some(session) if session.account == account => end(tx, env, id, Ended::EndedByPerson),
        _ => Ok(false),
    }
}

/// An account's live sessions, newest first.
///
/// # Errors
///
/// The store's.
pub fn list(conn: &mut Conn<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Session>, EngineError> {
    let mut sessions = conn.sessions_until(account, now)?;
    sessions.retain(|session| Which::Live.has(session, now));
    Ok(sessions)
}

/// An account's sessions that ended lately, the last ones first.
///
/// # Errors
///
/// The store's.
pub fn list_ended(conn: &mut Conn<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Session>, EngineError> {
    let mut sessions = conn.sessions_until(account, now.before(SHOWN))?;
    sessions.retain(|session| Which::Ended.has(session, now));
    sessions.sort_by_key(|session| std::cmp::Reverse((session.ending(now).map(|(at, _)| at), session.id)));
    sessions.truncate(TOLD);
    Ok(sessions)
}

/// The names of connections through which sessions began.
pub type Origins = BTreeMap<ConnectionId, String>;

/// The names of the connections through which these sessions began.
///
/// # Errors
///
/// The store's.
pub fn origins<'s>(
    conn: &mut Conn<'_>,
    sessions: impl IntoIterator<Item = &'s Session>,
) -> Result<Origins, EngineError> {
    let mut names = Origins::new();
    for id in sessions.into_iter().filter_map(|session| session.connection) {
        if !names.contains_key(&id)
            && let Some(connection) = conn.connection(id)?
        {
            names.insert(id, connection.name);
        }
    }
    Ok(names)
}

/// Which sessions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that live.
    Live,
    /// Those that ended lately.
    Ended,
}

impl Which {
    /// Those that end later are all that are meant.
    fn since(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Live => now,
            Self::Ended => now.before(SHOWN),
        }
    }

    fn has(self, session: &Session, now: Timestamp) -> bool {
        match (self, session.ending(now)) {
            (Self::Live, ending) => ending.is_none(),
            (Self::Ended, ending) => ending.is_some_and(|(at, _)| at >= self.since(now)),
        }
    }
}

/// Sessions of an organization's members, by person, after one of them: a page of `limit` at most, and the place where
/// it ends, which is `None` on the last one.
///
/// # Errors
///
/// The store's.
pub fn list_in(
    conn: &mut Conn<'_>,
    organization: OrganizationId,
    which: Which,
    after: Place,
    limit: usize,
    now: Timestamp,
) -> Result<(Vec<Session>, Option<Place>), EngineError> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut sessions = conn.sessions_in(organization, which.since(now), (after.account, after.session), most)?;
    let next = sessions.last().filter(|_| sessions.len() >= limit);
    let next = next.map(|last| Place { account: last.account, session: last.id });
    sessions.retain(|session| which.has(session, now));
    Ok((sessions, next))
}

/// Ends sessions of an organization's members, some with each call, until there are none: how many it ended, and where to go
/// on.
///
/// # Errors
///
/// The store's.
pub fn end_in(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: OrganizationId,
    after: Place,
    why: Ended,
) -> Result<(usize, Option<Place>), EngineError> {
    let (live, next) = list_in(tx, organization, Which::Live, after, AT_ONCE, env.now())?;
    for session in &live {
        end(tx, env, session.id, why)?;
    }
    Ok((live.len(), next))
}

/// A place in the list of an organization's sessions; the default is before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whose session was last.
    pub account: AccountId,
    /// Which one.
    pub session: SessionId,
}

impl Default for Place {
    fn default() -> Self {
        Self { account: AccountId(Uuid::nil()), session: SessionId(Uuid::nil()) }
    }
}

/// As programs carry it from page to page: the account's id, a dot, the session's.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.account, self.session)
    }
}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (account, session) = text.split_once('.').ok_or(NoPlace)?;
        let account = account.parse().map_err(|_| NoPlace)?;
        Ok(Self { account: AccountId(account), session: session.parse().map_err(|_| NoPlace)? })
    }
}

/// Something that is no place in a list of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no place in this list: use what the page before ended with")]
pub struct NoPlace;

/// Ends what an IdP says is over there (saml-core-2.0 §3.7.3.2): the sessions of the person with this name, those with one of
/// `indexes` if any is named. How many there were.
///
/// # Errors
///
/// The store's.
pub fn end_at_idp(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    subject: &[u8; 32],
    indexes: &[String],
) -> Result<usize, EngineError> {
    let mut ended = 0;
    for session in tx.sessions_of_idp_subject(connection.id, subject)? {
        let index = session.idp.as_ref().and_then(|idp| idp.index.as_ref());
        // One that the IdP never named ends with any of the person's.
        let is_meant = indexes.is_empty() || index.is_none_or(|index| indexes.contains(index));
        if is_meant && end(tx, env, session.id, Ended::SignedOutAtIdp)? {
            ended += 1;
        }
    }
    Ok(ended)
}

/// Whose sessions an OpenID provider says are over (Back-Channel Logout 1.0 §2.4).
#[derive(Debug, Clone, Copy)]
pub struct LoggedOut<'a> {
    /// The hash of what says so, and until when that must be remembered: it is accepted once.
    pub token: (&'a [u8; 32], Timestamp),
    /// The hash of the provider's name for the person.
    pub subject: Option<&'a [u8; 32]>,
    /// The provider's name for the session; without one, all of the person's are over.
    pub index: Option<&'a str>,
}

/// Ends what an OpenID provider says is over there. How many sessions that were.
///
/// # Errors
///
/// [`Refusal::AnswerUsed`] if it was said before; the store's.
pub fn log_out(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: LoggedOut<'_>,
) -> Result<usize, EngineError> {
    let (token, until) = said.token;
    if !tx.use_once(connection.id.0, token, until)? {
        return Err(Refusal::AnswerUsed.into());
    }
    if let Some(subject) = said.subject {
        let indexes: Vec<String> = said.index.into_iter().map(str::to_owned).collect();
        return end_at_idp(tx, env, connection, subject, &indexes);
    }
    let Some(index) = said.index else { return Ok(0) };
    let mut ended = 0;
    for session in tx.sessions_of_idp_index(connection.id, &muster_crypto::sha256(index.as_bytes()))? {
        ended += usize::from(end(tx, env, session.id, Ended::SignedOutAtIdp)?);
    }
    Ok(ended)
}

//! Sessions (SES). They are read with every signed-in request and cached nowhere, so that what ends one holds at once on
//! every node.

use muster_model::{
    AccountId, AccountState, ClientId, ConnectionId, OrganizationId, RequestId, SessionId, Timestamp,
    session::{ClientKind, IdpSession, Limit, Session},
};
use uuid::Uuid;

use super::{from_json, json, pad, placeholders, word};
use crate::{Conn, Expect, Row, StoreError, Tx, Val, vals};

const TABLE: &str = "sessions";
pub(super) const COLUMNS: &str = "s.id, s.account, s.connection, s.kind, s.device, s.idp_session, s.trace, s.created, \
                                  s.last_used, s.absolute_end, s.idle_seconds, s.ended, s.reason, s.version, \
                                  s.authenticated, s.bound, s.client";
/// How many there are.
const WIDTH: usize = 17;
/// Members whose sessions are looked for with one statement.
const SLICE: i64 = 256;

fn len<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    session_from(row, 0)
}

/// Reads a session from the columns from `first` on.
pub(super) fn session_from(row: &Row<'_>, first: usize) -> Result<Session, StoreError> {
    let ended = row.get::<Option<i64>>(first + 11)?.map(Timestamp);
    let reason = row.get::<Option<String>>(first + 12)?.unwrap_or_default();
    let idp = match row.get::<Option<String>>(first + 5)? {
        Some(_) => Some(from_json::<IdpSession>(row, first + 5, TABLE)?),
        None => None,
    };
    Ok(Session {
        id: SessionId(row.get(first)?),
        account: AccountId(row.get(first + 1)?),
        connection: row.get::<Option<Uuid>>(first + 2)?.map(ConnectionId),
        kind: word(row, first + 3, TABLE, ClientKind::parse)?,
        device: row.get(first + 4)?,
        idp,
        trace: row.get::<Option<Uuid>>(first + 6)?.map(RequestId),
        created: Timestamp(row.get(first + 7)?),
        last_used: Timestamp(row.get(first + 8)?),
        absolute_end: Timestamp(row.get(first + 9)?),
        idle_seconds: row.get(first + 10)?,
        ended: ended.map(|at| (at, reason)),
        version: row.get(first + 13)?,
        authenticated: Timestamp(row.get(first + 14)?),
        limit: word(row, first + 15, TABLE, Limit::parse)?,
        client: row.get::<Option<Uuid>>(first + 16)?.map(ClientId),
    })
}

impl Conn<'_> {
    /// The session that this hash opens, with the state of its account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn session_by_hash(&mut self, hash: &[u8; 32]) -> Result<Option<(Session, AccountState)>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS}, a.state FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.hash = ?1");
        self.opt(&sql, vals![hash.to_vec()], |row| {
            Ok((session(row)?, word(row, WIDTH, "accounts", AccountState::parse)?))
        })
    }

    /// A session.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM sessions s WHERE s.id = ?1"), vals![id], session)
    }

    /// An account's sessions that nobody has ended, newest first; the time of some may be over.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sessions_of(&mut self, account: AccountId) -> Result<Vec<Session>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM sessions s WHERE s.account = ?1 AND s.ended IS NULL ORDER BY s.id DESC");
        self.query(&sql, vals![account], session)
    }

    /// An account's sessions that end at the latest after `since`, newest first: all that live or ended since then are among them.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sessions_until(&mut self, account: AccountId, since: Timestamp) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions s WHERE s.account = ?1 AND s.absolute_end >= ?2 ORDER BY s.id DESC"
        );
        self.query(&sql, vals![account, since], session)
    }

    /// The sessions of an organization's active members that end at the latest after `since`, by person, after one of them:
    /// all that live or ended since then are among them.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sessions_in(
        &mut self,
        organization: OrganizationId,
        since: Timestamp,
        after: (AccountId, SessionId),
        limit: i64,
    ) -> Result<Vec<Session>, StoreError> {
        let mut found = Vec::new();
        let mut from = after.0;
        loop {
            // Whoever was signed in nowhere is passed over at once, and whoever is no member.
            let sql = "SELECT account FROM sessions WHERE account >= ?1 ORDER BY account LIMIT 1";
            let Some(next) = self.opt(sql, vals![from], |row| Ok(AccountId(row.get(0)?)))? else { break };
            let sql = "SELECT account FROM memberships WHERE organization = ?1 AND state = 'active' AND account >= ?2 \
                       ORDER BY account LIMIT ?3";
            let members = self.query(sql, vals![organization, next, SLICE], |row| Ok(AccountId(row.get(0)?)))?;
            let Some(last) = members.last() else { break };
            let mut vals = vals![after.0, after.1, limit.saturating_sub(len(&found)), since].to_vec();
            pad(&mut vals, members.iter().map(|id| (*id).into()));
            let sql = format!(
                "SELECT {COLUMNS} FROM sessions s WHERE s.account IN {} AND s.absolute_end >= ?4 \
                 AND (s.account, s.id) > (?1, ?2) ORDER BY s.account, s.id LIMIT ?3",
                placeholders(5, members.len())
            );
            let more = self.query(&sql, vals, session)?;
            found.extend(more);
            if len(&found) >= limit || len(&members) < SLICE {
                break;
            }
            from = AccountId(Uuid::from_u128(last.0.as_u128().saturating_add(1)));
        }
        Ok(found)
    }

    /// Who has ever signed in through a connection after `since`. Reads all of its sessions.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn signed_in_since(
        &mut self,
        connection: ConnectionId,
        since: Timestamp,
    ) -> Result<Vec<AccountId>, StoreError> {
        let sql = "SELECT DISTINCT account FROM sessions WHERE connection = ?1 AND created >= ?2 ORDER BY account";
        self.query(sql, vals![connection, since], |row| Ok(AccountId(row.get(0)?)))
    }

    /// The sessions that began without a connection and that nobody has ended, with whose they are.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sessions_without_connection(&mut self) -> Result<Vec<(SessionId, AccountId)>, StoreError> {
        let sql = "SELECT id, account FROM sessions WHERE connection IS NULL AND ended IS NULL ORDER BY id";
        self.query(sql, vals![], |row| Ok((SessionId(row.get(0)?), AccountId(row.get(1)?))))
    }

    /// The sessions that began through a connection for the person whom its IdP calls by the name of this hash.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sessions_of_idp_subject(
        &mut self,
        connection: ConnectionId,
        subject: &[u8; 32],
    ) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions s WHERE s.connection = ?1 AND s.idp_subject = ?2 AND s.ended IS NULL \
             ORDER BY s.id"
        );
        self.query(&sql, vals![connection, subject.to_vec()], session)
    }

    /// The sessions that began through a connection and whose name at its IdP has this hash.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sessions_of_idp_index(
        &mut self,
        connection: ConnectionId,
        index: &[u8; 32],
    ) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions s WHERE s.connection = ?1 AND s.idp_index = ?2 AND s.ended IS NULL ORDER BY s.id"
        );
        self.query(&sql, vals![connection, index.to_vec()], session)
    }
}

impl Tx<'_> {
    /// Begins a session that this hash opens. `subject` is the hash of the IdP's name for the person, `index` that of its name for
    /// the session.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_session(
        &mut self,
        session: &Session,
        hash: &[u8; 32],
        subject: Option<[u8; 32]>,
        index: Option<[u8; 32]>,
    ) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO sessions (id, hash, account, connection, kind, client, device, idp_subject, idp_session, trace, \
             created, last_used, absolute_end, idle_seconds, ended, reason, version, authenticated, idp_index, bound) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?18, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, NULL, NULL, ?14, ?15, ?16, ?17)",
            vals![
                session.id,
                hash.to_vec(),
                session.account,
                session.connection,
                session.kind.as_str(),
                session.device.as_str(),
                subject.map(|subject| subject.to_vec()),
                match &session.idp {
                    Some(idp) => json(idp)?,
                    None => Val::Null,
                },
                session.trace,
                session.created,
                session.last_used,
                session.absolute_end,
                session.idle_seconds,
                session.version,
                session.authenticated,
                index.map(|index| index.to_vec()),
                session.limit.as_str(),
                session.client,
            ],
            Expect::Any,
        )
    }

    /// Ends one session, if it is not ended; whether it was live.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn end_session(&mut self, id: SessionId, reason: &str, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE sessions SET ended = ?2, reason = ?3, version = version + 1 WHERE id = ?1 AND ended IS NULL";
        let was_live = self.exec(sql, vals![id, at, reason])? == 1;
        if was_live {
            self.tell_of_session(id, at)?;
        }
        Ok(was_live)
    }

    /// Ends the live sessions that an account began through a connection (SES-4); the reason stays with each (SES-3).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn end_sessions(
        &mut self,
        account: AccountId,
        connection: ConnectionId,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(
            "UPDATE sessions SET ended = ?3, reason = ?4, version = version + 1 \
             WHERE account = ?1 AND connection = ?2 AND ended IS NULL",
            vals![account, connection, at, reason],
            Expect::Any,
        )?;
        self.tell_of_sessions(account, at)
    }

    /// Ends the live sessions that were begun for a product.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn end_sessions_of_client(&mut self, client: ClientId, reason: &str, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "UPDATE sessions SET ended = ?2, reason = ?3, version = version + 1 WHERE ended IS NULL AND id IN \
             (SELECT session FROM oauth_authorizations WHERE client = ?1) AND client = ?1",
            vals![client, at, reason],
            Expect::Any,
        )
    }

    /// Lets the live sessions that an account began through a connection end `micros` after they began at the latest, or now
    /// if that is past; none is made longer (SES-2).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn shorten_sessions(
        &mut self,
        account: AccountId,
        connection: ConnectionId,
        micros: i64,
        limit: Limit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(
            "UPDATE sessions SET absolute_end = CASE WHEN created + ?3 < ?4 THEN ?4 ELSE created + ?3 END, bound = ?5, \
             version = version + 1 \
             WHERE account = ?1 AND connection = ?2 AND ended IS NULL AND absolute_end > created + ?3 \
             AND absolute_end > ?4",
            vals![account, connection, micros, now, limit.as_str()],
            Expect::Any,
        )?;
        self.tell_of_sessions(account, now)
    }

    /// Notes that the person in a session has shown again who they are.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_authentication(&mut self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET authenticated = ?2 WHERE id = ?1 AND ended IS NULL";
        self.put(sql, vals![id, at], Expect::Any)
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_session_use(&mut self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET last_used = ?2 WHERE id = ?1 AND ended IS NULL AND last_used < ?2";
        self.put(sql, vals![id, at], Expect::Any)
    }
}

//! What people let clients do for the length of a session. Read with every use of a token and cached nowhere, so that what ends one
//! holds at once on every node.

use muster_model::{
    AccountId, AccountState, Authorization, AuthorizationId, ClientId, Session, SessionId, Timestamp,
    client::ClientScopes,
};

use super::{sessions, word};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "oauth_authorizations";
const COLUMNS: &str = "z.id, z.client, z.session, z.account, z.scopes, z.created, z.generation, z.rotated, z.salt, z.ended, z.reason, z.sid";
/// How many there are.
const WIDTH: usize = 12;

/// A client that is to be told that a session is over (OpenID Connect Back-Channel Logout 1.0), or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// What it was let do.
    pub authorization: Authorization,
    /// When it is told next; `None` when it is told no more.
    pub tell_at: Option<Timestamp>,
    /// How often that was tried in vain.
    pub attempts: i64,
    /// When it took it.
    pub told: Option<Timestamp>,
    /// Why it did not.
    pub failure: Option<String>,
}

fn authorization(row: &Row<'_>) -> Result<Authorization, StoreError> {
    let id = AuthorizationId(row.get(0)?);
    let salt: Vec<u8> = row.get(8)?;
    let ended = row.get::<Option<i64>>(9)?.map(Timestamp);
    let reason = row.get::<Option<String>>(10)?.unwrap_or_default();
    Ok(Authorization {
        id,
        client: ClientId(row.get(1)?),
        session: SessionId(row.get(2)?),
        sid: SessionId(row.get(11)?),
        account: AccountId(row.get(3)?),
        scopes: ClientScopes::parse(&row.get::<String>(4)?),
        created: Timestamp(row.get(5)?),
        generation: row.get(6)?,
        rotated: Timestamp(row.get(7)?),
        salt: salt.try_into().map_err(|_| StoreError::Corrupt { table: TABLE, key: id.to_string() })?,
        ended: ended.map(|at| (at, reason)),
    })
}

fn telling(row: &Row<'_>) -> Result<Telling, StoreError> {
    Ok(Telling {
        authorization: authorization(row)?,
        tell_at: row.get::<Option<i64>>(WIDTH)?.map(Timestamp),
        attempts: row.get(WIDTH + 1)?,
        told: row.get::<Option<i64>>(WIDTH + 2)?.map(Timestamp),
        failure: row.get(WIDTH + 3)?,
    })
}

impl Conn<'_> {
    /// An authorization with its session and the state of its account: whether it still holds.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn authorization(
        &mut self,
        id: AuthorizationId,
    ) -> Result<Option<(Authorization, Session, AccountState)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, a.state, {} FROM {TABLE} z JOIN sessions s ON s.id = z.session \
             JOIN accounts a ON a.id = z.account WHERE z.id = ?1",
            sessions::COLUMNS
        );
        self.opt(&sql, vals![id], |row| {
            let state = word(row, WIDTH, "accounts", AccountState::parse)?;
            Ok((authorization(row)?, sessions::session_from(row, WIDTH + 1)?, state))
        })
    }

    /// What an account lets clients do, the newest first, at most `limit`, with what the clients were told.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn authorizations_of(&mut self, account: AccountId, limit: i64) -> Result<Vec<Telling>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, z.tell_at, z.attempts, z.told, z.failure FROM {TABLE} z WHERE z.account = ?1 \
             ORDER BY z.id DESC LIMIT ?2"
        );
        self.query(&sql, vals![account, limit], telling)
    }

    /// The clients that may have to be told that a session is over, the longest due first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn tellings_due(&mut self, now: Timestamp, limit: i64) -> Result<Vec<Telling>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, z.tell_at, z.attempts, z.told, z.failure FROM {TABLE} z WHERE z.tell_at <= ?1 \
             ORDER BY z.tell_at LIMIT ?2"
        );
        self.query(&sql, vals![now, limit], telling)
    }
}

impl Tx<'_> {
    /// Begins an authorization; its client is told at `tell_at` at the latest if its session is over then.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_authorization(&mut self, one: &Authorization, tell_at: Option<Timestamp>) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO oauth_authorizations (id, client, session, account, scopes, created, generation, rotated, salt, \
             tell_at, attempts, sid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)",
            vals![
                one.id,
                one.client,
                one.session,
                one.account,
                one.scopes.to_string(),
                one.created,
                one.generation,
                one.rotated,
                one.salt.to_vec(),
                tell_at,
                one.sid,
            ],
            Expect::Any,
        )
    }

    /// Goes from one refresh token to the next, unless another request did; whether it did not.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rotate_authorization(&mut self, id: AuthorizationId, from: i64, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE oauth_authorizations SET generation = generation + 1, rotated = ?3 \
                   WHERE id = ?1 AND generation = ?2 AND ended IS NULL";
        Ok(self.exec(sql, vals![id, from, at])? == 1)
    }

    /// Ends an authorization before its session; whether it had not ended.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn end_authorization(&mut self, id: AuthorizationId, reason: &str, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE oauth_authorizations SET ended = ?2, reason = ?3 WHERE id = ?1 AND ended IS NULL";
        Ok(self.exec(sql, vals![id, at, reason])? == 1)
    }

    /// Ends whatever a client was let do, by one account or by all.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn end_authorizations(
        &mut self,
        client: ClientId,
        account: Option<AccountId>,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        match account {
            Some(account) => self.put(
                "UPDATE oauth_authorizations SET ended = ?3, reason = ?4 \
                 WHERE client = ?1 AND account = ?2 AND ended IS NULL",
                vals![client, account, at, reason],
                Expect::Any,
            ),
            None => self.put(
                "UPDATE oauth_authorizations SET ended = ?2, reason = ?3 WHERE client = ?1 AND ended IS NULL",
                vals![client, at, reason],
                Expect::Any,
            ),
        }
    }

    /// Lets what was let do in one session go on in another of the same person.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn move_authorizations(&mut self, from: SessionId, to: SessionId, ends: Timestamp) -> Result<(), StoreError> {
        self.put(
            "UPDATE oauth_authorizations SET session = ?2, tell_at = CASE WHEN tell_at IS NULL THEN NULL ELSE CAST(?3 AS BIGINT) END \
             WHERE session = ?1 AND ended IS NULL",
            vals![from, to, ends],
            Expect::Any,
        )
    }

    /// Lets the clients that take part in a session be looked after now: it may be over.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(super) fn tell_of_session(&mut self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE oauth_authorizations SET tell_at = ?2 WHERE session = ?1 AND tell_at > ?2";
        self.put(sql, vals![session, now], Expect::Any)
    }

    /// The same of all of an account's sessions.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(super) fn tell_of_sessions(&mut self, account: AccountId, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE oauth_authorizations SET tell_at = ?2 WHERE account = ?1 AND tell_at > ?2";
        self.put(sql, vals![account, now], Expect::Any)
    }

    /// Takes the telling of clients for a while, so that no other node tells them meanwhile; whether it was there to take.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn take_telling(&mut self, id: AuthorizationId, due: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE oauth_authorizations SET tell_at = ?3 WHERE id = ?1 AND tell_at = ?2";
        Ok(self.exec(sql, vals![id, due, until])? == 1)
    }

    /// Notes what came of telling a client: of all that it knows by that session's name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_told(
        &mut self,
        client: ClientId,
        sid: SessionId,
        told: Option<Timestamp>,
        failure: Option<&str>,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.put(
            "UPDATE oauth_authorizations SET told = ?3, failure = ?4, tell_at = ?5, attempts = attempts + 1 \
             WHERE client = ?1 AND sid = ?2 AND tell_at IS NOT NULL",
            vals![client, sid, told, failure, next],
            Expect::Any,
        )
    }
}

//! Sign-ins on their way through an IdP, and what was accepted once (SSO-7): in the database, so that any node may receive
//! the answer.

use muster_model::{ConnectionId, Timestamp};
use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// A sign-in that a browser has begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignIn {
    /// The hash of the key that travels through the IdP.
    pub key: [u8; 32],
    /// Through which connection.
    pub connection: ConnectionId,
    /// The hash of what only this browser has.
    pub browser: [u8; 32],
    /// What must be known when the answer comes: sealed.
    pub content: Vec<u8>,
    /// When it began.
    pub created: Timestamp,
    /// Until when an answer is taken.
    pub expires: Timestamp,
}

impl Conn<'_> {
    /// The sign-in with this key, unless it has ended.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn pending_sign_in(&mut self, key: &[u8; 32], now: Timestamp) -> Result<Option<PendingSignIn>, StoreError> {
        let sql = "SELECT connection, browser, content, created, expires FROM pending_sign_ins \
                   WHERE key = ?1 AND expires > ?2";
        self.opt(sql, vals![key.to_vec(), now], |row| {
            let browser: Vec<u8> = row.get(1)?;
            let corrupt = |_| StoreError::Corrupt { table: "pending_sign_ins", key: "unknown".to_owned() };
            Ok(PendingSignIn {
                key: *key,
                connection: ConnectionId(row.get(0)?),
                browser: browser.try_into().map_err(corrupt)?,
                content: row.get(2)?,
                created: Timestamp(row.get(3)?),
                expires: Timestamp(row.get(4)?),
            })
        })
    }
}

impl Tx<'_> {
    /// Keeps a sign-in that begins.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_pending_sign_in(&mut self, pending: &PendingSignIn) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO pending_sign_ins (key, connection, browser, content, created, expires) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            vals![
                pending.key.to_vec(),
                pending.connection,
                pending.browser.to_vec(),
                pending.content.clone(),
                pending.created,
                pending.expires,
            ],
            Expect::Any,
        )
    }

    /// Takes a sign-in away, so that nobody else ends it; whether it was there.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn take_pending_sign_in(&mut self, key: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        let sql = "DELETE FROM pending_sign_ins WHERE key = ?1 AND expires > ?2";
        Ok(self.exec(sql, vals![key.to_vec(), now])? == 1)
    }

    /// Marks a value as used until it expires; whether it was new in this scope.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn use_once(&mut self, scope: Uuid, value: &[u8; 32], expires: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO used_once (scope, value, expires) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        Ok(self.exec(sql, vals![scope, value.to_vec(), expires])? == 1)
    }

    /// Forgets what has expired, at most `limit` rows of each kind; how many there were.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_expired_sign_ins(&mut self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let pending = self.exec(
            "DELETE FROM pending_sign_ins WHERE key IN \
             (SELECT key FROM pending_sign_ins WHERE expires <= ?1 ORDER BY expires LIMIT ?2)",
            vals![now, limit],
        )?;
        let used = self.exec(
            "DELETE FROM used_once WHERE (scope, value) IN \
             (SELECT scope, value FROM used_once WHERE expires <= ?1 ORDER BY expires LIMIT ?2)",
            vals![now, limit],
        )?;
        let ceremonies = self.exec(
            "DELETE FROM ceremonies WHERE key IN \
             (SELECT key FROM ceremonies WHERE expires <= ?1 ORDER BY expires LIMIT ?2)",
            vals![now, limit],
        )?;
        Ok(pending + used + ceremonies)
    }
}

//! Answers that are given again when a request is sent again under the same key.

use muster_model::Timestamp;
use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentAnswer {
    /// Of the request, so that another one under the same key is noticed.
    pub fingerprint: Vec<u8>,
    /// The HTTP status.
    pub status: u16,
    /// The body, sealed by the caller.
    pub answer: Vec<u8>,
}

impl Conn<'_> {
    /// The answer that `scope` was given under a key, until it expires.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn idempotent_answer(
        &mut self,
        scope: Uuid,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotentAnswer>, StoreError> {
        self.opt(
            "SELECT fingerprint, status, answer FROM idempotency_keys WHERE scope = ?1 AND key = ?2 AND expires > ?3",
            vals![scope, key, now],
            |row| {
                let status = u16::try_from(row.get::<i64>(1)?).unwrap_or(500);
                Ok(IdempotentAnswer { fingerprint: row.get(0)?, status, answer: row.get(2)? })
            },
        )
    }
}

impl Tx<'_> {
    /// Keeps an answer, instead of one that has expired; `false` if another request under the key was answered first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keep_idempotent_answer(
        &mut self,
        scope: Uuid,
        key: &str,
        answer: &IdempotentAnswer,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let gone = "DELETE FROM idempotency_keys WHERE scope = ?1 AND key = ?2 AND expires <= ?3";
        self.put(gone, vals![scope, key, now], Expect::Any)?;
        let kept = self.exec(
            "INSERT INTO idempotency_keys (scope, key, fingerprint, status, answer, expires) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            vals![scope, key, answer.fingerprint.clone(), i64::from(answer.status), answer.answer.clone(), expires],
        )?;
        Ok(kept == 1)
    }

    /// Forgets answers that have expired, at most `limit`; how many there were.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_idempotent_answers(&mut self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        self.exec(
            "DELETE FROM idempotency_keys WHERE (scope, key) IN \
             (SELECT scope, key FROM idempotency_keys WHERE expires <= ?1 ORDER BY expires LIMIT ?2)",
            vals![now, limit],
        )
    }
}

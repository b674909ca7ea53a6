//! What happened how often, for a short time (SSO-10): by a key, of which nothing can be learnt.

use muster_model::Timestamp;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// The row of a key that is held while its others are looked at; everything that is counted came later.
const HELD: i64 = 0;

impl Conn<'_> {
    /// How often something happened after `since`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rate(&mut self, key: &[u8; 32], since: Timestamp) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM rate_windows WHERE key = ?1 AND start > ?2 AND start <> ?3";
        self.one(sql, vals![key.as_slice(), since, HELD], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Holds a key until the end of the transaction, so that nobody else counts under it meanwhile.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn hold_rate(&mut self, key: &[u8; 32], expires: Timestamp) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO rate_windows (key, start, count, expires) VALUES (?1, ?2, 0, ?3) \
             ON CONFLICT (key, start) DO UPDATE SET expires = excluded.expires",
            vals![key.as_slice(), HELD, expires],
        )?;
        Ok(())
    }

    /// Counts that something has happened.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn count_rate(&mut self, key: &[u8; 32], at: Timestamp, expires: Timestamp) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO rate_windows (key, start, count, expires) VALUES (?1, ?2, 1, ?3) \
             ON CONFLICT (key, start) DO UPDATE SET count = rate_windows.count + 1, expires = excluded.expires",
            vals![key.as_slice(), at, expires],
            Expect::One,
        )
    }

    /// Forgets what nobody counts any more, of every key; how much there was, at most `limit`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_rates(&mut self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        self.exec(
            "DELETE FROM rate_windows WHERE (key, start) IN \
             (SELECT key, start FROM rate_windows WHERE expires <= ?1 ORDER BY expires LIMIT ?2)",
            vals![now, limit],
        )
    }
}

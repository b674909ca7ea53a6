//! Authenticator apps, recovery codes and passkeys: rows of `credentials`, beside the password.

use muster_model::{AccountId, Factor, FactorId, FactorKind, Timestamp};

use super::word;
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "credentials";
/// Recovery codes are hashes of 32 bytes, one after the other.
const COLUMNS: &str = "id, account, kind, label, created, last_used, version, \
                       CASE WHEN kind = 'recovery' THEN CAST(length(secret) / 32 AS BIGINT) END, secret";

fn factor(row: &Row<'_>) -> Result<(Factor, Vec<u8>), StoreError> {
    let left: Option<i64> = row.get(7)?;
    let factor = Factor {
        id: FactorId(row.get(0)?),
        account: AccountId(row.get(1)?),
        kind: word(row, 2, TABLE, FactorKind::parse)?,
        label: row.get(3)?,
        created: Timestamp(row.get(4)?),
        left: left.map(|left| u32::try_from(left).unwrap_or(0)),
        last_used: row.get::<Option<i64>>(5)?.map(Timestamp),
        version: row.get(6)?,
    };
    Ok((factor, row.get(8)?))
}

impl Conn<'_> {
    /// What an account has besides a password, oldest first, each with its secret as it is stored.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn factors(&mut self, account: AccountId) -> Result<Vec<(Factor, Vec<u8>)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM credentials WHERE account = ?1 AND kind <> 'password' ORDER BY id{}",
            self.for_update()
        );
        self.query(&sql, vals![account], factor)
    }

    /// The passkey whose credential id has this hash, with its secret as it is stored.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn passkey(&mut self, handle: &[u8; 32]) -> Result<Option<(Factor, Vec<u8>)>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM credentials WHERE handle = ?1 AND kind = 'passkey'{}", self.for_update());
        self.opt(&sql, vals![handle.as_slice()], factor)
    }
}

impl Tx<'_> {
    /// Adds a factor; whether nobody has one with this handle already.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_factor(
        &mut self,
        factor: &Factor,
        secret: &[u8],
        handle: Option<&[u8; 32]>,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO credentials (account, kind, id, handle, secret, label, created, last_used, version) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, ?8) ON CONFLICT DO NOTHING";
        let vals = vals![
            factor.account,
            factor.kind.as_str(),
            factor.id,
            handle.map(|handle| handle.to_vec()),
            secret,
            factor.label.as_str(),
            factor.created,
            factor.version,
        ];
        Ok(self.exec(sql, vals)? == 1)
    }

    /// Changes a factor's secret; `factor` has the version after the change.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn update_factor(&mut self, factor: &Factor, secret: &[u8], at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "UPDATE credentials SET secret = ?4, last_used = ?5, version = ?6 \
             WHERE account = ?1 AND kind = ?2 AND id = ?3 AND version = ?7",
            vals![factor.account, factor.kind.as_str(), factor.id, secret, at, factor.version, factor.version - 1],
            Expect::One,
        )
    }

    /// Notes that a passkey was used, with what has changed of it; neither is part of its history. Whether it was still as
    /// it had been read.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_passkey_use(
        &mut self,
        passkey: &Factor,
        before: &[u8],
        after: &[u8],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE credentials SET secret = ?4, last_used = ?5 \
                   WHERE account = ?1 AND kind = 'passkey' AND id = ?2 AND secret = ?3";
        Ok(self.exec(sql, vals![passkey.account, passkey.id, before, after, at])? == 1)
    }

    /// Notes that the code of a time step was accepted; whether it is later than every other that was.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn use_time_step(&mut self, totp: &Factor, step: i64, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE credentials SET step = ?3, last_used = ?4 \
                   WHERE account = ?1 AND kind = 'totp' AND id = ?2 AND (step IS NULL OR step < ?3)";
        Ok(self.exec(sql, vals![totp.account, totp.id, step, at])? == 1)
    }

    /// Removes a factor.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn delete_factor(&mut self, factor: &Factor) -> Result<(), StoreError> {
        let sql = "DELETE FROM credentials WHERE account = ?1 AND kind = ?2 AND id = ?3 AND version = ?4";
        self.put(sql, vals![factor.account, factor.kind.as_str(), factor.id, factor.version], Expect::One)
    }
}

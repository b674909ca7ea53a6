//! What a browser has begun with us and not ended, for a few minutes: in the database, so that any node may end it.

use muster_model::{AccountId, Timestamp};
use uuid::Uuid;

use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const COLUMNS: &str = "account, browser, content, expires";

/// Something that a browser has begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// The hash of the key that the page has.
    pub key: [u8; 32],
    /// Whose it is, where that is known: erased with it (ACC-2).
    pub account: Option<AccountId>,
    /// The hash of what only this browser has.
    pub browser: [u8; 32],
    /// What must be known when it ends: sealed.
    pub content: Vec<u8>,
    /// Until when it may be ended.
    pub expires: Timestamp,
}

fn ceremony(key: &[u8; 32], row: &Row<'_>) -> Result<Ceremony, StoreError> {
    let browser: Vec<u8> = row.get(1)?;
    let corrupt = |_| StoreError::Corrupt { table: "ceremonies", key: "unknown".to_owned() };
    Ok(Ceremony {
        key: *key,
        account: row.get::<Option<Uuid>>(0)?.map(AccountId),
        browser: browser.try_into().map_err(corrupt)?,
        content: row.get(2)?,
        expires: Timestamp(row.get(3)?),
    })
}

impl Conn<'_> {
    /// What was begun under this key in this browser, unless it has ended.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ceremony(
        &mut self,
        key: &[u8; 32],
        browser: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ceremony>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ceremonies WHERE key = ?1 AND browser = ?2 AND expires > ?3");
        self.opt(&sql, vals![key.as_slice(), browser.as_slice(), now], |row| ceremony(key, row))
    }
}

impl Tx<'_> {
    /// Keeps what begins.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_ceremony(&mut self, begun: &Ceremony) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO ceremonies (key, account, browser, content, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
            vals![
                begun.key.as_slice(),
                begun.account,
                begun.browser.as_slice(),
                begun.content.as_slice(),
                begun.expires
            ],
            Expect::Any,
        )
    }

    /// Takes what was begun under this key in this browser away, so that nobody else ends it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn take_ceremony(
        &mut self,
        key: &[u8; 32],
        browser: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ceremony>, StoreError> {
        let Some(found) = self.ceremony(key, browser, now)? else { return Ok(None) };
        let sql = "DELETE FROM ceremonies WHERE key = ?1 AND browser = ?2";
        let is_taken = self.exec(sql, vals![key.as_slice(), browser.as_slice()])? == 1;
        Ok(is_taken.then_some(found))
    }
}

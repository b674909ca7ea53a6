//! Erasures (ACC-2): who was erased, and how far what others' records say of them is gone.

use muster_model::{AccountId, Actor, ErasureId, Timestamp};

use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const COLUMNS: &str = "id, account, actor_kind, actor, begun, progress, words, done";

/// One erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRow {
    /// Stable id; made when the account ended.
    pub id: ErasureId,
    /// Who.
    pub account: AccountId,
    /// Who wanted it.
    pub actor: Actor,
    /// When the account ended.
    pub begun: Timestamp,
    /// How far the rest is, as text of the engine's own.
    pub progress: String,
    /// What the person was called, sealed; gone when all is done.
    pub words: Option<Vec<u8>>,
    /// When nothing was left.
    pub done: Option<Timestamp>,
}

fn erasure(row: &Row<'_>) -> Result<ErasureRow, StoreError> {
    Ok(ErasureRow {
        id: ErasureId(row.get(0)?),
        account: AccountId(row.get(1)?),
        actor: Actor::from_parts(&row.get::<String>(2)?, row.get(3)?),
        begun: Timestamp(row.get(4)?),
        progress: row.get(5)?,
        words: row.get(6)?,
        done: row.get::<Option<i64>>(7)?.map(Timestamp),
    })
}

impl Conn<'_> {
    /// The erasures that are not done, oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn open_erasures(&mut self) -> Result<Vec<ErasureRow>, StoreError> {
        self.query(&format!("SELECT {COLUMNS} FROM erasures WHERE done IS NULL ORDER BY id"), vals![], erasure)
    }

    /// The newest erasures, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn erasures(&mut self, limit: i64) -> Result<Vec<ErasureRow>, StoreError> {
        self.query(&format!("SELECT {COLUMNS} FROM erasures ORDER BY id DESC LIMIT ?1"), vals![limit], erasure)
    }

    /// An erasure; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn erasure(&mut self, id: ErasureId) -> Result<Option<ErasureRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM erasures WHERE id = ?1{}", self.for_update());
        self.opt(&sql, vals![id], erasure)
    }
}

impl Tx<'_> {
    /// Notes that an erasure began.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_erasure(&mut self, erasure: &ErasureRow) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO erasures ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        let vals = vals![
            erasure.id,
            erasure.account,
            erasure.actor.kind(),
            erasure.actor.id(),
            erasure.begun,
            &erasure.progress,
            erasure.words.as_ref(),
            erasure.done,
        ];
        self.put(&sql, vals, Expect::Any)
    }

    /// Stores how far an erasure is; `before` is how far it was. What the person was called goes when it is done.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if another node was faster.
    pub fn update_erasure(
        &mut self,
        id: ErasureId,
        before: &str,
        progress: &str,
        done: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let words = if done.is_some() { "NULL" } else { "words" };
        let sql = format!(
            "UPDATE erasures SET progress = ?2, done = ?3, words = {words} \
             WHERE id = ?1 AND progress = ?4 AND done IS NULL"
        );
        self.put(&sql, vals![id, progress, done, before], Expect::One)
    }
}

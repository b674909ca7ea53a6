//! Tokens, known by hash.

use muster_model::{
    Actor, Timestamp, Token, TokenId, Version,
    token::{Scopes, TokenKind},
};
use uuid::Uuid;

use super::word;
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "tokens";
const COLUMNS: &str = "id, kind, scope, label, scopes, disabled, created, expires, last_used, revoked, reason, version, \
                       created_by_kind, created_by";

fn token(row: &Row<'_>) -> Result<(Token, Version), StoreError> {
    let (revoked, reason): (Option<i64>, Option<String>) = (row.get(9)?, row.get(10)?);
    let token = Token {
        id: TokenId(row.get(0)?),
        kind: word(row, 1, TABLE, TokenKind::parse)?,
        scope: row.get(2)?,
        label: row.get(3)?,
        scopes: Scopes::parse(&row.get::<String>(4)?),
        disabled: row.get::<Option<i64>>(5)?.map(Timestamp),
        created_by: Actor::from_parts(&row.get::<String>(12)?, row.get(13)?),
        created: Timestamp(row.get(6)?),
        expires: row.get::<Option<i64>>(7)?.map(Timestamp),
        last_used: row.get::<Option<i64>>(8)?.map(Timestamp),
        revoked: revoked.map(|at| (Timestamp(at), reason.unwrap_or_default())),
    };
    Ok((token, row.get(11)?))
}

impl Conn<'_> {
    /// The token of a kind whose secret has this SHA-256.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn token_by_hash(&mut self, kind: TokenKind, hash: &[u8; 32]) -> Result<Option<Token>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM tokens WHERE hash = ?1 AND kind = ?2");
        Ok(self.opt(&sql, vals![hash, kind.as_str()], token)?.map(|(token, _)| token))
    }

    /// A token of a kind, with its version.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn token(&mut self, kind: TokenKind, id: TokenId) -> Result<Option<(Token, Version)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM tokens WHERE id = ?1 AND kind = ?2");
        self.opt(&sql, vals![id, kind.as_str()], token)
    }

    /// What a token of whatever kind is called.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn token_label(&mut self, id: TokenId) -> Result<Option<String>, StoreError> {
        self.opt("SELECT label FROM tokens WHERE id = ?1", vals![id], |row| row.get(0))
    }

    /// The tokens of a kind that open `scope`, oldest first, with their versions; revoked and expired ones too.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn tokens(&mut self, scope: Uuid, kind: TokenKind) -> Result<Vec<(Token, Version)>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM tokens WHERE scope = ?1 AND kind = ?2 ORDER BY id{}", self.for_update());
        self.query(&sql, vals![scope, kind.as_str()], token)
    }

    /// The tokens of a kind that open `scope` and were revoked or expired between `since` and `now`, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn tokens_ended(
        &mut self,
        scope: Uuid,
        kind: TokenKind,
        since: Timestamp,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Token>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM tokens WHERE scope = ?1 AND kind = ?2 \
             AND (revoked >= ?3 OR (revoked IS NULL AND expires >= ?3 AND expires <= ?4)) ORDER BY id DESC LIMIT ?5"
        );
        Ok(self
            .query(&sql, vals![scope, kind.as_str(), since, now, limit], token)?
            .into_iter()
            .map(|it| it.0)
            .collect())
    }
}

impl Tx<'_> {
    /// Adds a token.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its hash.
    pub fn insert_token(&mut self, token: &Token, hash: &[u8; 32]) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO tokens (id, hash, kind, scope, label, scopes, created_by_kind, created_by, created, expires, \
             version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1)",
            vals![
                token.id,
                hash,
                token.kind.as_str(),
                token.scope,
                &token.label,
                token.scopes.to_string(),
                token.created_by.kind(),
                token.created_by.id(),
                token.created,
                token.expires,
            ],
            Expect::Any,
        )
    }

    /// Stores what can change of a token: its label, whether it is switched off, when it ends; `version` is the one after the
    /// change.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn update_token(&mut self, token: &Token, version: Version) -> Result<(), StoreError> {
        let (at, reason) = token.revoked.as_ref().map_or((None, None), |(at, why)| (Some(*at), Some(why.as_str())));
        self.put(
            "UPDATE tokens SET label = ?2, disabled = ?3, expires = ?4, revoked = ?5, reason = ?6, version = ?7 \
             WHERE id = ?1 AND version = ?8",
            vals![token.id, &token.label, token.disabled, token.expires, at, reason, version, version - 1],
            Expect::One,
        )
    }

    /// Notes that tokens were used; the time is not part of their history.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn touch_token(&mut self, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE tokens SET last_used = ?2 WHERE id = ?1 AND (last_used IS NULL OR last_used < ?2)";
        self.put(sql, vals![id, at], Expect::Any)
    }
}

//! Tokens, known by hash.

use muster_model::{Actor, Timestamp, Token, TokenId, Version, token::TokenKind};
use uuid::Uuid;

use super::word;
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "tokens";
const COLUMNS: &str = "id, kind, scope, label, created, expires, last_used, revoked, reason, version";

fn token(row: &Row<'_>) -> Result<(Token, Version), StoreError> {
    let (revoked, reason): (Option<i64>, Option<String>) = (row.get(7)?, row.get(8)?);
    let token = Token {
        id: TokenId(row.get(0)?),
        kind: word(row, 1, TABLE, TokenKind::parse)?,
        scope: row.get(2)?,
        label: row.get(3)?,
        created: Timestamp(row.get(4)?),
        expires: row.get::<Option<i64>>(5)?.map(Timestamp),
        last_used: row.get::<Option<i64>>(6)?.map(Timestamp),
        revoked: revoked.map(|at| (Timestamp(at), reason.unwrap_or_default())),
    };
    Ok((token, row.get(9)?))
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
}

impl Tx<'_> {
    /// Adds a token.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its hash.
    pub fn insert_token(&mut self, token: &Token, hash: &[u8; 32], by: Actor) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO tokens (id, hash, kind, scope, label, scopes, created_by_kind, created_by, created, expires, \
             version) VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, ?7, ?8, ?9, 1)",
            vals![
                token.id,
                hash,
                token.kind.as_str(),
                token.scope,
                &token.label,
                by.kind(),
                by.id(),
                token.created,
                token.expires,
            ],
            Expect::Any,
        )
    }

    /// Revokes a token, or lets it expire earlier; `version` is the one after the change.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn update_token(&mut self, token: &Token, version: Version) -> Result<(), StoreError> {
        let (at, reason) = token.revoked.as_ref().map_or((None, None), |(at, why)| (Some(*at), Some(why.as_str())));
        self.put(
            "UPDATE tokens SET expires = ?2, revoked = ?3, reason = ?4, version = ?5 WHERE id = ?1 AND version = ?6",
            vals![token.id, token.expires, at, reason, version, version - 1],
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

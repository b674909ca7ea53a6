//! Tokens: a connection's for SCIM, made, rotated with an overlap, revoked (SCIM-1); and in [`access`] those of people and
//! organizations for the management API.

pub mod access;

use std::time::Duration;

use muster_crypto::TokenHash;
use muster_model::{
    Connection, Rule, Timestamp, Token, TokenId,
    ledger::{Event, Kind},
    token::{Scopes, TokenKind},
};
use muster_store::{Conn, Tx};
use uuid::Uuid;

use crate::{EngineError, Env, Refusal, connections, ledger::Subject};

/// The most SCIM tokens that live side by side; two are needed to rotate, more are forgotten ones.
const LIVE_AT_ONCE: usize = 5;

/// Adds a SCIM token, whose secret only the caller knows.
///
/// # Errors
///
/// Refused when the connection has too many already; the store's.
pub fn create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    hash: &TokenHash,
    label: &str,
    lives: Option<Duration>,
) -> Result<Token, EngineError> {
    let live = list(tx, connection)?.into_iter().filter(|token| token.is_live(env.now())).count();
    if live >= LIVE_AT_ONCE {
        let text = format!("connection `{}` has {live} live SCIM tokens: revoke one first", connection.name);
        return Err(Refusal::Invalid(text).into());
    }
    let token = new(env, TokenKind::Scim, connection.id.0, label, lives);
    tx.insert_token(&token, hash.as_bytes())?;
    env.created(Event::TokenCreated, subject(&token), 1, Rule::Scim1, &token)?;
    env.about(connection.id);
    connections::changed(tx)?;
    Ok(token)
}

/// Lets the live tokens other than `except` end after `overlap`, so that the IdP can be given the new one meanwhile.
/// Without an overlap they are revoked at once.
///
/// # Errors
///
/// The store's.
pub fn retire_others(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    except: Option<TokenId>,
    overlap: Duration,
) -> Result<usize, EngineError> {
    let end = env.now().after(overlap);
    let mut retired = 0;
    for (before, version) in tx.tokens(connection.id.0, TokenKind::Scim)? {
        if Some(before.id) == except || !before.is_live(env.now()) {
            continue;
        }
        let after = if overlap.is_zero() {
            Token { revoked: Some((env.now(), "revoked by an owner".to_owned())), ..before.clone() }
        } else {
            Token { expires: Some(before.expires.map_or(end, |expires| expires.min(end))), ..before.clone() }
        };
        tx.update_token(&after, version + 1)?;
        env.changed(Event::TokenRevoked, subject(&after), version + 1, Rule::Scim1, &before, &after)?;
        env.about(connection.id);
        retired += 1;
    }
    connections::changed(tx)?;
    Ok(retired)
}

/// Revokes one token at once.
///
/// # Errors
///
/// Not found; the store's.
pub fn revoke(tx: &mut Tx<'_>, env: &mut Env, connection: &Connection, id: TokenId) -> Result<Token, EngineError> {
    let found = tx.tokens(connection.id.0, TokenKind::Scim)?.into_iter().find(|(token, _)| token.id == id);
    let (before, version) = found.ok_or_else(|| EngineError::not_found("token", id))?;
    if before.revoked.is_some() {
        return Ok(before);
    }
    let after = Token { revoked: Some((env.now(), "revoked by an owner".to_owned())), ..before.clone() };
    tx.update_token(&after, version + 1)?;
    env.changed(Event::TokenRevoked, subject(&after), version + 1, Rule::Scim1, &before, &after)?;
    env.about(connection.id);
    connections::changed(tx)?;
    Ok(after)
}

/// The SCIM tokens of a connection, oldest first.
///
/// # Errors
///
/// The store's.
pub fn list(conn: &mut Conn<'_>, connection: &Connection) -> Result<Vec<Token>, EngineError> {
    Ok(conn.tokens(connection.id.0, TokenKind::Scim)?.into_iter().map(|(token, _)| token).collect())
}

/// Notes that tokens were used, to the hour.
///
/// # Errors
///
/// The store's.
pub fn note_used(tx: &mut Tx<'_>, used: &[(TokenId, Timestamp)]) -> Result<(), EngineError> {
    for (id, at) in used {
        tx.touch_token(*id, *at)?;
    }
    Ok(())
}

/// A token that whoever acts makes now; it is not stored.
pub(crate) fn new(env: &mut Env, kind: TokenKind, scope: Uuid, label: &str, lives: Option<Duration>) -> Token {
    Token {
        id: TokenId(env.new_id()),
        kind,
        scope,
        label: label.to_owned(),
        scopes: Scopes::default(),
        disabled: None,
        created_by: env.origin().actor,
        created: env.now(),
        expires: lives.map(|lives| env.now().after(lives)),
        last_used: None,
        revoked: None,
    }
}

pub(crate) fn subject(token: &Token) -> Subject {
    Subject::new(Kind::Token, token.id)
}

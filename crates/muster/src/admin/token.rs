//! A connection's SCIM tokens, from the shell (SCIM-1).

use std::time::Duration;

use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{EngineError, Env, tokens};
use muster_model::{Connection, Timestamp, Token, TokenId};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, named};

/// What about a connection's tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenRequest {
    /// One more.
    Create {
        /// What people call it.
        label: String,
        /// How many days it works; for ever if none.
        days: Option<u32>,
    },
    /// Which there are.
    List,
    /// A new one; the others end after the overlap.
    Rotate {
        /// In hours.
        overlap: u32,
    },
    /// End one.
    Revoke {
        /// Its id.
        id: TokenId,
    },
}

/// A connection's tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    /// The connection.
    pub(crate) connection: String,
    /// Where they work.
    pub(crate) base_url: String,
    /// The one that was made, shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// All of them as they are now, oldest first.
    pub(crate) tokens: Vec<TokenLine>,
}

/// One token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TokenLine {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) live: bool,
    pub(crate) created: String,
    pub(crate) expires: Option<String>,
    pub(crate) last_used: Option<String>,
    pub(crate) revoked: Option<String>,
}

pub(super) fn run(installation: &Installation, name: &str, request: TokenRequest) -> Result<Tokens, AdminError> {
    let made = match &request {
        TokenRequest::Create { .. } | TokenRequest::Rotate { .. } => Some(TokenText::generate(TokenPrefix::Scim)?),
        TokenRequest::List | TokenRequest::Revoke { .. } => None,
    };
    let (connection, hash) = (name.to_owned(), made.as_ref().map(TokenText::hash));
    let listed = match request {
        TokenRequest::List => {
            let surroundings = std::sync::Arc::clone(&installation.surroundings);
            installation.store.read_blocking(move |conn| list(conn, surroundings.now(), &connection))?
        }
        change => installation.change(move |tx, env| {
            let Some(found) = tx.connection_by_name(&connection)? else { return Ok(None) };
            perform(tx, env, &found, &change, hash.as_ref())?;
            list(tx, env.now(), &connection)
        })?,
    };
    let Some(tokens) = listed else { return Err(named::no_connection(installation, name)) };
    Ok(Tokens {
        connection: name.to_owned(),
        base_url: format!("{}/scim/v2", installation.base_url),
        token: made.map(|text| text.expose().to_owned()),
        tokens,
    })
}

fn perform(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    request: &TokenRequest,
    hash: Option<&muster_crypto::TokenHash>,
) -> Result<(), EngineError> {
    match (request, hash) {
        (TokenRequest::Create { label, days }, Some(hash)) => {
            let lives = days.map(|days| Duration::from_hours(u64::from(days) * 24));
            tokens::create(tx, env, connection, hash, label, lives)?;
        }
        (TokenRequest::Rotate { overlap }, Some(hash)) => {
            let overlap = Duration::from_hours((*overlap).into());
            tokens::retire_others(tx, env, connection, None, overlap)?;
            tokens::create(tx, env, connection, hash, "rotated", None)?;
        }
        (TokenRequest::Revoke { id }, _) => {
            tokens::revoke(tx, env, connection, *id)?;
        }
        (TokenRequest::List | TokenRequest::Create { .. } | TokenRequest::Rotate { .. }, _) => {}
    }
    Ok(())
}

fn list(conn: &mut Conn<'_>, now: Timestamp, name: &str) -> Result<Option<Vec<TokenLine>>, EngineError> {
    let Some(connection) = conn.connection_by_name(name)? else { return Ok(None) };
    let lines = tokens::list(conn, &connection)?.into_iter().map(|token| line(&token, now)).collect();
    Ok(Some(lines))
}

fn line(token: &Token, now: Timestamp) -> TokenLine {
    TokenLine {
        id: token.id.to_string(),
        label: token.label.clone(),
        live: token.is_live(now),
        created: token.created.to_string(),
        expires: token.expires.map(|at| at.to_string()),
        last_used: token.last_used.map(|at| at.to_string()),
        revoked: token.revoked.as_ref().map(|(at, why)| format!("{at}: {why}")),
    }
}

//! Links: made and revoked by owners, opened by whoever has one.

use std::time::Duration;

use muster_crypto::{Sealer, TokenHash, sha256};
use muster_model::{
    Actor, Connection, ConnectionId, ConnectionState, Rule, Timestamp, Token, TokenId, ledger::Event, token::TokenKind,
};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env, Refusal, declare, domains, mail, tokens};

/// How long a link works.
pub const LIVES: Duration = Duration::from_hours(7 * 24);
/// The most links of one connection that live side by side.
const LIVE_AT_ONCE: usize = 5;
/// The most characters of what a link is called.
const LABEL: usize = 100;
/// How often a link is opened within a day at most: each time is told to the owners.
const OPENED: i64 = 20;
pub(super) const DAY: Duration = Duration::from_hours(24);

/// What a link leads to, as whoever has it sees it before they begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The connection's name.
    pub connection: String,
    /// Whose it is, as in "organization `moby`".
    pub holder: String,
    /// Until when the link works.
    pub expires: Option<Timestamp>,
}

/// Somebody who sets a connection up by a link, as both are in this transaction.
#[derive(Debug, Clone)]
pub struct SettingUp {
    /// The link.
    pub token: Token,
    /// What they set up.
    pub draft: Draft,
}

/// A connection that is not in use, and never was since it is a draft.
#[derive(Debug, Clone)]
pub struct Draft(Connection);

impl Draft {
    /// A connection, as a draft.
    ///
    /// # Errors
    ///
    /// Refused for one that is in use, or was removed.
    pub fn of(connection: Connection) -> Result<Self, Refusal> {
        if connection.state == ConnectionState::Draft && !declare::is_pruned(&connection) {
            return Ok(Self(connection));
        }
        let text = format!("connection `{}` is no draft: plan what is to be changed of it (MIG-2)", connection.name);
        Err(Refusal::Invalid(text))
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.0
    }
}

/// Makes a link to a draft, whose text only the caller knows. Whether whoever asks may change the connection is decided
/// before.
///
/// # Errors
///
/// Refused for a label that is none, and for too many; the store's.
pub fn make(
    tx: &mut Tx<'_>,
    env: &mut Env,
    draft: &Draft,
    link: &TokenHash,
    label: &str,
) -> Result<Token, EngineError> {
    let label = label.trim();
    if label.is_empty() || label.chars().count() > LABEL || label.chars().any(char::is_control) {
        let text = format!("say whom the link is for, in 1 to {LABEL} characters");
        return Err(Refusal::Field { key: "label".to_owned(), text }.into());
    }
    let connection = draft.connection();
    let live = list(tx, connection.id)?.iter().filter(|token| token.is_live(env.now())).count();
    if live >= LIVE_AT_ONCE {
        return Err(Refusal::Invalid(format!("there are {live} links that work already: revoke one first")).into());
    }
    let token = tokens::new(env, TokenKind::SetUp, connection.id.0, label, Some(LIVES));
    tx.insert_token(&token, link.as_bytes())?;
    env.created(Event::TokenCreated, tokens::subject(&token), 1, Rule::Sec2, &token)?;
    env.about(connection.id);
    Ok(token)
}

/// The links to a connection, the newest first; those that work no more, too.
///
/// # Errors
///
/// The store's.
pub fn list(conn: &mut Conn<'_>, connection: ConnectionId) -> Result<Vec<Token>, EngineError> {
    let tokens = conn.tokens(connection.0, TokenKind::SetUp)?;
    Ok(tokens.into_iter().rev().map(|(token, _)| token).collect())
}

/// The SCIM tokens that were made by a link; they end with it, if it is revoked.
///
/// # Errors
///
/// The store's.
pub fn tokens_by(conn: &mut Conn<'_>, connection: &Connection, link: TokenId) -> Result<Vec<Token>, EngineError> {
    let mut all = tokens::list(conn, connection)?;
    all.retain(|token| token.created_by == Actor::Token(link.0));
    Ok(all)
}

/// Revokes a link: whoever works by it is out at once, and so are the SCIM tokens that were made by it.
///
/// # Errors
///
/// Not found; the store's.
pub fn revoke(tx: &mut Tx<'_>, env: &mut Env, connection: ConnectionId, id: TokenId) -> Result<(), EngineError> {
    let found = tx.tokens(connection.0, TokenKind::SetUp)?.into_iter().find(|(token, _)| token.id == id);
    let (before, version) = found.ok_or_else(|| EngineError::not_found("set-up link", id))?;
    end(tx, env, &before, version, "revoked by an owner")?;
    if let Some(connection) = tx.connection(connection)? {
        for token in tokens_by(tx, &connection, id)? {
            tokens::revoke(tx, env, &connection, token.id)?;
        }
    }
    Ok(())
}

/// Ends every link to a connection.
pub(crate) fn end_links(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: ConnectionId,
    why: &str,
) -> Result<(), EngineError> {
    for (before, version) in tx.tokens(connection.0, TokenKind::SetUp)? {
        end(tx, env, &before, version, why)?;
    }
    Ok(())
}

fn end(tx: &mut Tx<'_>, env: &mut Env, before: &Token, version: i64, why: &str) -> Result<(), EngineError> {
    if !before.is_live(env.now()) {
        return Ok(());
    }
    let after = Token { revoked: Some((env.now(), why.to_owned())), ..before.clone() };
    tx.update_token(&after, version + 1)?;
    env.changed(Event::TokenRevoked, tokens::subject(&after), version + 1, Rule::Sec2, before, &after)?;
    env.about(before.scope);
    Ok(())
}

/// What a link leads to. Looking is no use of it: mail programs look, too.
///
/// # Errors
///
/// Not found for a link that works no more, or never did; the store's.
pub fn look(conn: &mut Conn<'_>, now: Timestamp, link: &TokenHash) -> Result<Looked, EngineError> {
    let token = conn.token_by_hash(TokenKind::SetUp, link.as_bytes())?.ok_or_else(gone)?;
    let SettingUp { token, draft } = opened(conn, now, token)?;
    let holder = domains::holder_name(conn, draft.0.holder)?;
    Ok(Looked { connection: draft.0.name, holder, expires: token.expires })
}

/// Begins to set a connection up by a link: on the activity log, and told to the owners by mail.
///
/// # Errors
///
/// As [`look`]; refused beyond twenty times a day.
pub fn begin(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, link: &TokenHash) -> Result<SettingUp, EngineError> {
    let token = tx.token_by_hash(TokenKind::SetUp, link.as_bytes())?.ok_or_else(gone)?;
    let setting = opened(tx, env.now(), token)?;
    if !is_within(tx, env, setting.token.id, "opened", OPENED)? {
        let text = format!("this link was opened {OPENED} times within a day: wait, or ask for another one");
        return Err(Refusal::Invalid(text).into());
    }
    note(tx, env, &setting, Event::SetUpUsed)?;
    let (name, label) = (&setting.draft.0.name, &setting.token.label);
    let text = format!(
        "In Muster, somebody has begun to set up the connection {name} by the link that was made for: {label}.\n\n\
         They can state the identity provider, its domains, the directory and the group mapping of this connection, which \
         is not in use until an owner activates it. They see no members and no existing secrets.\n\n\
         If you do not expect this, revoke the link on the connection's page.\n"
    );
    tell(tx, env, sealer, &setting, &format!("Somebody sets up the connection {name}"), &text)?;
    Ok(setting)
}

/// Goes on with what a link was opened for, if it still works.
///
/// # Errors
///
/// As [`look`].
pub fn resume(
    conn: &mut Conn<'_>,
    now: Timestamp,
    token: TokenId,
    connection: ConnectionId,
) -> Result<SettingUp, EngineError> {
    let (token, _) = conn.token(TokenKind::SetUp, token)?.ok_or_else(gone)?;
    if token.scope != connection.0 {
        return Err(gone());
    }
    opened(conn, now, token)
}

/// A link that works, with its draft.
fn opened(conn: &mut Conn<'_>, now: Timestamp, token: Token) -> Result<SettingUp, EngineError> {
    if !token.is_live(now) {
        return Err(gone());
    }
    let connection = conn.connection(ConnectionId(token.scope))?.ok_or_else(gone)?;
    let draft = Draft::of(connection).map_err(|_| gone())?;
    Ok(SettingUp { token, draft })
}

fn gone() -> EngineError {
    EngineError::link_is_gone(
        "this set-up link works no more: it is good for seven days, until it is revoked, or until the connection is in use. \
         Ask whoever sent it for another one",
    )
}

/// Whether something was done by a link fewer than `most` times within a day; counts it.
pub(super) fn is_within(tx: &mut Tx<'_>, env: &Env, link: TokenId, what: &str, most: i64) -> Result<bool, EngineError> {
    let key = sha256(format!("setup {what}\n{link}").as_bytes());
    let now = env.now();
    tx.hold_rate(&key, now.after(DAY))?;
    if tx.rate(&key, now.before(DAY))? >= most {
        return Ok(false);
    }
    tx.count_rate(&key, now, now.after(DAY))?;
    Ok(true)
}

/// Notes on the activity log that something was done by a link.
pub(super) fn note(tx: &mut Tx<'_>, env: &mut Env, setting: &SettingUp, event: Event) -> Result<(), EngineError> {
    let (token, version) = tx.token(TokenKind::SetUp, setting.token.id)?.ok_or_else(gone)?;
    tx.update_token(&token, version + 1)?;
    tx.touch_token(token.id, env.now())?;
    env.changed(event, tokens::subject(&token), version + 1, Rule::Sec2, &token, &token)?;
    env.about(setting.draft.0.id);
    Ok(())
}

/// Tells the owners by mail.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    setting: &SettingUp,
    subject: &str,
    text: &str,
) -> Result<(), EngineError> {
    let organizations = domains::organizations(tx, setting.draft.0.holder)?;
    mail::post_to_owners(tx, env, sealer, organizations, subject, text)
}

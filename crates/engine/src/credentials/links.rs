//! Single-use links: to a new password, and for owners whom the operator names.

use std::time::Duration;

use muster_crypto::{PasswordHash, Sealer, TokenHash, sha256};
use muster_model::{
    Account, AccountId, AccountState, Email, Rule, Session, Token,
    ledger::{Event, Kind},
    token::TokenKind,
};
use muster_store::{Conn, Tx};

use super::{
    enforcement, password,
    second_step::{self, Passed, Shown},
};
use crate::{
    EngineError, Env, Refusal, domains,
    ledger::Subject,
    mail::{self, Letter},
    sessions::{self, Begin},
    tokens,
};

/// How long a link to a new password works.
pub const RESET_LIVES: Duration = Duration::from_mins(30);
/// So many such mails are sent to one address within an hour.
const MAILS: i64 = 5;
const MAILS_WITHIN: Duration = Duration::from_hours(1);

/// Sends a link to a new password to whoever has an address, if anybody has it and a password could be used; else nothing,
/// which nobody learns (SEC-5). Former links work no longer.
///
/// Of an account of a domain's former holder the mailbox is somebody else's by now: it gets no link (ORG-4).
///
/// # Errors
///
/// The store's.
pub fn send_reset(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    email: &Email,
    link: &TokenHash,
    letter: &Letter,
) -> Result<(), EngineError> {
    let key = sha256(format!("reset\n{}", email.key()).as_bytes());
    let now = env.now();
    tx.hold_rate(&key, now.after(MAILS_WITHIN))?;
    if tx.rate(&key, now.before(MAILS_WITHIN))? >= MAILS {
        return Ok(());
    }
    tx.count_rate(&key, now, now.after(MAILS_WITHIN))?;
    let account = tx.account_by_email(email)?.filter(|account| account.email_confirmed);
    let Some(account) = account.filter(|account| account.state == AccountState::Active) else { return Ok(()) };
    if !enforcement::enforcing(tx, Some(email))?.is_empty() || domains::is_former_holders(tx, &account)? {
        return Ok(());
    }
    revoke(tx, env, TokenKind::Reset, account.id.0, "replaced by a newer one")?;
    add(tx, env, TokenKind::Reset, account.id.0, link, Some(RESET_LIVES))?;
    mail::post(tx, env, sealer, Some(account.id), letter)
}

/// Whose password a link would set.
///
/// # Errors
///
/// Not found for a link that is unknown, used or too old; the store's.
pub fn whose_reset(conn: &mut Conn<'_>, env: &Env, link: &TokenHash) -> Result<Account, EngineError> {
    let token = live(conn, env, TokenKind::Reset, link)?;
    account_of(conn, &token)
}

/// Sets the password that a link was sent for; the link works no longer.
///
/// # Errors
///
/// As [`whose_reset`]; [`Refusal::SsoEnforced`].
pub fn reset(tx: &mut Tx<'_>, env: &mut Env, link: &TokenHash, hash: &PasswordHash) -> Result<AccountId, EngineError> {
    let token = live(tx, env, TokenKind::Reset, link)?;
    let account = account_of(tx, &token)?;
    // The domain may have passed to another holder since.
    if domains::is_former_holders(tx, &account)? {
        return Err(missing());
    }
    revoke(tx, env, TokenKind::Reset, account.id.0, "used")?;
    password::set(tx, env, account.id, hash, None)?;
    Ok(account.id)
}

/// What came of a link of the operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// A session has begun; the link works no longer.
    SignedIn(Box<Session>),
    /// The second factor is to follow, and uses the link up: this is to be kept meanwhile.
    SecondFactor(Box<Passed>),
}

/// Signs in whom the operator gave a link; it works no longer. It stands for a password, not for a second factor.
///
/// # Errors
///
/// Not found for a link that is unknown, used or too old; [`Refusal::SsoEnforced`] (SSO-9); the store's.
pub fn follow_link(tx: &mut Tx<'_>, env: &mut Env, link: &TokenHash, session: Begin) -> Result<Followed, EngineError> {
    let token = live(tx, env, TokenKind::Link, link)?;
    let account = account_of(tx, &token)?;
    if let Some(connection) = enforcement::enforcing(tx, account.email.as_ref())?.into_iter().next() {
        return Err(Refusal::SsoEnforced(connection).into());
    }
    if let Some(passed) = second_step::needed(tx, account.id, Shown::Link(*link.as_bytes()), None)? {
        return Ok(Followed::SecondFactor(passed));
    }
    use_up(tx, env, account.id, link)?;
    env.about(account.id);
    Ok(Followed::SignedIn(Box::new(sessions::begin(tx, env, account.id, None, session)?)))
}

/// Uses up a link of the operator's, if it is this account's and works.
pub(super) fn use_up(tx: &mut Tx<'_>, env: &mut Env, account: AccountId, link: &TokenHash) -> Result<(), EngineError> {
    let token = live(tx, env, TokenKind::Link, link)?;
    if token.scope != account.0 {
        return Err(missing());
    }
    revoke(tx, env, TokenKind::Link, account.0, "used")
}

fn missing() -> EngineError {
    EngineError::link_is_gone("this link was used or has expired: ask for a new one")
}

fn account_of(conn: &mut Conn<'_>, token: &Token) -> Result<Account, EngineError> {
    let account = conn.account(token.scope.into())?.filter(|account| account.state == AccountState::Active);
    account.ok_or_else(missing)
}

/// The token behind a secret, while it works.
pub(super) fn live(conn: &mut Conn<'_>, env: &Env, kind: TokenKind, hash: &TokenHash) -> Result<Token, EngineError> {
    conn.token_by_hash(kind, hash.as_bytes())?.filter(|token| token.is_live(env.now())).ok_or_else(missing)
}

/// Adds a token that works once, for an account or an organization.
pub(super) fn add(
    tx: &mut Tx<'_>,
    env: &mut Env,
    kind: TokenKind,
    scope: uuid::Uuid,
    hash: &TokenHash,
    lives: Option<Duration>,
) -> Result<Token, EngineError> {
    let token = tokens::new(env, kind, scope, "", lives);
    tx.insert_token(&token, hash.as_bytes())?;
    env.created(Event::TokenCreated, Subject::new(Kind::Token, token.id), 1, rule(kind), &token)?;
    env.about(scope);
    Ok(token)
}

/// Ends the live tokens of a kind. They are held, so that one that is used twice at once works once.
pub(super) fn revoke(
    tx: &mut Tx<'_>,
    env: &mut Env,
    kind: TokenKind,
    scope: uuid::Uuid,
    why: &str,
) -> Result<(), EngineError> {
    for (before, version) in tx.tokens(scope, kind)? {
        if before.is_live(env.now()) {
            let after = Token { revoked: Some((env.now(), why.to_owned())), ..before.clone() };
            tx.update_token(&after, version + 1)?;
            let subject = Subject::new(Kind::Token, after.id);
            env.changed(Event::TokenRevoked, subject, version + 1, rule(kind), &before, &after)?;
            env.about(scope);
        }
    }
    Ok(())
}

fn rule(kind: TokenKind) -> Rule {
    if kind == TokenKind::Glass { Rule::Sso11 } else { Rule::Sec5 }
}

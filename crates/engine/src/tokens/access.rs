//! Access tokens for the management API: a person's own, and an organization's (SEC-1).
//!
//! A token opens at most what whoever holds it may do by then, and of that only what its scopes name
//! ([`authority`](crate::authority)).

use std::time::Duration;

use muster_crypto::TokenHash;
use muster_model::{
    AccountId, Actor, OrganizationId, Rule, Timestamp, Token, TokenId,
    ledger::Event,
    token::{Scopes, TokenKind},
};
use muster_store::{Conn, Tx};
use uuid::Uuid;

use super::{new, subject};
use crate::{EngineError, Env, Refusal, authority::Limit, sessions::SHOWN};

/// The most live access tokens that one holder has.
const LIVE_AT_ONCE: usize = 100;
/// The most characters of a label.
const LABEL: usize = 100;
/// How many ended tokens are told at once.
const TOLD: i64 = 50;
/// The longest life that can be asked for.
const LONGEST: Duration = Duration::from_hours(24 * 3_650);

/// Whose an access token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A person's: it may do what the person may.
    Account(AccountId),
    /// An organization's: it may do there what an owner may.
    Organization(OrganizationId),
}

impl Holder {
    fn kind(self) -> TokenKind {
        match self {
            Self::Account(_) => TokenKind::Personal,
            Self::Organization(_) => TokenKind::Organization,
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Account(id) => id.0,
            Self::Organization(id) => id.0,
        }
    }
}

/// What is asked of a token that is to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What people call it.
    pub label: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it stops working; `None` is never.
    pub expires: Option<Timestamp>,
}

/// Makes an access token, whose secret only the caller knows. `limit` bounds it by the token by which it is asked for: a token
/// makes none that may do more, or lives longer (SEC-1). Where no end is asked for, it is that one's.
///
/// # Errors
///
/// [`Refusal::Invalid`] without a label or scopes, with an end that has passed, for too many; [`Refusal::OutOfScope`]; the
/// store's.
pub fn create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    holder: Holder,
    hash: &TokenHash,
    wanted: &Wanted,
    limit: Limit<'_>,
) -> Result<Token, EngineError> {
    let label = checked_label(&wanted.label)?;
    if wanted.scopes.is_empty() {
        return Err(Refusal::Invalid("a token without scopes opens nothing: name what it is for".to_owned()).into());
    }
    let expires = within(limit, &wanted.scopes, wanted.expires)?;
    if let Some(expires) = wanted.expires
        && (expires <= env.now() || expires > env.now().after(LONGEST))
    {
        let text = format!("{expires} is no time at which a token made now can end: name one within ten years");
        return Err(Refusal::Invalid(text).into());
    }
    let live = tx.tokens(holder.id(), holder.kind())?.iter().filter(|(token, _)| token.is_live(env.now())).count();
    if live >= LIVE_AT_ONCE {
        let text = format!("there are {live} live access tokens already: delete one first");
        return Err(Refusal::Invalid(text).into());
    }
    let mut token = new(env, holder.kind(), holder.id(), label, None);
    token.scopes = wanted.scopes.clone();
    token.expires = expires;
    tx.insert_token(&token, hash.as_bytes())?;
    env.created(Event::TokenCreated, subject(&token), 1, Rule::Sec1, &token)?;
    env.about(holder.id());
    Ok(token)
}

/// When a token with these scopes ends within a limit; refused if it goes beyond.
fn within(limit: Limit<'_>, scopes: &Scopes, expires: Option<Timestamp>) -> Result<Option<Timestamp>, EngineError> {
    if let Some(wider) = scopes.iter().find(|scope| !limit.scopes.allow(*scope)) {
        return Err(Refusal::OutOfScope(wider).into());
    }
    match (expires, limit.until) {
        (Some(expires), Some(until)) if expires > until => {
            let text = format!("the token by which this is asked for ends at {until}: name a time until then");
            Err(Refusal::Invalid(text).into())
        }
        (None, until) => Ok(until),
        (expires, _) => Ok(expires),
    }
}

fn checked_label(label: &str) -> Result<&str, EngineError> {
    let label = label.trim();
    let is_good = !label.is_empty() && label.chars().count() <= LABEL && !label.chars().any(char::is_control);
    if is_good {
        return Ok(label);
    }
    Err(Refusal::Invalid(format!("a label has 1 to {LABEL} characters, none of them a control character")).into())
}

/// A holder's tokens that were not deleted, oldest first.
///
/// # Errors
///
/// The store's.
pub fn list(conn: &mut Conn<'_>, holder: Holder) -> Result<Vec<Token>, EngineError> {
    let all = conn.tokens(holder.id(), holder.kind())?.into_iter().map(|(token, _)| token);
    Ok(all.filter(|token| token.revoked.is_none()).collect())
}

/// A holder's tokens that ended lately, the last ones first (SES-3).
///
/// # Errors
///
/// The store's.
pub fn list_ended(conn: &mut Conn<'_>, holder: Holder, now: Timestamp) -> Result<Vec<Token>, EngineError> {
    let mut ended = conn.tokens_ended(holder.id(), holder.kind(), now.before(SHOWN), now, TOLD)?;
    ended.sort_by_key(|token| std::cmp::Reverse(token.ending(now).map(|(at, _)| at)));
    Ok(ended)
}

/// One of a holder's tokens; another's is not found (TEN-3).
///
/// # Errors
///
/// Not found; the store's.
pub fn find(conn: &mut Conn<'_>, holder: Holder, id: TokenId) -> Result<Token, EngineError> {
    Ok(find_with_version(conn, holder, id)?.0)
}

fn find_with_version(conn: &mut Conn<'_>, holder: Holder, id: TokenId) -> Result<(Token, i64), EngineError> {
    let found = conn.token(holder.kind(), id)?;
    let found = found.filter(|(token, _)| token.scope == holder.id() && token.revoked.is_none());
    found.ok_or_else(|| EngineError::not_found("access token", id))
}

/// What can be changed of an access token; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What people call it.
    pub label: Option<String>,
    /// Whether it works.
    pub active: Option<bool>,
}

/// Renames an access token, or switches it off or on; on only what a token within `limit` could be made as.
///
/// # Errors
///
/// Not found; [`Refusal::Invalid`]; the store's.
pub fn change(
    tx: &mut Tx<'_>,
    env: &mut Env,
    holder: Holder,
    id: TokenId,
    change: &Change,
    limit: Limit<'_>,
) -> Result<Token, EngineError> {
    let (before, version) = find_with_version(tx, holder, id)?;
    let lives_longer = limit.until.is_some_and(|until| before.expires.is_none_or(|expires| expires > until));
    if change.active == Some(true) && before.disabled.is_some() {
        within(limit, &before.scopes, before.expires)?;
        if lives_longer {
            let text = "the token by which this is asked for ends before this one: use one that does not".to_owned();
            return Err(Refusal::Invalid(text).into());
        }
    }
    let mut after = before.clone();
    if let Some(label) = &change.label {
        checked_label(label)?.clone_into(&mut after.label);
    }
    match change.active {
        Some(true) => after.disabled = None,
        Some(false) => after.disabled = after.disabled.or(Some(env.now())),
        None => {}
    }
    if after != before {
        tx.update_token(&after, version + 1)?;
        env.changed(Event::TokenUpdated, subject(&after), version + 1, Rule::Sec1, &before, &after)?;
        env.about(holder.id());
    }
    Ok(after)
}

/// Why a token ends that somebody ends now (SES-3).
fn who_ends(env: &Env, holder: Holder) -> &'static str {
    match (env.origin().actor, holder) {
        (Actor::Account(_), Holder::Account(_)) => "ended by the person",
        (Actor::Account(_), Holder::Organization(_)) => "ended by an owner",
        (Actor::Token(_), _) => "ended by a program, with an access token",
        (Actor::Operator | Actor::System, _) => "ended by the operator",
    }
}

/// Ends an access token for good, at once.
///
/// # Errors
///
/// Not found; the store's.
pub fn delete(tx: &mut Tx<'_>, env: &mut Env, holder: Holder, id: TokenId) -> Result<(), EngineError> {
    let (before, version) = find_with_version(tx, holder, id)?;
    let after = Token { revoked: Some((env.now(), who_ends(env, holder).to_owned())), ..before.clone() };
    tx.update_token(&after, version + 1)?;
    env.changed(Event::TokenRevoked, subject(&after), version + 1, Rule::Sec1, &before, &after)?;
    env.about(holder.id());
    Ok(())
}

//! What opens the management API: a password or an access token is exchanged for something short-lived, which is decided on
//! anew with every request (SEC-1).

use muster_crypto::{PasswordHash, TokenHash, sha256};
use muster_model::{
    Account, AccountId, AccountState, OrganizationId, Rule, SessionId, Timestamp, Token, TokenId,
    token::{Scopes, TokenKind},
    trace::Note,
};
use muster_store::{Conn, Tx};

use super::{
    enforcement,
    password::{Answer, Challenge, account_called, decide},
    second_step::{self, Shown},
};
use crate::{
    EngineError, Env,
    authority::{self, Caller, Who},
};

/// What was shown, as far as it must be remembered to ask again whether it still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// An account's password, set at this time.
    Password {
        /// Whose.
        account: AccountId,
        /// Since when it is the password.
        set: Timestamp,
    },
    /// A person's access token.
    Personal(TokenId),
    /// An organization's access token.
    Organization(TokenId),
}

/// By what it is known who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A token of the management API, exchanged for this.
    Exchanged(Proof),
    /// A browser's session.
    Session(SessionId),
}

/// What came of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchanged {
    /// It is right.
    Accepted(AccountId, Proof),
    /// It is wrong, or there is no such account, or that has no password.
    Wrong,
    /// There were too many wrong ones (SSO-10), or there would have been for any other account.
    Locked,
    /// It is right, and counts no more (SSO-9): an access token does.
    SingleSignOn,
    /// It is right, and not enough: an access token is.
    SecondFactor,
}

/// Decides about a password that was checked outside ([`challenge`](super::challenge)); wrong ones are counted as at signing
/// in.
///
/// # Errors
///
/// The store's. What is wrong with a password is an answer: it is counted in this transaction.
pub fn exchange_password(
    tx: &mut Tx<'_>,
    env: &mut Env,
    challenge: &Challenge,
    is_right: bool,
) -> Result<Exchanged, EngineError> {
    let account = match decide(tx, env, challenge, is_right)? {
        Ok(account) => account,
        Err(Answer::Locked) => return Ok(Exchanged::Locked),
        Err(_) => return Ok(Exchanged::Wrong),
    };
    if !enforcement::enforcing(tx, account.email.as_ref())?.is_empty() {
        env.note(Rule::Sso9, Note::PassedOver("the password, because single sign-on is enforced".to_owned()));
        return Ok(Exchanged::SingleSignOn);
    }
    let hash = tx.password(account.id)?.map(PasswordHash::new);
    let (Some(hash), Some(set)) = (hash, account.password_set) else { return Ok(Exchanged::Wrong) };
    let shown = Shown::Password(sha256(hash.as_str().as_bytes()));
    // No device is known here: whoever has a second factor uses an access token.
    if second_step::needed(tx, account.id, shown, None)?.is_some() {
        return Ok(Exchanged::SecondFactor);
    }
    Ok(Exchanged::Accepted(account.id, Proof::Password { account: account.id, set }))
}

/// The access token whose secret has this hash, if it works now and is of whom `identifier` names: a person by address or
/// username, an organization by name. Without an identifier, the token alone says whose it is.
///
/// # Errors
///
/// The store's.
pub fn exchange_token(
    conn: &mut Conn<'_>,
    identifier: Option<&str>,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<(Token, Proof)>, EngineError> {
    let identifier = identifier.map(|identifier| identifier.trim().to_lowercase());
    for kind in [TokenKind::Personal, TokenKind::Organization] {
        let Some(token) = conn.token_by_hash(kind, hash.as_bytes())?.filter(|token| token.is_live(now)) else {
            continue;
        };
        let (is_theirs, proof) = match kind {
            TokenKind::Organization => {
                let named = match &identifier {
                    Some(identifier) => authority::named(conn, identifier)?,
                    None => conn.organization(OrganizationId(token.scope))?,
                };
                (named.is_some_and(|named| named.id.0 == token.scope), Proof::Organization(token.id))
            }
            _ => {
                let called = match &identifier {
                    Some(identifier) => account_called(conn, identifier)?,
                    None => conn.account(AccountId(token.scope))?,
                };
                let called = called.filter(is_active);
                (called.is_some_and(|account| account.id.0 == token.scope), Proof::Personal(token.id))
            }
        };
        return Ok(is_theirs.then_some((token, proof)));
    }
    Ok(None)
}

/// Who acts by this evidence, if it still counts: the session or token lives, the account is active, the password is the same
/// and not overruled by single sign-on.
///
/// # Errors
///
/// The store's.
pub fn caller(conn: &mut Conn<'_>, evidence: Evidence, now: Timestamp) -> Result<Option<Caller>, EngineError> {
    let caller = match evidence {
        Evidence::Exchanged(Proof::Password { account, set }) => {
            let account = conn.account(account)?.filter(is_active).filter(|account| account.password_set == Some(set));
            let Some(account) = account else { return Ok(None) };
            if !enforcement::enforcing(conn, account.email.as_ref())?.is_empty() {
                return Ok(None);
            }
            Caller::new(Who::Account(account.id), Scopes::all(), None)
        }
        Evidence::Exchanged(Proof::Personal(id)) => {
            let Some(token) = live(conn, TokenKind::Personal, id, now)? else { return Ok(None) };
            let account = AccountId(token.scope);
            if conn.account(account)?.filter(is_active).is_none() {
                return Ok(None);
            }
            Caller::new(Who::Account(account), token.scopes, token.expires)
        }
        Evidence::Exchanged(Proof::Organization(id)) => {
            let Some(token) = live(conn, TokenKind::Organization, id, now)? else { return Ok(None) };
            let organization = OrganizationId(token.scope);
            Caller::new(Who::Token { token: id, organization }, token.scopes, token.expires)
        }
        Evidence::Session(id) => {
            let Some(session) = conn.session(id)?.filter(|session| session.over(now).is_none()) else {
                return Ok(None);
            };
            let Some(account) = conn.account(session.account)?.filter(is_active) else { return Ok(None) };
            Caller::new(Who::Account(account.id), Scopes::all(), None)
        }
    };
    Ok(Some(caller))
}

fn live(conn: &mut Conn<'_>, kind: TokenKind, id: TokenId, now: Timestamp) -> Result<Option<Token>, EngineError> {
    Ok(conn.token(kind, id)?.map(|(token, _)| token).filter(|token| token.is_live(now)))
}

fn is_active(account: &Account) -> bool {
    account.state == AccountState::Active
}

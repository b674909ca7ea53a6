//! Passkeys: whose they are, and what they open. What browsers and authenticators say is verified outside; what must be known
//! of a passkey for that, the engine keeps sealed and does not read.

use muster_crypto::Sealer;
use muster_model::{
    Account, AccountId, AccountState, Factor, FactorId, FactorKind, Rule, Session, Timestamp, trace::Note,
};
use muster_store::{Conn, StoreError, Tx};
use uuid::Uuid;

use super::{
    enforcement,
    factors::{self, changing, tell},
    password::{Answer, Browser},
};
use crate::{EngineError, Env, Refusal, sessions};

/// So many passkeys an account may have.
pub const PASSKEYS: usize = 20;
/// The most characters of a passkey's name.
pub const PASSKEY_NAME: usize = 60;

/// A passkey as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Whose it is, and since when.
    pub factor: Factor,
    /// What must be known of it to verify what it says.
    pub content: Vec<u8>,
    sealed: Vec<u8>,
}

/// A passkey that was used, and what it is like since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// As it was before.
    pub passkey: Passkey,
    /// What must be known of it from now on: counters move.
    pub content: Vec<u8>,
    /// What it answered, by a hash, and until when that must be remembered: it is answered once.
    pub answers: ([u8; 32], Timestamp),
}

/// The passkey whose credential id has this hash.
///
/// # Errors
///
/// The store's; when it does not open.
pub fn find(conn: &mut Conn<'_>, sealer: &Sealer, handle: &[u8; 32]) -> Result<Option<Passkey>, EngineError> {
    let found = conn.passkey(handle)?;
    found.map(|(factor, sealed)| open(sealer, factor, sealed)).transpose()
}

/// An account's passkeys, oldest first.
///
/// # Errors
///
/// The store's; when one does not open.
pub fn of(conn: &mut Conn<'_>, sealer: &Sealer, account: AccountId) -> Result<Vec<Passkey>, EngineError> {
    let factors = conn.factors(account)?.into_iter().filter(|(factor, _)| factor.kind == FactorKind::Passkey);
    factors.map(|(factor, sealed)| open(sealer, factor, sealed)).collect()
}

fn open(sealer: &Sealer, factor: Factor, sealed: Vec<u8>) -> Result<Passkey, EngineError> {
    let content = sealer.open(&factors::place(&factor), &sealed).map_err(StoreError::other)?;
    Ok(Passkey { factor, content, sealed })
}

/// The account of a session in which a passkey may be added.
///
/// # Errors
///
/// [`Refusal::NotRecent`], [`Refusal::SsoEnforced`] (SSO-9); [`Refusal::Invalid`] if there are too many; the store's.
pub fn may_add(tx: &mut Tx<'_>, env: &Env, session: &Session) -> Result<Account, EngineError> {
    let account = changing(tx, env, session)?;
    let passkeys = factors::list(tx, account.id)?.iter().filter(|factor| factor.kind == FactorKind::Passkey).count();
    if passkeys < PASSKEYS {
        return Ok(account);
    }
    Err(Refusal::Invalid(format!("an account has at most {PASSKEYS} passkeys: remove one first")).into())
}

/// Adds a passkey that was verified outside; the person is told by mail.
///
/// # Errors
///
/// As [`may_add`]; [`Refusal::Invalid`] if somebody has the passkey already.
pub fn add(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    session: &Session,
    name: &str,
    content: &[u8],
    handle: &[u8; 32],
) -> Result<Factor, EngineError> {
    let account = may_add(tx, env, session)?;
    let name: String = name.trim().chars().filter(|letter| !letter.is_control()).take(PASSKEY_NAME).collect();
    let name = if name.is_empty() { "Passkey" } else { &name };
    let factor = factors::new(env, account.id, FactorKind::Passkey, name);
    let sealed = factors::seal(sealer, &factor, content)?;
    if !factors::add(tx, env, &factor, &sealed, Some(handle))? {
        return Err(Refusal::Invalid("this passkey is registered already: sign in with it".to_owned()).into());
    }
    tell(tx, env, sealer, &account, "A passkey was added", &format!("added the passkey '{name}'"))?;
    Ok(factor)
}

/// Removes a passkey of the person's own; the person is told by mail.
///
/// # Errors
///
/// [`Refusal::NotRecent`], [`Refusal::SsoEnforced`] (SSO-9); not found; the store's.
pub fn remove(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    session: &Session,
    id: FactorId,
) -> Result<(), EngineError> {
    let account = changing(tx, env, session)?;
    let passkey = factors::list(tx, account.id)?.into_iter().find(|factor| factor.id == id);
    let passkey = passkey.filter(|factor| factor.kind == FactorKind::Passkey);
    let passkey = passkey.ok_or_else(|| EngineError::not_found("passkey", id))?;
    factors::remove(tx, env, &passkey, Rule::Sec5)?;
    let what = format!("removed the passkey '{}'", passkey.label);
    tell(tx, env, sealer, &account, "A passkey was removed", &what)
}

/// Signs in with a passkey that was verified outside. It stands for password and second factor, and wrong passwords do not
/// lock it (SSO-10).
///
/// # Errors
///
/// The store's. That it signs nobody in is an answer.
pub fn sign_in(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    used: &Used,
    browser: &Browser,
) -> Result<Answer, EngineError> {
    let account = used.passkey.factor.account;
    if !accept(tx, env, sealer, account, used)? {
        return Ok(Answer::Wrong);
    }
    let email = tx.account(account)?.and_then(|account| account.email);
    let connections = enforcement::enforcing(tx, email.as_ref())?;
    if !connections.is_empty() {
        env.note(Rule::Sso9, Note::PassedOver("the passkey, because single sign-on is enforced".to_owned()));
        return Ok(Answer::SingleSignOn(connections));
    }
    tx.remember_device(account, &browser.device, env.now())?;
    let session = sessions::begin(tx, env, account, None, browser.session.clone())?;
    env.about(account);
    Ok(Answer::SignedIn(Box::new(session)))
}

/// Takes what a passkey said; whether it is still this account's, and as it was when that was verified.
pub(super) fn accept(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    account: AccountId,
    used: &Used,
) -> Result<bool, EngineError> {
    let factor = &used.passkey.factor;
    let is_active = tx.account_for_update(account)?.is_some_and(|account| account.state == AccountState::Active);
    if factor.account != account || !is_active {
        return Ok(false);
    }
    let (question, until) = &used.answers;
    if !tx.use_once(Uuid::nil(), question, *until)? {
        env.note(Rule::Sec5, Note::PassedOver("a passkey's answer that was brought before".to_owned()));
        return Ok(false);
    }
    let sealed = factors::seal(sealer, factor, &used.content)?;
    let is_same = tx.note_passkey_use(factor, &used.passkey.sealed, &sealed, env.now())?;
    if !is_same {
        env.note(Rule::Sec5, Note::PassedOver("a passkey that was used elsewhere at the same time".to_owned()));
    }
    Ok(is_same)
}

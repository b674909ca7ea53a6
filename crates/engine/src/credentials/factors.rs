//! What somebody has besides a password: adding, removing, and who is told. The kinds have their own modules.

use muster_crypto::{Place, Sealer};
use muster_model::{
    Account, AccountId, AccountState, Factor, FactorId, FactorKind, Rule, Session,
    ledger::{Event, Kind},
};
use muster_store::{Conn, StoreError, Tx};

use super::{enforcement, recent};
use crate::{
    EngineError, Env, Refusal,
    ledger::Subject,
    mail::{self, Letter},
};

/// What an account has besides a password, oldest first.
///
/// # Errors
///
/// The store's.
pub fn list(conn: &mut Conn<'_>, account: AccountId) -> Result<Vec<Factor>, EngineError> {
    Ok(conn.factors(account)?.into_iter().map(|(factor, _)| factor).collect())
}

/// Removes everything that an account has besides a password, for somebody who has lost it; the person is told by mail. What
/// was removed.
///
/// # Errors
///
/// Not found; the store's.
pub fn reset(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, account: AccountId) -> Result<Vec<Factor>, EngineError> {
    let account = tx.account_for_update(account)?.filter(|account| account.state != AccountState::Erased);
    let account = account.ok_or_else(|| EngineError::not_found("account", "of this reset"))?;
    let removed = forget(tx, env, account.id, Rule::Sec5)?;
    if !removed.is_empty() {
        tell(
            tx,
            env,
            sealer,
            &account,
            "Your second factors were reset",
            "removed all your second factors and passkeys",
        )?;
    }
    Ok(removed)
}

/// Removes everything that an account has besides a password, and tells nobody.
pub(crate) fn forget(
    tx: &mut Tx<'_>,
    env: &mut Env,
    account: AccountId,
    rule: Rule,
) -> Result<Vec<Factor>, EngineError> {
    let factors = list(tx, account)?;
    for factor in &factors {
        remove(tx, env, factor, rule)?;
    }
    Ok(factors)
}

/// The account of a session in which sign-in settings may be changed: the person has shown recently who they are, and no
/// connection is enforced for the account (SSO-9).
pub(super) fn changing(tx: &mut Tx<'_>, env: &Env, session: &Session) -> Result<Account, EngineError> {
    recent::require(env, session)?;
    let account = tx.account_for_update(session.account)?.filter(|account| account.state == AccountState::Active);
    let account = account.ok_or_else(|| EngineError::not_found("account", session.account))?;
    match enforcement::enforcing(tx, account.email.as_ref())?.into_iter().next() {
        Some(connection) => Err(Refusal::SsoEnforced(connection).into()),
        None => Ok(account),
    }
}

/// A factor that is new.
pub(super) fn new(env: &mut Env, account: AccountId, kind: FactorKind, label: &str) -> Factor {
    Factor {
        id: FactorId(env.new_id()),
        account,
        kind,
        label: label.to_owned(),
        created: env.now(),
        left: None,
        last_used: None,
        version: 1,
    }
}

/// Adds a factor; whether nobody has one with this handle.
pub(super) fn add(
    tx: &mut Tx<'_>,
    env: &mut Env,
    factor: &Factor,
    secret: &[u8],
    handle: Option<&[u8; 32]>,
) -> Result<bool, EngineError> {
    if !tx.insert_factor(factor, secret, handle)? {
        return Ok(false);
    }
    env.created(Event::FactorAdded, subject(factor), factor.version, Rule::Sec5, factor)?;
    env.about(factor.account);
    Ok(true)
}

/// Removes a factor.
pub(super) fn remove(tx: &mut Tx<'_>, env: &mut Env, factor: &Factor, rule: Rule) -> Result<(), EngineError> {
    tx.delete_factor(factor)?;
    env.ended(Event::FactorRemoved, subject(factor), factor.version + 1, rule, factor)?;
    env.about(factor.account);
    Ok(())
}

/// Changes a factor's secret, which counts: `after` is the factor with its next version.
pub(super) fn change(
    tx: &mut Tx<'_>,
    env: &mut Env,
    before: &Factor,
    after: &Factor,
    secret: &[u8],
) -> Result<(), EngineError> {
    tx.update_factor(after, secret, env.now())?;
    env.changed(Event::FactorUsed, subject(after), after.version, Rule::Sec5, before, after)?;
    env.about(after.account);
    Ok(())
}

fn subject(factor: &Factor) -> Subject {
    Subject::within(Kind::Factor, factor.id, factor.account)
}

/// Where a factor's secret is sealed for.
pub(super) fn place(factor: &Factor) -> Place {
    Place { table: "credentials", column: "secret", row: factor.id.0 }
}

/// Seals a factor's secret.
pub(super) fn seal(sealer: &Sealer, factor: &Factor, secret: &[u8]) -> Result<Vec<u8>, EngineError> {
    Ok(sealer.seal(&place(factor), secret).map_err(StoreError::other)?)
}

/// Tells the person by mail that somebody, probably the person, has done something.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    account: &Account,
    subject: &str,
    what: &str,
) -> Result<(), EngineError> {
    let Some(to) = account.email.clone().filter(|_| account.email_confirmed) else { return Ok(()) };
    let text = format!(
        "Somebody, probably you, {what} for your account {} in Muster, at {} UTC.\n\n\
         If that was not you, set a new password, end the sessions that you do not know, and tell whoever runs Muster for \
         you.\n",
        account.username,
        env.now()
    );
    mail::post(tx, env, sealer, Some(account.id), &Letter { to, subject: subject.to_owned(), text, html: None })
}

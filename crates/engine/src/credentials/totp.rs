//! Authenticator apps: setting one up, taking its codes, turning it off.

use muster_crypto::{Sealer, TokenHash, TotpSecret};
use muster_model::{Account, AccountId, Factor, FactorKind, Rule, Session, Timestamp, trace::Note};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};

use super::{
    ceremonies::Kept,
    factors::{self, changing, tell},
    recovery,
};
use crate::{EngineError, Env, Refusal};

/// An app that is being set up, until its first code confirms that it shows the right ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettingUp {
    /// Whose it will be.
    pub account: AccountId,
    secret: Vec<u8>,
}

impl SettingUp {
    /// An app with this secret.
    #[must_use]
    pub fn new(account: AccountId, secret: &TotpSecret) -> Self {
        Self { account, secret: secret.expose().to_vec() }
    }

    /// What app and we share.
    #[must_use]
    pub fn secret(&self) -> Option<TotpSecret> {
        TotpSecret::from_bytes(&self.secret)
    }
}

impl Kept for SettingUp {
    const PURPOSE: &'static str = "authenticator app";
}

/// The account of a session in which an app may be set up, before its secret is shown.
///
/// # Errors
///
/// [`Refusal::NotRecent`], [`Refusal::SsoEnforced`] (SSO-9); [`Refusal::Invalid`] where there is one; the store's.
pub fn may_set_up(tx: &mut Tx<'_>, env: &Env, session: &Session) -> Result<Account, EngineError> {
    let account = changing(tx, env, session)?;
    match of(tx, session.account)? {
        None => Ok(account),
        Some(_) => Err(Refusal::Invalid(
            "there is an authenticator app already: turn it off first, then set up another one".to_owned(),
        )
        .into()),
    }
}

/// Sets up an app, with recovery codes of which these are the hashes, if `code` is its present one; whether it is. The person
/// is told by mail.
///
/// # Errors
///
/// As [`may_set_up`].
pub fn set_up(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    session: &Session,
    secret: &TotpSecret,
    code: &str,
    recovery: &[TokenHash],
) -> Result<bool, EngineError> {
    let account = may_set_up(tx, env, session)?;
    let Some(step) = step(secret, code, env.now()) else { return Ok(false) };
    let totp = factors::new(env, account.id, FactorKind::Totp, "");
    let sealed = factors::seal(sealer, &totp, secret.expose())?;
    factors::add(tx, env, &totp, &sealed, None)?;
    // The first code signs nobody in.
    tx.use_time_step(&totp, step, env.now())?;
    recovery::replace(tx, env, account.id, recovery)?;
    tell(tx, env, sealer, &account, "An authenticator app was added", "set up an authenticator app")?;
    Ok(true)
}

/// Turns an app off, with its recovery codes; the person is told by mail.
///
/// # Errors
///
/// [`Refusal::NotRecent`], [`Refusal::SsoEnforced`] (SSO-9); not found where there is none; the store's.
pub fn turn_off(tx: &mut Tx<'_>, env: &mut Env, sealer: &Sealer, session: &Session) -> Result<(), EngineError> {
    let account = changing(tx, env, session)?;
    let (totp, _) =
        of(tx, account.id)?.ok_or_else(|| EngineError::not_found("authenticator app", "of this account"))?;
    factors::remove(tx, env, &totp, Rule::Sec5)?;
    recovery::replace(tx, env, account.id, &[])?;
    tell(tx, env, sealer, &account, "Your authenticator app was turned off", "turned off the authenticator app")
}

/// The app of an account, with its secret as stored.
pub(super) fn of(conn: &mut Conn<'_>, account: AccountId) -> Result<Option<(Factor, Vec<u8>)>, EngineError> {
    Ok(conn.factors(account)?.into_iter().find(|(factor, _)| factor.kind == FactorKind::Totp))
}

/// Takes a code of an account's app; whether it is one. The code of a time step is taken once, on whichever node, and then
/// none of an earlier one (RFC 6238 §5.2).
pub(super) fn accept(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    account: AccountId,
    code: &str,
) -> Result<bool, EngineError> {
    let Some((totp, sealed)) = of(tx, account)? else { return Ok(false) };
    let secret = sealer.open(&factors::place(&totp), &sealed).map_err(muster_store::StoreError::other)?;
    let step = TotpSecret::from_bytes(&secret).and_then(|secret| step(&secret, code, env.now()));
    let Some(step) = step else { return Ok(false) };
    let is_new = tx.use_time_step(&totp, step, env.now())?;
    if !is_new {
        env.note(Rule::Sec5, Note::PassedOver("a one-time code that was used before".to_owned()));
    }
    Ok(is_new)
}

fn step(secret: &TotpSecret, code: &str, now: Timestamp) -> Option<i64> {
    i64::try_from(secret.step(code, now.millis() / 1_000)?).ok()
}

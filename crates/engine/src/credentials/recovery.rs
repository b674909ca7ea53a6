//! Recovery codes: each stands once for a code of the authenticator app.

use muster_crypto::{RecoveryCode, Sealer, TokenHash};
use muster_model::{Account, AccountId, Factor, FactorKind, Rule, Session};
use muster_store::{Conn, Tx};

use super::{
    factors::{self, changing, tell},
    totp,
};
use crate::{EngineError, Env};

/// So many are made at once.
pub const RECOVERY_CODES: usize = 10;

/// Bytes of a hash.
const HASH: usize = 32;

/// Makes new codes instead of those that are left; the caller alone knows their texts. The person is told by mail.
///
/// # Errors
///
/// [`Refusal::NotRecent`](crate::Refusal::NotRecent), [`Refusal::SsoEnforced`](crate::Refusal::SsoEnforced) (SSO-9); not
/// found without an authenticator app; the store's.
pub fn remake(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    session: &Session,
    codes: &[TokenHash],
) -> Result<(), EngineError> {
    let account = changing(tx, env, session)?;
    if totp::of(tx, account.id)?.is_none() {
        return Err(EngineError::not_found("authenticator app", "of this account"));
    }
    replace(tx, env, account.id, codes)?;
    tell(
        tx,
        env,
        sealer,
        &account,
        "New recovery codes were made",
        "made new recovery codes; the former ones work no longer",
    )
}

/// Puts codes in the place of those that an account has; with none, it has none.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    env: &mut Env,
    account: AccountId,
    codes: &[TokenHash],
) -> Result<(), EngineError> {
    if let Some((former, _)) = of(tx, account)? {
        factors::remove(tx, env, &former, Rule::Sec5)?;
    }
    if codes.is_empty() {
        return Ok(());
    }
    let left = u32::try_from(codes.len()).ok();
    let factor = Factor { left, ..factors::new(env, account, FactorKind::Recovery, "") };
    let secret: Vec<u8> = codes.iter().flat_map(|code| *code.as_bytes()).collect();
    factors::add(tx, env, &factor, &secret, None)?;
    Ok(())
}

/// Takes a code, which works no longer; whether it is one of the account's. The person is told by mail how many are left.
pub(super) fn accept(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    account: &Account,
    code: &RecoveryCode,
) -> Result<bool, EngineError> {
    let Some((before, hashes)) = of(tx, account.id)? else { return Ok(false) };
    let hash = code.hash();
    // Each is compared in constant time.
    let is_other = |other: &&[u8]| <[u8; HASH]>::try_from(*other).is_ok_and(|other| TokenHash::from(other) != hash);
    let left: Vec<&[u8]> = hashes.chunks(HASH).filter(is_other).collect();
    if left.len() == hashes.len() / HASH {
        return Ok(false);
    }
    let count = u32::try_from(left.len()).unwrap_or(0);
    let after = Factor { left: Some(count), version: before.version + 1, ..before.clone() };
    factors::change(tx, env, &before, &after, &left.concat())?;
    let what = format!("signed in with a recovery code, of which {count} are left,");
    tell(tx, env, sealer, account, "A recovery code was used", &what)?;
    Ok(true)
}

fn of(conn: &mut Conn<'_>, account: AccountId) -> Result<Option<(Factor, Vec<u8>)>, EngineError> {
    Ok(conn.factors(account)?.into_iter().find(|(factor, _)| factor.kind == FactorKind::Recovery))
}

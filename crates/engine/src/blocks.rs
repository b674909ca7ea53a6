//! Addresses that owners keep out (ORG-2), in the clear or, once their person was erased, blinded (ACC-2).

use muster_model::{Account, AccountId, Connection, Email, OrganizationId};
use muster_store::{Conn, StoreError, Tx};

use crate::{EngineError, Env, connections};

/// What addresses are blinded for.
const PURPOSE: &str = "address kept out";

/// Whether an owner blocked somebody who has since given this address up, or was erased under it.
///
/// # Errors
///
/// The store's; when the master key is needed and not at hand.
pub(crate) fn is_kept_out(
    conn: &mut Conn<'_>,
    env: &Env,
    connection: &Connection,
    organization: OrganizationId,
    email: Option<&Email>,
) -> Result<bool, EngineError> {
    let may_be = connection.covered(organization).is_some_and(|covered| covered.keeps_addresses_out);
    email.filter(|_| may_be).map_or(Ok(false), |email| keeps_out(conn, env, organization, email))
}

/// As [`is_kept_out`], for an organization that keeps addresses out.
///
/// # Errors
///
/// The store's; when the master key is needed and not at hand.
pub(crate) fn keeps_out(
    conn: &mut Conn<'_>,
    env: &Env,
    organization: OrganizationId,
    email: &Email,
) -> Result<bool, EngineError> {
    Ok(conn.keeps_address_out(organization, email, &blinded(env, organization, &email.key())?)?)
}

/// Lets an account in again: the addresses that it gave up, and its present one if another gave that up.
///
/// # Errors
///
/// The store's.
pub(crate) fn lift(
    tx: &mut Tx<'_>,
    env: &Env,
    organization: OrganizationId,
    account: &Account,
) -> Result<(), EngineError> {
    let email = account.email.as_ref();
    let blinded = email.and_then(|email| env.blind(PURPOSE, &[organization.0.as_bytes(), email.key().as_bytes()]));
    Ok(tx.let_addresses_in(organization, account.id, email, blinded.as_deref())?)
}

/// Keeps the addresses of somebody who is erased out of where they, or whoever gave one of them up, are blocked, without
/// keeping them.
///
/// # Errors
///
/// The store's; when the master key is needed and not at hand.
pub(crate) fn blind(
    tx: &mut Tx<'_>,
    env: &Env,
    account: AccountId,
    present: Option<&Email>,
    addresses: &[String],
) -> Result<(), EngineError> {
    let mut any = false;
    for (organization, key, whose) in tx.addresses_kept_out(account, addresses)? {
        if key.contains('@') {
            tx.forget_key_kept_out(organization, &key, whose)?;
            tx.keep_key_out(organization, &blinded(env, organization, &key)?, whose, env.now())?;
            any = true;
        }
    }
    if let Some(email) = present {
        for membership in tx.memberships_of(account)?.iter().filter(|membership| membership.blocked) {
            let organization = membership.organization;
            tx.keep_key_out(organization, &blinded(env, organization, &email.key())?, account, env.now())?;
            any = true;
        }
    }
    if any {
        connections::changed(tx)?;
    }
    Ok(())
}

/// What stands for an address in one organization: two of them cannot be compared.
fn blinded(env: &Env, organization: OrganizationId, key: &str) -> Result<String, EngineError> {
    let blinded = env.blind(PURPOSE, &[organization.0.as_bytes(), key.as_bytes()]);
    blinded.ok_or_else(|| {
        let why =
            "the master key is needed to tell whether an address is kept out: name it with `keys.master_key_file`";
        EngineError::Store(StoreError::other(why))
    })
}

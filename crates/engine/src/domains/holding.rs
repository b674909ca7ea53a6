//! Whose the accounts of a domain are after it has passed to another holder (ORG-4).

use muster_model::{Account, Domain, domain::Holder};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env};

/// Records that a holder has proven a domain. Where another held it before, the accounts that are there by then are that
/// one's: they are entered only with their own password or passkey. An organization's domain that its company holds now has
/// not passed to anybody else.
///
/// To be called whenever a domain becomes verified, before anybody can come in by it.
///
/// # Errors
///
/// The store's.
pub fn hold(tx: &mut Tx<'_>, env: &Env, domain: &Domain) -> Result<(), EngineError> {
    let Some(before) = tx.domain_holding(&domain.name)? else {
        return Ok(tx.hold_domain(&domain.name, domain.holder, None)?);
    };
    let passed = if stays_with(tx, before.holder, domain.holder)? { before.passed } else { Some(env.now()) };
    Ok(tx.hold_domain(&domain.name, domain.holder, passed)?)
}

fn stays_with(conn: &mut Conn<'_>, before: Holder, holder: Holder) -> Result<bool, EngineError> {
    Ok(match (before, holder) {
        (Holder::Organization(id), Holder::Company(company)) => {
            conn.organization(id)?.is_some_and(|organization| organization.company == Some(company))
        }
        _ => before == holder,
    })
}

/// Whether an account had its address when another held the address's domain: nobody enters it on the word of the present
/// holder's identity provider.
///
/// # Errors
///
/// The store's.
pub(crate) fn is_former_holders(conn: &mut Conn<'_>, account: &Account) -> Result<bool, EngineError> {
    let Some(email) = &account.email else { return Ok(false) };
    let holding = conn.domain_holding(&email.domain())?;
    Ok(holding.and_then(|holding| holding.passed).is_some_and(|passed| account.email_since < passed))
}

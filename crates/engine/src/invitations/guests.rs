//! Mail to people whom a directory made guests (SCIM-10): it says who, and knows of no links. A node sends them afterwards.

use muster_crypto::TokenHash;
use muster_store::{Conn, Tx};

use super::delivery::Delivery;
use crate::{EngineError, Env};

/// Whether somebody whom a directory invited has no link yet; one look into an index.
///
/// # Errors
///
/// The store's.
pub fn awaits_mail(conn: &mut Conn<'_>, env: &Env) -> Result<bool, EngineError> {
    Ok(!conn.invitations_without_link(env.now(), 1)?.is_empty())
}

/// Gives links to some of those whom a directory invited, and keeps the mail for them; whether there were any. Nobody is
/// shown these links.
///
/// # Errors
///
/// The store's.
pub fn mail_some(
    tx: &mut Tx<'_>,
    env: &mut Env,
    links: &[TokenHash],
    delivery: &Delivery<'_>,
) -> Result<bool, EngineError> {
    let waiting = tx.invitations_without_link(env.now(), i64::try_from(links.len()).unwrap_or(i64::MAX))?;
    for (at, (invitation, link)) in waiting.iter().zip(links).enumerate() {
        let Some(organization) = tx.organization(invitation.organization)? else { continue };
        tx.set_invitation_link(invitation.id, link.as_bytes())?;
        delivery.post(tx, env, &organization, invitation, at)?;
    }
    Ok(!waiting.is_empty())
}

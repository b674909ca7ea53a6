//! What brings somebody back whom an owner removes, and the block that keeps them out until an owner lifts it (ORG-2).

use muster_model::{Account, AccountId, ConnectionState, Membership, Organization, Rule};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env, blocks, standing::Standing};

/// What brings somebody back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The directory has the person active: its next write that leaves them so adds the membership again.
    Scim,
    /// Just-in-Time provisioning is on: the next sign-in adds the membership again.
    Jit,
}

/// One way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Which.
    pub way: Way,
    /// Through which connection, by name.
    pub connection: String,
}

impl Return {
    /// What the owner is told.
    #[must_use]
    pub fn warning(&self) -> String {
        let Self { way, connection } = self;
        match way {
            Way::Scim => format!(
                "the directory of connection `{connection}` has the person active: its next write adds them again"
            ),
            Way::Jit => format!(
                "Just-in-Time provisioning of connection `{connection}` is on: the next sign-in adds them again"
            ),
        }
    }
}

/// What would bring a member back who is removed without a block: as their standing is now, before it ends.
///
/// # Errors
///
/// The store's.
pub fn ways_back(
    conn: &mut Conn<'_>,
    organization: &Organization,
    account: &Account,
) -> Result<Vec<Return>, EngineError> {
    let users = conn.directory_users_of(account.id)?;
    let grants = conn.grants_in(organization.id, &[account.id])?;
    let mut ways = Vec::new();
    for id in conn.connections_covering(organization.id)? {
        let Some(connection) = conn.connection(id)?.filter(|one| one.state != ConnectionState::Off) else { continue };
        let leads_here = connection.settings.default_organization == Some(organization.id)
            || grants.iter().any(|grant| !grant.asleep && grant.connection == Some(id));
        if !leads_here {
            continue;
        }
        let user = users.iter().find(|user| user.connection == id).filter(|_| connection.settings.scim.enabled);
        if user.is_some_and(|user| user.active) {
            ways.push(Return { way: Way::Scim, connection: connection.name.clone() });
        }
        let signs_in = account.email.as_ref().is_some_and(|email| connection.owns(email));
        // Whom the directory has inactive, it keeps out.
        if connection.settings.jit && signs_in && user.is_none_or(|user| user.active) {
            ways.push(Return { way: Way::Jit, connection: connection.name });
        }
    }
    Ok(ways)
}

/// Those who are kept out of an organization, after an account, by account.
///
/// # Errors
///
/// The store's.
pub fn blocked(
    conn: &mut Conn<'_>,
    organization: &Organization,
    after: AccountId,
    limit: i64,
) -> Result<Vec<(Membership, Account)>, EngineError> {
    let memberships = conn.blocked_memberships(organization.id, after, limit)?;
    let mut found = Vec::with_capacity(memberships.len());
    for membership in memberships {
        if let Some(account) = conn.account(membership.account)? {
            found.push((membership, account));
        }
    }
    Ok(found)
}

/// Lifts a block, also from the addresses that the person has given up. It brings nobody back by itself.
///
/// # Errors
///
/// Not found for somebody who is not kept out; the store's.
pub fn lift_block(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    account: &Account,
) -> Result<(), EngineError> {
    let mut standing = Standing::load(tx, account.id, organization.id)?;
    if !standing.membership().is_some_and(|membership| membership.blocked) {
        return Err(EngineError::not_found("block", &account.username));
    }
    standing.edit(|membership| membership.blocked = false);
    blocks::lift(tx, env, organization.id, account)?;
    standing.save(tx, env, Rule::Org2)
}

//! Who is a guest (ORG-8): of none of the organization's verified domains, its company's included. Nobody is one where
//! there are none.

use muster_model::{Account, Connection, Email, OrganizationId, domain::Holder};
use muster_store::Conn;

use crate::EngineError;

/// The domains whose people are no guests of an organization.
pub(crate) struct Home(Vec<String>);

impl Home {
    /// Those of an organization.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(crate) fn of(conn: &mut Conn<'_>, organization: OrganizationId) -> Result<Self, EngineError> {
        Ok(Self(conn.verified_domains(Holder::Organization(organization))?))
    }

    /// Whether an address is of one of them.
    pub(crate) fn has(&self, email: &Email) -> bool {
        self.0.contains(&email.domain())
    }

    /// Whether an account is a guest's.
    pub(crate) fn is_guest(&self, account: &Account) -> bool {
        let outside = |email: &Email| !self.0.is_empty() && !self.0.contains(&email.domain());
        account.email.as_ref().is_some_and(outside)
    }
}

/// Whether an account is a guest's in an organization that a connection covers. The connection's own domains are its
/// holder's, so the look-up is spared for them.
///
/// # Errors
///
/// The store's.
pub(crate) fn is_guest(
    conn: &mut Conn<'_>,
    connection: &Connection,
    organization: OrganizationId,
    account: &Account,
) -> Result<bool, EngineError> {
    let is_own = |email: &Email| connection.owns(email) && connection.holder == Holder::Organization(organization);
    if account.email.as_ref().is_none_or(is_own) {
        return Ok(false);
    }
    Ok(Home::of(conn, organization)?.is_guest(account))
}

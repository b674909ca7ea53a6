//! Addresses that blocked people have given up (ORG-2).

use muster_model::{AccountId, Email, OrganizationId, Timestamp};

use crate::{Conn, Expect, StoreError, Tx, vals};

impl Conn<'_> {
    /// Whether an organization keeps an address out.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keeps_address_out(&mut self, organization: OrganizationId, email: &Email) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM blocked_addresses WHERE organization = ?1 AND email_key = ?2)";
        self.one(sql, vals![organization, email.key()], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Keeps an address that an account gives up out of every organization that blocks the account; whether there is one.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keep_address_out(&mut self, account: AccountId, email: &Email, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO blocked_addresses (organization, email_key, account, given_up) \
                   SELECT organization, CAST(?2 AS TEXT), account, CAST(?3 AS BIGINT) FROM memberships WHERE account = ?1 AND blocked \
                   ON CONFLICT (organization, email_key, account) DO NOTHING";
        Ok(self.exec(sql, vals![account, email.key(), at])? > 0)
    }

    /// Lets an account in again: the addresses that it gave up, and its present one if another gave that up.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn let_addresses_in(
        &mut self,
        organization: OrganizationId,
        account: AccountId,
        email: Option<&Email>,
    ) -> Result<(), StoreError> {
        self.put(
            "DELETE FROM blocked_addresses WHERE organization = ?1 AND (account = ?2 OR email_key = ?3)",
            vals![organization, account, email.map(Email::key)],
            Expect::Any,
        )
    }
}

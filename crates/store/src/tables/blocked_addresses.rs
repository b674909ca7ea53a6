//! Addresses that blocked people have given up (ORG-2). Those of erased people are kept blinded: nobody can read them, and
//! whoever comes with one is still recognised (ACC-2).

use muster_model::{AccountId, Email, OrganizationId, Timestamp};

use super::{pad, placeholders};
use crate::{Conn, Expect, StoreError, Tx, Val, vals};

impl Conn<'_> {
    /// Whether an organization keeps any address out.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keeps_addresses_out(&mut self, organization: OrganizationId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM blocked_addresses WHERE organization = ?1)";
        self.one(sql, vals![organization], |row| row.get(0))
    }

    /// Whether an organization keeps an address out, in the clear or `blinded`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keeps_address_out(
        &mut self,
        organization: OrganizationId,
        email: &Email,
        blinded: &str,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM blocked_addresses WHERE organization = ?1 AND email_key IN (?2, ?3))";
        self.one(sql, vals![organization, email.key(), blinded], |row| row.get(0))
    }

    /// Where addresses are kept out that are one of `keys`, or that an account gave up: organization, address, account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn addresses_kept_out(
        &mut self,
        account: AccountId,
        keys: &[String],
    ) -> Result<Vec<(OrganizationId, String, AccountId)>, StoreError> {
        let mut vals = vec![account.into()];
        pad(&mut vals, keys.iter().map(|key| Val::Text(key.clone())));
        let sql = format!(
            "SELECT organization, email_key, account FROM blocked_addresses WHERE account = ?1 OR email_key IN {} \
             ORDER BY organization, email_key, account",
            placeholders(2, keys.len())
        );
        self.query(&sql, vals, |row| Ok((OrganizationId(row.get(0)?), row.get(1)?, AccountId(row.get(2)?))))
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

    /// Keeps an address out of one organization on account of somebody, under the key that stands for it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keep_key_out(
        &mut self,
        organization: OrganizationId,
        key: &str,
        account: AccountId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO blocked_addresses (organization, email_key, account, given_up) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (organization, email_key, account) DO NOTHING";
        self.put(sql, vals![organization, key, account, at], Expect::Any)
    }

    /// Keeps an address out no more under this key.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_key_kept_out(
        &mut self,
        organization: OrganizationId,
        key: &str,
        account: AccountId,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM blocked_addresses WHERE organization = ?1 AND email_key = ?2 AND account = ?3";
        self.put(sql, vals![organization, key, account], Expect::Any)
    }

    /// Lets an account in again: the addresses that it gave up, and its present one if another gave that up, in the clear
    /// or `blinded`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn let_addresses_in(
        &mut self,
        organization: OrganizationId,
        account: AccountId,
        email: Option<&Email>,
        blinded: Option<&str>,
    ) -> Result<(), StoreError> {
        self.put(
            "DELETE FROM blocked_addresses WHERE organization = ?1 AND (account = ?2 OR email_key IN (?3, ?4))",
            vals![organization, account, email.map(Email::key), blinded],
            Expect::Any,
        )
    }
}

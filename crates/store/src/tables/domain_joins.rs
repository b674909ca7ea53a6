//! Who joined by a verified domain (ORG-5), until owners were told.

use muster_model::{AccountId, OrganizationId, Timestamp};

use crate::{Conn, Expect, StoreError, Tx, vals};

/// Somebody who joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainJoin {
    /// Whom.
    pub organization: OrganizationId,
    /// Who.
    pub account: AccountId,
    /// By which domain.
    pub domain: String,
    /// When.
    pub at: Timestamp,
}

impl Conn<'_> {
    /// The organization whose owners wait longest to be told, if it is since `before`; one look into an index.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domain_join_before(&mut self, before: Timestamp) -> Result<Option<OrganizationId>, StoreError> {
        let sql = "SELECT organization FROM domain_joins WHERE at <= ?1 ORDER BY at LIMIT 1";
        self.opt(sql, vals![before], |row| Ok(OrganizationId(row.get(0)?)))
    }
}

impl Tx<'_> {
    /// Remembers that somebody joined.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_domain_join(&mut self, join: &DomainJoin) -> Result<(), StoreError> {
        let sql = "INSERT INTO domain_joins (organization, account, domain, at) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (organization, account) DO NOTHING";
        self.put(sql, vals![join.organization, join.account, &join.domain, join.at], Expect::Any)
    }

    /// Takes out who joined an organization: nobody else tells of them.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn take_domain_joins(&mut self, organization: OrganizationId) -> Result<Vec<DomainJoin>, StoreError> {
        let sql = "DELETE FROM domain_joins WHERE organization = ?1 RETURNING account, domain, at";
        let mut joins = self.query_returning(sql, vals![organization], |row| {
            let (account, domain, at) = (AccountId(row.get(0)?), row.get(1)?, Timestamp(row.get(2)?));
            Ok(DomainJoin { organization, account, domain, at })
        })?;
        joins.sort_by_key(|join| (join.at, join.account));
        Ok(joins)
    }
}

//! Email domains.

use muster_model::{
    CompanyId, ConnectionId, Domain, DomainId, DomainState, OrganizationId, Timestamp,
    domain::{Holder, Proof},
};
use uuid::Uuid;

use super::word;
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "domains";
const COLUMNS: &str = "id, name, organization, company, state, challenge, proof, auto_provision, missing_since, \
                       contested_since, version";

fn domain(row: &Row<'_>) -> Result<Domain, StoreError> {
    let holder =
        Holder::from_columns(row.get::<Option<Uuid>>(2)?.map(Into::into), row.get::<Option<Uuid>>(3)?.map(Into::into));
    let id: Uuid = row.get(0)?;
    Ok(Domain {
        id: DomainId(id),
        name: row.get(1)?,
        holder: holder.ok_or(StoreError::Corrupt { table: TABLE, key: id.to_string() })?,
        state: word(row, 4, TABLE, DomainState::parse)?,
        challenge: row.get(5)?,
        proof: row.get::<Option<String>>(6)?.map(Proof::from_column),
        auto_provision: row.get::<Option<Uuid>>(7)?.map(OrganizationId),
        missing_since: row.get::<Option<i64>>(8)?.map(Timestamp),
        contested_since: row.get::<Option<i64>>(9)?.map(Timestamp),
        version: row.get(10)?,
    })
}

impl Conn<'_> {
    /// The domain with this id, held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domain(&mut self, id: DomainId) -> Result<Option<Domain>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM domains WHERE id = ?1{}", self.for_update());
        self.opt(&sql, vals![id], domain)
    }

    /// A holder's own domain of this name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domain_of(&mut self, holder: Holder, name: &str) -> Result<Option<Domain>, StoreError> {
        let (column, id) = of_holder(holder);
        self.opt(&format!("SELECT {COLUMNS} FROM domains WHERE {column} = ?1 AND name = ?2"), vals![id, name], domain)
    }

    /// A page of a holder's own domains, by name, after the one of the name `after`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domains_of(&mut self, holder: Holder, after: &str, limit: i64) -> Result<Vec<Domain>, StoreError> {
        let (column, id) = of_holder(holder);
        let sql = format!("SELECT {COLUMNS} FROM domains WHERE {column} = ?1 AND name > ?2 ORDER BY name LIMIT ?3");
        self.query(&sql, vals![id, after, limit], domain)
    }

    /// How many domains a holder has.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn count_domains(&mut self, holder: Holder) -> Result<i64, StoreError> {
        let (column, id) = of_holder(holder);
        self.one(&format!("SELECT count(*) FROM domains WHERE {column} = ?1"), vals![id], |row| row.get(0))
    }

    /// The connections that name a domain, verified or not.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connections_naming(&mut self, id: DomainId) -> Result<Vec<ConnectionId>, StoreError> {
        let sql = "SELECT connection FROM connection_domains WHERE domain = ?1 ORDER BY connection";
        self.query(sql, vals![id], |row| Ok(ConnectionId(row.get(0)?)))
    }

    /// Every claim on a domain name; at most one is verified.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domains_named(&mut self, name: &str) -> Result<Vec<Domain>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM domains WHERE name = ?1 ORDER BY id");
        self.query(&sql, vals![name], domain)
    }

    /// Every domain, by name; for the operator.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domains(&mut self) -> Result<Vec<Domain>, StoreError> {
        self.query(&format!("SELECT {COLUMNS} FROM domains ORDER BY name, id"), vals![], domain)
    }

    /// The names of the verified domains that a holder holds itself.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domain_names(&mut self, holder: Holder) -> Result<Vec<String>, StoreError> {
        let (column, id) = of_holder(holder);
        let sql = format!("SELECT name FROM domains WHERE state = 'verified' AND {column} = ?1");
        self.query(&sql, vals![id], |row| row.get(0))
    }

    /// The names of a holder's verified domains; with a company, an organization's include the company's (ORG-8).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn verified_domains(&mut self, holder: Holder) -> Result<Vec<String>, StoreError> {
        let sql = match holder {
            Holder::Organization(_) => {
                "SELECT name FROM domains WHERE state = 'verified' AND (organization = ?1 \
                 OR company = (SELECT company FROM organizations WHERE id = ?1))"
            }
            Holder::Company(_) => "SELECT name FROM domains WHERE state = 'verified' AND company = ?1",
        };
        let id: Uuid = match holder {
            Holder::Organization(id) => id.into(),
            Holder::Company(id) => id.into(),
        };
        self.query(sql, vals![id], |row| row.get(0))
    }
}

/// The column of a holder, and its value.
fn of_holder(holder: Holder) -> (&'static str, Uuid) {
    match holder {
        Holder::Organization(id) => ("organization", id.into()),
        Holder::Company(id) => ("company", id.into()),
    }
}

/// Who proved a domain last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainHolding {
    /// Whose it is, or was last.
    pub holder: Holder,
    /// Since when it is not another holder's any more; `None` if it never was one's.
    pub passed: Option<Timestamp>,
}

impl Conn<'_> {
    /// Who proved a domain last, whether or not anybody has it now; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn domain_holding(&mut self, name: &str) -> Result<Option<DomainHolding>, StoreError> {
        let sql =
            format!("SELECT organization, company, passed FROM domain_holders WHERE name = ?1{}", self.for_update());
        self.opt(&sql, vals![name], |row| {
            let organization = row.get::<Option<Uuid>>(0)?.map(OrganizationId);
            let company = row.get::<Option<Uuid>>(1)?.map(CompanyId);
            let corrupt = || StoreError::Corrupt { table: "domain_holders", key: "unknown".to_owned() };
            Ok(DomainHolding {
                holder: Holder::from_columns(organization, company).ok_or_else(corrupt)?,
                passed: row.get::<Option<i64>>(2)?.map(Timestamp),
            })
        })
    }
}

impl Tx<'_> {
    /// Records who has proven a domain.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn hold_domain(&mut self, name: &str, holder: Holder, passed: Option<Timestamp>) -> Result<(), StoreError> {
        let (organization, company) = holder.columns();
        self.put(
            "INSERT INTO domain_holders (name, organization, company, passed) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (name) DO UPDATE SET organization = excluded.organization, company = excluded.company, \
             passed = excluded.passed",
            vals![name, organization, company, passed],
            Expect::Any,
        )
    }

    /// Adds a domain.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if it is verified and another verified one has the name.
    pub fn insert_domain(&mut self, domain: &Domain, at: Timestamp) -> Result<(), StoreError> {
        let (organization, company) = domain.holder.columns();
        self.put(
            "INSERT INTO domains (id, name, organization, company, state, challenge, proof, auto_provision, \
             missing_since, contested_since, created, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            vals![
                domain.id,
                &domain.name,
                organization,
                company,
                domain.state.as_str(),
                &domain.challenge,
                domain.proof.as_ref().map(Proof::as_str),
                domain.auto_provision,
                domain.missing_since,
                domain.contested_since,
                at,
                domain.version,
            ],
            Expect::Any,
        )
    }

    /// Stores a domain whose version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile, [`StoreError::Taken`] if another verified one has the name.
    pub fn update_domain(&mut self, domain: &Domain) -> Result<(), StoreError> {
        let (organization, company) = domain.holder.columns();
        self.put(
            "UPDATE domains SET organization = ?2, company = ?3, state = ?4, challenge = ?5, proof = ?6, \
             auto_provision = ?7, missing_since = ?8, contested_since = ?9, version = ?10 \
             WHERE id = ?1 AND version = ?11",
            vals![
                domain.id,
                organization,
                company,
                domain.state.as_str(),
                &domain.challenge,
                domain.proof.as_ref().map(Proof::as_str),
                domain.auto_provision,
                domain.missing_since,
                domain.contested_since,
                domain.version,
                domain.version - 1,
            ],
            Expect::One,
        )
    }

    /// Removes a domain, also from the connections that name it; the ledger remembers it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it is gone already.
    pub fn delete_domain(&mut self, id: DomainId) -> Result<(), StoreError> {
        self.put("DELETE FROM connection_domains WHERE domain = ?1", vals![id], Expect::Any)?;
        self.put("DELETE FROM domain_checks WHERE domain = ?1", vals![id], Expect::Any)?;
        self.put("DELETE FROM domains WHERE id = ?1", vals![id], Expect::One)
    }
}

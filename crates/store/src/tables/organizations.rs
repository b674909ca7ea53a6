//! Companies and organizations.

use muster_model::{AccountId, Company, CompanyId, Organization, OrganizationId, Timestamp, Version};
use uuid::Uuid;

use super::{from_json, json};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const COLUMNS: &str = "id, name, company, seats, consents, created, version";

fn organization(row: &Row<'_>) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: OrganizationId(row.get(0)?),
        name: row.get(1)?,
        company: row.get::<Option<Uuid>>(2)?.map(CompanyId),
        seats: row.get(3)?,
        consents: from_json(row, 4, "organizations")?,
        created: Timestamp(row.get(5)?),
        version: row.get(6)?,
    })
}

fn company(row: &Row<'_>) -> Result<Company, StoreError> {
    Ok(Company { id: CompanyId(row.get(0)?), name: row.get(1)?, owners: Vec::new(), version: row.get(2)? })
}

impl Conn<'_> {
    /// The organization with this id, while it is alive.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn organization(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE id = ?1 AND ended IS NULL");
        self.opt(&sql, vals![id], organization)
    }

    /// As [`Conn::organization`], held until the end of the transaction: whoever counts seats or owners holds it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn organization_for_update(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE id = ?1 AND ended IS NULL{}", self.for_update());
        self.opt(&sql, vals![id], organization)
    }

    /// The organization with this name, while it is alive.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn organization_by_name(&mut self, name: &str) -> Result<Option<Organization>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE name = ?1 AND ended IS NULL");
        self.opt(&sql, vals![name], organization)
    }

    /// Every organization that is alive, by name; for the operator.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn organizations(&mut self) -> Result<Vec<Organization>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE ended IS NULL ORDER BY name");
        self.query(&sql, vals![], organization)
    }

    /// The organizations of a company, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn organizations_of(&mut self, company: CompanyId) -> Result<Vec<Organization>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM organizations WHERE company = ?1 AND ended IS NULL ORDER BY name");
        self.query(&sql, vals![company], organization)
    }

    /// Whose a former name is, if it was one (ACC-3). `kind`: `organization`, `company` or `username`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn former_holder(&mut self, kind: &str, name: &str) -> Result<Option<Uuid>, StoreError> {
        self.opt("SELECT id FROM former_names WHERE kind = ?1 AND name = ?2", vals![kind, name], |row| row.get(0))
    }

    /// The company with this id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn company(&mut self, id: CompanyId) -> Result<Option<Company>, StoreError> {
        let found = self.opt("SELECT id, name, version FROM companies WHERE id = ?1", vals![id], company)?;
        found.map(|company| self.with_owners(company)).transpose()
    }

    /// The company with this name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn company_by_name(&mut self, name: &str) -> Result<Option<Company>, StoreError> {
        let found = self.opt("SELECT id, name, version FROM companies WHERE name = ?1", vals![name], company)?;
        found.map(|company| self.with_owners(company)).transpose()
    }

    /// Every company, by name; for the operator.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn companies(&mut self) -> Result<Vec<Company>, StoreError> {
        let all = self.query("SELECT id, name, version FROM companies ORDER BY name", vals![], company)?;
        all.into_iter().map(|company| self.with_owners(company)).collect()
    }

    fn with_owners(&mut self, mut company: Company) -> Result<Company, StoreError> {
        let sql = "SELECT account FROM company_owners WHERE company = ?1 ORDER BY account";
        company.owners = self.query(sql, vals![company.id], |row| Ok(AccountId(row.get(0)?)))?;
        Ok(company)
    }

    /// The companies that an account owns, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn companies_owned_by(&mut self, account: AccountId) -> Result<Vec<Company>, StoreError> {
        let sql = "SELECT c.id, c.name, c.version FROM company_owners o JOIN companies c ON c.id = o.company \
                   WHERE o.account = ?1 ORDER BY c.name";
        let all = self.query(sql, vals![account], company)?;
        all.into_iter().map(|company| self.with_owners(company)).collect()
    }

    /// Whether an account owns an organization through its company (ORG-1).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn is_company_owner(&mut self, id: OrganizationId, account: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM organizations o JOIN company_owners c ON c.company = o.company \
                   WHERE o.id = ?1 AND c.account = ?2)";
        self.one(sql, vals![id, account], |row| row.get(0))
    }

    /// Whether an account owns a company (ORG-1).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn owns_company(&mut self, id: CompanyId, account: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM company_owners WHERE company = ?1 AND account = ?2)";
        self.one(sql, vals![id, account], |row| row.get(0))
    }

    /// Whether an organization has an owner through its company (ORG-1), other than `except`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn has_company_owner(&mut self, id: OrganizationId, except: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM organizations o JOIN company_owners c ON c.company = o.company \
                   WHERE o.id = ?1 AND c.account <> ?2)";
        self.one(sql, vals![id, except], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Adds an organization.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its name.
    pub fn insert_organization(&mut self, organization: &Organization) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO organizations (id, company, name, seats, consents, next_team, created, ended, version) \
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, NULL, ?7)",
            vals![
                organization.id,
                organization.company,
                &organization.name,
                organization.seats,
                json(&organization.consents)?,
                organization.created,
                organization.version,
            ],
            Expect::Any,
        )
    }

    /// Stores an organization whose version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile, [`StoreError::Taken`] for its name.
    pub fn update_organization(&mut self, organization: &Organization) -> Result<(), StoreError> {
        self.put(
            "UPDATE organizations SET company = ?2, name = ?3, seats = ?4, consents = ?5, version = ?6 \
             WHERE id = ?1 AND version = ?7 AND ended IS NULL",
            vals![
                organization.id,
                organization.company,
                &organization.name,
                organization.seats,
                json(&organization.consents)?,
                organization.version,
                organization.version - 1,
            ],
            Expect::One,
        )
    }

    /// Ends an organization; `version` is the one after the change.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it ended or changed meanwhile.
    pub fn end_organization(&mut self, id: OrganizationId, version: Version, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "UPDATE organizations SET ended = ?2, version = ?3 WHERE id = ?1 AND version = ?4 AND ended IS NULL",
            vals![id, at, version, version - 1],
            Expect::One,
        )
    }

    /// Keeps a name that is given up from ever being another's (ACC-3).
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if it was another's before.
    pub fn insert_former_name(&mut self, kind: &str, name: &str, id: Uuid, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO former_names (kind, name, id, ended) VALUES (?1, ?2, ?3, ?4)",
            vals![kind, name, id, at],
            Expect::Any,
        )
    }

    /// Adds a company.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its name.
    pub fn insert_company(&mut self, company: &Company, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO companies (id, name, created, version) VALUES (?1, ?2, ?3, ?4)",
            vals![company.id, &company.name, at, company.version],
            Expect::Any,
        )
    }

    /// Stores a company's name and version, which was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile, [`StoreError::Taken`] for its name.
    pub fn update_company(&mut self, company: &Company) -> Result<(), StoreError> {
        self.put(
            "UPDATE companies SET name = ?2, version = ?3 WHERE id = ?1 AND version = ?4",
            vals![company.id, &company.name, company.version, company.version - 1],
            Expect::One,
        )
    }

    /// Makes an account an owner of a company.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_company_owner(&mut self, id: CompanyId, account: AccountId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO company_owners (company, account, given) VALUES (?1, ?2, ?3)";
        self.put(sql, vals![id, account, at], Expect::Any)
    }

    /// Makes an account no owner of a company any more.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_company_owner(&mut self, id: CompanyId, account: AccountId) -> Result<(), StoreError> {
        let sql = "DELETE FROM company_owners WHERE company = ?1 AND account = ?2";
        self.put(sql, vals![id, account], Expect::Any)
    }
}

//! Connections, with what they cover.

use std::collections::BTreeMap;

use muster_model::{
    Connection, ConnectionId, ConnectionState, DomainId, MappingId, OrganizationId, Role, Timestamp,
    connection::{Covered, Settings, SingleSignOn},
    domain::Holder,
    mapping::Entry,
};
use uuid::Uuid;

use super::{from_json, json, word};
use crate::{Conn, Expect, StoreError, Tx, vals};

const TABLE: &str = "connections";

impl Conn<'_> {
    /// A connection with its organizations, verified domains and mapping table.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection(&mut self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        let row = self.opt(
            "SELECT name, organization, company, state, settings, scim_since, version FROM connections WHERE id = ?1",
            vals![id],
            |row| {
                let holder = Holder::from_columns(
                    row.get::<Option<Uuid>>(1)?.map(Into::into),
                    row.get::<Option<Uuid>>(2)?.map(Into::into),
                );
                Ok(Connection {
                    id,
                    name: row.get(0)?,
                    holder: holder.ok_or(StoreError::Corrupt { table: TABLE, key: id.to_string() })?,
                    state: word(row, 3, TABLE, ConnectionState::parse)?,
                    settings: from_json::<Settings>(row, 4, TABLE)?,
                    organizations: Vec::new(),
                    domains: Vec::new(),
                    mappings: Vec::new(),
                    scim_since: row.get::<Option<i64>>(5)?.map(Timestamp),
                    version: row.get(6)?,
                })
            },
        )?;
        let Some(mut connection) = row else { return Ok(None) };
        connection.organizations = self.covered_organizations(id)?;
        connection.domains = self.query(
            "SELECT d.name FROM connection_domains c JOIN domains d ON d.id = c.domain \
             WHERE c.connection = ?1 AND d.state = 'verified' ORDER BY d.name",
            vals![id],
            |row| row.get(0),
        )?;
        connection.mappings = self.query(
            "SELECT id, pattern, organization, team, role FROM mappings WHERE connection = ?1 ORDER BY id",
            vals![id],
            |row| {
                Ok(Entry {
                    id: MappingId(row.get(0)?),
                    pattern: row.get(1)?,
                    organization: OrganizationId(row.get(2)?),
                    team: row.get(3)?,
                    role: row.get::<Option<String>>(4)?.and_then(|role| role.parse::<Role>().ok()),
                })
            },
        )?;
        Ok(Some(connection))
    }

    fn covered_organizations(&mut self, id: ConnectionId) -> Result<Vec<Covered>, StoreError> {
        let rows = self.query(
            "SELECT o.id, o.name, f.name, \
             EXISTS (SELECT 1 FROM blocked_addresses b WHERE b.organization = o.id) FROM connection_organizations c \
             JOIN organizations o ON o.id = c.organization AND o.ended IS NULL \
             LEFT JOIN former_names f ON f.kind = 'organization' AND f.id = o.id \
             WHERE c.connection = ?1 ORDER BY o.name, o.id",
            vals![id],
            |row| {
                let covered = Covered {
                    id: OrganizationId(row.get(0)?),
                    name: row.get(1)?,
                    former: Vec::new(),
                    keeps_addresses_out: row.get(3)?,
                };
                Ok((covered, row.get::<Option<String>>(2)?))
            },
        )?;
        let mut covered: BTreeMap<String, Covered> = BTreeMap::new();
        for (organization, former) in rows {
            covered.entry(organization.name.clone()).or_insert(organization).former.extend(former);
        }
        Ok(covered.into_values().collect())
    }

    /// The connection with this name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection_by_name(&mut self, name: &str) -> Result<Option<Connection>, StoreError> {
        let id =
            self.opt("SELECT id FROM connections WHERE name = ?1", vals![name], |row| Ok(ConnectionId(row.get(0)?)))?;
        id.map_or(Ok(None), |id| self.connection(id))
    }

    /// The connections that use a verified domain, in lower case.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connections_of_domain(&mut self, domain: &str) -> Result<Vec<ConnectionId>, StoreError> {
        let sql = "SELECT c.connection FROM domains d JOIN connection_domains c ON c.domain = d.id \
                   WHERE d.name = ?1 AND d.state = 'verified'";
        self.query(sql, vals![domain], |row| Ok(ConnectionId(row.get(0)?)))
    }

    /// The connections of a holder.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connections_held_by(&mut self, holder: Holder) -> Result<Vec<ConnectionId>, StoreError> {
        let (organization, company) = holder.columns();
        let sql = "SELECT id FROM connections WHERE organization = ?1 OR company = ?2 ORDER BY id";
        self.query(sql, vals![organization, company], |row| Ok(ConnectionId(row.get(0)?)))
    }

    /// The connections that cover an organization, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connections_covering(&mut self, organization: OrganizationId) -> Result<Vec<ConnectionId>, StoreError> {
        let sql = "SELECT connection FROM connection_organizations WHERE organization = ?1 ORDER BY connection";
        self.query(sql, vals![organization], |row| Ok(ConnectionId(row.get(0)?)))
    }

    /// All connections' ids, by name; for the operator.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection_ids(&mut self) -> Result<Vec<ConnectionId>, StoreError> {
        self.query("SELECT id FROM connections ORDER BY name", vals![], |row| Ok(ConnectionId(row.get(0)?)))
    }

    /// What decides about another connection's say on a value, and the most it can give; `None` when it is gone.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection_settings(&mut self, id: ConnectionId) -> Result<Option<Settings>, StoreError> {
        self.opt("SELECT settings FROM connections WHERE id = ?1", vals![id], |row| from_json(row, 0, TABLE))
    }

    /// The sealed client secret of a connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection_secret(&mut self, id: ConnectionId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.opt("SELECT secret FROM connections WHERE id = ?1", vals![id], |row| row.get(0))?.flatten())
    }

    /// Every domain that a connection names, verified or not.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection_domain_ids(&mut self, id: ConnectionId) -> Result<Vec<DomainId>, StoreError> {
        let sql = "SELECT domain FROM connection_domains WHERE connection = ?1 ORDER BY domain";
        self.query(sql, vals![id], |row| Ok(DomainId(row.get(0)?)))
    }
}

impl Tx<'_> {
    /// Adds a connection, without what it covers.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its name.
    pub fn insert_connection(&mut self, connection: &Connection, at: Timestamp) -> Result<(), StoreError> {
        let (organization, company) = connection.holder.columns();
        self.put(
            "INSERT INTO connections (id, name, organization, company, state, protocol, settings, secret, \
             scim_since, created, version) VALUES (?1, ?2, ?3, ?4, ?5, ?10, ?6, NULL, ?7, ?8, ?9)",
            vals![
                connection.id,
                &connection.name,
                organization,
                company,
                connection.state.as_str(),
                json(&connection.settings)?,
                connection.scim_since,
                at,
                connection.version,
                protocol(connection),
            ],
            Expect::Any,
        )
    }

    /// Stores a connection whose version was raised by one, without what it covers.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile.
    pub fn update_connection(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let (organization, company) = connection.holder.columns();
        self.put(
            "UPDATE connections SET name = ?2, organization = ?3, company = ?4, state = ?5, settings = ?6, \
             scim_since = ?7, version = ?8, protocol = ?10 WHERE id = ?1 AND version = ?9",
            vals![
                connection.id,
                &connection.name,
                organization,
                company,
                connection.state.as_str(),
                json(&connection.settings)?,
                connection.scim_since,
                connection.version,
                connection.version - 1,
                protocol(connection),
            ],
            Expect::One,
        )
    }

    /// Forgets the client secret of a connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn clear_connection_secret(&mut self, id: ConnectionId) -> Result<(), StoreError> {
        self.exec("UPDATE connections SET secret = NULL WHERE id = ?1", vals![id]).map(drop)
    }

    /// Keeps the sealed client secret of a connection; whether there is that connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn set_connection_secret(&mut self, id: ConnectionId, sealed: &[u8]) -> Result<bool, StoreError> {
        let sql = "UPDATE connections SET secret = ?2 WHERE id = ?1";
        Ok(self.exec(sql, vals![id, sealed.to_vec()])? == 1)
    }

    /// Replaces what a connection covers.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn replace_coverage(
        &mut self,
        id: ConnectionId,
        organizations: &[OrganizationId],
        domains: &[DomainId],
        mappings: &[Entry],
    ) -> Result<(), StoreError> {
        for table in ["connection_organizations", "connection_domains", "mappings"] {
            self.put(&format!("DELETE FROM {table} WHERE connection = ?1"), vals![id], Expect::Any)?;
        }
        for organization in organizations {
            let sql = "INSERT INTO connection_organizations (connection, organization) VALUES (?1, ?2)";
            self.put(sql, vals![id, *organization], Expect::Any)?;
        }
        for domain in domains {
            let sql = "INSERT INTO connection_domains (connection, domain) VALUES (?1, ?2)";
            self.put(sql, vals![id, *domain], Expect::Any)?;
        }
        for entry in mappings {
            self.put(
                "INSERT INTO mappings (connection, id, pattern, organization, team, role) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                vals![
                    id,
                    entry.id,
                    &entry.pattern,
                    entry.organization,
                    entry.team.as_deref(),
                    entry.role.map(Role::as_str)
                ],
                Expect::Any,
            )?;
        }
        Ok(())
    }
}

fn protocol(connection: &Connection) -> Option<&'static str> {
    connection.settings.sso.as_ref().map(SingleSignOn::protocol)
}

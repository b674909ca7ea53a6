//! Products that sign people in here (OpenID clients), and what people have agreed to let them know.

use muster_model::{
    AccountId, Client, ClientId, OrganizationId, Timestamp,
    client::{ClientScopes, ClientSettings},
    session::ClientKind,
};
use uuid::Uuid;

use super::{from_json, json, word};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "oauth_clients";
const COLUMNS: &str = "id, name, organization, kind, settings, disabled, created, version, secret_made";
/// How many there are.
const WIDTH: usize = 9;

/// The hashes of a client's secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientSecrets {
    /// Of the present one.
    pub present: Option<[u8; 32]>,
    /// Of the one before, and until when that works, too.
    pub former: Option<([u8; 32], Timestamp)>,
}

fn client(row: &Row<'_>) -> Result<Client, StoreError> {
    Ok(Client {
        id: ClientId(row.get(0)?),
        name: row.get(1)?,
        organization: row.get::<Option<Uuid>>(2)?.map(OrganizationId),
        kind: word(row, 3, TABLE, ClientKind::parse)?,
        settings: from_json::<ClientSettings>(row, 4, TABLE)?,
        disabled: row.get::<Option<i64>>(5)?.map(Timestamp),
        created: Timestamp(row.get(6)?),
        version: row.get(7)?,
        secret_made: row.get::<Option<i64>>(8)?.map(Timestamp),
    })
}

impl Conn<'_> {
    /// A client.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn client(&mut self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM {TABLE} WHERE id = ?1"), vals![id], client)
    }

    /// A client, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn client_by_name(&mut self, name: &str) -> Result<Option<Client>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM {TABLE} WHERE name = ?1"), vals![name], client)
    }

    /// A client with the hashes of its secrets.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn client_with_secrets(&mut self, id: ClientId) -> Result<Option<(Client, ClientSecrets)>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, secret, former_secret, former_until FROM {TABLE} WHERE id = ?1");
        self.opt(&sql, vals![id], |row| {
            let hash = |bytes: Vec<u8>| {
                bytes.try_into().map_err(|_| StoreError::Corrupt { table: TABLE, key: id.to_string() })
            };
            let present = row.get::<Option<Vec<u8>>>(WIDTH)?.map(hash).transpose()?;
            let former = row.get::<Option<Vec<u8>>>(WIDTH + 1)?.map(hash).transpose()?;
            let until = row.get::<Option<i64>>(WIDTH + 2)?.map(Timestamp);
            Ok((client(row)?, ClientSecrets { present, former: former.zip(until) }))
        })
    }

    /// The clients of an organization, or with `None` those of the installation, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn clients(&mut self, organization: Option<OrganizationId>) -> Result<Vec<Client>, StoreError> {
        match organization {
            Some(organization) => {
                let sql = format!("SELECT {COLUMNS} FROM {TABLE} WHERE organization = ?1 ORDER BY name");
                self.query(&sql, vals![organization], client)
            }
            None => {
                let sql = format!("SELECT {COLUMNS} FROM {TABLE} WHERE organization IS NULL ORDER BY name");
                self.query(&sql, vals![], client)
            }
        }
    }

    /// What somebody has agreed to let a client know.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn client_consent(&mut self, account: AccountId, client: ClientId) -> Result<Option<ClientScopes>, StoreError> {
        let sql = "SELECT scopes FROM consents WHERE account = ?1 AND client = ?2";
        self.opt(sql, vals![account, client], |row| Ok(ClientScopes::parse(&row.get::<String>(0)?)))
    }
}

impl Tx<'_> {
    /// Adds a client.
    ///
    /// # Errors
    ///
    /// [`Unique::ClientName`](crate::Unique::ClientName); what the database says.
    pub fn insert_client(&mut self, client: &Client, secret: Option<[u8; 32]>) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO oauth_clients (id, name, organization, kind, settings, secret, disabled, created, version, \
             secret_made) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            vals![
                client.id,
                client.name.as_str(),
                client.organization,
                client.kind.as_str(),
                json(&client.settings)?,
                secret.map(|hash| hash.to_vec()),
                client.disabled,
                client.created,
                client.version,
                client.secret_made,
            ],
            Expect::Any,
        )
    }

    /// Changes a client.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`], if it was changed meanwhile; [`Unique::ClientName`](crate::Unique::ClientName); what the database
    /// says.
    pub fn update_client(&mut self, client: &Client) -> Result<(), StoreError> {
        self.put(
            "UPDATE oauth_clients SET name = ?2, kind = ?3, settings = ?4, disabled = ?5, version = ?6, secret_made = ?7 \
             WHERE id = ?1 AND version = ?6 - 1",
            vals![
                client.id,
                client.name.as_str(),
                client.kind.as_str(),
                json(&client.settings)?,
                client.disabled,
                client.version,
                client.secret_made,
            ],
            Expect::One,
        )
    }

    /// Changes the secrets that a client is known by.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn set_client_secrets(&mut self, id: ClientId, secrets: &ClientSecrets) -> Result<(), StoreError> {
        let ClientSecrets { present, former } = secrets;
        self.put(
            "UPDATE oauth_clients SET secret = ?2, former_secret = ?3, former_until = ?4 WHERE id = ?1",
            vals![
                id,
                present.map(|hash| hash.to_vec()),
                former.map(|(hash, _)| hash.to_vec()),
                former.map(|(_, until)| until),
            ],
            Expect::One,
        )
    }

    /// Removes a client, with what was agreed to and what is under way; what it was let do is ended before.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_client(&mut self, id: ClientId) -> Result<(), StoreError> {
        self.put("DELETE FROM oauth_tickets WHERE client = ?1", vals![id], Expect::Any)?;
        self.put("DELETE FROM consents WHERE client = ?1", vals![id], Expect::Any)?;
        self.put("DELETE FROM oauth_clients WHERE id = ?1", vals![id], Expect::One)
    }

    /// Keeps what somebody agrees to let a client know.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn put_client_consent(
        &mut self,
        account: AccountId,
        client: ClientId,
        scopes: &ClientScopes,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO consents (account, client, scopes, given) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (account, client) DO UPDATE SET scopes = excluded.scopes, given = excluded.given",
            vals![account, client, scopes.to_string(), at],
            Expect::Any,
        )
    }

    /// Forgets what somebody has agreed to let a client know.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_client_consent(&mut self, account: AccountId, client: ClientId) -> Result<(), StoreError> {
        self.put("DELETE FROM consents WHERE account = ?1 AND client = ?2", vals![account, client], Expect::Any)
    }
}

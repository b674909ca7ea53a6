//! The installation: its identity, data keys, and the numbers by which nodes notice changes.

use muster_model::Timestamp;
use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// A data key, wrapped by the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKey {
    /// The number that sealed values carry.
    pub id: u32,
    /// The key, sealed.
    pub wrapped: Vec<u8>,
    /// Whether it only opens old values.
    pub retired: bool,
}

impl Conn<'_> {
    /// The installation's id and key check value, once it is set up.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn installation(&mut self) -> Result<Option<(Uuid, Vec<u8>)>, StoreError> {
        self.opt("SELECT uuid, key_check FROM installation WHERE id = 1", vals![], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// All data keys, oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn data_keys(&mut self) -> Result<Vec<DataKey>, StoreError> {
        self.query("SELECT id, wrapped, retired FROM data_keys ORDER BY id", vals![], |row| {
            let id: i64 = row.get(0)?;
            Ok(DataKey {
                id: u32::try_from(id).map_err(|_| StoreError::Corrupt { table: "data_keys", key: id.to_string() })?,
                wrapped: row.get(1)?,
                retired: row.get::<Option<i64>>(2)?.is_some(),
            })
        })
    }

    /// The numbers that change with what nodes cache.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn versions(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        self.query("SELECT name, value FROM versions ORDER BY name", vals![], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Tx<'_> {
    /// Sets the installation up, unless another node did; whether this one did.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_installation(&mut self, id: Uuid, key_check: &[u8], at: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO installation (id, uuid, created, key_check) VALUES (1, ?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";
        Ok(self.exec(sql, vals![id, at, key_check])? == 1)
    }

    /// Adds a data key.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_data_key(&mut self, key: &DataKey, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO data_keys (id, wrapped, created, retired) VALUES (?1, ?2, ?3, NULL)";
        self.put(sql, vals![key.id, &key.wrapped, at], Expect::Any)
    }

    /// Tells every node that what it caches under `name` has changed, once this transaction is committed.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn raise_version(&mut self, name: &str) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO versions (name, value) VALUES (?1, 1) \
             ON CONFLICT (name) DO UPDATE SET value = versions.value + 1",
            vals![name],
            Expect::Any,
        )
    }
}

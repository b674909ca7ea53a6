//! The keys that tokens for products are signed with.

use muster_model::Timestamp;
use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// A key that signs, will sign, or has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its `kid`.
    pub id: Uuid,
    /// The how manieth it is, from 1.
    pub number: i64,
    /// Such as `ES256`.
    pub algorithm: String,
    /// What is shown of it, as an X.509 `SubjectPublicKeyInfo` or as the algorithm has it.
    pub public_key: Vec<u8>,
    /// The private key, sealed.
    pub private_key: Vec<u8>,
    /// When it was made, and shown from.
    pub created: Timestamp,
    /// From when it signs.
    pub active_from: Timestamp,
    /// From when it signs no more.
    pub retired: Option<Timestamp>,
}

impl Conn<'_> {
    /// Every key there is, the oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn signing_keys(&mut self) -> Result<Vec<SigningKeyRow>, StoreError> {
        let sql = "SELECT id, number, algorithm, public_key, private_key, created, active_from, retired FROM signing_keys \
                   ORDER BY number";
        self.query(sql, vals![], |row| {
            Ok(SigningKeyRow {
                id: row.get(0)?,
                number: row.get(1)?,
                algorithm: row.get(2)?,
                public_key: row.get(3)?,
                private_key: row.get(4)?,
                created: Timestamp(row.get(5)?),
                active_from: Timestamp(row.get(6)?),
                retired: row.get::<Option<i64>>(7)?.map(Timestamp),
            })
        })
    }
}

impl Tx<'_> {
    /// Adds a key.
    ///
    /// # Errors
    ///
    /// [`Unique::SigningKeyNumber`](crate::Unique::SigningKeyNumber), if another node was first; what the database says.
    pub fn insert_signing_key(&mut self, key: &SigningKeyRow) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO signing_keys (id, number, algorithm, public_key, private_key, created, active_from, retired) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            vals![
                key.id,
                key.number,
                key.algorithm.as_str(),
                key.public_key.clone(),
                key.private_key.clone(),
                key.created,
                key.active_from,
                key.retired,
            ],
            Expect::Any,
        )
    }

    /// Lets a key sign no more from then on.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn retire_signing_key(&mut self, id: Uuid, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE signing_keys SET retired = ?2 WHERE id = ?1 AND retired IS NULL";
        self.put(sql, vals![id, at], Expect::Any)
    }

    /// Forgets a key: nothing lives any more that it signed.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_signing_key(&mut self, id: Uuid) -> Result<(), StoreError> {
        self.put("DELETE FROM signing_keys WHERE id = ?1", vals![id], Expect::Any)
    }
}

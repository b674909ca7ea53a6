//! Our certificates towards IdPs (SSO-8).

use muster_model::{
    ConnectionId, Timestamp,
    connection::{KeyPurpose, OwnCertificate},
};

use super::word;
use crate::{Conn, Expect, StoreError, Tx, vals};

const TABLE: &str = "connection_certificates";

impl Conn<'_> {
    /// A connection's certificates of ours, the newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn own_certificates(&mut self, connection: ConnectionId) -> Result<Vec<OwnCertificate>, StoreError> {
        let sql = "SELECT fingerprint, purpose, certificate, private_key, not_before, not_after \
                   FROM connection_certificates WHERE connection = ?1 ORDER BY not_before DESC, fingerprint";
        self.query(sql, vals![connection], |row| {
            let fingerprint: Vec<u8> = row.get(0)?;
            let corrupt = |_| StoreError::Corrupt { table: TABLE, key: connection.to_string() };
            Ok(OwnCertificate {
                fingerprint: fingerprint.try_into().map_err(corrupt)?,
                purpose: word(row, 1, TABLE, KeyPurpose::parse)?,
                certificate: row.get(2)?,
                private_key: row.get(3)?,
                not_before: Timestamp(row.get(4)?),
                not_after: Timestamp(row.get(5)?),
            })
        })
    }
}

impl Tx<'_> {
    /// Adds a certificate of ours to a connection.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_own_certificate(&mut self, connection: ConnectionId, own: &OwnCertificate) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO connection_certificates (connection, fingerprint, purpose, certificate, private_key, \
             not_before, not_after) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            vals![
                connection,
                own.fingerprint.to_vec(),
                own.purpose.as_str(),
                own.certificate.clone(),
                own.private_key.clone(),
                own.not_before,
                own.not_after,
            ],
            Expect::Any,
        )
    }

    /// Removes a certificate of ours from a connection; whether it was there.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_own_certificate(
        &mut self,
        connection: ConnectionId,
        fingerprint: &[u8; 32],
        purpose: KeyPurpose,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM connection_certificates WHERE connection = ?1 AND fingerprint = ?2 AND purpose = ?3";
        Ok(self.exec(sql, vals![connection, fingerprint.to_vec(), purpose.as_str()])? == 1)
    }
}

//! Which ends of certificates the owners were told of (SSO-8).

use muster_model::{ConnectionId, Timestamp};

use crate::{StoreError, Tx, vals};

impl Tx<'_> {
    /// Notes that a certificate's end is told of so many days before; whether that is new. `fingerprint` is the SHA-256 of
    /// the certificate in DER.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_certificate_warning(
        &mut self,
        connection: ConnectionId,
        fingerprint: &[u8; 32],
        days: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO certificate_warnings (connection, fingerprint, days, warned) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (connection, fingerprint, days) DO NOTHING";
        Ok(self.exec(sql, vals![connection, fingerprint.to_vec(), days, now])? == 1)
    }
}

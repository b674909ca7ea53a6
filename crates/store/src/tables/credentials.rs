//! Passwords, as hashes, and the devices that have signed in with one.

use muster_model::{AccountId, Timestamp};
use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

impl Conn<'_> {
    /// The hash of an account's password.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn password(&mut self, account: AccountId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT secret FROM credentials WHERE account = ?1 AND kind = 'password' AND id = ?2";
        let secret: Option<Vec<u8>> = self.opt(sql, vals![account, Uuid::nil()], |row| row.get(0))?;
        let corrupt = |_| StoreError::Corrupt { table: "credentials", key: account.to_string() };
        secret.map(|secret| String::from_utf8(secret).map_err(corrupt)).transpose()
    }

    /// Whether an account has signed in with its password on the device whose cookie has this hash.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn knows_device(&mut self, account: AccountId, device: &[u8; 32]) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM devices WHERE account = ?1 AND hash = ?2)";
        self.one(sql, vals![account, device.as_slice()], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Gives an account a password instead of the one that it may have.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn set_password(&mut self, account: AccountId, hash: &str, at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO credentials (account, kind, id, secret, label, created, version) \
             VALUES (?1, 'password', ?2, ?3, '', ?4, 1) \
             ON CONFLICT (account, kind, id) DO UPDATE SET secret = excluded.secret, created = excluded.created",
            vals![account, Uuid::nil(), hash.as_bytes(), at],
            Expect::One,
        )
    }

    /// Remembers that an account has signed in on a device.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn remember_device(&mut self, account: AccountId, device: &[u8; 32], at: Timestamp) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO devices (account, hash, created, last_used) VALUES (?1, ?2, ?3, ?3) \
             ON CONFLICT (account, hash) DO UPDATE SET last_used = excluded.last_used",
            vals![account, device.as_slice(), at],
            Expect::One,
        )
    }

    /// Forgets every device of an account.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_devices(&mut self, account: AccountId) -> Result<(), StoreError> {
        self.put("DELETE FROM devices WHERE account = ?1", vals![account], Expect::Any)
    }
}

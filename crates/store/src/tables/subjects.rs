//! People's names at their IdPs that outlive a change of address (JIT-1).

use muster_model::{
    AccountId, ConnectionId, Timestamp,
    sign_in::{Subject, SubjectKind},
};

use crate::{Conn, Expect, StoreError, Tx, vals};

impl Conn<'_> {
    /// Whom a connection's IdP calls this.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn account_of_subject(
        &mut self,
        connection: ConnectionId,
        subject: &Subject,
    ) -> Result<Option<AccountId>, StoreError> {
        let sql = "SELECT account FROM subjects WHERE connection = ?1 AND kind = ?2 AND value = ?3";
        self.opt(sql, vals![connection, subject.kind.as_str(), subject.value.as_str()], |row| {
            Ok(AccountId(row.get(0)?))
        })
    }

    /// Whether a connection's IdP has called an account by some such name; a sign-in that brought none is no name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn has_subject(&mut self, connection: ConnectionId, account: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM subjects WHERE account = ?1 AND connection = ?2 AND kind <> ?3)";
        self.one(sql, vals![account, connection, SubjectKind::Account.as_str()], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Forgets what a connection's IdP has called an account; whoever is called so next is looked for anew.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_subjects(&mut self, connection: ConnectionId, account: AccountId) -> Result<(), StoreError> {
        let sql = "DELETE FROM subjects WHERE account = ?1 AND connection = ?2";
        self.put(sql, vals![account, connection], Expect::Any)
    }

    /// Records that a connection's IdP calls an account this; once recorded, a name goes on meaning the same account.
    ///
    /// # Errors
    ///
    /// What the database says; [`StoreError::Stale`] if another account is called so.
    pub fn use_subject(
        &mut self,
        connection: ConnectionId,
        subject: &Subject,
        account: AccountId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO subjects (connection, kind, value, account, created, last_used) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (connection, kind, value) \
                   DO UPDATE SET last_used = excluded.last_used WHERE subjects.account = excluded.account";
        let (kind, value) = (subject.kind.as_str(), subject.value.as_str());
        self.put(sql, vals![connection, kind, value, account, at], Expect::One)
    }
}

//! Mail that is to be sent, sealed; it is gone once it was.

use muster_model::{AccountId, MailId, Timestamp};
use uuid::Uuid;

use crate::{Conn, Expect, StoreError, Tx, vals};

/// A mail as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Stable id.
    pub id: MailId,
    /// Whose it is; erased with it (ACC-2).
    pub account: Option<AccountId>,
    /// Recipient, subject and text, sealed.
    pub content: Vec<u8>,
    /// When it was written.
    pub created: Timestamp,
    /// How often sending it has failed.
    pub attempts: i64,
}

impl Conn<'_> {
    /// Whether a mail is to be sent by now; one look into an index.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn has_mail(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        self.one("SELECT EXISTS (SELECT 1 FROM mails WHERE due <= ?1)", vals![now], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Adds a mail, to be sent at once.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_mail(&mut self, mail: &MailRow) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO mails (id, account, content, created, attempts, due) VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
            vals![mail.id, mail.account, mail.content.as_slice(), mail.created, mail.attempts],
            Expect::One,
        )
    }

    /// Takes the mail that is due first, so that nobody else sends it before `until`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn take_mail(&mut self, now: Timestamp, until: Timestamp) -> Result<Option<MailRow>, StoreError> {
        let sql = format!(
            "SELECT id, account, content, created, attempts FROM mails WHERE due <= ?1 ORDER BY due, id LIMIT 1{}",
            self.for_update()
        );
        let taken = self.opt(&sql, vals![now], |row| {
            Ok(MailRow {
                id: MailId(row.get(0)?),
                account: row.get::<Option<Uuid>>(1)?.map(AccountId),
                content: row.get(2)?,
                created: Timestamp(row.get(3)?),
                attempts: row.get(4)?,
            })
        })?;
        if let Some(mail) = &taken {
            let sql = "UPDATE mails SET due = ?2, attempts = attempts + 1 WHERE id = ?1";
            self.put(sql, vals![mail.id, until], Expect::One)?;
        }
        Ok(taken)
    }

    /// Forgets mail that was written before `time`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_mails_before(&mut self, time: Timestamp) -> Result<(), StoreError> {
        self.put("DELETE FROM mails WHERE created < ?1", vals![time], Expect::Any)
    }

    /// Forgets a mail: it was sent, or never will be.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_mail(&mut self, id: MailId) -> Result<(), StoreError> {
        self.put("DELETE FROM mails WHERE id = ?1", vals![id], Expect::Any)
    }
}

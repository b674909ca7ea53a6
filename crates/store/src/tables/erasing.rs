//! What an erasure (ACC-2) rewrites or ends in tables that are other modules': statements that nothing else needs.

use muster_model::{
    AccountId, ConnectionId, DirectoryUser, DirectoryUserId, HeldChangeId, LedgerId, OrganizationId, Timestamp,
    ledger::{Baseline, Change, LedgerRow},
};
use uuid::Uuid;

use super::{
    baselines::baseline,
    directory_users::{COLUMNS as USER_COLUMNS, directory_user},
    ledger::{COLUMNS as LEDGER_COLUMNS, DICTIONARY, ledger_row},
    pad, placeholders,
    requests::{COLUMNS as REQUEST_COLUMNS, request},
};
use crate::{Conn, Expect, RequestRow, Row, StoreError, Tx, Val, packing, tables::json, vals};

/// What stands in a table in the place of an address that nobody may know any more; nobody has it (RFC 2606 §2).
const NOBODY: &str = "erased@erased.invalid";

/// A report's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportText {
    /// The report.
    pub id: Uuid,
    /// What it tells.
    pub detail: String,
}

/// What is noted of a held request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldNote {
    /// The held request.
    pub id: HeldChangeId,
    /// The note.
    pub note: String,
}

fn id(row: &Row<'_>) -> Result<Uuid, StoreError> {
    row.get(0)
}

impl Conn<'_> {
    /// All that the ledger still has of one subject in single rows, oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn whole_history(&mut self, subject: Uuid) -> Result<Vec<LedgerRow>, StoreError> {
        self.history(subject, i64::MAX)
    }

    /// The oldest ledger rows of one subject after one id and up to another, that one included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn history_between(
        &mut self,
        subject: Uuid,
        after: Uuid,
        to: Uuid,
        limit: i64,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        let sql = format!(
            "SELECT {LEDGER_COLUMNS} FROM ledger_subjects s JOIN ledger l ON l.id = s.ledger \
             WHERE s.subject = ?1 AND s.ledger > ?2 AND s.ledger <= ?3 ORDER BY s.ledger LIMIT ?4"
        );
        self.query(&sql, vals![subject, after, to, limit], ledger_row)
    }

    /// The oldest ledger rows after one id and up to another, that one included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ledger_rows_between(&mut self, after: Uuid, to: Uuid, limit: i64) -> Result<Vec<LedgerRow>, StoreError> {
        let sql =
            format!("SELECT {LEDGER_COLUMNS} FROM ledger l WHERE l.id > ?1 AND l.id <= ?2 ORDER BY l.id LIMIT ?3");
        self.query(&sql, vals![after, to, limit], ledger_row)
    }

    /// Baselines of people's resources and invitations with ids after this one, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn baselines_after(&mut self, after: Uuid, limit: i64) -> Result<Vec<Baseline>, StoreError> {
        self.query(
            "SELECT id, kind, of, version, at, fields FROM ledger_baselines \
             WHERE id > ?1 AND kind IN ('directory-user', 'invitation', 'account') ORDER BY id LIMIT ?2",
            vals![after, limit],
            baseline,
        )
    }

    /// The oldest logged requests of all connections after one id and up to another, that one included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn logged_between(&mut self, after: Uuid, to: Uuid, limit: i64) -> Result<Vec<RequestRow>, StoreError> {
        let sql = format!("SELECT {REQUEST_COLUMNS} FROM requests WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3");
        self.query(&sql, vals![after, to, limit], request)
    }

    /// The oldest chunks of a connection's logged reads after one id and up to another, that one included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn read_chunks_between(
        &mut self,
        connection: ConnectionId,
        after: Uuid,
        to: Uuid,
        limit: i64,
    ) -> Result<Vec<(Uuid, Vec<u8>)>, StoreError> {
        let sql = "SELECT id, content FROM read_chunks WHERE connection = ?1 AND id > ?2 AND id <= ?3 \
                   ORDER BY id LIMIT ?4";
        self.query(sql, vals![connection, after, to, limit], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Reports after an id, by id, resolved ones too.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn report_texts(&mut self, after: Uuid, limit: i64) -> Result<Vec<ReportText>, StoreError> {
        let sql = "SELECT id, detail FROM reports WHERE id > ?1 ORDER BY id LIMIT ?2";
        self.query(sql, vals![after, limit], |row| Ok(ReportText { id: row.get(0)?, detail: row.get(1)? }))
    }

    /// Notes of held requests after an id, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn held_notes(&mut self, after: Uuid, limit: i64) -> Result<Vec<HeldNote>, StoreError> {
        let sql = "SELECT id, note FROM held_changes WHERE id > ?1 AND note IS NOT NULL ORDER BY id LIMIT ?2";
        self.query(sql, vals![after, limit], |row| Ok(HeldNote { id: HeldChangeId(row.get(0)?), note: row.get(1)? }))
    }

    /// The directory users of all connections that stand for nobody and have one of these addresses, as `userName` or among
    /// the emails. Each connection is looked into by its own index.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn unclaimed_directory_users(&mut self, keys: &[String]) -> Result<Vec<DirectoryUser>, StoreError> {
        let mut vals = Vec::new();
        pad(&mut vals, keys.iter().map(|key| Val::Text(key.clone())));
        let (columns, keys) = (USER_COLUMNS, placeholders(1, keys.len()));
        let by_name = format!(
            "SELECT {columns} FROM directory_users WHERE (connection, id) IN (SELECT u.connection, u.id \
             FROM connections c CROSS JOIN directory_users u WHERE u.connection = c.id AND u.user_name_key IN {keys}) \
             AND account IS NULL ORDER BY id"
        );
        let by_email = format!(
            "SELECT {columns} FROM directory_users WHERE (connection, id) IN (SELECT e.connection, e.directory_user \
             FROM connections c CROSS JOIN directory_emails e WHERE e.connection = c.id AND e.value_key IN {keys}) \
             AND account IS NULL ORDER BY id"
        );
        let mut found = self.query(&by_name, &vals, directory_user)?;
        for user in self.query(&by_email, &vals, directory_user)? {
            if found.iter().all(|known| known.id != user.id) {
                found.push(user);
            }
        }
        Ok(found)
    }

    /// Whose directory user this is.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn connection_of_directory_user(&mut self, user: DirectoryUserId) -> Result<Option<ConnectionId>, StoreError> {
        let sql = "SELECT u.connection FROM connections c CROSS JOIN directory_users u \
                   WHERE u.connection = c.id AND u.id = ?1";
        self.opt(sql, vals![user], |row| Ok(ConnectionId(row.get(0)?)))
    }

    /// The organizations of the companies that an account owns.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn organizations_owned_through_company(
        &mut self,
        account: AccountId,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let sql = "SELECT o.id FROM organizations o JOIN company_owners c ON c.company = o.company \
                   WHERE c.account = ?1 AND o.ended IS NULL ORDER BY o.id";
        self.query(sql, vals![account], |row| Ok(OrganizationId(row.get(0)?)))
    }

    /// The ended invitations of these addresses, or of an account: their ids.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ended_invitations(&mut self, keys: &[String], account: AccountId) -> Result<Vec<Uuid>, StoreError> {
        let mut vals = vec![account.into()];
        pad(&mut vals, keys.iter().map(|key| Val::Text(key.clone())));
        let sql = format!(
            "SELECT id FROM invitations WHERE ended IS NOT NULL AND (account = ?1 OR email_key IN {}) ORDER BY id",
            placeholders(2, keys.len())
        );
        self.query(&sql, vals, id)
    }
}

impl Tx<'_> {
    /// Ends every way in that an account has: sessions, tokens, credentials, subjects of identity providers, consents and
    /// codes of products, the companies that it owns. Each session and token keeps its reason (SES-3); what says something
    /// of the person goes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn end_all_access(&mut self, account: AccountId, reason: &str, at: Timestamp) -> Result<(), StoreError> {
        let of = || vals![account];
        self.put(
            "UPDATE sessions SET ended = coalesce(ended, ?2), reason = coalesce(reason, ?3), device = '', \
             idp_subject = NULL, idp_index = NULL, idp_session = NULL, version = version + 1 WHERE account = ?1",
            vals![account, at, reason],
            Expect::Any,
        )?;
        self.put(
            "UPDATE tokens SET revoked = coalesce(revoked, ?2), reason = coalesce(reason, ?3), label = '', \
             version = version + 1 WHERE account = ?1",
            vals![account, at, reason],
            Expect::Any,
        )?;
        self.tell_of_sessions(account, at)?;
        self.put("DELETE FROM oauth_tickets WHERE account = ?1", of(), Expect::Any)?;
        self.put("DELETE FROM credentials WHERE account = ?1", of(), Expect::Any)?;
        self.put("DELETE FROM ceremonies WHERE account = ?1", of(), Expect::Any)?;
        self.put("DELETE FROM devices WHERE account = ?1", of(), Expect::Any)?;
        self.put("DELETE FROM mails WHERE account = ?1", of(), Expect::Any)?;
        self.put("DELETE FROM subjects WHERE account = ?1", of(), Expect::Any)?;
        self.put("DELETE FROM consents WHERE account = ?1", of(), Expect::Any)?;
        self.put("DELETE FROM idempotency_keys WHERE scope = ?1", of(), Expect::Any)
    }

    /// Resolves whatever is reported about a subject.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn resolve_all_reports(&mut self, subject: Uuid, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE reports SET resolved = ?2 WHERE subject = ?1 AND resolved IS NULL";
        self.put(sql, vals![subject, at], Expect::Any)
    }

    /// Removes the names that something once had.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_former_names(&mut self, kind: &str, id: Uuid) -> Result<(), StoreError> {
        self.put("DELETE FROM former_names WHERE kind = ?1 AND id = ?2", vals![kind, id], Expect::Any)
    }

    /// Rewrites what a ledger row tells.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rewrite_ledger_row(&mut self, id: LedgerId, changes: &[Change]) -> Result<(), StoreError> {
        let changes = packing::pack(&serde_json::to_vec(changes).map_err(StoreError::other)?, Some(DICTIONARY));
        self.put("UPDATE ledger SET changes = ?2 WHERE id = ?1", vals![id, changes], Expect::Any)
    }

    /// Rewrites what is stored of a directory user without a change of version: what it is called stays as it is.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rewrite_document(
        &mut self,
        connection: ConnectionId,
        id: DirectoryUserId,
        document: &str,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE directory_users SET doc = ?3 WHERE connection = ?1 AND id = ?2";
        self.put(sql, vals![connection, id, document], Expect::Any)
    }

    /// Rewrites a logged request's target, decisions and body.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rewrite_request(&mut self, request: &RequestRow) -> Result<(), StoreError> {
        // A body that has expired meanwhile stays away.
        let sql = "UPDATE requests SET target = ?2, steps = ?3, body = CASE WHEN body IS NULL THEN body ELSE ?4 END \
                   WHERE id = ?1";
        let vals = vals![request.id, &request.target, json(&request.steps)?, request.body.as_ref()];
        self.put(sql, vals, Expect::Any)
    }

    /// Rewrites a chunk of logged reads.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rewrite_read_chunk(
        &mut self,
        connection: ConnectionId,
        id: Uuid,
        content: Vec<u8>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE read_chunks SET content = ?3 WHERE connection = ?1 AND id = ?2";
        self.put(sql, vals![connection, id, content], Expect::Any)
    }

    /// Rewrites what a report tells.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rewrite_report(&mut self, report: &ReportText) -> Result<(), StoreError> {
        self.put("UPDATE reports SET detail = ?2 WHERE id = ?1", vals![report.id, &report.detail], Expect::Any)
    }

    /// Rewrites what is noted of a held request.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rewrite_held_note(&mut self, held: &HeldNote) -> Result<(), StoreError> {
        self.put("UPDATE held_changes SET note = ?2 WHERE id = ?1", vals![held.id, &held.note], Expect::Any)
    }

    /// Takes the address out of ended invitations.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn erase_invitations(&mut self, ids: &[Uuid]) -> Result<(), StoreError> {
        for ids in ids.chunks(200) {
            let mut vals = vec![Val::from(NOBODY)];
            pad(&mut vals, ids.iter().map(|id| (*id).into()));
            let sql = format!(
                "UPDATE invitations SET email = ?1, email_key = ?1, token_hash = NULL WHERE id IN {}",
                placeholders(2, ids.len())
            );
            self.put(&sql, vals, Expect::Any)?;
        }
        Ok(())
    }
}

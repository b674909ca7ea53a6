//! Accounts.

use muster_model::{Account, AccountId, AccountState, Email, Timestamp};

use super::{beyond, corrupt, from_json, json, pad, placeholders, word};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "accounts";
const COLUMNS: &str = "id, email, email_confirmed, username, full_name, names, session_minutes, conflict, departures, state, created, version, email_since, \
                       password_set, relinks";

fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    let email: Option<String> = row.get(1)?;
    Ok(Account {
        id: AccountId(row.get(0)?),
        email: email.map(|text| Email::parse(&text).map_err(|_| corrupt(row, TABLE))).transpose()?,
        email_confirmed: row.get(2)?,
        username: row.get(3)?,
        full_name: row.get(4)?,
        names: from_json(row, 5, TABLE)?,
        session_minutes: from_json(row, 6, TABLE)?,
        conflict: row.get(7)?,
        departures: from_json(row, 8, TABLE)?,
        state: word(row, 9, TABLE, AccountState::parse)?,
        created: Timestamp(row.get(10)?),
        version: row.get(11)?,
        email_since: Timestamp(row.get(12)?),
        password_set: row.get::<Option<i64>>(13)?.map(Timestamp),
        relinks: from_json(row, 14, TABLE)?,
    })
}

impl Conn<'_> {
    /// The account with this id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn account(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1"), vals![id], account)
    }

    /// The account with this id, held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn account_for_update(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1{}", self.for_update());
        self.opt(&sql, vals![id], account)
    }

    /// The account with this email, confirmed or not, compared without case; held until the end of the transaction.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn account_by_email(&mut self, email: &Email) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE email_key = ?1{}", self.for_update());
        self.opt(&sql, vals![email.key()], account)
    }

    /// The account with this username.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn account_by_username(&mut self, username: &str) -> Result<Option<Account>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM accounts WHERE username = ?1"), vals![username], account)
    }

    /// Several accounts, in no particular order.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn accounts(&mut self, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
        let mut vals = Vec::new();
        pad(&mut vals, ids.iter().map(|id| (*id).into()));
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id IN {}", placeholders(1, ids.len()));
        self.query(&sql, vals, account)
    }

    /// Every account after `after`, by id; for the operator.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn all_accounts(&mut self, after: AccountId, limit: i64) -> Result<Vec<Account>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2");
        self.query(&sql, vals![after, limit], account)
    }

    /// Accounts whose username or address begins with this, in lower case: at most `limit` of each, by that; for the operator.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn accounts_found(&mut self, prefix: &str, limit: i64) -> Result<Vec<Account>, StoreError> {
        let mut found: Vec<Account> = Vec::new();
        for key in ["username", "email_key"] {
            let sql =
                format!("SELECT {COLUMNS} FROM accounts WHERE {key} >= ?1 AND {key} < ?2 ORDER BY {key} LIMIT ?3");
            let more = self.query(&sql, vals![prefix, beyond(prefix), limit], account)?;
            found.extend(more);
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|account| seen.insert(account.id));
        Ok(found)
    }

    /// A page of the accounts with an address of a domain, in lower case, after `after`, by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn accounts_of_domain(
        &mut self,
        domain: &str,
        after: AccountId,
        limit: i64,
    ) -> Result<Vec<Account>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE email_domain = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        self.query(&sql, vals![domain, after, limit], account)
    }

    /// A page of the accounts after `after` about whose values, or about whose role somewhere, sources disagree (PRE-3),
    /// by id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn accounts_in_conflict(&mut self, after: AccountId, limit: i64) -> Result<Vec<AccountId>, StoreError> {
        self.query(
            "SELECT id FROM accounts WHERE conflict AND id > ?1 \
             UNION SELECT account FROM memberships WHERE conflict AND account > ?1 ORDER BY 1 LIMIT ?2",
            vals![after, limit],
            |row| Ok(AccountId(row.get(0)?)),
        )
    }

    /// Whether a username is an account's now, or was one's (ACC-3); an erased person's is known only as `blinded`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn username_is_used(&mut self, username: &str, blinded: Option<&str>) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE username = ?1) \
                   OR EXISTS (SELECT 1 FROM former_names WHERE kind = 'username' AND name IN (?1, ?2))";
        self.one(sql, vals![username, blinded], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Adds an account.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] for its email or username.
    pub fn insert_account(&mut self, account: &Account) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO accounts (id, email, email_confirmed, username, full_name, names, session_minutes, conflict, \
             departures, state, created, version, email_key, email_since, password_set, email_domain, relinks) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            vals![
                account.id,
                account.email.as_ref().map(Email::as_str),
                account.email_confirmed,
                &account.username,
                &account.full_name,
                json(&account.names)?,
                json(&account.session_minutes)?,
                account.conflict,
                json(&account.departures)?,
                account.state.as_str(),
                account.created,
                account.version,
                account.email.as_ref().map(Email::key),
                account.email_since,
                account.password_set,
                account.email.as_ref().map(Email::domain),
                json(&account.relinks)?,
            ],
            Expect::Any,
        )
    }

    /// Stores an account whose version was raised by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if it changed meanwhile, [`StoreError::Taken`] for its email or username.
    pub fn update_account(&mut self, before: &Account, account: &Account) -> Result<(), StoreError> {
        let email = account.email.as_ref();
        let is_found_as_before =
            before.email.as_ref().map(Email::key) == email.map(Email::key) && before.username == account.username;
        // As for directory users: an index whose columns are named is written, whatever their values.
        if !is_found_as_before {
            self.put(
                "UPDATE accounts SET email_key = ?2, username = ?3, email_domain = ?5 WHERE id = ?1 AND version = ?4",
                vals![
                    account.id,
                    email.map(Email::key),
                    &account.username,
                    account.version - 1,
                    email.map(Email::domain),
                ],
                Expect::One,
            )?;
        }
        self.put(
            "UPDATE accounts SET email = ?2, email_confirmed = ?3, full_name = ?4, names = ?5, session_minutes = ?6, \
             conflict = ?7, departures = ?8, state = ?9, version = ?10, email_since = ?11, \
             password_set = ?12, relinks = ?13 WHERE id = ?1 AND version = ?14",
            vals![
                account.id,
                email.map(Email::as_str),
                account.email_confirmed,
                &account.full_name,
                json(&account.names)?,
                json(&account.session_minutes)?,
                account.conflict,
                json(&account.departures)?,
                account.state.as_str(),
                account.version,
                account.email_since,
                account.password_set,
                json(&account.relinks)?,
                account.version - 1,
            ],
            Expect::One,
        )
    }
}

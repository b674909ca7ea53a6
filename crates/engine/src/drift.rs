//! Drift: where what is stored has come apart from what a connection's IdP last said, and the repair.
//!
//! A check is a repair that is rolled back: what it would change is what has drifted. So the two never disagree. Repair
//! is by hand, and never held by the mass-change guard (MIG-3).

use muster_model::{
    AccountId, Connection, DirectoryUser, DirectoryUserId, Email,
    ledger::{Change, Kind},
};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    EngineError, Env,
    describe::{self, Described},
    directory::{self, Documents, Inherited},
    plans::{Member, Names},
    watch::Watch,
};

/// One user, or account, that has drifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The SCIM user; none for an account that the directory does not know and still gives something.
    pub user: Option<DirectoryUserId>,
    /// Its `userName`.
    pub user_name: Option<String>,
    /// The account.
    pub account: Option<AccountId>,
    /// The account's email.
    pub email: Option<Email>,
    /// Places that are not what was said: as they are, and as they should be.
    pub places: Vec<Member>,
    /// Values that are not what was said.
    pub values: Vec<Described>,
    /// How many reasons for memberships are missing or too many, whether that shows or not.
    pub reasons: usize,
    /// Why what was said cannot be followed.
    pub refused: Option<String>,
}

/// What a check of some users came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// Who has drifted.
    pub findings: Vec<Finding>,
    /// How many users were looked at.
    pub users: usize,
    /// The user after which to go on; `None` at the end.
    pub next: Option<DirectoryUserId>,
}

/// Repairs at most `limit` users after `after`, in a transaction that the caller rolls back: a check. `fresh` makes a
/// [`watched`](Env::watched) run for each of them. A user that cannot be repaired ends it early: what was half done for
/// it must not mislead about others.
///
/// # Errors
///
/// The store's.
pub fn check(
    tx: &mut Tx<'_>,
    fresh: &dyn Fn() -> Env,
    connection: &Connection,
    documents: &dyn Documents,
    after: DirectoryUserId,
    limit: i64,
) -> Result<Checked, EngineError> {
    let users = tx.directory_users_after(connection.id, after, limit)?;
    let mut checked = Checked::default();
    let mut ended = i64::try_from(users.len()).unwrap_or(i64::MAX) < limit;
    for user in &users {
        checked.users += 1;
        checked.next = Some(user.id);
        let mut env = fresh();
        match repair_user(tx, &mut env, connection, documents, user) {
            Ok(found) => checked.findings.extend(found),
            Err(EngineError::Refused(refusal)) => {
                let mut finding = Finding::of(tx, user)?;
                finding.refused = Some(refusal.to_string());
                checked.findings.push(finding);
                ended &= checked.users == users.len();
                break;
            }
            Err(other) => return Err(other),
        }
    }
    if ended {
        checked.next = None;
    }
    Ok(checked)
}

/// Makes what is stored of one user agree with what was last said of it. Answers what had drifted. `env` is
/// [`watched`](Env::watched).
///
/// # Errors
///
/// What a push would be refused for; the store's.
pub fn repair_user(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    documents: &dyn Documents,
    user: &DirectoryUser,
) -> Result<Option<Finding>, EngineError> {
    let said = documents.statement(user)?;
    let row = directory::restate_row(tx, env, user, &said)?;
    directory::reassert(tx, env, connection, &row, &said, Inherited::End)?;
    let finding = Finding::of(tx, user)?;
    finding.with_changes(tx, env)
}

/// As [`repair_user`], by id.
///
/// # Errors
///
/// Not found; as [`repair_user`].
pub fn repair(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    documents: &dyn Documents,
    id: DirectoryUserId,
) -> Result<Option<Finding>, EngineError> {
    directory::require_scim(connection)?;
    let user = directory::user(tx, connection, id)?;
    repair_user(tx, env, connection, documents, &user)
}

/// Ends what the connection still gives at most `limit` accounts that its directory does not know. Answers who they are.
///
/// # Errors
///
/// The store's.
pub fn repair_orphans(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    limit: i64,
) -> Result<Vec<Finding>, EngineError> {
    let mut findings = Vec::new();
    for account in tx.accounts_without_directory_user(connection.id, AccountId(Uuid::nil()), limit)? {
        directory::withdraw_orphan(tx, env, connection, account)?;
        let email = tx.account(account)?.and_then(|account| account.email);
        let finding = Finding { account: Some(account), email, ..Finding::nobody() };
        findings.push(Finding { places: places(tx, env, Some(account))?, ..finding });
    }
    Ok(findings)
}

/// Resolves every group anew, and moves members where that comes to something else. Answers the groups that had
/// drifted.
///
/// # Errors
///
/// The store's.
pub fn repair_groups(tx: &mut Tx<'_>, env: &mut Env, connection: &Connection) -> Result<Vec<Described>, EngineError> {
    directory::remap_groups(tx, env, connection)?;
    let groups: Vec<Change> =
        env.changes().iter().filter(|change| change.kind == Kind::DirectoryGroup).cloned().collect();
    describe::describe(tx, &groups)
}

impl Finding {
    fn nobody() -> Self {
        Self {
            user: None,
            user_name: None,
            account: None,
            email: None,
            places: Vec::new(),
            values: Vec::new(),
            reasons: 0,
            refused: None,
        }
    }

    fn of(conn: &mut Conn<'_>, user: &DirectoryUser) -> Result<Self, EngineError> {
        let email = match user.account {
            Some(account) => conn.account(account)?.and_then(|account| account.email),
            None => None,
        };
        let user_name = Some(user.user_name.clone());
        Ok(Self { user: Some(user.id), user_name, account: user.account, email, ..Self::nobody() })
    }

    /// With what the run changed; `None` if that is nothing.
    fn with_changes(mut self, conn: &mut Conn<'_>, env: &Env) -> Result<Option<Self>, EngineError> {
        if env.changes().is_empty() {
            return Ok(None);
        }
        self.places = places(conn, env, None)?;
        let value = |change: &&Change| matches!(change.kind, Kind::Account | Kind::DirectoryUser);
        let values: Vec<Change> = env.changes().iter().filter(value).cloned().collect();
        self.values = describe::describe(conn, &values)?;
        self.reasons = env.changes().iter().filter(|change| change.kind == Kind::Grant).count();
        Ok(Some(self))
    }
}

/// The places that a run changed.
fn places(conn: &mut Conn<'_>, env: &Env, only: Option<AccountId>) -> Result<Vec<Member>, EngineError> {
    let mut names = Names::default();
    let mut places = Vec::new();
    let Some(watch) = env.watch() else { return Ok(places) };
    for (organization, account, moved) in Watch::moves(watch) {
        if only.is_none_or(|only| only == account) {
            places.push(names.member(conn, watch, organization, account, moved)?);
        }
    }
    Ok(places)
}

//! Erasing a person (ACC-2): everything ends, and whatever says who that was becomes a tombstone; ids and structure stay.
//!
//! - [`begin`] is one transaction: the account, its memberships, sessions, tokens and its directory users. After it nobody
//!   reaches anything, and no table tells who it was.
//! - What the past tells of the person follows in slices ([`look`], then [`slice`](slice())), as a duty of any node: first
//!   the person's own history, then what others' records say: requests and reads on the log, documents that name the
//!   person, invitations, reports, plans. Each slice is searched for in the lane for scans, holds the writer for some
//!   milliseconds, and notes how far it has come, so it can be killed anywhere. What the person was called is kept for
//!   this, sealed, and only until it is done.
//!
//! Whatever is said after [`begin`] is new: the next push or sign-in makes a new account.

mod history;
mod sweep;
mod words;

use muster_crypto::{Place, Sealer};
use muster_model::{
    Account, AccountId, AccountState, Actor, DirectoryUser, ErasureId, Layers, MembershipState, Rule, Timestamp,
    directory::Unprovisioned,
    ledger::{Event, Kind},
    membership::Ending,
};
use muster_store::{Conn, Counter, ErasureRow, StoreError, Tx};
use serde_json::Value;
use uuid::Uuid;

pub use sweep::{Found, Logged, Progress, look, slice};
pub use words::{TOMBSTONE, Words};

use crate::{
    EngineError, Env, Refusal, accounts, blocks, companies, credentials::factors, directory::Documents,
    ledger::Subject, roles, standing::Standing,
};

/// What ended sessions and tokens say (SES-3).
const REASON: &str = "the account was erased";

/// Who was erased, and whether anything still says who that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Stable id.
    pub id: ErasureId,
    /// Whose account it was.
    pub account: AccountId,
    /// Who wanted it.
    pub actor: Actor,
    /// When the account ended.
    pub begun: Timestamp,
    /// When nothing was left; `None` while others' records are searched.
    pub done: Option<Timestamp>,
    /// How far that is, for people.
    pub stage: &'static str,
    /// Whether it cannot go on until a key is back.
    pub is_stuck: bool,
}

/// Ends an account and everything that it has, and takes the person out of what is its own.
///
/// # Errors
///
/// Not found, also when it is erased already; [`Refusal::LastOwner`]; refused to anybody but the person and the operator;
/// the store's; when the master key is needed and not at hand.
pub fn begin(
    tx: &mut Tx<'_>,
    env: &mut Env,
    documents: &dyn Documents,
    sealer: &Sealer,
    account: AccountId,
) -> Result<Erasure, EngineError> {
    let actor = env.origin().actor;
    if !(actor == Actor::Operator || actor == Actor::Account(account.0)) {
        return Err(Refusal::Invalid("only the person and the operator erase an account".to_owned()).into());
    }
    let before = tx.account_for_update(account)?.filter(|account| account.state != AccountState::Erased);
    let before = before.ok_or_else(|| EngineError::not_found("account", account))?;
    // Below this id is everything that was said of the person; above, of whoever comes next.
    let id = ErasureId(env.new_id());
    let mut words = Words::default();
    let users = learn(tx, documents, &mut words, &before)?;
    refuse_last_owner(tx, &before)?;

    end_memberships(tx, env, account)?;
    end_invitations(tx, env, &words)?;
    factors::forget(tx, env, account, Rule::Acc2)?;
    tx.end_all_access(account, REASON, env.now())?;
    tx.resolve_all_reports(account.0, env.now())?;
    blocks::blind(tx, env, account, before.email.as_ref(), &words.addresses())?;
    keep_username(tx, env, &before)?;
    for user in users {
        erase_directory_user(tx, env, documents, &user)?;
    }
    erase_account(tx, env, &before)?;

    let progress = sweep::State::of(words.ids());
    let row = ErasureRow {
        id,
        account,
        actor,
        begun: env.now(),
        progress: progress.write()?,
        words: Some(seal(sealer, id, &words)?),
        done: None,
    };
    tx.insert_erasure(&row)?;
    Ok(progress.erasure(&row))
}

/// The newest erasures, newest first.
///
/// # Errors
///
/// The store's.
pub fn list(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Erasure>, EngineError> {
    Ok(conn.erasures(limit)?.iter().map(|row| sweep::State::read(&row.progress).erasure(row)).collect())
}

/// How many erasures cannot go on until a data key is back.
///
/// # Errors
///
/// The store's.
pub fn stuck(conn: &mut Conn<'_>) -> Result<u64, EngineError> {
    let open = conn.open_erasures()?;
    Ok(open.iter().filter(|row| sweep::State::read(&row.progress).erasure(row).is_stuck).count() as u64)
}

/// The oldest erasure that has something left to do now; `None` when there is none, or all wait for their time.
///
/// # Errors
///
/// The store's.
pub fn next(conn: &mut Conn<'_>, now: Timestamp) -> Result<Option<ErasureRow>, EngineError> {
    let open = conn.open_erasures()?;
    Ok(open.into_iter().find(|row| sweep::State::read(&row.progress).is_due(row, now)))
}

/// Everything that the person was called, and the directory users that are the person's.
fn learn(
    tx: &mut Tx<'_>,
    documents: &dyn Documents,
    words: &mut Words,
    account: &Account,
) -> Result<Vec<DirectoryUser>, EngineError> {
    words.is(account.id.0);
    history::call(words, Kind::Account, &state(account)?);
    history::learn(tx, words, account.id.0, account.id.0)?;
    let mut users = tx.directory_users_of(account.id)?;
    for user in &users {
        learn_directory_user(tx, documents, words, user)?;
    }
    for user in tx.unclaimed_directory_users(&words.addresses())? {
        if !users.iter().any(|known| known.id == user.id) {
            learn_directory_user(tx, documents, words, &user)?;
            users.push(user);
        }
    }
    let former: Vec<Uuid> = words.ids().filter(|id| *id != account.id.0).collect();
    for id in former.into_iter().filter(|id| !users.iter().any(|user| user.id.0 == *id)) {
        // What stands for somebody else by now is not the person's any more, whatever it was.
        match history::directory_user(tx, id)? {
            Some(_) => words.is_not(id),
            None => history::learn(tx, words, id, Uuid::nil())?,
        }
    }
    Ok(users)
}

fn learn_directory_user(
    tx: &mut Tx<'_>,
    documents: &dyn Documents,
    words: &mut Words,
    user: &DirectoryUser,
) -> Result<(), EngineError> {
    words.is(user.id.0);
    history::call(words, Kind::DirectoryUser, &state(user)?);
    // A document that nobody can read any more is erased all the same.
    if let Ok(said) = documents.statement(user) {
        said.full_name.iter().for_each(|name| words.named(name));
        said.emails.iter().for_each(|email| words.called(email));
    }
    history::learn(tx, words, user.id.0, Uuid::nil())
}

/// The last owner of an organization hands it over first (ORG-1).
fn refuse_last_owner(tx: &mut Tx<'_>, account: &Account) -> Result<(), EngineError> {
    let mut owned = tx.organizations_owned_through_company(account.id)?;
    let memberships = tx.memberships_of(account.id)?;
    owned.extend(memberships.iter().filter(|membership| membership.is_owner()).map(|owner| owner.organization));
    owned.sort_unstable();
    owned.dedup();
    for organization in owned {
        if !roles::another_owner(tx, organization, account.id)? {
            let name = tx.organization(organization)?.map(|organization| organization.name).unwrap_or_default();
            return Err(Refusal::LastOwner { account: account.username.clone(), organization: name }.into());
        }
    }
    Ok(())
}

fn end_memberships(tx: &mut Tx<'_>, env: &mut Env, account: AccountId) -> Result<(), EngineError> {
    for company in tx.companies_owned_by(account)? {
        companies::forget_owner(tx, env, &company, account)?;
    }
    for (_, mut standing) in Standing::load_all(tx, account)? {
        standing.end(|_| true);
        let over = standing.membership().is_some_and(|it| matches!(it.state, MembershipState::Ended { .. }));
        if !over {
            standing.set_state(MembershipState::Ended { why: Ending::Erased, by: None });
        }
        standing.edit(|membership| membership.role_kept = false);
        standing.save(tx, env, Rule::Acc2)?;
    }
    Ok(())
}

/// Ends the pending invitations of the person's addresses; what is recorded of that names nobody.
fn end_invitations(tx: &mut Tx<'_>, env: &mut Env, words: &Words) -> Result<(), EngineError> {
    for invitation in tx.pending_invitations_of(&words.addresses())? {
        let organization = invitation.organization;
        let ended = muster_model::Invitation { version: invitation.version + 1, ..invitation.clone() };
        tx.end_invitation(&ended, "cancelled", env.now())?;
        tx.add_to_count(organization.0, Counter::Invitations, -1)?;
        let mut told = state(&invitation)?;
        history::own(Kind::Invitation, invitation.id.0, &mut told);
        let subject = Subject::within(Kind::Invitation, invitation.id, organization);
        env.ended(Event::InvitationEnded, subject, ended.version, Rule::Acc2, &told)?;
        env.about(organization);
        env.unsettle(organization);
    }
    Ok(())
}

/// Nobody else is ever given the username (ACC-3), and nobody can read it.
fn keep_username(tx: &mut Tx<'_>, env: &Env, account: &Account) -> Result<(), EngineError> {
    tx.delete_former_names("username", account.id.0)?;
    match env.blind(accounts::USERNAME, &[account.username.as_bytes()]) {
        Some(blinded) => Ok(tx.insert_former_name("username", &blinded, account.id.0, env.now())?),
        None => Ok(()),
    }
}

/// The resource stays under its id, in its groups, inactive, and says nothing. Whatever is said of it next begins anew.
fn erase_directory_user(
    tx: &mut Tx<'_>,
    env: &mut Env,
    documents: &dyn Documents,
    before: &DirectoryUser,
) -> Result<(), EngineError> {
    let name = history::tombstone(before.id);
    let after = DirectoryUser {
        document: documents.tombstone(&name),
        user_name: name,
        external_id: None,
        active: false,
        account: None,
        unprovisioned: Some(Unprovisioned::Erased),
        modified: env.now(),
        version: before.version + 1,
        ..before.clone()
    };
    tx.update_directory_user(before, &after)?;
    tx.delete_directory_emails(after.id)?;
    tx.supersede_held_changes(after.connection, after.id.0, env.now())?;
    let mut told = state(before)?;
    history::own(Kind::DirectoryUser, before.id.0, &mut told);
    let subject = Subject::new(Kind::DirectoryUser, after.id);
    env.changed(Event::DirectoryUserUpdated, subject, after.version, Rule::Acc2, &told, &state(&after)?)?;
    env.about(after.id);
    Ok(())
}

fn erase_account(tx: &mut Tx<'_>, env: &mut Env, before: &Account) -> Result<(), EngineError> {
    let after = Account {
        email: None,
        email_confirmed: false,
        username: history::tombstone(before.id),
        full_name: String::new(),
        names: Layers::new(),
        session_minutes: Layers::new(),
        conflict: false,
        departures: Vec::new(),
        relinks: Vec::new(),
        password_set: None,
        state: AccountState::Erased,
        version: before.version + 1,
        ..before.clone()
    };
    tx.update_account(before, &after)?;
    let mut told = state(before)?;
    history::own(Kind::Account, before.id.0, &mut told);
    let subject = Subject::new(Kind::Account, after.id);
    env.changed(Event::AccountErased, subject, after.version, Rule::Acc2, &told, &state(&after)?)?;
    env.about(after.id);
    Ok(())
}

fn state<T: serde::Serialize>(row: &T) -> Result<Value, StoreError> {
    serde_json::to_value(row).map_err(StoreError::other)
}

fn place(id: ErasureId) -> Place {
    Place { table: "erasures", column: "words", row: id.0 }
}

fn seal(sealer: &Sealer, id: ErasureId, words: &Words) -> Result<Vec<u8>, StoreError> {
    let text = serde_json::to_vec(words).map_err(StoreError::other)?;
    sealer.seal(&place(id), &text).map_err(StoreError::other)
}

/// What the person was called; nothing, once all is done.
fn open(sealer: &Sealer, row: &ErasureRow) -> Result<Words, StoreError> {
    let Some(sealed) = &row.words else { return Ok(Words::default()) };
    let text = sealer.open(&place(row.id), sealed).map_err(StoreError::other)?;
    serde_json::from_slice(&text).map_err(StoreError::other)
}

//! Whose sign-in it is (JIT-1), and whether the directory still wants the person in (JIT-10).

use std::collections::BTreeSet;

use muster_model::{Account, AccountId, Connection, ConnectionId, Rule, SignIn, Timestamp, trace::Note};
use muster_store::{Conn, Tx};

use super::Invited;
use crate::{EngineError, Env, Refusal, accounts, connections, domains};

/// An account, and by what it was found.
pub(super) struct Found {
    pub(super) account: Account,
    /// By the subject, whose address may be another now.
    by_subject: bool,
}

/// The account, by the subject, then the address, then a user of the connection's directory (JIT-1).
pub(super) fn find(tx: &mut Tx<'_>, connection: &Connection, said: &SignIn) -> Result<Option<Found>, EngineError> {
    if let Some(subject) = &said.subject
        && let Some(id) = tx.account_of_subject(connection.id, subject)?
    {
        let account = tx.account_for_update(id)?.ok_or_else(|| EngineError::not_found("account", id))?;
        return Ok(Some(Found { account, by_subject: true }));
    }
    let by_email = tx.account_by_email(&said.email)?.filter(|account| account.email_confirmed);
    let id = match by_email {
        Some(account) => Some(account.id),
        None => by_directory(tx, connection, said)?,
    };
    let Some(account) = id.map(|id| tx.account_for_update(id)).transpose()?.flatten() else { return Ok(None) };
    if domains::is_former_holders(tx, &account)? {
        return Err(Refusal::FormerHolder(said.email.to_string()).into());
    }
    if let Some(subject) = &said.subject
        && tx.has_subject(connection.id, account.id)?
    {
        // Another sign-in of the same person may have recorded it just now.
        if tx.account_of_subject(connection.id, subject)? == Some(account.id) {
            return Ok(Some(Found { account, by_subject: true }));
        }
        if account.relinks.contains(&connection.id) {
            return Ok(Some(Found { account, by_subject: false }));
        }
        // The address was given to somebody else at the IdP, or the person anew: only an owner knows.
        return Err(Refusal::AnotherSubject(said.email.to_string()).into());
    }
    Ok(Some(Found { account, by_subject: false }))
}

/// Whom the directory knows by the address: by `userName`, else by an email. One that several people share is nobody's.
fn by_directory(tx: &mut Tx<'_>, connection: &Connection, said: &SignIn) -> Result<Option<AccountId>, EngineError> {
    if let Some(user) = tx.directory_user_by_user_name(connection.id, said.email.as_str())?
        && user.account.is_some()
    {
        return Ok(user.account);
    }
    let users = tx.directory_users_by_address(connection.id, &said.email.key())?;
    let accounts: BTreeSet<AccountId> = users.into_iter().filter_map(|user| user.account).collect();
    if accounts.len() > 1 {
        return Err(Refusal::AnotherSubject(said.email.to_string()).into());
    }
    Ok(accounts.first().copied())
}

/// JIT-10: whom the connection's directory has deactivated or deleted does not come in through it, whatever the IdP asserts.
/// Somebody deleted is let in again by an owner's later invitation.
pub(super) fn require_wanted(
    tx: &mut Conn<'_>,
    connection: &Connection,
    said: &SignIn,
    account: Option<&Account>,
    invited: &Invited,
) -> Result<(), EngineError> {
    let is_wanted = match users_of(tx, connection, said, account)? {
        users if !users.is_empty() => users.into_iter().any(|is_active| is_active),
        _ => match account.map(|account| departed(tx, connection, account)).transpose()?.flatten() {
            Some(at) => {
                let mut invitations = invited.meant_for(said, account);
                invitations.any(|invitation| invitation.connection.is_none() && invitation.sent >= at)
            }
            None => true,
        },
    };
    if is_wanted { Ok(()) } else { Err(Refusal::EndedByDirectory(connection.name.clone()).into()) }
}

/// Whether each user that the connection's directory has for the person is active.
fn users_of(
    tx: &mut Conn<'_>,
    connection: &Connection,
    said: &SignIn,
    account: Option<&Account>,
) -> Result<Vec<bool>, EngineError> {
    if !connection.settings.scim.enabled {
        return Ok(Vec::new());
    }
    let of_account = match account {
        Some(account) => tx.directory_users_of(account.id)?,
        None => Vec::new(),
    };
    let mut users: Vec<_> = of_account.into_iter().filter(|user| user.connection == connection.id).collect();
    if users.is_empty() {
        // One that was never active stands for no account, and keeps its address out all the same.
        let named = tx.directory_users_by_address(connection.id, &said.email.key())?;
        users.extend(named.into_iter().filter(|user| user.account.is_none()));
    }
    Ok(users.into_iter().map(|user| user.active).collect())
}

/// When the connection's directory, or that of the one that it succeeds (SSO-12), deleted the person; not once SCIM was
/// disabled there.
fn departed(tx: &mut Conn<'_>, connection: &Connection, account: &Account) -> Result<Option<Timestamp>, EngineError> {
    let mut latest = None;
    for directory in directories(connection) {
        if account.departed(directory) > latest && connections::has_directory(tx, connection, directory)? {
            latest = account.departed(directory);
        }
    }
    Ok(latest)
}

/// The connections whose directories speak for this one: its own, and its predecessor's until it has pushed the person.
fn directories(connection: &Connection) -> impl Iterator<Item = ConnectionId> + use<> {
    [Some(connection.id), connection.settings.predecessor].into_iter().flatten()
}

/// Makes the account, or lets it follow what is said; whether it is new.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: &SignIn,
    found: Option<Found>,
) -> Result<(Account, bool), EngineError> {
    let Some(Found { account: before, by_subject }) = found else {
        let (mut account, made) = accounts::find_or_create(tx, env, &said.email, Rule::Jit1)?;
        if !made {
            // Between the look and now: whoever it is must be looked at like anybody else.
            return Err(Refusal::TakenMeanwhile("email").into());
        }
        accounts::assert_profile(tx, env, connection, &mut account, said)?;
        accounts::insert(tx, env, &account, Rule::Jit1)?;
        return Ok((account, true));
    };
    env.note(Rule::Jit1, Note::AccountFound);
    let mut account = before.clone();
    // Whoever may come in by now is not kept out any more (JIT-10).
    for directory in directories(connection) {
        account.come_back(directory);
    }
    // An owner said that this is the same person: what the IdP called the person until now means nobody any more.
    if account.relinks.contains(&connection.id) && said.subject.is_some() && !by_subject {
        tx.forget_subjects(connection.id, account.id)?;
        account.relinks.retain(|relinked| *relinked != connection.id);
        env.note(Rule::Jit1, Note::Checked("linked anew, by the word of an owner".to_owned()));
    }
    // JIT-7: without JIT the address is not for the assertion to change.
    if by_subject && connection.settings.jit {
        follow_address(tx, env, connection, said, &mut account)?;
    }
    // TEN-2: a connection says nothing of an account outside its own domains.
    if account.email.as_ref().is_some_and(|email| connection.owns(email)) {
        accounts::assert_profile(tx, env, connection, &mut account, said)?;
    }
    accounts::update(tx, env, &before, account.clone(), Rule::Jit1)?;
    Ok((account, false))
}

/// Found by the subject, the address follows (TEN-2). One that another account has stays with that: nothing is merged, and
/// nobody is kept out for it.
fn follow_address(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: &SignIn,
    account: &mut Account,
) -> Result<(), EngineError> {
    let taken = tx.account_by_email(&said.email)?.filter(|other| other.email_confirmed && other.id != account.id);
    if taken.is_none() {
        return accounts::change_email(tx, env, connection, account, &said.email);
    }
    let why =
        format!("`{}` belongs to another account: change it there first, or at the identity provider", said.email);
    env.report(Rule::Ten2, None, Some(account.id.0), why.clone());
    env.note(Rule::Ten2, Note::EmailKept(why));
    Ok(())
}

//! Whose sign-in it is (JIT-1), and whether the directory still wants the person in (JIT-10).

use std::collections::BTreeSet;

use muster_model::{Account, AccountId, Connection, MembershipState, Rule, SignIn, membership::Ending, trace::Note};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env, Refusal, accounts};

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
    if let Some(subject) = &said.subject
        && tx.has_subject(connection.id, account.id)?
    {
        // Another sign-in of the same person may have recorded it just now.
        if tx.account_of_subject(connection.id, subject)? == Some(account.id) {
            return Ok(Some(Found { account, by_subject: true }));
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
pub(super) fn require_wanted(
    tx: &mut Conn<'_>,
    connection: &Connection,
    said: &SignIn,
    account: Option<&Account>,
) -> Result<(), EngineError> {
    if !connection.settings.scim.enabled {
        return Ok(());
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
    let is_wanted = if users.is_empty() {
        match account {
            Some(account) => !was_deleted(tx, connection, account)?,
            None => true,
        }
    } else {
        users.iter().any(|user| user.active)
    };
    if is_wanted { Ok(()) } else { Err(Refusal::EndedByDirectory(connection.name.clone()).into()) }
}

/// Whether the directory once had the person and has no more. An owner's later act shows in a membership that goes on.
fn was_deleted(tx: &mut Conn<'_>, connection: &Connection, account: &Account) -> Result<bool, EngineError> {
    let memberships = tx.memberships_of(account.id)?;
    let mut here = memberships.iter().filter(|membership| connection.covered(membership.organization).is_some());
    let ended = MembershipState::Ended { why: Ending::Scim, by: Some(connection.id) };
    let goes_on = here.clone().any(muster_model::Membership::is_active);
    Ok(!goes_on && here.any(|membership| membership.state == ended))
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
    if by_subject {
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

//! Creating, changing and deleting directory users.

use muster_model::{
    Connection, DirectoryUser, DirectoryUserId, Rule, UserStatement, Version,
    ledger::{Event, Kind},
    trace::Note,
};
use muster_store::{Conn, Counter, Tx, UserGroup};

use super::{deactivate, placement, provision, require_scim};
use crate::{EngineError, Env, Refusal, ledger::Subject};

/// A resource after a write, and whether the write made a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<T> {
    /// As it is now.
    pub resource: T,
    /// `false`: the request asked for what already was (SCIM-13).
    pub changed: bool,
}

/// Creates a directory user for `connection`, with its account and membership (SCIM-5).
///
/// The user is kept as it came, so that reads return what SCIM wrote (PRE-4).
///
/// # Errors
///
/// Refused if `userName` is taken in any letter case, the address is of an unverified domain (SCIM-10), the extension
/// names what cannot be applied (SCIM-4), or no seat is left (SCIM-9).
pub fn create_user(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: UserStatement,
) -> Result<DirectoryUser, EngineError> {
    require_scim(connection)?;
    env.guard(connection, None);
    if tx.directory_user_by_user_name(connection.id, &said.user_name)?.is_some() {
        return Err(Refusal::UserNameTaken(said.user_name).into());
    }
    let newest = tx.newest_directory_user(connection.id)?;
    let mut user = DirectoryUser {
        id: DirectoryUserId(env.new_id_above(newest.map(Into::into))),
        connection: connection.id,
        user_name: said.user_name.clone(),
        external_id: said.external_id.clone(),
        active: said.active,
        document: said.document.clone(),
        account: None,
        unprovisioned: None,
        groups: 0,
        created: env.now(),
        modified: env.now(),
        version: 1,
    };
    provision::start(tx, env, connection, &mut user, &said)?;
    tx.insert_directory_user(&user)?;
    index_emails(tx, &user, &said)?;
    tx.add_to_count(connection.id.0, Counter::Users, 1)?;
    env.created(Event::DirectoryUserCreated, subject(&user), 1, Rule::Scim5, &user)?;
    env.about(user.id);
    Ok(user)
}

/// Changes a directory user to what `change` makes of it: PUT, PATCH and replay are the same to the rules.
///
/// `expected` is the version that the client saw, if it said.
///
/// # Errors
///
/// As [`create_user`]; not found; [`Refusal::VersionMismatch`]; what `change` returns. Nothing is half done (SCIM-13).
pub fn change_user<E: From<EngineError>>(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    id: DirectoryUserId,
    expected: impl FnOnce(Version) -> bool,
    change: impl FnOnce(&DirectoryUser) -> Result<UserStatement, E>,
) -> Result<Changed<DirectoryUser>, E> {
    require_scim(connection)?;
    let before = load(tx, connection, id)?;
    env.guard(connection, Some((before.id.0, before.version)));
    if !expected(before.version) {
        return Err(EngineError::from(Refusal::VersionMismatch { actual: before.version }).into());
    }
    let said = change(&before)?;
    apply(tx, env, connection, before, &said).map_err(E::from)
}

fn apply(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    before: DirectoryUser,
    said: &UserStatement,
) -> Result<Changed<DirectoryUser>, EngineError> {
    if said.user_name.to_lowercase() != before.user_name.to_lowercase()
        && tx.directory_user_by_user_name(connection.id, &said.user_name)?.is_some()
    {
        return Err(Refusal::UserNameTaken(said.user_name.clone()).into());
    }
    // ORG-2: a write that leaves the user active adds a removed membership again, even if it says nothing new.
    let says_nothing_new = said.document == before.document && said.active == before.active;
    let groups_miss = said.active && before.active && placement::is_missing(tx, connection, &before)?;
    if says_nothing_new
        && !groups_miss
        && !(said.active && provision::is_missing_somewhere(tx, env, connection, &before, said)?)
    {
        env.note(Rule::Scim13, Note::NothingChanged);
        return Ok(Changed { resource: before, changed: false });
    }
    let mut user = DirectoryUser {
        user_name: said.user_name.clone(),
        external_id: said.external_id.clone(),
        active: said.active,
        document: said.document.clone(),
        ..before.clone()
    };
    match (before.active, said.active) {
        (true, false) => deactivate::deactivate(tx, env, connection, &mut user)?,
        (false, true) => {
            provision::start(tx, env, connection, &mut user, said)?;
            placement::restore(tx, env, connection, &user)?;
        }
        (true, true) => {
            let had_account = user.account.is_some();
            provision::follow(tx, env, connection, &mut user, said)?;
            if !had_account || groups_miss {
                placement::restore(tx, env, connection, &user)?;
            }
        }
        // SCIM-10: a write that leaves the user inactive is stored as sent.
        (false, false) => {}
    }
    if !says_nothing_new || user != before {
        user.version = before.version + 1;
        user.modified = env.now();
        tx.update_directory_user(&before, &user)?;
        if said.document != before.document {
            tx.delete_directory_emails(user.id)?;
            index_emails(tx, &user, said)?;
        }
        env.changed(Event::DirectoryUserUpdated, subject(&user), user.version, Rule::Scim5, &before, &user)?;
        env.about(user.id);
        if let Some(account) = user.account {
            env.about(account);
        }
    }
    Ok(Changed { resource: user, changed: true })
}

/// Deactivates a directory user, and forgets it (SCIM-5): its id is never used again, its `userName` is free.
///
/// # Errors
///
/// Not found; [`Refusal::VersionMismatch`]; the store's.
pub fn delete_user(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    id: DirectoryUserId,
    expected: impl FnOnce(Version) -> bool,
) -> Result<(), EngineError> {
    require_scim(connection)?;
    let user = load(tx, connection, id)?;
    env.guard(connection, Some((user.id.0, user.version)));
    if !expected(user.version) {
        return Err(Refusal::VersionMismatch { actual: user.version }.into());
    }
    deactivate::forget(tx, env, connection, &user)?;
    placement::leave_all(tx, env, connection, &user)?;
    tx.delete_directory_user(connection.id, id)?;
    tx.add_to_count(connection.id.0, Counter::Users, -1)?;
    tx.add_to_count(connection.id.0, Counter::Deletes, 1)?;
    env.ended(Event::DirectoryUserDeleted, subject(&user), user.version + 1, Rule::Scim5, &user)?;
    env.about(user.id);
    if let Some(account) = user.account {
        env.about(account);
    }
    Ok(())
}

/// A directory user of this connection; another's is not found.
///
/// # Errors
///
/// Not found; the store's.
pub fn user(conn: &mut Conn<'_>, connection: &Connection, id: DirectoryUserId) -> Result<DirectoryUser, EngineError> {
    load(conn, connection, id)
}

/// The groups of directory users of this connection, for the read-only `groups` attribute (SCIM-3).
///
/// # Errors
///
/// The store's.
pub fn user_groups<'u>(
    conn: &mut Conn<'_>,
    connection: &Connection,
    users: impl IntoIterator<Item = &'u DirectoryUser>,
) -> Result<Vec<UserGroup>, EngineError> {
    let ids: Vec<_> = users.into_iter().filter(|user| user.groups > 0).map(|user| user.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(conn.groups_of_users(connection.id, &ids)?)
}

fn load(conn: &mut Conn<'_>, connection: &Connection, id: DirectoryUserId) -> Result<DirectoryUser, EngineError> {
    conn.directory_user(connection.id, id)?.ok_or_else(|| EngineError::not_found("User", id))
}

pub(super) fn subject(user: &DirectoryUser) -> Subject {
    Subject::new(Kind::DirectoryUser, user.id)
}

/// Keeps the addresses by which the user is found, other than its `userName`.
fn index_emails(tx: &mut Tx<'_>, user: &DirectoryUser, said: &UserStatement) -> Result<(), EngineError> {
    let user_name = user.user_name.to_lowercase();
    for email in &said.emails {
        let key = email.to_lowercase();
        if key != user_name {
            tx.insert_directory_email(user.connection, &key, user.id)?;
        }
    }
    Ok(())
}

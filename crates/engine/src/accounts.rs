//! Accounts as provisioning meets them: whose an email is, and what the person is called.

use muster_model::{
    Account, AccountId, AccountState, Connection, ConnectionId, Email, Layers, OrganizationId, Rule, SignIn, Source,
    Statement,
    ledger::{Event, Kind},
    name, precedence,
    trace::Note,
};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env, Refusal, connections, ledger::Subject, sessions};

/// What usernames of erased people are blinded for (ACC-3).
pub(crate) const USERNAME: &str = "username";

/// The account with this email, made when there is none. Answers whether it was made.
///
/// An account that never confirmed the address gives it up (ACC-1): nobody gets in by having typed somebody else's.
///
/// # Errors
///
/// The store's.
pub fn find_or_create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    email: &Email,
    rule: Rule,
) -> Result<(Account, bool), EngineError> {
    match tx.account_by_email(email)? {
        Some(account) if account.email_confirmed => {
            env.note(rule, Note::AccountFound);
            Ok((account, false))
        }
        Some(account) => {
            take_email_away(tx, env, account)?;
            Ok((create(tx, env, email, rule)?, true))
        }
        None => Ok((create(tx, env, email, rule)?, true)),
    }
}

/// A new account, not stored yet: see [`insert`].
fn create(tx: &mut Tx<'_>, env: &mut Env, email: &Email, rule: Rule) -> Result<Account, EngineError> {
    let username = free_username(tx, env, email)?;
    env.note(rule, Note::AccountCreated(username.clone()));
    Ok(Account {
        id: AccountId(env.new_id()),
        email: Some(email.clone()),
        email_confirmed: true,
        email_since: env.now(),
        username,
        full_name: String::new(),
        names: Layers::new(),
        session_minutes: Layers::new(),
        conflict: false,
        departures: Vec::new(),
        relinks: Vec::new(),
        password_set: None,
        state: AccountState::Active,
        created: env.now(),
        version: 1,
    })
}

/// A username made from the email plus random digits (JIT-1); more digits each time it is taken.
fn free_username(tx: &mut Tx<'_>, env: &mut Env, email: &Email) -> Result<String, EngineError> {
    let stem = name::username_stem(email);
    for digits in 4..16 {
        let username = format!("{stem}{}", env.digits(digits));
        let blinded = env.blind(USERNAME, &[username.as_bytes()]);
        if !tx.username_is_used(&username, blinded.as_deref())? {
            return Ok(username);
        }
    }
    Err(Refusal::Name(format!("no username could be made from `{email}`: give the account another address")).into())
}

/// Stores an account that [`find_or_create`] made.
///
/// # Errors
///
/// The store's.
pub fn insert(tx: &mut Tx<'_>, env: &mut Env, account: &Account, rule: Rule) -> Result<(), EngineError> {
    tx.insert_account(account)?;
    env.created(Event::AccountCreated, Subject::new(Kind::Account, account.id), 1, rule, account)?;
    env.about(account.id);
    Ok(())
}

/// Stores an account if it differs from what it was.
///
/// # Errors
///
/// The store's.
pub fn update(
    tx: &mut Tx<'_>,
    env: &mut Env,
    before: &Account,
    mut after: Account,
    rule: Rule,
) -> Result<(), EngineError> {
    if *before == after {
        return Ok(());
    }
    after.version = before.version + 1;
    tx.update_account(before, &after)?;
    let subject = Subject::new(Kind::Account, after.id);
    env.changed(Event::AccountUpdated, subject, after.version, rule, before, &after)?;
    env.about(after.id);
    Ok(())
}

pub(crate) fn take_email_away(tx: &mut Tx<'_>, env: &mut Env, account: Account) -> Result<(), EngineError> {
    let without = Account { email: None, ..account.clone() };
    env.note(Rule::Acc1, Note::EmailTakenOver);
    update(tx, env, &account, without, Rule::Acc1)
}

/// Moves an account to another address, on the word of a connection that owns both (TEN-2).
///
/// # Errors
///
/// [`Refusal::EmailTaken`]; the store's.
pub fn change_email(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: &mut Account,
    email: &Email,
) -> Result<(), EngineError> {
    if account.email.as_ref().is_some_and(|current| current.as_str() == email.as_str()) {
        return Ok(());
    }
    let owned = account.email.as_ref().is_some_and(|current| connection.owns(current));
    if !owned {
        let why = "the present address is not in a verified domain of this connection".to_owned();
        env.note(Rule::Ten2, Note::EmailKept(why));
        return Ok(());
    }
    match tx.account_by_email(email)? {
        Some(other) if other.id == account.id => {}
        Some(other) if other.email_confirmed => return Err(Refusal::EmailTaken(email.to_string()).into()),
        Some(other) => take_email_away(tx, env, other)?,
        None => {}
    }
    // ORG-2: a block is about the person, also when somebody is pushed anew under the address that is given up here.
    if let Some(given_up) = &account.email
        && given_up.key() != email.key()
        && tx.keep_address_out(account.id, given_up, env.now())?
    {
        connections::changed(tx)?;
    }
    if account.email.as_ref().map(Email::key) != Some(email.key()) {
        account.email_since = env.now();
    }
    account.email = Some(email.clone());
    account.email_confirmed = true;
    env.note(Rule::Ten2, Note::EmailSet(email.to_string()));
    Ok(())
}

/// Lets a person in again through every connection that covers an organization, on the word of an owner of that
/// organization (JIT-10).
///
/// # Errors
///
/// The store's.
pub(crate) fn welcome(
    tx: &mut Tx<'_>,
    env: &mut Env,
    account: AccountId,
    organization: OrganizationId,
    rule: Rule,
) -> Result<(), EngineError> {
    let Some(before) = tx.account_for_update(account)?.filter(|account| !account.departures.is_empty()) else {
        return Ok(());
    };
    let mut after = before.clone();
    for departure in &before.departures {
        if covers(tx, departure.connection, organization)? {
            after.come_back(departure.connection);
        }
    }
    update(tx, env, &before, after, rule)
}

/// Whether a connection, or the one that succeeds it (SSO-12), covers an organization.
fn covers(conn: &mut Conn<'_>, connection: ConnectionId, organization: OrganizationId) -> Result<bool, EngineError> {
    let Some(connection) = conn.connection(connection)? else { return Ok(false) };
    if connection.covered(organization).is_some() {
        return Ok(true);
    }
    let successor = connection.settings.successor.map(|id| conn.connection(id)).transpose()?.flatten();
    Ok(successor.is_some_and(|successor| successor.covered(organization).is_some()))
}

/// Records what a connection says the person is called and how long sessions last; `None` says nothing any more.
///
/// # Errors
///
/// The store's.
pub fn state_profile(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: &mut Account,
    full_name: Option<&str>,
    session_minutes: Option<i64>,
) -> Result<(), EngineError> {
    let source = Source::Scim;
    let say_name = sayable(full_name);
    let unsaid = say_name.is_some() && forget_former_names(tx, connection, account)?;
    let named = say(env, &mut account.names, connection, source, say_name, Rule::Scim5) || unsaid;
    let timed = say(env, &mut account.session_minutes, connection, source, session_minutes, Rule::Scim4);
    if timed {
        sessions::shorten(tx, account, connection, env.now())?;
    }
    if named {
        settle_said_name(tx, env, connection, account, full_name)?;
    }
    if named || timed {
        account.conflict = account.names.in_conflict() || account.session_minutes.in_conflict();
    }
    Ok(())
}

/// Records what an assertion says of the person (PRE-1). Without a name the stored one stays (SSO-4); session minutes are
/// said anew each time (SES-2).
///
/// # Errors
///
/// The store's.
pub fn assert_profile(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: &mut Account,
    said: &SignIn,
) -> Result<(), EngineError> {
    let full_name = said.full_name.as_deref();
    let say_name = sayable(full_name);
    let named = say_name.is_some() && say(env, &mut account.names, connection, Source::Sso, say_name, Rule::Jit1);
    let minutes = said.session_minutes;
    let timed = say(env, &mut account.session_minutes, connection, Source::Sso, minutes, Rule::Ses2);
    if timed {
        sessions::shorten(tx, account, connection, env.now())?;
    }
    if named {
        settle_said_name(tx, env, connection, account, full_name)?;
    }
    if named || timed {
        account.conflict = account.names.in_conflict() || account.session_minutes.in_conflict();
    }
    Ok(())
}

/// A name that is kept: not endless, and not empty.
fn sayable(full_name: Option<&str>) -> Option<String> {
    full_name.map(|name| name::shortened(name, name::FULL_NAME_BYTES).to_owned()).filter(|name| !name.is_empty())
}

/// Lets the effective name follow what was said of it just now.
fn settle_said_name(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: &mut Account,
    said: Option<&str>,
) -> Result<(), EngineError> {
    let effective = effective_name(tx, connection, account)?;
    if effective != account.full_name {
        env.note(Rule::Pre5, Note::NameSet(effective.clone()));
        account.full_name = effective;
    } else if said.is_some_and(|said| said != effective) {
        env.note(Rule::Pre5, Note::Outvoted("the full name".to_owned()));
    }
    Ok(())
}

/// A name said by a directory that has no user for the account any more stands until another says one. Answers whether
/// there was one.
fn forget_former_names(tx: &mut Tx<'_>, connection: &Connection, account: &mut Account) -> Result<bool, EngineError> {
    let of_others = |said: &Statement<String>| said.source == Source::Scim && said.connection != Some(connection.id);
    let others: Vec<_> =
        account.names.iter().filter(|said| of_others(said)).filter_map(|said| said.connection).collect();
    if others.is_empty() {
        return Ok(false);
    }
    let users = tx.directory_users_of(account.id)?;
    let mut any = false;
    for other in others.into_iter().filter(|other| users.iter().all(|user| user.connection != *other)) {
        any |= account.names.withdraw(Source::Scim, Some(other));
    }
    Ok(any)
}

/// Lets an account's full name follow from what its sources say, after a connection's settings changed (PRE-1).
///
/// # Errors
///
/// The store's.
pub fn settle_name(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: AccountId,
) -> Result<(), EngineError> {
    let Some(before) = tx.account_for_update(account)? else { return Ok(()) };
    let full_name = effective_name(tx, connection, &before)?;
    update(tx, env, &before, Account { full_name, ..before.clone() }, Rule::Pre1)
}

/// What the sources' words on the full name come to (PRE-5).
///
/// # Errors
///
/// The store's.
pub(crate) fn effective_name(
    tx: &mut Tx<'_>,
    connection: &Connection,
    account: &Account,
) -> Result<String, EngineError> {
    let mut others = Vec::new();
    for id in account.names.iter().filter_map(|said| said.connection).filter(|id| *id != connection.id) {
        others.extend(tx.connection_settings(id)?.map(|settings| (id, settings)));
    }
    let speaker = |id| {
        let settings = if id == connection.id {
            Some(&connection.settings)
        } else {
            others.iter().find(|(other, _)| *other == id).map(|(_, settings)| settings)
        };
        settings.map(|settings| precedence::Speaker {
            policy: settings.precedence.full_name,
            // JIT-7: a name is applied with JIT off, too.
            jit: true,
            scim: settings.scim.enabled,
        })
    };
    Ok(precedence::effective(&account.names, speaker).map(|said| said.value.clone()).unwrap_or_default())
}

fn say<V: PartialEq>(
    env: &Env,
    layers: &mut Layers<V>,
    connection: &Connection,
    source: Source,
    value: Option<V>,
    rule: Rule,
) -> bool {
    match value {
        Some(value) => layers.say(env.statement(source, Some(connection.id), value, rule)),
        None => layers.withdraw(source, Some(connection.id)),
    }
}

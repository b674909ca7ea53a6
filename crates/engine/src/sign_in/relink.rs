//! What owners say of an address that came with another subject: the same person, or somebody new (JIT-1).

use muster_model::{Account, Connection, Rule};
use muster_store::{Conn, Tx};

use crate::{EngineError, Env, Refusal, accounts};

/// What ended sessions give as their reason (SES-3).
const SESSION_ENDED: &str = "the address is somebody else's now";

/// Who has an address of a connection's domains, if its IdP has called the person by some subject; to the connection's owners
/// there is nobody else (TEN-3).
///
/// # Errors
///
/// Not found; the store's.
pub fn linked(conn: &mut Conn<'_>, connection: &Connection, username: &str) -> Result<Account, EngineError> {
    let missing = || EngineError::not_found("person", username);
    let account = conn.account_by_username(&username.trim().to_lowercase())?.ok_or_else(missing)?;
    let is_of_it = account.email.as_ref().is_some_and(|email| connection.owns(email));
    if is_of_it && conn.has_subject(connection.id, account.id)? { Ok(account) } else { Err(missing()) }
}

/// Re-link: whoever signs in next through the connection with the account's address is the same person, whatever the IdP calls
/// the person by then (JIT-1). That sign-in uses the word up.
///
/// # Errors
///
/// Refused for an address of other domains than the connection's (TEN-2); the store's.
pub fn relink(tx: &mut Tx<'_>, env: &mut Env, connection: &Connection, account: &Account) -> Result<(), EngineError> {
    require_own(connection, account)?;
    let mut after = account.clone();
    if !after.relinks.contains(&connection.id) {
        after.relinks.push(connection.id);
    }
    accounts::update(tx, env, account, after, Rule::Jit1)
}

/// New person: the address is somebody else's, who gets an account of their own at the next sign-in. The former person's account
/// stays where it is, without the address, and signed in nowhere through the connection (JIT-1, ACC-1).
///
/// # Errors
///
/// As [`relink`].
pub fn new_person(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    account: Account,
) -> Result<(), EngineError> {
    require_own(connection, &account)?;
    if let Some(email) = &account.email {
        let named = tx.directory_users_by_address(connection.id, &email.key())?;
        if named.iter().any(|user| user.account == Some(account.id)) {
            let text = format!(
                "the directory of connection `{}` has this person under `{email}`: rename or delete the user there first",
                connection.name
            );
            return Err(Refusal::Invalid(text).into());
        }
    }
    tx.end_sessions(account.id, connection.id, SESSION_ENDED, env.now())?;
    accounts::take_email_away(tx, env, account)
}

fn require_own(connection: &Connection, account: &Account) -> Result<(), EngineError> {
    if account.email.as_ref().is_some_and(|email| connection.owns(email)) {
        return Ok(());
    }
    let text =
        format!("connection `{}` says nothing of this person's address: it is of another domain", connection.name);
    Err(Refusal::Invalid(text).into())
}

//! Signing in through a connection: Just-in-Time provisioning (JIT-1 to JIT-10).
//!
//! What was asserted arrives free of protocol ([`model::SignIn`](SignIn)). Then, within one transaction:
//!
//! 1. `person` finds out whose sign-in it is, and whether the directory has ended it (JIT-1, JIT-10);
//! 2. the account is made, or follows what is said of the person (TEN-2, PRE-1);
//! 3. `places` lets the person into organizations and teams (JIT-2 to JIT-7, JIT-9), and finds that there is one at least.
//!
//! A refusal leaves nothing behind: nobody gets an account by being turned away.

mod answer;
mod discovery;
mod person;
mod places;

pub use answer::{Accepted, accept, begin, finish};
pub use discovery::connections_for;

use muster_model::{AccountId, AccountState, Connection, ConnectionState, Rule, SignIn, trace::Note};
use muster_store::Tx;

use crate::{EngineError, Env, Refusal};

/// Who has signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    /// The account.
    pub account: AccountId,
    /// Whether it was made just now.
    pub is_new: bool,
}

/// Signs a person in whom the connection's IdP has authenticated, and provisions what follows.
///
/// # Errors
///
/// Refused if the connection is not active, the address is of no domain of its own (SSO-6), the account belongs to another
/// subject (JIT-1) or is closed, the directory has ended the person's access (JIT-10), the person is not assigned while JIT
/// is off (JIT-7), or is in no organization of the connection afterwards.
pub fn sign_in(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: &SignIn,
) -> Result<SignedIn, EngineError> {
    if connection.state != ConnectionState::Active {
        return Err(Refusal::ConnectionInactive(connection.name.clone()).into());
    }
    if !connection.owns(&said.email) {
        return Err(Refusal::DomainNotVerified(said.email.domain()).into());
    }
    for passed in &said.passed_over {
        let why = format!("`{}` is `{}`, which is not {}", passed.attribute, passed.value, passed.expected);
        env.report(Rule::Jit5, None, None, why.clone());
        env.note(Rule::Jit5, Note::PassedOver(why));
    }
    let found = person::find(tx, connection, said)?;
    person::require_wanted(tx, connection, said, found.as_ref().map(|found| &found.account))?;
    if let Some(found) = &found
        && found.account.state != AccountState::Active
    {
        return Err(Refusal::AccountClosed.into());
    }
    if !connection.settings.jit {
        places::require_assigned(tx, env, connection, said, found.as_ref().map(|found| &found.account))?;
    }
    let (account, is_new) = person::settle(tx, env, connection, said, found)?;
    places::settle(tx, env, connection, said, &account, is_new)?;
    if let Some(subject) = &said.subject {
        tx.use_subject(connection.id, subject, account.id, env.now())?;
    }
    env.about(account.id);
    Ok(SignedIn { account: account.id, is_new })
}

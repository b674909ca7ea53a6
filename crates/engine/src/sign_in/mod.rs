//! Signing in through a connection: Just-in-Time provisioning (JIT-1 to JIT-10).
//!
//! What was asserted arrives free of protocol ([`model::SignIn`](SignIn)). Then, within one transaction:
//!
//! 1. `person` finds out whose sign-in it is, and whether the directory has ended it (JIT-1, JIT-10);
//! 2. the account is made, or follows what is said of the person (TEN-2, PRE-1);
//! 3. `places` lets the person into organizations and teams (JIT-2 to JIT-7, JIT-9), and finds that there is one at least.
//!
//! A refusal leaves nothing behind: nobody gets an account by being turned away. Two first sign-ins of one person at once
//! end in one account, because the store runs the one again that comes second.
//!
//! Before a connection is activated it signs in only pilots (SSO-12), who are members already, and places nobody. What a
//! sign-in would come to, [`test()`] tells.

mod answer;
mod discovery;
mod groups;
mod invited;
mod losing;
mod person;
mod places;
mod relink;
mod test;

pub use answer::{Accepted, Ends, accept, begin, finish};
pub use discovery::connections_for;
pub use losing::losing_without_jit;
pub use relink::{linked, new_person, relink};

use muster_model::{
    AccountId, AccountState, Connection, ConnectionState, Rule, SignIn,
    sign_in::{Subject, SubjectKind},
    trace::Note,
};
use muster_store::Tx;

use self::invited::Invited;
pub use self::test::{NothingKept, Tested, nothing_to_try, test};
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
/// Refused if the connection is not active and the person no pilot of it, the address is of no domain of its own (SSO-6),
/// the account belongs to another subject (JIT-1), to the domain's former holder (ORG-4), or is closed, the directory has
/// ended the person's access (JIT-10), the person is not assigned while JIT is off (JIT-7), or is in no organization of the
/// connection afterwards.
pub fn sign_in(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: &SignIn,
) -> Result<SignedIn, EngineError> {
    let is_pilot = connection.state == ConnectionState::Pilot && connection.is_pilot(&said.email);
    if connection.state != ConnectionState::Active && !is_pilot {
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
    let account = found.as_ref().map(|found| &found.account);
    if account.is_some_and(|account| account.state != AccountState::Active) {
        return Err(Refusal::AccountClosed.into());
    }
    let invited = Invited::find(tx, env, connection, said, account)?;
    person::require_wanted(tx, connection, said, account, &invited)?;
    if is_pilot {
        places::require_member(tx, connection, said, account)?;
    } else if !connection.settings.jit {
        places::require_assigned(tx, connection, said, account, &invited)?;
    }
    let (account, is_new) = person::settle(tx, env, connection, said, found)?;
    if !is_pilot {
        places::settle(tx, env, connection, said, &account, is_new, &invited)?;
        let nameless = || Subject { kind: SubjectKind::Account, value: account.id.to_string() };
        let subject = said.subject.clone().unwrap_or_else(nameless);
        tx.use_subject(connection.id, &subject, account.id, env.now())?;
    }
    env.about(account.id);
    Ok(SignedIn { account: account.id, is_new })
}

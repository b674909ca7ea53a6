//! The second step of a sign-in: where there is a second factor, what was shown first opens nothing alone.
//!
//! What was shown is kept for a few minutes, bound to the browser ([`super::ceremonies`]), and holds when the second step is
//! done, or the whole sign-in is refused.

use muster_crypto::{RecoveryCode, Sealer, Secret, sha256};
use muster_model::{Account, AccountId, AccountState, FactorKind, Rule, trace::Note};
use muster_store::{Conn, Tx};
use serde::{Deserialize, Serialize};

use super::{
    attempts::Attempts,
    break_glass,
    ceremonies::{self, Binding, Kept},
    enforcement, factors, links,
    passkeys::{self, Used},
    password::{Answer, Browser},
    recovery, totp,
};
use crate::{EngineError, Env, Refusal, sessions};

/// What somebody has shown so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Whose sign-in it is.
    pub account: AccountId,
    /// Whether a code of an authenticator app, or a recovery code, would do.
    pub by_code: bool,
    /// Whether a passkey would do.
    pub by_passkey: bool,
    shown: Shown,
    /// The device, if it had signed in before (SSO-10).
    known: Option<[u8; 32]>,
}

impl Kept for Passed {
    const PURPOSE: &'static str = "second step";
}

/// By what a sign-in began that has a second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The password.
    Password,
    /// A link of the operator's.
    Link,
    /// An organization's break-glass code (SSO-11).
    BreakGlass,
}

impl Passed {
    /// By what it began.
    #[must_use]
    pub fn way(&self) -> Way {
        match self.shown {
            Shown::Password(_) => Way::Password,
            Shown::Link(_) => Way::Link,
            Shown::Glass(_) => Way::BreakGlass,
        }
    }
}

/// What was shown, as a hash: it must still hold at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Shown {
    /// The password, by the hash of its hash.
    Password([u8; 32]),
    /// A link of the operator's.
    Link([u8; 32]),
    /// An organization's break-glass code (SSO-11).
    Glass([u8; 32]),
}

/// The second thing.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A code of the app, or a recovery code.
    Code(Secret),
    /// A passkey, verified outside.
    Passkey(Box<Used>),
}

/// Whether what was shown needs a second step; then it is to be kept, and no session begins.
///
/// An authenticator app is asked for after password and link; a passkey is another way than these, not a step after them. A
/// break-glass code asks for whichever there is (SSO-11).
pub(super) fn needed(
    conn: &mut Conn<'_>,
    account: AccountId,
    shown: Shown,
    known: Option<[u8; 32]>,
) -> Result<Option<Box<Passed>>, EngineError> {
    let factors = factors::list(conn, account)?;
    let has = |kind| factors.iter().any(|factor| factor.kind == kind);
    let by_code = has(FactorKind::Totp);
    let by_passkey = matches!(shown, Shown::Glass(_)) && has(FactorKind::Passkey);
    Ok((by_code || by_passkey).then(|| Box::new(Passed { account, by_code, by_passkey, shown, known })))
}

/// Ends a sign-in with its second step. Wrong codes are counted with wrong passwords (SSO-10).
///
/// # Errors
///
/// [`Refusal::SignInNotFound`] for a sign-in that is over, or of another browser; not found for a link that was used
/// meanwhile; the store's. What is wrong with a code is an answer: it is counted in this transaction.
pub fn finish(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    binding: &Binding,
    proof: &Proof,
    browser: &Browser,
) -> Result<Answer, EngineError> {
    let passed = ceremonies::look::<Passed>(tx, sealer, binding, env.now())?.ok_or(Refusal::SignInNotFound)?;
    let account = tx.account_for_update(passed.account)?.filter(|account| account.state == AccountState::Active);
    let account = account.ok_or(Refusal::SignInNotFound)?;
    let what = if passed.way() == Way::BreakGlass { "break-glass" } else { "password" };
    let attempts = Attempts::new(what, Some(account.id), "", passed.known.as_ref());
    // A passkey is not guessed, and wrong passwords do not lock it.
    if matches!(proof, Proof::Code(_)) && attempts.are_locked(tx, env)? {
        env.note(Rule::Sso10, Note::PassedOver("the second factor, because too many codes were wrong".to_owned()));
        return Ok(Answer::Locked);
    }
    if !accept(tx, env, sealer, &passed, &account, proof)? {
        attempts.fail(tx, env)?;
        env.note(Rule::Sso10, Note::PassedOver("a wrong second factor".to_owned()));
        return Ok(Answer::Wrong);
    }
    ceremonies::take::<Passed>(tx, env, sealer, binding)?.ok_or(Refusal::SignInNotFound)?;
    enter(tx, env, sealer, &passed, &account, browser)
}

fn accept(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    passed: &Passed,
    account: &Account,
    proof: &Proof,
) -> Result<bool, EngineError> {
    match proof {
        Proof::Passkey(used) => Ok(passed.by_passkey && passkeys::accept(tx, env, sealer, account.id, used)?),
        Proof::Code(code) => {
            let code: String = code.expose().chars().filter(|letter| !letter.is_whitespace()).collect();
            match RecoveryCode::parse(&code) {
                Some(code) => recovery::accept(tx, env, sealer, account, &code),
                None => totp::accept(tx, env, sealer, account.id, &code),
            }
        }
    }
}

/// Begins the session, if what was shown first still holds.
fn enter(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    passed: &Passed,
    account: &Account,
    browser: &Browser,
) -> Result<Answer, EngineError> {
    if let Shown::Glass(code) = &passed.shown {
        let session = break_glass::enter(tx, env, sealer, account, &(*code).into(), browser.session.clone())?;
        return Ok(session.map_or(Answer::Wrong, |session| Answer::SignedIn(Box::new(session))));
    }
    let connections = enforcement::enforcing(tx, account.email.as_ref())?;
    if !connections.is_empty() {
        env.note(Rule::Sso9, Note::PassedOver("the second factor, because single sign-on is enforced".to_owned()));
        return Ok(Answer::SingleSignOn(connections));
    }
    match &passed.shown {
        Shown::Password(hash) => {
            let present = tx.password(account.id)?.map(|present| sha256(present.as_bytes()));
            if present.as_ref() != Some(hash) {
                return Err(Refusal::SignInNotFound.into());
            }
            tx.remember_device(account.id, &browser.device, env.now())?;
        }
        Shown::Link(link) => links::use_up(tx, env, account.id, &(*link).into())?,
        Shown::Glass(_) => {}
    }
    let session = sessions::begin(tx, env, account.id, None, browser.session.clone())?;
    env.about(account.id);
    Ok(Answer::SignedIn(Box::new(session)))
}

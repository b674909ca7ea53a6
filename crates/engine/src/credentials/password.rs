//! Signing in with a password, and setting one.

use muster_crypto::{PasswordHash, Secret, sha256};
use muster_model::{Account, AccountId, AccountState, Email, Rule, Session, SessionId, session::Ended, trace::Note};
use muster_store::{Conn, Tx};

use super::{
    attempts::Attempts,
    enforcement,
    second_step::{self, Passed, Shown},
};
use crate::{
    EngineError, Env, Refusal, accounts,
    sessions::{self, Begin},
};

/// The fewest characters of a password.
pub const PASSWORD_CHARACTERS: usize = 12;
/// The most bytes of one.
pub const PASSWORD_BYTES: usize = 1_024;

/// What somebody who claims to be somebody has to know.
#[derive(Debug, Clone)]
pub struct Challenge {
    account: Option<AccountId>,
    hash: Option<PasswordHash>,
    attempts: Attempts,
    /// The device, if the account has signed in on it before.
    known: Option<[u8; 32]>,
}

impl Challenge {
    /// Whose password it would be; `None` if there is no such account.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Whether it is this account's.
    pub(super) fn is_of(&self, account: AccountId) -> bool {
        self.account == Some(account)
    }

    /// What a password is to be checked against; `None` is to be checked, too, and is always wrong.
    #[must_use]
    pub fn hash(&self) -> Option<&PasswordHash> {
        self.hash.as_ref()
    }
}

/// What a browser brings to a sign-in, and takes from it.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The hash of the cookie by which the device is known from then on.
    pub device: [u8; 32],
    /// The session that is to begin.
    pub session: Begin,
}

/// What came of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is right, and a session has begun.
    SignedIn(Box<Session>),
    /// It is right, and the second factor is to follow: this is to be kept meanwhile. No session has begun.
    SecondFactor(Box<Passed>),
    /// It is wrong, or there is no such account, or that has no password.
    Wrong,
    /// There were too many wrong ones (SSO-10), or there would have been for any other account.
    Locked,
    /// It is right, and counts no more: the person signs in through one of these connections (SSO-9).
    SingleSignOn(Vec<String>),
}

/// What there is to check for whoever says to be `name`, an address or a username, on a device that shows the cookie of this
/// hash.
///
/// # Errors
///
/// The store's.
pub fn challenge(conn: &mut Conn<'_>, name: &str, device: Option<&[u8; 32]>) -> Result<Challenge, EngineError> {
    let name = name.trim().to_lowercase();
    let account = account_called(conn, &name)?.filter(|account| account.state == AccountState::Active);
    let Some(account) = account else {
        let attempts = Attempts::new("password", None, &name, None);
        return Ok(Challenge { account: None, hash: None, attempts, known: None });
    };
    let mut known = None;
    if let Some(device) = device
        && conn.knows_device(account.id, device)?
    {
        known = Some(device);
    }
    Ok(Challenge {
        account: Some(account.id),
        hash: conn.password(account.id)?.map(PasswordHash::new),
        attempts: Attempts::new("password", Some(account.id), &name, known),
        known: known.copied(),
    })
}

/// Usernames have no `@`, addresses do (ACC-3). An address that nobody has confirmed is nobody's (ACC-1).
pub(super) fn account_called(conn: &mut Conn<'_>, name: &str) -> Result<Option<Account>, EngineError> {
    match Email::parse(name) {
        Ok(email) => Ok(conn.account_by_email(&email)?.filter(|account| account.email_confirmed)),
        Err(_) => Ok(conn.account_by_username(name)?),
    }
}

/// Decides about a password that was checked outside: counts a wrong one, begins a session for a right one.
///
/// # Errors
///
/// The store's. What is wrong with a password is an answer: it is counted in this transaction.
pub fn sign_in(
    tx: &mut Tx<'_>,
    env: &mut Env,
    challenge: &Challenge,
    is_right: bool,
    browser: &Browser,
) -> Result<Answer, EngineError> {
    let account = match decide(tx, env, challenge, is_right)? {
        Ok(account) => account,
        Err(answer) => return Ok(answer),
    };
    let connections = enforcement::enforcing(tx, account.email.as_ref())?;
    if !connections.is_empty() {
        env.note(Rule::Sso9, Note::PassedOver("the password, because single sign-on is enforced".to_owned()));
        return Ok(Answer::SingleSignOn(connections));
    }
    let shown = challenge.hash.as_ref().map(|hash| Shown::Password(sha256(hash.as_str().as_bytes())));
    if let Some(shown) = shown
        && let Some(passed) = second_step::needed(tx, account.id, shown, challenge.known)?
    {
        return Ok(Answer::SecondFactor(passed));
    }
    tx.remember_device(account.id, &browser.device, env.now())?;
    let session = sessions::begin(tx, env, account.id, None, browser.session.clone())?;
    env.about(account.id);
    Ok(Answer::SignedIn(Box::new(session)))
}

/// Whether whoever is signed in knows the password, before it is changed; wrong ones are counted as at signing in.
///
/// # Errors
///
/// The store's.
pub fn confirm(tx: &mut Tx<'_>, env: &mut Env, challenge: &Challenge, is_right: bool) -> Result<bool, EngineError> {
    Ok(decide(tx, env, challenge, is_right)?.is_ok())
}

pub(super) fn decide(
    tx: &mut Tx<'_>,
    env: &mut Env,
    challenge: &Challenge,
    is_right: bool,
) -> Result<Result<Account, Answer>, EngineError> {
    if challenge.attempts.are_locked(tx, env)? {
        env.note(Rule::Sso10, Note::PassedOver("the password, because too many were wrong".to_owned()));
        return Ok(Err(Answer::Locked));
    }
    if is_right
        && let Some(account) = challenge.account.map(|id| tx.account_for_update(id)).transpose()?.flatten()
        && account.state == AccountState::Active
        // It may have been changed since.
        && tx.password(account.id)?.map(PasswordHash::new) == challenge.hash
    {
        return Ok(Ok(account));
    }
    challenge.attempts.fail(tx, env)?;
    env.note(Rule::Sso10, Note::PassedOver("a wrong password".to_owned()));
    Ok(Err(Answer::Wrong))
}

/// Whether a password may be an account's: long enough, and nothing that everybody knows of the person.
///
/// # Errors
///
/// [`Refusal::Invalid`], which says what to change.
pub fn check(password: &Secret, account: &Account) -> Result<(), EngineError> {
    let email = account.email.as_ref().map(Email::key);
    check_new(password, &[email.as_deref().unwrap_or_default(), &account.username, &account.full_name])
}

/// As [`check`], for an account that is to be made: `known` is what the person is called.
///
/// # Errors
///
/// [`Refusal::Invalid`], which says what to change.
pub fn check_new(password: &Secret, known: &[&str]) -> Result<(), EngineError> {
    let text = password.expose();
    let refuse = |why: String| Err(Refusal::Invalid(why).into());
    if text.chars().count() < PASSWORD_CHARACTERS {
        return refuse(format!("the password is too short: use at least {PASSWORD_CHARACTERS} characters"));
    }
    if text.len() > PASSWORD_BYTES {
        return refuse(format!("the password is too long: use at most {PASSWORD_BYTES} bytes"));
    }
    let folded = text.to_lowercase();
    if known.iter().any(|known| known.to_lowercase() == folded) {
        return refuse("the password is what the account is called: choose another one".to_owned());
    }
    let first = text.chars().next();
    if text.chars().all(|other| Some(other) == first) {
        return refuse("the password is one character, repeated: choose another one".to_owned());
    }
    Ok(())
}

/// Gives an account a password, which was hashed outside. Sessions that a password began end, but for `keep`; devices are
/// forgotten with the password that they had shown.
///
/// # Errors
///
/// [`Refusal::SsoEnforced`] (SSO-9); not found; the store's.
pub fn set(
    tx: &mut Tx<'_>,
    env: &mut Env,
    account: AccountId,
    hash: &PasswordHash,
    keep: Option<SessionId>,
) -> Result<(), EngineError> {
    let before = tx.account_for_update(account)?.filter(|account| account.state == AccountState::Active);
    let before = before.ok_or_else(|| EngineError::not_found("account", account))?;
    if let Some(connection) = enforcement::enforcing(tx, before.email.as_ref())?.into_iter().next() {
        return Err(Refusal::SsoEnforced(connection).into());
    }
    tx.set_password(account, hash.as_str(), env.now())?;
    tx.forget_devices(account)?;
    for session in tx.sessions_of(account)? {
        if session.connection.is_none() && Some(session.id) != keep {
            sessions::end(tx, env, session.id, Ended::PasswordChanged)?;
        }
    }
    let after = Account { password_set: Some(env.now()), ..before.clone() };
    accounts::update(tx, env, &before, after, Rule::Sec5)
}

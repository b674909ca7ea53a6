//! An IdP's answer, once its protocol is checked: accepted once (SSO-7), provisioned (JIT), and a session begun (SES), all in
//! one transaction.

use muster_model::{Connection, Rule, Session, SignIn, Timestamp, trace::Note};
use muster_store::{PendingSignIn, Tx};

use super::{SignedIn, sign_in};
use crate::{
    EngineError, Env, Refusal,
    sessions::{self, Begin},
};

/// What an answer is accepted by.
#[derive(Debug, Clone, Copy)]
pub struct Accepted {
    /// The sign-in that it ends; `None` where the IdP began (SSO-3), and the caller saw that it may.
    pub pending: Option<Ends>,
    /// The hash of the assertion's name, and until when that must be remembered; `None` where the protocol gives a code that
    /// works once.
    pub assertion: Option<([u8; 32], Timestamp)>,
}

/// The sign-in that an answer ends. Nobody else ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// One whose state the browser has carried: the hash of that, and until when an answer to it is taken.
    Carried([u8; 32], Timestamp),
    /// One that is kept, by the hash of its key.
    Kept([u8; 32]),
}

/// Keeps a sign-in that waits for the person's word (SSO-3).
///
/// # Errors
///
/// The store's.
pub fn begin(tx: &mut Tx<'_>, pending: &PendingSignIn) -> Result<(), EngineError> {
    Ok(tx.insert_pending_sign_in(pending)?)
}

/// Ends a sign-in: whoever the IdP has authenticated is provisioned, and has a session.
///
/// # Errors
///
/// [`Refusal::SignInNotFound`] and [`Refusal::AnswerUsed`] for an answer that comes too late or twice (SSO-7); as
/// [`sign_in`]. A refusal leaves nothing behind, also not the use of the answer: sent again it is refused again.
pub fn finish(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    accepted: Accepted,
    said: &SignIn,
    session: Begin,
) -> Result<(SignedIn, Session), EngineError> {
    accept(tx, env, connection, accepted)?;
    let signed_in = sign_in(tx, env, connection, said)?;
    let session = sessions::begin(tx, env, signed_in.account, Some(connection), session)?;
    Ok((signed_in, session))
}

/// Accepts an answer, which is accepted nowhere else from then on.
///
/// # Errors
///
/// As [`finish`].
pub fn accept(tx: &mut Tx<'_>, env: &mut Env, connection: &Connection, accepted: Accepted) -> Result<(), EngineError> {
    let is_first = match &accepted.pending {
        Some(Ends::Carried(state, until)) => *until > env.now() && tx.use_once(connection.id.0, state, *until)?,
        Some(Ends::Kept(key)) => tx.take_pending_sign_in(key, env.now())?,
        None => true,
    };
    if !is_first {
        return Err(Refusal::SignInNotFound.into());
    }
    if let Some((assertion, until)) = accepted.assertion
        && !tx.use_once(connection.id.0, &assertion, until)?
    {
        return Err(Refusal::AnswerUsed.into());
    }
    env.note(Rule::Sso7, Note::Checked("the answer is accepted for the first time".to_owned()));
    Ok(())
}

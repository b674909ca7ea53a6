//! Test sign-ins (SSO-12): what a sign-in would come to, decided by the same code, and nothing kept of it.

use std::convert::Infallible;

use muster_model::{Connection, ConnectionState, SignIn, trace::Step};
use muster_store::{StoreError, Tx, TxError};

use super::{SignedIn, sign_in};
use crate::{
    EngineError, Env, Refusal,
    describe::{self, Described},
    transact,
};

/// What a test sign-in showed.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Who would have signed in, or the refusal.
    pub outcome: Result<SignedIn, Refusal>,
    /// Each decision, with its rule.
    pub steps: Vec<Step>,
    /// What would have changed, in order; nothing after a refusal.
    pub changes: Vec<Described>,
}

/// Why a connection without an identity provider cannot be tried.
#[must_use]
pub fn nothing_to_try(connection: &Connection) -> Refusal {
    Refusal::Invalid(format!(
        "connection `{}` has no identity provider to sign in at: state its `saml` or `oidc` first",
        connection.name
    ))
}

/// The end of a test sign-in. It is always the error of its transaction, so that nobody can commit one.
#[derive(Debug, Clone)]
pub enum NothingKept {
    /// What it showed.
    Tested(Box<Tested>),
    /// It could not be tried.
    Failed(EngineError),
}

impl From<EngineError> for NothingKept {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for NothingKept {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl TxError for NothingKept {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Tested(_) => None,
            Self::Failed(error) => error.store_error(),
        }
    }
}

/// Tries a sign-in through a connection, in whatever state that is, as if it were active. To be run in a transaction of its
/// own, whose `Env` is new.
///
/// # Errors
///
/// Always: [`NothingKept::Tested`] with what it showed.
pub fn test(tx: &mut Tx<'_>, env: &mut Env, connection: &Connection, said: &SignIn) -> Result<Infallible, NothingKept> {
    let connection = Connection { state: ConnectionState::Active, ..connection.clone() };
    let (outcome, changes) = match transact(tx, env, |tx, env| sign_in(tx, env, &connection, said)) {
        Ok(signed_in) => (Ok(signed_in), describe::describe(tx, env.changes())?),
        Err(EngineError::Refused(refusal)) => (Err(refusal), Vec::new()),
        Err(error) => return Err(error.into()),
    };
    Err(NothingKept::Tested(Box::new(Tested { outcome, steps: env.trace().to_vec(), changes })))
}

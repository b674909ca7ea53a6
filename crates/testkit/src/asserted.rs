//! What an IdP asserts at a sign-in.

use muster_engine::{
    EngineError,
    env::Origin,
    sign_in::{self, SignedIn},
};
use muster_model::{
    Actor, ConnectionId, Email, SignIn, Source,
    sign_in::{Groups, Subject, SubjectKind, Unknown},
};

use crate::World;

/// A sign-in that says nothing but an address.
///
/// # Panics
///
/// When it is no address.
#[must_use]
pub fn asserted(email: &str) -> SignIn {
    SignIn {
        subject: None,
        email: Email::parse(email).expect("an address"),
        full_name: None,
        groups: Groups::Unknown(Unknown::Absent),
        organization: None,
        team: None,
        role: None,
        session_minutes: None,
        passed_over: Vec::new(),
    }
}

/// A list of groups, as asserted.
#[must_use]
pub fn groups(groups: &[&str]) -> Groups {
    Groups::List(groups.iter().map(|group| (*group).to_owned()).collect())
}

/// A persistent NameID.
#[must_use]
pub fn subject(value: &str) -> Option<Subject> {
    Some(Subject { kind: SubjectKind::NameId, value: value.to_owned() })
}

impl World {
    /// Somebody signs in through a connection, as it is stored now.
    ///
    /// # Errors
    ///
    /// The engine's.
    pub fn sign_in(&self, connection: ConnectionId, said: SignIn) -> Result<SignedIn, EngineError> {
        let origin = Origin { source: Source::Sso, actor: Actor::System, connection: Some(connection), request: None };
        self.change(origin, move |tx, env| {
            let connection = tx.connection(connection)?.expect("the connection exists");
            sign_in::sign_in(tx, env, &connection, &said)
        })
    }
}

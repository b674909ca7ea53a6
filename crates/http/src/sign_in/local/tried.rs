//! Sign-ins without an IdP on the request log: how they ended and by which rules, never what was typed (SEC-4).

use std::sync::Arc;

use http::StatusCode;
use muster_engine::{
    EngineError, Env, Origin,
    credentials::{Answer, Followed, break_glass::Opened},
    transact,
};
use muster_model::{AccountId, ConnectionId, Session};
use muster_store::{RequestRow, Tx};
use uuid::Uuid;

use super::NOBODY;
use crate::{
    App, HttpError,
    arrival::Arrival,
    journal::{Outcome, Record},
};

/// What refused attempts without a connection are counted under.
const LOCAL: ConnectionId = ConnectionId(Uuid::nil());

/// Something that somebody shows to sign in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried {
    /// What it is, for the log.
    pub(crate) way: &'static str,
    /// Where it was posted, below the base URL.
    pub(crate) target: &'static str,
    /// Whose it would be, as far as that is known.
    pub(crate) account: Option<AccountId>,
}

/// What is decided about something shown.
pub(crate) enum Decision {
    /// It is accepted; whose it is.
    Accepted(AccountId),
    /// It is not.
    Refused(StatusCode),
}

/// What tells what was decided.
pub(crate) trait Decided {
    /// What.
    fn decision(&self) -> Decision;
}

impl Decided for Answer {
    fn decision(&self) -> Decision {
        match self {
            Self::SignedIn(session) => Decision::Accepted(session.account),
            Self::SecondFactor(passed) => Decision::Accepted(passed.account),
            Self::Wrong => Decision::Refused(StatusCode::UNPROCESSABLE_ENTITY),
            Self::Locked => Decision::Refused(StatusCode::TOO_MANY_REQUESTS),
            Self::SingleSignOn(_) => Decision::Refused(StatusCode::FORBIDDEN),
        }
    }
}

impl Decided for Session {
    fn decision(&self) -> Decision {
        Decision::Accepted(self.account)
    }
}

impl Decided for Followed {
    fn decision(&self) -> Decision {
        match self {
            Self::SignedIn(session) => Decision::Accepted(session.account),
            Self::SecondFactor(passed) => Decision::Accepted(passed.account),
        }
    }
}

impl Decided for Opened {
    fn decision(&self) -> Decision {
        match self {
            Self::SignedIn(session) => Decision::Accepted(session.account),
            Self::SecondFactor(passed) => Decision::Accepted(passed.account),
            Self::Wrong => Decision::Refused(StatusCode::UNPROCESSABLE_ENTITY),
            Self::Locked => Decision::Refused(StatusCode::TOO_MANY_REQUESTS),
        }
    }
}

/// Decides about what somebody shows, and logs that in the same commit, whether there is such an account or not (SEC-5).
/// Nobody fills the log with what is refused.
pub(crate) async fn decide<T: Decided + Send + 'static>(
    app: &App,
    arrival: Arrival,
    tried: Tried,
    mut work: impl FnMut(&mut Tx<'_>, &mut Env) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, HttpError> {
    let surroundings = app.surroundings();
    let is_room = app.sign_in_log().admits(LOCAL);
    let origin = Origin { request: Some(arrival.id), ..NOBODY };
    let mut record = Record::new(row(arrival, tried), arrival.started, Vec::new());
    let done = app.store().write(move |tx| {
        let mut env = Env::new(Arc::clone(&surroundings), origin);
        let done = transact(tx, &mut env, |tx, env| work(tx, env))?;
        let (outcome, status, account) = match done.decision() {
            Decision::Accepted(account) => (Outcome::Changed, StatusCode::SEE_OTHER, Some(account)),
            Decision::Refused(status) => (Outcome::Refused, status, tried.account),
        };
        if is_room || outcome == Outcome::Changed {
            record.write_decided(tx, outcome, status, account.map(|account| account.0), env.trace().to_vec())?;
        }
        Ok::<_, EngineError>(done)
    });
    Ok(done.await?)
}

fn row(arrival: Arrival, tried: Tried) -> RequestRow {
    RequestRow {
        id: arrival.id,
        connection: None,
        at: arrival.at,
        micros: 0,
        kind: "local".to_owned(),
        method: "POST".to_owned(),
        target: tried.target.to_owned(),
        status: 0,
        dialect: Some(tried.way.to_owned()),
        outcome: String::new(),
        token: None,
        resource: None,
        resource_version: None,
        repeats: None,
        part_of: None,
        steps: Vec::new(),
        body: None,
    }
}

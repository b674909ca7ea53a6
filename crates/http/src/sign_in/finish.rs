//! The end of a sign-in, whatever the protocol: everything is decided, provisioned and logged in one commit, and the browser
//! gets its session.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use muster_engine::{
    EngineError, Env, Origin, connections,
    sessions::Begin,
    sign_in::{self, Accepted, Ends},
};
use muster_model::{
    Actor, Rule, SessionId, SignIn, Source, Timestamp,
    session::{ClientKind, IdpSession},
    trace::Note,
};
use serde::{Deserialize, Serialize};

use super::{carried::Trial, journal::Attempt, local, provider::Provider, trial};
use crate::{
    App, HttpError,
    app::Written,
    browser::{Secret, device},
};

/// What an IdP's answer brought, once the protocol is satisfied.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Arrived {
    /// Who it is, and what is said of them.
    pub(crate) said: SignIn,
    /// The IdP's session.
    pub(crate) idp: IdpSession,
    /// When that ends at the latest (SES-2).
    pub(crate) not_after: Option<Timestamp>,
    /// The hash of the assertion's name, and until when that must be remembered (SSO-7).
    pub(crate) assertion: Option<([u8; 32], Timestamp)>,
    /// What the protocol's checks found, for the trace.
    pub(crate) checks: Vec<(Rule, String)>,
}

/// What a sign-in ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// The sign-in that the answer ends; `None` if nothing waited for it.
    pub(crate) pending: Option<Ends>,
    /// The session that the browser had.
    pub(crate) replaces: Option<SessionId>,
    /// Who tries the connection, if somebody does: then nothing is to be kept (SSO-12).
    pub(crate) trial: Option<Trial>,
}

/// Signs the person in and sends the browser to its account; of a test, shows what it would have come to.
pub(crate) async fn finish(
    app: &App,
    headers: &HeaderMap,
    provider: &Provider,
    attempt: Attempt,
    arrived: Arrived,
    end: End,
) -> Result<Response, HttpError> {
    if let Some(by) = end.trial {
        return trial::show(app, provider, attempt, arrived, end.pending, by).await;
    }
    let End { pending, replaces, .. } = end;
    let secret = Secret::generate().map_err(HttpError::no_randomness)?;
    let begin = Begin {
        hash: secret.hash(),
        kind: ClientKind::Web,
        device: device(headers),
        idp: Some((arrived.idp.clone(), muster_crypto::sha256(arrived.idp.subject.as_bytes()))),
        not_after: arrived.not_after,
        replaces,
    };
    let (known, under) = (provider.connection.clone(), provider.version);
    let origin =
        Origin { source: Source::Sso, actor: Actor::System, connection: Some(known.id), request: Some(attempt.id()) };
    let signed_in = app.write(origin, attempt.record(app)?, move |tx, env| {
        env.note(Rule::Sso5, Note::SignsIn(arrived.said.email.to_string()));
        for (rule, what) in &arrived.checks {
            env.note(*rule, Note::Checked(what.clone()));
        }
        let connection = connections::current(tx, &known, under)?.ok_or(HttpError::Outdated)?;
        // The answer was checked by these settings: a certificate that was taken out meanwhile counts no more (SEC-1).
        let (before, now) = (&known.settings.sso, &connection.settings.sso);
        if !before.as_ref().zip(now.as_ref()).is_some_and(|(before, now)| before.holds_under(now)) {
            return Err(HttpError::Outdated);
        }
        let accepted = Accepted { pending, assertion: arrived.assertion };
        let (signed_in, session) = sign_in::finish(tx, env, &connection, accepted, &arrived.said, begin.clone())?;
        Ok(Written {
            value: session,
            changed: true,
            status: StatusCode::SEE_OTHER,
            resource: signed_in.account.0,
            version: None,
        })
    });
    let signed_in = signed_in.await;
    attempt.count(app, signed_in.is_err());
    signed_in?;
    local::signed_in(app, &secret, "/account")
}

/// Accepts an answer in a commit of its own: one that is finished a moment later, or never, cannot be brought again (SSO-7).
pub(crate) async fn accept(
    app: &App,
    provider: &Provider,
    attempt: &Attempt,
    accepted: Accepted,
) -> Result<(), HttpError> {
    let (surroundings, connection) = (app.surroundings(), provider.connection.clone());
    let done = app.store().write(move |tx| {
        let mut env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
        sign_in::accept(tx, &mut env, &connection, accepted)
    });
    match done.await {
        Err(EngineError::Refused(refusal)) => Err(attempt.refuse_by_rule(app, refusal).await),
        other => Ok(other?),
    }
}

//! Test sign-ins (SSO-12): a link leads through the IdP and back, in whatever state the connection is, and shows what arrived
//! and what it would have come to. Nobody is provisioned, and no session begins.

use std::{convert::Infallible, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Extension,
    extract::{Path, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use muster_crypto::Place;
use muster_engine::{
    EngineError, Env, Origin, Refusal,
    describe::{self, Described},
    setup::{self as reading, Reading},
    sign_in::{self, Accepted, Ends, NothingKept, Tested},
};
use muster_model::{
    Actor, ConnectionId, RequestId, Rule, Source, Timestamp,
    domain::Holder,
    sign_in::Groups,
    trace::{Note, Step},
};
use muster_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    carried::Trial,
    finish::{Arrived, accept},
    journal::Attempt,
    parse_id,
    provider::Provider,
    start,
};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    journal::Outcome,
    pages::{self, Frame, filters},
    setup,
};

/// How long a link is good.
const LIFE: Duration = Duration::from_mins(15);

/// What a link says.
#[derive(Serialize, Deserialize)]
struct Link {
    expires: Timestamp,
}

fn place(connection: ConnectionId) -> Place {
    Place { table: "connections", column: "test_link", row: connection.0 }
}

/// A link by which a connection is tried, good for 15 minutes. Whoever follows it can try and see no more than what the IdP
/// says of them, and where that would put them.
pub(crate) fn link(app: &App, connection: ConnectionId) -> Result<String, HttpError> {
    let link = Link { expires: app.surroundings().now().after(LIFE) };
    let text =
        serde_json::to_vec(&link).map_err(|error| HttpError::Internal("a link cannot be written", Arc::new(error)))?;
    let sealed = app.sealer().seal(&place(connection), &text).map_err(HttpError::sealing)?;
    Ok(format!("{}/sso/test/{connection}/{}", app.base_url(), URL_SAFE_NO_PAD.encode(sealed)))
}

/// `GET /sso/test/{connection}/{link}`: to the IdP.
pub(super) async fn begin(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    path: Result<Path<(String, String)>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let unknown = || {
        HttpError::from(EngineError::link_is_gone(
            "this link for a test sign-in is good for 15 minutes, which are over: make a new one",
        ))
    };
    let Path((connection, sealed)) = path.map_err(|_| unknown())?;
    let connection = parse_id(&connection).ok_or_else(unknown)?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| unknown())?;
    let opened = app.sealer().open(&place(connection), &sealed).map_err(|_| unknown())?;
    let link: Link = serde_json::from_slice(&opened).map_err(|_| unknown())?;
    if link.expires <= app.surroundings().now() {
        return Err(unknown());
    }
    let begin = start::Begin { login_hint: None, session: None, trial: Some(Trial::Owners) };
    start::go(&app, &headers, arrival, connection, begin).await
}

#[derive(Template)]
#[template(path = "trial.html")]
struct TrialPage<'p> {
    frame: Frame,
    connection: &'p str,
    person: &'p str,
    refusal: Option<String>,
    arrived: String,
    steps: Vec<Line>,
    /// What would change; `None` where that is not for whoever tries it (SEC-2).
    changes: Option<Vec<Line>>,
    trace_id: String,
    /// Where whoever tries it came from.
    back: Option<String>,
}

/// A line of a table.
struct Line {
    head: String,
    text: String,
}

/// Shows what the answer would have come to.
pub(super) async fn show(
    app: &App,
    provider: &Provider,
    attempt: Attempt,
    arrived: Arrived,
    pending: Option<Ends>,
    by: Trial,
) -> Result<Response, HttpError> {
    // The answer works once, also for a test (SSO-7).
    accept(app, provider, &attempt, Accepted { pending, assertion: arrived.assertion }).await?;
    let Decided { refusal, steps: decided, changes } = match by {
        Trial::Owners => test(app, provider, &attempt, &arrived).await?.into(),
        // What is kept of the person is not for whoever says who that is.
        Trial::SetUp(_) => reading::read(&provider.connection, &arrived.said).into(),
    };
    let who = Step { rule: Rule::Sso5, note: Note::SignsIn(arrived.said.email.to_string()) };
    let checks = arrived.checks.iter().map(|(rule, what)| Step { rule: *rule, note: Note::Checked(what.clone()) });
    let steps: Vec<Step> = std::iter::once(who).chain(checks).chain(decided).collect();
    let page = TrialPage {
        frame: Frame::of(app),
        connection: &provider.connection.name,
        person: arrived.said.email.as_str(),
        refusal,
        arrived: attempt.arrived().map(|arrived| format!("{arrived:#}")).unwrap_or_default(),
        steps: steps.iter().map(|step| Line { head: step.rule.id().to_owned(), text: step.note.to_string() }).collect(),
        changes,
        trace_id: attempt.id().to_string(),
        back: way_on(app, provider.connection.id, by, None).await,
    };
    let groups = match &arrived.said.groups {
        Groups::List(groups) => i64::try_from(groups.len()).ok(),
        Groups::Unknown(_) => None,
    };
    let (mut record, kept) = (attempt.record(app)?, attempt.test(page.refusal.is_none(), groups));
    let written: Result<(), StoreError> = app
        .store()
        .write(move |tx| {
            if let Some(kept) = &kept {
                tx.insert_test_sign_in(kept)?;
            }
            record.write_decided(tx, Outcome::Tested, StatusCode::OK, None, steps.clone())
        })
        .await;
    written?;
    pages::page(StatusCode::OK, &page)
}

/// Where whoever has tried a connection goes on: back to where it is set up; for owners, with a TraceID, to what is on its log of
/// that. `None` where that cannot be found out now.
pub(super) async fn way_on(app: &App, id: ConnectionId, by: Trial, trace: Option<RequestId>) -> Option<String> {
    if let Trial::SetUp(_) = by {
        return Some(setup::path_of(app, id));
    }
    let found = app.read(Lane::Point, move |conn| {
        let Some(connection) = conn.connection(id)? else { return Ok(None) };
        Ok(match connection.holder {
            Holder::Organization(of) => conn.organization(of)?.map(|one| format!("orgs/{}", one.name)),
            Holder::Company(of) => conn.company(of)?.map(|one| format!("companies/{}", one.name)),
        })
    });
    let place = found.await.ok().flatten()?;
    let rest = trace.map_or_else(|| "/tests".to_owned(), |trace| format!("/log/{trace}"));
    Some(format!("{}/console/{place}/connections/{id}{rest}", pages::path_of(app.base_url())))
}

/// What is told of a test.
struct Decided {
    refusal: Option<String>,
    steps: Vec<Step>,
    changes: Option<Vec<Line>>,
}

impl From<Tested> for Decided {
    fn from(tested: Tested) -> Self {
        Self {
            refusal: tested.outcome.err().map(|refusal| refusal.to_string()),
            steps: tested.steps,
            changes: Some(tested.changes.iter().map(line).collect()),
        }
    }
}

impl From<Reading> for Decided {
    fn from(reading: Reading) -> Self {
        let refusal = reading.refusal.map(|refusal| refusal.to_string());
        Self { refusal, steps: reading.steps, changes: None }
    }
}

async fn test(app: &App, provider: &Provider, attempt: &Attempt, arrived: &Arrived) -> Result<Tested, HttpError> {
    let (surroundings, connection, said) = (app.surroundings(), provider.connection.clone(), arrived.said.clone());
    let origin = Origin {
        source: Source::Sso,
        actor: Actor::System,
        connection: Some(connection.id),
        request: Some(attempt.id()),
    };
    let tried: Result<Infallible, NothingKept> = app
        .store()
        .write(move |tx| {
            let mut env = Env::new(Arc::clone(&surroundings), origin);
            sign_in::test(tx, &mut env, &connection, &said)
        })
        .await;
    match tried {
        Ok(never) => match never {},
        Err(NothingKept::Tested(tested)) => Ok(*tested),
        Err(NothingKept::Failed(error)) => Err(error.into()),
    }
}

/// A change; of what is new, only what tells it apart.
fn line(change: &Described) -> Line {
    let is_new = change.fields.iter().all(|field| field.old.is_null());
    let telling = describe::telling(change.kind.as_str());
    let fields: Vec<String> = change
        .fields
        .iter()
        .filter(|field| !is_new || (telling.contains(&field.name.as_str()) && !field.new.is_null()))
        .map(|field| match is_new {
            true => format!("{} {}", field.name, shown(&field.new)),
            false => format!("{} {} instead of {}", field.name, shown(&field.new), shown(&field.old)),
        })
        .collect();
    let text = if fields.is_empty() { change.name.clone() } else { format!("{}: {}", change.name, fields.join(", ")) };
    Line { head: change.event.as_str().to_owned(), text }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}

/// What whoever tries a connection reads of a failure: everything that its administrator would find on the log (SSO-12,
/// SSO-13).
pub(crate) fn failure_text(error: &HttpError) -> String {
    match error {
        HttpError::Engine(EngineError::Refused(Refusal::SignInNotFound | Refusal::AnswerUsed)) => {
            "the answer has been used already, or came too late: follow the link again".to_owned()
        }
        other => other.to_string(),
    }
}

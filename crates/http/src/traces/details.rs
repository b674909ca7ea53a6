//! Everything about one request or sign-in: its trace.

use muster_administration::change::Change;
use muster_engine::{EngineError, authority::Action, describe::describe};
use muster_model::{ConnectionId, RequestId, trace::Note};
use muster_store::{Conn, RequestRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::list::RequestLine;
use crate::{
    App, HttpError,
    acting::Acting,
    app::Lane,
    journal::{LogError, Logged, logged_read},
};

/// One request: what was sent, how it was read, what was decided, what it changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RequestDetails {
    /// Through which connection.
    pub connection: Option<String>,
    /// The request in a line.
    #[serde(flatten)]
    pub request: RequestLine,
    /// The token that opened it.
    pub token: Option<String>,
    /// The version of the resource after it.
    pub resource_version: Option<i64>,
    /// What was sent, without secrets. Absent if there was no body, it was no JSON, or it has expired.
    pub sent: Option<Value>,
    /// What was understood against the letter of the protocol.
    pub understood: Vec<String>,
    /// Each decision with the rule that made it, in order.
    pub decisions: Vec<Decision>,
    /// What is different since.
    pub changes: Vec<Change>,
}

/// One decision.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// The rule's ID.
    pub rule: String,
    /// What it decided.
    pub what: String,
}

/// What is on a connection's log under a TraceID.
///
/// # Errors
///
/// The store's; what is damaged.
pub fn logged(conn: &mut Conn<'_>, connection: ConnectionId, id: RequestId) -> Result<Option<Logged>, LogError> {
    match conn.request(id)? {
        Some(row) if row.connection == Some(connection) => Ok(Some(Logged::Row(Box::new(row)))),
        Some(_) => Ok(None),
        None => Ok(logged_read(conn, connection, id)?.map(Logged::Line)),
    }
}

/// What the ledger says that a logged request changed; nothing once that has expired.
///
/// # Errors
///
/// The store's.
pub fn changed(conn: &mut Conn<'_>, logged: &Logged) -> Result<Vec<Change>, EngineError> {
    match logged {
        Logged::Row(row) => changes(conn, row),
        Logged::Line(_) => Ok(Vec::new()),
    }
}

/// A trace for whoever acts: what was sent, each decision, what it changed.
pub(crate) async fn trace(acting: &Acting, id: ConnectionId, trace: RequestId) -> Result<RequestDetails, HttpError> {
    let found = acting.read(Lane::Scan, move |conn, caller| {
        let connection = caller.connection(conn, id, Action::ReadConnections)?;
        let logged = match logged(conn, id, trace) {
            Ok(Some(logged)) => logged,
            Ok(None) => return Err(EngineError::not_found("trace", trace)),
            Err(error) => return Ok(Err(error)),
        };
        let changes = changed(conn, &logged)?;
        Ok(Ok((logged, connection.name, changes)))
    });
    let (logged, connection, changes) = found.await??;
    Ok(acting.app.details(&logged, Some(connection), changes)?)
}

impl RequestDetails {
    /// A trace, readable, but for what was sent.
    #[must_use]
    pub fn without_body(logged: &Logged, connection: Option<String>, changes: Vec<Change>) -> Self {
        let request = RequestLine::from(logged);
        let (token, resource_version, steps) = match logged {
            Logged::Row(row) => (row.token, row.resource_version, row.steps.as_slice()),
            Logged::Line(line) => (Some(line.token), None, [].as_slice()),
        };
        let (understood, decided): (Vec<_>, Vec<_>) =
            steps.iter().partition(|step| matches!(step.note, Note::Dialect(_)));
        Self {
            connection,
            request,
            token: token.map(|token| token.to_string()),
            resource_version,
            sent: None,
            understood: understood.iter().map(|step| step.note.to_string()).collect(),
            decisions: decided
                .iter()
                .map(|step| Decision { rule: step.rule.id().to_owned(), what: step.note.to_string() })
                .collect(),
            changes,
        }
    }
}

impl App {
    /// A trace, readable.
    ///
    /// # Errors
    ///
    /// When what was sent was sealed with another installation's key, or is damaged.
    pub fn details(
        &self,
        logged: &Logged,
        connection: Option<String>,
        changes: Vec<Change>,
    ) -> Result<RequestDetails, LogError> {
        let sent = match logged {
            Logged::Row(row) if row.body.is_some() => self.logged_body(row)?,
            Logged::Row(_) | Logged::Line(_) => None,
        };
        let sent = sent.map(|body| serde_json::from_slice(&body).map_err(LogError::from)).transpose()?;
        Ok(RequestDetails { sent, ..RequestDetails::without_body(logged, connection, changes) })
    }
}

/// What the ledger says that a request changed; nothing once that has expired.
fn changes(conn: &mut Conn<'_>, row: &RequestRow) -> Result<Vec<Change>, EngineError> {
    let Some(resource) = row.resource else { return Ok(Vec::new()) };
    let Some(told) = conn.ledger_row_of(row.id, resource, row.at)? else { return Ok(Vec::new()) };
    Ok(describe(conn, &told.changes)?.into_iter().map(Change::from).collect())
}

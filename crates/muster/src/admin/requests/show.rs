//! Everything about one request.

use muster_engine::{EngineError, describe::describe};
use muster_http::{LogError, Logged, logged_read};
use muster_model::{RequestId, trace::Note};
use muster_store::{Conn, RequestRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::list::RequestLine;
use crate::admin::{AdminError, Change, Installation};

/// One request: what was sent, how it was read, what was decided, what it changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RequestDetails {
    /// Through which connection.
    pub(crate) connection: Option<String>,
    #[serde(flatten)]
    pub(crate) request: RequestLine,
    /// The token that opened it.
    pub(crate) token: Option<String>,
    /// The version of the resource after it.
    pub(crate) resource_version: Option<i64>,
    /// What was sent, without secrets. Absent if there was no body, it was no JSON, or it has expired.
    pub(crate) sent: Option<Value>,
    /// What was understood against the letter of the protocol.
    pub(crate) understood: Vec<String>,
    /// Each decision with the rule that made it, in order.
    pub(crate) decisions: Vec<Decision>,
    /// What is different since.
    pub(crate) changes: Vec<Change>,
}

/// One decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Decision {
    /// The rule's ID.
    pub(crate) rule: String,
    /// What it decided.
    pub(crate) what: String,
}

pub(super) fn show(installation: &Installation, id: RequestId) -> Result<RequestDetails, AdminError> {
    let found = installation.store.scan_blocking::<_, LogError, _>(move |conn| find(conn, id))?;
    let Some((logged, connection)) = found else {
        let hint =
            "it is the TraceID of no SCIM request, or of one that has expired; `muster requests list` has the rest";
        return Err(AdminError::Missing { kind: "request", name: id.to_string(), hint: hint.to_owned() });
    };
    let request = RequestLine::from(&logged);
    let row = match logged {
        Logged::Row(row) => row,
        Logged::Line(line) => {
            return Ok(RequestDetails {
                connection,
                request,
                token: Some(line.token.to_string()),
                resource_version: None,
                sent: None,
                understood: Vec::new(),
                decisions: Vec::new(),
                changes: Vec::new(),
            });
        }
    };
    let sent = if row.body.is_some() {
        let body = installation.with_app(async |app| app.logged_body(&row))??;
        body.map(|body| serde_json::from_slice(&body).map_err(LogError::from)).transpose()?
    } else {
        None
    };
    let changed = (*row).clone();
    let changes = installation.store.read_blocking::<_, EngineError, _>(move |conn| changes(conn, &changed))?;
    let (understood, decided): (Vec<_>, Vec<_>) =
        row.steps.iter().partition(|step| matches!(step.note, Note::Dialect(_)));
    Ok(RequestDetails {
        connection,
        request,
        token: row.token.map(|token| token.to_string()),
        resource_version: row.resource_version,
        sent,
        understood: understood.iter().map(|step| step.note.to_string()).collect(),
        decisions: decided
            .iter()
            .map(|step| Decision { rule: step.rule.id().to_owned(), what: step.note.to_string() })
            .collect(),
        changes,
    })
}

/// A request, wherever it is logged, and the name of its connection.
fn find(conn: &mut Conn<'_>, id: RequestId) -> Result<Option<(Logged, Option<String>)>, LogError> {
    if let Some(row) = conn.request(id)? {
        let connection = row.connection.map(|id| conn.connection(id)).transpose()?.flatten();
        return Ok(Some((Logged::Row(Box::new(row)), connection.map(|connection| connection.name))));
    }
    for connection in conn.connection_ids()? {
        if let Some(line) = logged_read(conn, connection, id)? {
            let connection = conn.connection(connection)?;
            return Ok(Some((Logged::Line(line), connection.map(|connection| connection.name))));
        }
    }
    Ok(None)
}

/// What the ledger says that a request changed; nothing once that has expired.
fn changes(conn: &mut Conn<'_>, row: &RequestRow) -> Result<Vec<Change>, EngineError> {
    let Some(resource) = row.resource else { return Ok(Vec::new()) };
    let Some(told) = conn.ledger_row_of(row.id, resource, row.at)? else { return Ok(Vec::new()) };
    Ok(describe(conn, &told.changes)?.into_iter().map(Change::from).collect())
}

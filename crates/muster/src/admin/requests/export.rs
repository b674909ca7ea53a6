//! A piece of the log, for a recording (SCIM-11): pages of it, newest first, that whoever asks puts together.

use muster_http::{LogError, Logged, log_page};
use muster_model::{ConnectionId, Timestamp};
use muster_simulator::recording::{Made, Missing, Recorded};
use muster_store::RequestRow;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::time;
use crate::admin::{AdminError, Installation, named};

/// A page ends when its bodies have so many bytes, so that it always fits into one answer.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// Which piece.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExportRequest {
    /// The connection's name.
    pub(crate) connection: String,
    /// From when.
    pub(crate) since: Option<String>,
    /// Until when.
    pub(crate) until: Option<String>,
    /// Where the page before ended.
    pub(crate) before: Option<Uuid>,
}

/// A page of what was recorded, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExportPage {
    /// The requests with the time of each.
    pub(crate) requests: Vec<(Timestamp, Recorded)>,
    /// Where the range begins, so that all pages mean the same.
    pub(crate) since: Option<String>,
    /// Before which the next page ends; `None` after the last one.
    pub(crate) next: Option<Uuid>,
}

pub(super) fn export(installation: &Installation, request: ExportRequest) -> Result<ExportPage, AdminError> {
    let now = installation.surroundings.now();
    let since = request.since.as_deref().map(|text| time::parse(text, now)).transpose()?;
    let until = request.until.as_deref().map(|text| time::parse(text, now)).transpose()?;
    let name = request.connection;
    let sought = name.clone();
    let found = installation.store.read_blocking(move |conn| named::connection(conn, &sought));
    let connection = found.map_err(|error| named::explained(installation, &name, error))?.id;
    if request.before.is_none() {
        installation.with_app(async |app| app.write_reads().await)?;
    }
    let before = request.before.unwrap_or_else(|| until.map_or(Uuid::max(), Timestamp::first_id));
    let page = read(installation, connection, before)?;
    let mut requests = Vec::new();
    let (mut bytes, mut next) = (0, page.next);
    for (logged, body) in page.requests {
        if since.is_some_and(|since| logged.at() < since) {
            next = None;
            break;
        }
        if bytes > PAGE_BYTES {
            next = Some(Uuid::from_u128(logged.id().0.as_u128().saturating_add(1)));
            break;
        }
        bytes += body.as_ref().map_or(0, Vec::len);
        if is_clients(&logged) {
            requests.push((logged.at(), recorded(&logged, body)?));
        }
    }
    Ok(ExportPage { requests, since: since.map(|since| since.to_string()), next })
}

/// A page of the log with the bodies.
struct Page {
    requests: Vec<(Logged, Option<Vec<u8>>)>,
    next: Option<Uuid>,
}

fn read(installation: &Installation, connection: ConnectionId, before: Uuid) -> Result<Page, AdminError> {
    let page = installation.store.scan_blocking::<_, LogError, _>(move |conn| log_page(conn, connection, before))?;
    let next = page.next;
    let requests = installation.with_app(async |app| {
        let with_body = |logged: Logged| {
            let body = match &logged {
                Logged::Row(row) => app.logged_body(row)?,
                Logged::Line(_) => None,
            };
            Ok::<_, LogError>((logged, body))
        };
        page.requests.into_iter().map(with_body).collect::<Result<Vec<_>, _>>()
    })??;
    Ok(Page { requests, next })
}

/// Whether a client sent it: what was run again is no part of what clients did.
fn is_clients(logged: &Logged) -> bool {
    match logged {
        Logged::Row(row) => row.kind == "scim",
        Logged::Line(_) => true,
    }
}

/// A request as a recording tells it; when it came is for the whole to say.
fn recorded(logged: &Logged, body: Option<Vec<u8>>) -> Result<Recorded, AdminError> {
    let body = body.map(|body| serde_json::from_slice(&body).map_err(LogError::from)).transpose()?;
    let carries = matches!(logged.method(), "POST" | "PUT" | "PATCH");
    let missing = match () {
        () if logged.is_cut() => Some(Missing::Path),
        () if carries && body.is_none() => Some(Missing::Body),
        () => None,
    };
    let made = match logged {
        Logged::Row(row) => made(row),
        Logged::Line(_) => None,
    };
    Ok(Recorded {
        after_ms: 0,
        idp: logged.dialect().map(str::to_owned),
        method: logged.method().to_owned(),
        path: logged.target().to_owned(),
        body,
        missing,
        status: logged.status(),
        made,
    })
}

/// The id that the server gave to what was created.
fn made(row: &RequestRow) -> Option<Made> {
    let created = row.method == "POST" && row.status == 201;
    row.resource.filter(|_| created).map(|id| Made::One(id.to_string()))
}

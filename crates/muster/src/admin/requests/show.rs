//! Everything about one request.

use muster_engine::EngineError;
use muster_http::{
    LogError, Logged,
    traces::{RequestDetails, changed, logged},
};
use muster_model::RequestId;
use muster_store::Conn;

use crate::admin::{AdminError, Installation};

pub(super) fn show(installation: &Installation, id: RequestId) -> Result<RequestDetails, AdminError> {
    let found = installation.store.scan_blocking::<_, LogError, _>(move |conn| find(conn, id))?;
    let Some((logged, connection)) = found else {
        let hint =
            "it is the TraceID of no SCIM request, or of one that has expired; `muster requests list` has the rest";
        return Err(AdminError::Missing { kind: "request", name: id.to_string(), hint: hint.to_owned() });
    };
    let told = logged.clone();
    let changes = installation.store.read_blocking::<_, EngineError, _>(move |conn| changed(conn, &told))?;
    let opened = matches!(&logged, Logged::Row(row) if row.body.is_some());
    if !opened {
        return Ok(RequestDetails::without_body(&logged, connection, changes));
    }
    Ok(installation.with_app(async |app| app.details(&logged, connection, changes))??)
}

/// A request, wherever it is logged, and the name of its connection.
fn find(conn: &mut Conn<'_>, id: RequestId) -> Result<Option<(Logged, Option<String>)>, LogError> {
    if let Some(row) = conn.request(id)? {
        let connection = row.connection.map(|id| conn.connection(id)).transpose()?.flatten();
        return Ok(Some((Logged::Row(Box::new(row)), connection.map(|connection| connection.name))));
    }
    for connection in conn.connection_ids()? {
        if let Some(line) = logged(conn, connection, id)? {
            let connection = conn.connection(connection)?;
            return Ok(Some((line, connection.map(|connection| connection.name))));
        }
    }
    Ok(None)
}

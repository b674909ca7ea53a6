//! What of a connection's single sign-on needs looking after (SSO-8), for `show` and `doctor`.

use muster_administration::connections::{Warning, relied_certificates, warnings};
use muster_engine::{EngineError, certificates};
use muster_model::{Connection, ConnectionState, Timestamp};
use muster_store::Conn;

use crate::admin::{Check, Status};

/// A connection's single sign-on, as `doctor` tells it.
pub(in crate::admin) fn checks(
    conn: &mut Conn<'_>,
    connection: &Connection,
    now: Timestamp,
) -> Result<Vec<Check>, EngineError> {
    let name = format!("single sign-on of {}", connection.name);
    if connection.state == ConnectionState::Off {
        return Ok(vec![Check::skipped(&name, "the connection is off")]);
    }
    if connection.settings.sso.is_none() {
        return Ok(vec![Check::skipped(&name, "not set up")]);
    }
    let own = certificates::of(conn, connection.id)?;
    let metadata = conn.idp_metadata(connection.id)?;
    let relied = relied_certificates(connection, &own);
    let found = warnings(connection, &relied, metadata.as_ref(), now);
    if !found.is_empty() {
        let check = |Warning { is_problem, found, advice }: Warning| {
            let status = if is_problem { Status::Problem } else { Status::Warning };
            Check { status, ..Check::warning(&name, found, advice) }
        };
        return Ok(found.into_iter().map(check).collect());
    }
    let good = match relied.iter().map(|one| one.days_left(now)).min() {
        Some(days) => format!("certificates are good for {days} more days"),
        None => "set up".to_owned(),
    };
    Ok(vec![Check::ok(&name, good)])
}

//! What of a connection's single sign-on needs looking after (SSO-8), for `show` and `doctor`.

use std::time::Duration;

use muster_engine::{EngineError, certificates, certificates::Relied};
use muster_http::relied_certificates;
use muster_model::{Connection, ConnectionState, Timestamp, connection::SingleSignOn};
use muster_store::{Conn, IdpMetadata};

use crate::admin::{Check, Status};

/// Metadata that could not be fetched for so long is a problem.
const STALE: Duration = Duration::from_hours(24);
/// Metadata that says of itself that it ends so soon is warned of.
const ENDS_SOON: Duration = Duration::from_hours(48);

/// A connection's single sign-on, as `doctor` tells it.
pub(in crate::admin) fn checks(
    conn: &mut Conn<'_>,
    connection: &Connection,
    now: Timestamp,
) -> Result<Vec<Check>, EngineError> {
    let name = name(connection);
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
        return Ok(found);
    }
    let good = match relied.iter().map(|one| one.days_left(now)).min() {
        Some(days) => format!("certificates are good for {days} more days"),
        None => "set up".to_owned(),
    };
    Ok(vec![Check::ok(&name, good)])
}

/// What needs looking after, and what to do.
pub(super) fn warnings(
    connection: &Connection,
    relied: &[Relied],
    metadata: Option<&IdpMetadata>,
    now: Timestamp,
) -> Vec<Check> {
    let mut found: Vec<Check> = relied.iter().filter_map(|one| ending(connection, one, now)).collect();
    found.extend(metadata.and_then(|metadata| fetching(connection, metadata, now)));
    found.extend(metadata.and_then(|metadata| outdated(connection, metadata, now)));
    found
}

fn name(connection: &Connection) -> String {
    format!("single sign-on of {}", connection.name)
}

fn ending(connection: &Connection, one: &Relied, now: Timestamp) -> Option<Check> {
    one.warning(now)?;
    let (what, days) = (one.what(), one.days_left(now));
    let found = match days {
        ..0 => format!("{what} ended {} days ago", days.unsigned_abs()),
        0 => format!("{what} ends within a day"),
        1 => format!("{what} ends in 1 day"),
        _ => format!("{what} ends in {days} days"),
    };
    let status = if days < 1 { Status::Problem } else { Status::Warning };
    Some(Check { status, ..Check::warning(&name(connection), found, one.advice(connection)) })
}

fn fetching(connection: &Connection, metadata: &IdpMetadata, now: Timestamp) -> Option<Check> {
    let failure = metadata.failure.as_ref()?;
    let is_unknown = matches!(&connection.settings.sso, Some(SingleSignOn::Saml(saml)) if saml.entity_id.is_empty());
    let since = match metadata.fetched {
        Some(fetched) => format!("has not been fetched since {fetched}"),
        None => "was never fetched".to_owned(),
    };
    let found = format!("the identity provider's metadata {since}: {failure}");
    let is_stale = metadata.fetched.is_none_or(|fetched| fetched.after(STALE) < now);
    let advice = format!("mend that, and try it: muster connection refresh {}", connection.name);
    let status = if is_unknown || is_stale { Status::Problem } else { Status::Warning };
    Some(Check { status, ..Check::warning(&name(connection), found, advice) })
}

fn outdated(connection: &Connection, metadata: &IdpMetadata, now: Timestamp) -> Option<Check> {
    let until = metadata.valid_until.filter(|until| *until < now.after(ENDS_SOON))?;
    let advice = "see why the identity provider does not publish it anew";
    Some(Check::warning(
        &name(connection),
        format!("the identity provider's metadata says that it ends at {until}"),
        advice,
    ))
}

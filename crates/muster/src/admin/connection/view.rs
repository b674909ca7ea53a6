//! Connections as the shell shows them.

use muster_administration::connections::{ConnectionView, view};
use muster_engine::EngineError;

use crate::admin::{AdminError, Installation, named};

/// Every connection, by name.
pub(super) fn all(installation: &Installation) -> Result<Vec<ConnectionView>, AdminError> {
    let now = installation.surroundings.now();
    let views = installation.store.scan_blocking(move |conn| {
        let mut views = Vec::new();
        for id in conn.connection_ids()? {
            if let Some(connection) = conn.connection(id)? {
                views.push(view(conn, &connection, now)?);
            }
        }
        views.sort_by(|one: &ConnectionView, other| one.name.cmp(&other.name));
        Ok::<_, EngineError>(views)
    })?;
    Ok(views)
}

/// The connection of this name.
pub(super) fn one(installation: &Installation, name: &str) -> Result<ConnectionView, AdminError> {
    let (now, wanted) = (installation.surroundings.now(), name.to_owned());
    let view = installation.store.snapshot_blocking(move |conn| {
        let connection = named::connection(conn, &wanted)?;
        view(conn, &connection, now)
    });
    view.map_err(|error| named::explained(installation, name, error))
}

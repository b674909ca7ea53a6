//! A connection's conflicts (PRE-3).

use muster_engine::conflicts;
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, named};

/// A page of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Conflicts {
    /// The connection.
    pub(crate) connection: String,
    #[serde(flatten)]
    pub(crate) page: conflicts::Page,
}

pub(super) fn list(
    installation: &Installation,
    name: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Conflicts, AdminError> {
    let after = named::after(after)?;
    let connection = name.to_owned();
    let page = installation.store.scan_blocking(move |conn| {
        let connection = named::connection(conn, &connection)?;
        conflicts::page(conn, &connection, after, limit)
    });
    let page = page.map_err(|error| named::explained(installation, name, error))?;
    Ok(Conflicts { connection: name.to_owned(), page })
}

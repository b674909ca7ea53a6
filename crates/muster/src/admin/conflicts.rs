//! A connection's conflicts (PRE-3).

use muster_administration::conflicts::ConflictLine;
use muster_engine::conflicts;
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, named};

/// A page of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Conflicts {
    /// The connection.
    pub(crate) connection: String,
    /// The conflicts; all of one account are on one page.
    pub(crate) conflicts: Vec<ConflictLine>,
    /// The account after which the next page goes on.
    pub(crate) next: Option<String>,
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
    Ok(Conflicts {
        connection: name.to_owned(),
        conflicts: page.conflicts.into_iter().map(ConflictLine::from).collect(),
        next: page.next.map(|next| next.to_string()),
    })
}

//! Pages of members as CSV (ORG-7).

use muster_engine::{EngineError, roster};
use muster_model::Organization;
use serde::{Deserialize, Serialize};

use super::{
    AdminError, Installation,
    organization::{place, place_text},
};

/// How many people a page holds.
const PAGE: i64 = 500;

/// A page of the export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MembersExport {
    /// Lines of CSV; the first page begins with the header.
    pub(crate) csv: String,
    /// How many people are in it.
    pub(crate) people: usize,
    /// What to go on after, if there are more.
    pub(crate) next: Option<String>,
}

pub(super) fn page(
    installation: &Installation,
    organization: &Organization,
    after: Option<&str>,
) -> Result<MembersExport, AdminError> {
    let begin = after.is_none();
    let after = after.map(place).transpose()?;
    let (organization, now) = (organization.clone(), installation.surroundings.now());
    let page = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
        roster::page(conn, &organization, after.as_ref(), PAGE, now)
    })?;
    let csv = muster_http::members_csv(&page.people, begin)?;
    Ok(MembersExport { csv, people: page.people.len(), next: page.next.as_ref().map(place_text) })
}

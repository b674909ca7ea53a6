//! The activity log from the shell (ORG-9).

use muster_engine::activity::{self, Filter, Place, Scope};
use muster_http::ActivityLine;
use muster_model::{LedgerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation};

/// Which part of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ActivityRequest {
    pub(crate) account: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) limit: u32,
    /// Where the page before ended.
    pub(crate) after: Option<String>,
    /// Whether all of it is wanted, page by page.
    pub(crate) export: bool,
}

/// A page of the log, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) entries: Vec<ActivityLine>,
    /// What to give as `--after` for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// Whether this is the first page.
    pub(crate) first: bool,
    /// Whether it is one of an export.
    pub(crate) export: bool,
}

pub(super) fn run(installation: &Installation, request: ActivityRequest) -> Result<Activity, AdminError> {
    let ActivityRequest { account, action, actor, name, from, to, limit, after, export } = request;
    let time = |flag: &str, text: Option<&str>| match text.map(Timestamp::parse) {
        None => Ok(None),
        Some(Ok(at)) => Ok(Some(at)),
        Some(Err(_)) => Err(AdminError::Wrong(format!("`{flag}` takes a time such as 2026-11-01T00:00:00Z"))),
    };
    let (from, to) = (time("--from", from.as_deref())?, time("--to", to.as_deref())?);
    let filter = Filter { action, actor, name, from, to };
    let first = after.is_none();
    let wrong = || AdminError::Wrong("`--after` takes what the page before ended with".to_owned());
    let after = after.map(|text| place(&text).ok_or_else(wrong)).transpose()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (entries, next) = installation.store.scan_blocking(move |conn| {
        let scope = match &account {
            Some(name) => activity::account_scope(conn, name)?,
            None => Scope::Everything,
        };
        activity::page(conn, scope, &filter, after, limit)
    })?;
    let next = next.map(|place| format!("{}.{}", place.row, place.read));
    Ok(Activity { entries: entries.into_iter().map(ActivityLine::from).collect(), next, first, export })
}

fn place(text: &str) -> Option<Place> {
    let (row, read) = text.split_once('.')?;
    Some(Place { row: LedgerId(row.parse().ok()?), read: read.parse().ok()? })
}

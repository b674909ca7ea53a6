//! `muster audit` over a server.

use muster_http::{ActivityLine, FieldLine};
use serde::Deserialize;
use serde_json::Value;

use super::client::{Client, place};
use crate::admin::{Activity, ActivityRequest, AdminError};

/// The most entries of a page.
const PAGE: usize = 100;

#[derive(Debug, Deserialize)]
struct Page {
    logs: Vec<Entry>,
    next: Option<String>,
}

/// An entry, as the management API shows it.
#[derive(Debug, Deserialize)]
struct Entry {
    action: String,
    name: String,
    actor: String,
    timestamp: String,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    id: String,
    source: String,
    connection: Option<String>,
    rule: String,
    trace_id: Option<String>,
    changes: Vec<Field>,
}

#[derive(Debug, Deserialize)]
struct Field {
    field: String,
    old: Value,
    new: Value,
}

impl From<Entry> for ActivityLine {
    fn from(entry: Entry) -> Self {
        let Entry { action, name, actor, timestamp, data } = entry;
        let field = |Field { field, old, new }| FieldLine { field, old, new };
        Self {
            id: data.id,
            at: timestamp,
            action,
            name,
            actor,
            source: data.source,
            connection: data.connection,
            rule: data.rule,
            trace: data.trace_id,
            changes: data.changes.into_iter().map(field).collect(),
            changes_omitted: false,
        }
    }
}

/// A page of the log. An export goes on where it ended.
pub(super) fn run(client: &Client, request: ActivityRequest) -> Result<Activity, AdminError> {
    let ActivityRequest { account, action, actor, name, from, to, limit, mut after, export } = request;
    let Some(account) = account else {
        let why = "over a server say whose log: `--account` with an organization of yours, or your own username";
        return Err(AdminError::Wrong(why.to_owned()));
    };
    let first = after.is_none();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    loop {
        let size = limit.saturating_sub(entries.len()).clamp(1, PAGE).to_string();
        let query: Vec<(&str, &str)> = [
            ("action", action.as_deref()),
            ("actor", actor.as_deref()),
            ("name", name.as_deref()),
            ("from", from.as_deref()),
            ("to", to.as_deref()),
            ("after", after.as_deref()),
            ("page_size", Some(&size)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let page: Page = client.get(&["auditlogs", &account], &query)?;
        entries.extend(page.logs.into_iter().map(ActivityLine::from));
        let next = page.next.as_deref().and_then(place);
        if next.is_none() || entries.len() >= limit {
            return Ok(Activity { entries, next, first, export });
        }
        after = next;
    }
}

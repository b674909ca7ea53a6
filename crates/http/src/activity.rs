//! Entries of the activity log as exports and streams tell them (ORG-9): one JSON object each, or one line of CSV.

use muster_engine::activity::Entry;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{HttpError, spreadsheet};

/// The columns of CSV.
const HEADER: [&str; 10] =
    ["Time", "Event", "What", "Actor", "Source", "Connection", "Rule", "TraceID", "Changes", "ID"];

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityLine {
    /// Tells entries apart: the same one has the same id wherever and however often it is told.
    pub id: String,
    /// When, as RFC 3339.
    pub at: String,
    /// The event.
    pub action: String,
    /// What it happened to.
    pub name: String,
    /// Who did it.
    pub actor: String,
    /// From where it came.
    pub source: String,
    /// Through which connection.
    pub connection: Option<String>,
    /// The rule that decided.
    pub rule: String,
    /// In which request.
    pub trace: Option<String>,
    /// What is different.
    pub changes: Vec<FieldLine>,
    /// Whether the changes are left out, because they do not fit into what the line is sent with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changes_omitted: bool,
}

/// One field, before and after; null where it said nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldLine {
    /// Its name.
    pub field: String,
    /// Before.
    pub old: Value,
    /// After.
    pub new: Value,
}

impl From<Entry> for ActivityLine {
    fn from(entry: Entry) -> Self {
        let changes = entry.fields.into_iter();
        Self {
            id: format!("{}.{}", entry.id, entry.number),
            at: entry.at.to_string(),
            action: entry.action.as_str().to_owned(),
            name: entry.name,
            actor: entry.actor_name,
            source: entry.source.as_str().to_owned(),
            connection: entry.connection,
            rule: entry.rule.id().to_owned(),
            trace: entry.trace.map(|trace| trace.to_string()),
            changes: changes.map(|field| FieldLine { field: field.name, old: field.old, new: field.new }).collect(),
            changes_omitted: false,
        }
    }
}

impl ActivityLine {
    /// The object, on one line.
    pub(crate) fn json(&self) -> Result<String, HttpError> {
        serde_json::to_string(self)
            .map_err(|error| HttpError::Internal("an entry cannot be written", std::sync::Arc::new(error)))
    }

    /// What is different, for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let one = |change: &FieldLine| format!("{}: {} -> {}", change.field, change.old, change.new);
        self.changes.iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

/// Entries as lines of CSV, after the names of the columns if they are asked for; no spreadsheet takes a cell for a formula.
///
/// # Errors
///
/// None that is known of: writing to memory does not fail.
pub fn activity_csv(lines: &[ActivityLine], with_header: bool) -> Result<String, HttpError> {
    let rows = lines.iter().map(|line| {
        [
            line.at.clone(),
            line.action.clone(),
            line.name.clone(),
            line.actor.clone(),
            line.source.clone(),
            line.connection.clone().unwrap_or_default(),
            line.rule.clone(),
            line.trace.clone().unwrap_or_default(),
            line.summary(),
            line.id.clone(),
        ]
    });
    spreadsheet::csv(with_header.then_some(HEADER), rows)
}

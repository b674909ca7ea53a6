//! The activity log, for people and programs.

use muster_http::activity_csv;

use super::table;
use crate::admin::Activity;

/// A page of the log, as a table; of an export as CSV, the first page with its head.
pub(super) fn text(page: &Activity) -> String {
    if page.export {
        return activity_csv(&page.entries, page.first).unwrap_or_default();
    }
    let mut rows = table(["at", "event", "what", "by", "through", "rule", "changes"]);
    for entry in &page.entries {
        rows.add_row([
            entry.at.clone(),
            entry.action.clone(),
            entry.name.clone(),
            entry.actor.clone(),
            entry.connection.clone().unwrap_or_else(|| entry.source.clone()),
            entry.rule.clone(),
            entry.summary(),
        ]);
    }
    match &page.next {
        Some(next) => format!("{rows}\n\nmore: add --after {next}"),
        None if page.entries.is_empty() => "nothing happened, as far as the log is kept".to_owned(),
        None => rows.to_string(),
    }
}

/// An object a line.
pub(super) fn lines(page: &Activity) -> Result<String, serde_json::Error> {
    let lines: Result<Vec<String>, _> = page.entries.iter().map(serde_json::to_string).collect();
    Ok(lines?.join("\n"))
}

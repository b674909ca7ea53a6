//! The activity log, for people and programs.

use super::table;
use crate::admin::{Activity, ActivityLine};

/// A page of the log, as a table; of an export as CSV, the first page with its head.
pub(super) fn text(page: &Activity) -> String {
    if page.export {
        return csv(page).unwrap_or_default();
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
            changes(entry),
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

fn changes(entry: &ActivityLine) -> String {
    let one = |change: &crate::admin::FieldLine| format!("{}: {} -> {}", change.field, change.old, change.new);
    entry.changes.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn csv(page: &Activity) -> Option<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if page.first {
        let head = ["Time", "Event", "What", "Actor", "Source", "Connection", "Rule", "TraceID", "Changes"];
        writer.write_record(head).ok()?;
    }
    for entry in &page.entries {
        let (connection, trace) = (entry.connection.as_deref(), entry.trace.as_deref());
        let (connection, trace) = (connection.unwrap_or_default(), trace.unwrap_or_default());
        let (rule, changes) = (&entry.rule, changes(entry));
        let row =
            [&entry.at, &entry.action, &entry.name, &entry.actor, &entry.source, connection, rule, trace, &changes];
        writer.write_record(row).ok()?;
    }
    String::from_utf8(writer.into_inner().ok()?).ok()
}

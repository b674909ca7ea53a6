//! A connection's conflicts, for people.

use std::fmt::Write as _;

use super::{applied::shown, table};
use crate::admin::Conflicts;

/// A line for each word on each value; the one that holds is marked.
pub(super) fn text(conflicts: &Conflicts) -> String {
    if conflicts.conflicts.is_empty() {
        return format!("no conflicts: what SSO and SCIM say through {} agrees", conflicts.connection);
    }
    let mut list = table(["who", "value", "holds", "because", "", "source", "says", "since", "rule", "trace"]);
    for conflict in &conflicts.conflicts {
        let who = conflict.email.clone().unwrap_or_else(|| conflict.username.clone());
        let place = conflict.organization.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        let value = format!("{}{place}", conflict.attribute.replace('_', " "));
        let holds = conflict.holds.as_ref().map(shown).unwrap_or_default();
        let because = format!("{} decided", conflict.decided_by);
        for (number, said) in conflict.said.iter().enumerate() {
            let first = |text: &str| if number == 0 { text.to_owned() } else { String::new() };
            let connection = said.connection.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            list.add_row([
                first(&who),
                first(&value),
                first(&holds),
                first(&because),
                if said.wins { "*".to_owned() } else { String::new() },
                format!("{}{connection}", said.source),
                shown(&said.value),
                said.at.clone(),
                said.rule.clone(),
                said.trace_id.clone().unwrap_or_default(),
            ]);
        }
    }
    let mut text = format!("{list}\n\n{} conflicts", conflicts.conflicts.len());
    if let Some(next) = &conflicts.next {
        // Writing to a string does not fail.
        let _ = write!(text, "; more: muster conflicts --connection {} --after {next}", conflicts.connection);
    }
    text
}

//! What the mass-change guard holds, for people.

use muster_engine::guard::KEPT;

use super::table;
use crate::admin::{Ends, Held, HeldLine};

/// A line for each request, and what all that wait would end together.
pub(super) fn text(held: &Held) -> String {
    if let [line] = held.held.as_slice()
        && let Some(body) = &line.body
    {
        return one(line, body);
    }
    let summary = summary(held);
    if held.held.is_empty() {
        return summary;
    }
    let mut list = table(["id", "at", "request", "about", "would end", "state", "because"]);
    for line in &held.held {
        list.add_row([
            line.id.to_string(),
            line.at.clone(),
            line.sent.clone().unwrap_or_default(),
            line.about.clone().unwrap_or_default(),
            ends(&line.ends),
            line.state.clone(),
            line.note.clone().unwrap_or_default(),
        ]);
    }
    format!("{list}\n\n{summary}")
}

fn one(line: &HeldLine, body: &serde_json::Value) -> String {
    let mut list = table(["", ""]);
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    for (name, value) in [
        ("id", line.id.to_string()),
        ("TraceID", line.request.to_string()),
        ("at", line.at.clone()),
        ("request", some(&line.sent)),
        ("about", some(&line.about)),
        ("would end", ends(&line.ends)),
        ("state", line.state.clone()),
        ("because", some(&line.note)),
    ] {
        list.add_row([name.to_owned(), value]);
    }
    format!("{list}\n\n{body:#}")
}

fn summary(held: &Held) -> String {
    let Held { connection, waiting, would_end, .. } = held;
    match *waiting {
        0 => format!("nothing is held for {connection}"),
        waiting => {
            let summary = format!("{waiting} held requests of {connection} would end {}", ends(would_end));
            if i64::try_from(waiting).is_ok_and(|waiting| waiting < KEPT) {
                return summary;
            }
            format!("{summary}; no more are kept until some are decided, and nothing ends meanwhile")
        }
    }
}

/// `2 memberships and 3 team grants of moby`.
fn ends(ends: &[Ends]) -> String {
    let each = |of: &Ends| {
        let kinds = [(of.endings.memberships, "membership"), (of.endings.team_grants, "team grant")];
        let kinds = kinds.iter().filter(|(count, _)| *count > 0);
        let kinds: Vec<String> =
            kinds.map(|(count, kind)| format!("{count} {kind}{}", if *count == 1 { "" } else { "s" })).collect();
        format!("{} of {}", kinds.join(" and "), of.organization)
    };
    ends.iter().map(each).collect::<Vec<_>>().join(", ")
}

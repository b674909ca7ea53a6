//! The request log, for people.

use std::fmt::Write as _;

use super::{applied, table};
use crate::admin::{Replayed, RequestDetails, RequestLine, RequestList};

/// A line for each request, newest first.
pub(super) fn list(list: &RequestList) -> String {
    if list.requests.is_empty() {
        let of = match list.connection.as_str() {
            "" => String::new(),
            name => format!(" of connection {name}"),
        };
        return format!("no requests{of} are on the log for this question");
    }
    let mut lines = table(["time", "trace", "", "target", "status", "outcome", "from", "ms", "because"]);
    for request in &list.requests {
        lines.add_row([
            request.at.clone(),
            request.id.to_string(),
            request.method.clone(),
            request.target.clone(),
            request.status.to_string(),
            outcome(request),
            request.dialect.clone().unwrap_or_default(),
            format!("{:.1}", request.milliseconds),
            request.detail.clone().unwrap_or_default(),
        ]);
    }
    let mut text = format!("{lines}\n\n{} requests", list.requests.len());
    if let Some(next) = list.next {
        // Writing to a string does not fail.
        let _ = write!(text, "; older: add --before {next}");
    }
    text
}

/// What came of a request, and whether it was a recorded one that was run again.
pub(super) fn outcome(request: &RequestLine) -> String {
    match request.kind.as_str() {
        "scim" => request.outcome.clone(),
        kind => format!("{} ({kind})", request.outcome),
    }
}

/// Everything about one request.
pub(super) fn details(details: &RequestDetails) -> String {
    let request = &details.request;
    let mut text = format!(
        "{} {}\n{} {}, {:.1} ms, {}",
        request.method,
        request.target,
        request.status,
        outcome(request),
        request.milliseconds,
        request.at,
    );
    let some = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    // Writing to a string does not fail.
    let _ = write!(text, "\nconnection {}, from {}, ", some(&details.connection), some(&request.dialect));
    let _ = match (&details.token, request.repeats) {
        (_, Some(repeats)) => write!(text, "{} of {repeats}", request.kind),
        (token, None) => write!(text, "token {}", some(token)),
    };
    if let Some(resource) = request.resource {
        let version = details.resource_version.map(|version| format!(" version {version}")).unwrap_or_default();
        let _ = write!(text, "\nwrote {resource}{version}");
    }
    section(&mut text, "What was sent", details.sent.as_ref().map(|sent| format!("{sent:#}")));
    let understood = (!details.understood.is_empty()).then(|| details.understood.join("\n"));
    section(&mut text, "Read against the letter", understood);
    let decisions: Vec<String> =
        details.decisions.iter().map(|decision| format!("{:<8} {}", decision.rule, decision.what)).collect();
    section(&mut text, "What was decided", (!decisions.is_empty()).then(|| decisions.join("\n")));
    let changes = (!details.changes.is_empty()).then(|| applied::changes(&details.changes).to_string());
    section(&mut text, "What changed", changes);
    text
}

/// A line for each recorded request, and what it comes to.
pub(super) fn replayed(replayed: &Replayed) -> String {
    if replayed.requests.is_empty() {
        return "no recorded request that writes is in this range".to_owned();
    }
    let mut lines = table(["time", "recorded", "", "target", "was", "now", "outcome", "because"]);
    for request in &replayed.requests {
        lines.add_row([
            request.at.clone(),
            request.id.to_string(),
            request.method.clone(),
            request.target.clone(),
            request.was.to_string(),
            request.status.map(|status| status.to_string()).unwrap_or_default(),
            request.outcome.clone(),
            request.detail.clone().unwrap_or_default(),
        ]);
    }
    let count = |outcome: &str| replayed.requests.iter().filter(|request| request.outcome == outcome).count();
    let outcomes = ["changed", "unchanged", "refused", "failed", "skipped", "impossible"];
    let counts = outcomes.map(|outcome| (count(outcome), outcome));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, outcome)| format!("{count} {outcome}")).collect();
    let manner = match replayed.requests.iter().any(|request| request.alone) {
        _ if replayed.applied => "replayed",
        true => "tried, each alone, so that what they take of seats together is not told; nothing was done",
        false => "tried together, in their order; nothing was done",
    };
    let mut text = format!("{lines}\n\n{manner}: {}", counts.join(", "));
    if let Some(rest) = replayed.rest {
        // Writing to a string does not fail.
        let _ = write!(text, "; there are more, from {rest} on: replay the rest with a later `--from`");
    }
    text
}

fn section(text: &mut String, title: &str, content: Option<String>) {
    if let Some(content) = content {
        let _ = write!(text, "\n\n{title}\n{content}");
    }
}

//! What came of a recording, for people and for programs.

use muster_simulator::recording::{Difference, Tally, Verdict};
use serde_json::{Value, json};

use crate::output;

/// Differences that are shown.
const SHOWN: usize = 20;

/// The verdict as tables.
pub(super) fn text(verdict: &Verdict) -> String {
    let mut kinds = output::table(["request", "same status", "another", "not sent"]);
    for (kind, tally) in &verdict.kinds {
        let counts = [tally.same, tally.different, tally.skipped].map(|count| count.to_string());
        let [same, different, skipped] = counts;
        kinds.add_row([kind.clone(), same, different, skipped]);
    }
    let mut parts = vec![kinds.to_string()];
    if !verdict.differences.is_empty() {
        let mut table = output::table(["line", "request", "recorded", "answered", "because"]);
        for difference in verdict.differences.iter().take(SHOWN) {
            table.add_row([
                difference.line.to_string(),
                difference.request.clone(),
                difference.recorded.to_string(),
                difference.answered.map_or_else(|| "nothing".to_owned(), |status| status.to_string()),
                difference.why.clone(),
            ]);
        }
        let more = verdict.sum().different.saturating_sub(SHOWN);
        parts.push(if more > 0 {
            format!("{table}\n... and {more} more; `--json` has them")
        } else {
            table.to_string()
        });
    }
    if !verdict.skipped.is_empty() {
        let lines: Vec<String> =
            verdict.skipped.iter().map(|(why, count)| format!("not sent: {count}, because {why}")).collect();
        parts.push(lines.join("\n"));
    }
    let Tally { same, different, .. } = verdict.sum();
    parts.push(format!(
        "{} requests in {:.1} s\n{}",
        same + different,
        verdict.took.as_secs_f64(),
        conclusion(verdict)
    ));
    parts.join("\n\n")
}

/// The verdict in a sentence.
pub(super) fn conclusion(verdict: &Verdict) -> String {
    let sum = verdict.sum();
    let unsent = if sum.skipped > 0 { format!("; {} could not be sent", sum.skipped) } else { String::new() };
    match (sum.same, sum.different) {
        _ if verdict.stopped => "failed: not played to the end".to_owned(),
        (0, 0) => "failed: there was nothing that could be sent".to_owned(),
        (_, 0) => format!("passed: every answer had the recorded status{unsent}"),
        (_, 1) => format!("failed: one answer had another status than recorded{unsent}"),
        (_, many) => format!("failed: {many} answers had another status than recorded{unsent}"),
    }
}

/// The verdict as one object.
pub(super) fn json(verdict: &Verdict) -> Value {
    let kinds: Vec<Value> = verdict
        .kinds
        .iter()
        .map(|(kind, Tally { same, different, skipped })| {
            json!({"request": kind, "same": same, "different": different, "skipped": skipped})
        })
        .collect();
    let differences: Vec<Value> = verdict
        .differences
        .iter()
        .map(|Difference { line, request, recorded, answered, why }| {
            json!({"line": line, "request": request, "recorded": recorded, "answered": answered, "why": why})
        })
        .collect();
    let sum = verdict.sum();
    json!({
        "passed": verdict.passed(),
        "conclusion": conclusion(verdict),
        "recording": verdict.head,
        "same": sum.same,
        "different": sum.different,
        "skipped": sum.skipped,
        "seconds": verdict.took.as_secs_f64(),
        "kinds": kinds,
        "differences": differences,
        "not_sent": verdict.skipped,
    })
}

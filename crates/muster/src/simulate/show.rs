//! A verdict, for people and for programs.

use muster_simulator::trial::{Finding, Timing, Verdict};
use serde_json::{Value, json};

use crate::output;

/// Examples that are shown in full.
const EXAMPLES: usize = 12;

/// The verdict as tables.
pub(super) fn text(verdict: &Verdict) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    let mut timings = output::table(["request", "times", "p50", "p99", "longest"]);
    for (request, timing) in &verdict.timings {
        let [half, most] = [0.5, 0.99].map(|share| millis(timing.quantile(share).as_secs_f64()));
        let longest = millis(timing.longest().as_secs_f64());
        timings.add_row([request.clone(), timing.count().to_string(), half, most, longest]);
    }
    line(format!("{timings}\n"));
    let findings: Vec<&Finding> = verdict.findings.iter().collect();
    if !findings.is_empty() {
        let mut table = output::table(["", "what is wrong", "where", "times", "who met it", "see"]);
        for finding in &findings {
            let fault = finding.fault;
            let grave = if fault.is_grave() { "FAULT" } else { "remark" };
            let idps: Vec<&str> = finding.idps.iter().copied().collect();
            table.add_row([
                grave.to_owned(),
                fault.title().to_owned(),
                finding.about.clone(),
                finding.count.to_string(),
                idps.join(", "),
                fault.section().to_owned(),
            ]);
        }
        line(format!("{table}\n"));
        for finding in findings.iter().take(EXAMPLES) {
            let example = &finding.example;
            line(format!("{} ({}): {}", finding.fault.title(), finding.about, example.fault));
            line(format!("  > {}", example.request.replace('\n', "\n  > ")));
            line(format!("  < {}\n", example.answer.replace('\n', "\n  < ")));
        }
    }
    line(summary(verdict));
    text.truncate(text.trim_end().len());
    text
}

fn summary(verdict: &Verdict) -> String {
    let idps: Vec<&str> = verdict.idps.iter().map(|idp| idp.slug()).collect();
    let mut text =
        format!("{} requests in {:.1} s as {}; ", verdict.requests, verdict.took.as_secs_f64(), idps.join(", "));
    let compared = verdict.compared;
    let ways = if compared.by_cursor { "by index and by cursor" } else { "by index" };
    let mut say = |words: String| text.push_str(&words);
    say(format!("{} users and {} groups compared, {ways}", compared.users, compared.groups));
    if compared.doubtful > 0 {
        say(format!("; {} not compared, because answers were lost", compared.doubtful));
    }
    if verdict.postponed > 0 {
        say(format!("; {} requests were put off by the server and repeated", verdict.postponed));
    }
    if verdict.left > 0 {
        say(format!("; {} resources of this run could not be removed", verdict.left));
    }
    text.push('\n');
    text.push_str(&conclusion(verdict));
    text
}

/// The verdict in a sentence.
pub(super) fn conclusion(verdict: &Verdict) -> String {
    let grave = verdict.findings.iter().filter(|finding| finding.fault.is_grave()).count();
    if !verdict.stopped.is_empty() {
        let stopped = verdict.stopped.join("; ");
        return format!("failed: {grave} kinds of faults, and not played to the end: {stopped}");
    }
    match (grave, verdict.findings.iter().count() - grave) {
        (0, 0) => "passed: nothing was found".to_owned(),
        (0, remarks) => format!("passed, with {remarks} kinds of remarks"),
        (1, _) => "failed: one kind of fault".to_owned(),
        (grave, _) => format!("failed: {grave} kinds of faults"),
    }
}

/// The verdict as one object.
pub(super) fn json(verdict: &Verdict) -> Value {
    let findings: Vec<Value> = verdict.findings.iter().map(finding).collect();
    let timings: Vec<Value> = verdict.timings.iter().map(|(request, timing)| measured(request, timing)).collect();
    let idps: Vec<&str> = verdict.idps.iter().map(|idp| idp.slug()).collect();
    let compared = verdict.compared;
    json!({
        "passed": verdict.passed(),
        "conclusion": conclusion(verdict),
        "stopped": verdict.stopped,
        "idps": idps,
        "requests": verdict.requests,
        "postponed": verdict.postponed,
        "seconds": verdict.took.as_secs_f64(),
        "compared": {
            "users": compared.users,
            "groups": compared.groups,
            "doubtful": compared.doubtful,
            "others": compared.others,
            "by_cursor": compared.by_cursor,
        },
        "left": verdict.left,
        "findings": findings,
        "timings": timings,
    })
}

fn finding(finding: &Finding) -> Value {
    let example = &finding.example;
    json!({
        "kind": finding.fault.slug(),
        "grave": finding.fault.is_grave(),
        "title": finding.fault.title(),
        "see": finding.fault.section(),
        "where": finding.about,
        "times": finding.count,
        "idps": finding.idps,
        "example": { "request": example.request, "answer": example.answer, "fault": example.fault },
    })
}

fn measured(request: &str, timing: &Timing) -> Value {
    let millis = |share| timing.quantile(share).as_secs_f64() * 1_000.0;
    json!({
        "request": request,
        "times": timing.count(),
        "p50_ms": millis(0.5),
        "p99_ms": millis(0.99),
        "longest_ms": timing.longest().as_secs_f64() * 1_000.0,
    })
}

fn millis(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1_000.0)
}

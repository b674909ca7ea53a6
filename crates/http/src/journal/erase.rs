//! Taking an erased person out of the request log (ACC-2): bodies, targets, decisions, lines of reads.

use muster_engine::erasure::{self, TOMBSTONE, Words};
use muster_model::{Timestamp, trace::Step};
use muster_store::RequestRow;
use serde_json::Value;

use super::{Bodies, Line, LoggedRead, logged_reads, named, pack_lines};

impl erasure::Logged for Bodies {
    fn request(&self, request: &RequestRow, words: &Words) -> Option<RequestRow> {
        let mut without = request.clone();
        let resource = request.resource.or_else(|| named(&request.target));
        if request.body.is_some() {
            without.body = match resource {
                Some(resource) if words.has(resource) => None,
                other => self.body(request, words, other.is_some()),
            };
        }
        without.target = target(&request.target, words).unwrap_or(without.target);
        without.steps =
            request.steps.iter().map(|step| self::step(step, words).unwrap_or_else(|| step.clone())).collect();
        (without != *request).then_some(without)
    }

    fn reads(&self, chunk: &[u8], words: &Words, until: Timestamp) -> Option<Vec<u8>> {
        // What nobody can read any more might tell anything.
        let Ok(mut lines) = logged_reads(chunk) else { return Some(pack_lines(&[])) };
        let mut any = false;
        for line in lines.iter_mut().filter(|line| line.at <= until) {
            if let Some(target) = target(&line.target, words) {
                line.target = target;
                any = true;
            }
            if let Some(detail) = line.detail.as_deref().and_then(|detail| words.out_of(detail)) {
                line.detail = Some(detail);
                any = true;
            }
        }
        any.then(|| pack_lines(&text(&lines)))
    }
}

impl Bodies {
    /// A body that is about another resource, or about none: without what it calls the person where it refers to the person;
    /// gone, where it says more than that, since what is left could not be replayed.
    fn body(&self, request: &RequestRow, words: &Words, of_another: bool) -> Option<Vec<u8>> {
        let opened = self.open(request).ok().flatten()?;
        let mut value: Value = serde_json::from_slice(&opened).ok()?;
        let referred = words.out_of_references(&mut value);
        // A namesake's own name is hers; in what is nobody's it may be the person's.
        let says_more = if of_another {
            words.address_is_within(&value) || words.out_of_others(&mut value.clone())
        } else {
            words.are_within(&value)
        };
        match (says_more, referred) {
            (true, _) => None,
            (false, true) => self.seal(request.id, value.to_string().as_bytes()).ok(),
            (false, false) => request.body.clone(),
        }
    }
}

/// A target without what it says of the person; `None` if it says nothing.
fn target(target: &str, words: &Words) -> Option<String> {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    // A segment of a path decodes as a form's name does.
    let says = |text: &str| {
        let mut decoded = form_urlencoded::parse(text.as_bytes());
        words.are_in(text) || decoded.any(|(name, value)| words.are_in(&name) || words.are_in(&value))
    };
    let query_says = query.is_some_and(says);
    if !says(path) && !query_says {
        return None;
    }
    let segments: Vec<&str> = path.split('/').map(|segment| if says(segment) { TOMBSTONE } else { segment }).collect();
    let path = segments.join("/");
    Some(match query {
        Some(_) if query_says => format!("{path}?{TOMBSTONE}"),
        Some(query) => format!("{path}?{query}"),
        None => path,
    })
}

/// A decision without what it says of the person; `None` if it says nothing.
fn step(step: &Step, words: &Words) -> Option<Step> {
    let mut value = serde_json::to_value(step).ok()?;
    let says = match value.get_mut("n") {
        Some(Value::Object(note)) => note.values_mut().fold(false, |says, text| {
            let without = text.as_str().and_then(|text| words.out_of(text));
            let is = without.is_some();
            if let Some(without) = without {
                *text = Value::from(without);
            }
            says | is
        }),
        _ => false,
    };
    if says { serde_json::from_value(value).ok() } else { None }
}

/// Lines as they are written.
fn text(lines: &[LoggedRead]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        let line = Line {
            id: line.id,
            at: line.at,
            micros: line.micros,
            method: &line.method,
            target: &line.target,
            status: line.status,
            outcome: &line.outcome,
            token: line.token,
            dialect: line.dialect.as_deref(),
            detail: line.detail.clone(),
        };
        // Writing to memory does not fail.
        drop(serde_json::to_writer(&mut text, &line));
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_2_a_target_keeps_its_path_and_loses_the_address() {
        let mut words = Words::default();
        words.called("ada@example.com");
        for (before, after) in [
            ("/Users?filter=userName%20eq%20%22ada%40example.com%22", Some("/Users?erased")),
            ("/Users?filter=userName+eq+%22Ada%40Example.COM%22&count=1", Some("/Users?erased")),
            ("/Users/ada@example.com", Some("/Users/erased")),
            ("/Users/ada%40example.com?attributes=userName", Some("/Users/erased?attributes=userName")),
            ("/Users?filter=userName%20eq%20%22bob%40example.com%22", None),
            ("/Users", None),
        ] {
            assert_eq!(target(before, &words).as_deref(), after, "{before}");
        }
    }
}

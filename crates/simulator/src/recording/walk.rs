//! Where a recorded request has texts that say something, and what they belong to.
//!
//! What belongs to the protocol stays out of it: names of attributes, operations, schemas, paging.

use serde_json::{Map, Value};

use super::Recorded;
use crate::encode;

/// What a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'p> {
    /// The attribute, in lower case: the innermost name, or the one outside of a `value`.
    pub(super) attribute: &'p str,
    /// The attribute around it, in lower case; empty if there is none.
    pub(super) around: &'p str,
    /// Whether it is about a group, as far as the path tells.
    pub(super) group: bool,
}

/// Parameters of the protocol, whose values name attributes or count.
const PROTOCOL: [&str; 8] =
    ["attributes", "excludedattributes", "sortby", "sortorder", "count", "startindex", "cursor", "failonerrors"];

/// What stands before an operand in a filter.
const OPERATORS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

/// Replaces every text of a request that says something by what `change` makes of it.
pub(super) fn rewrite(recorded: &mut Recorded, change: &mut dyn FnMut(Place<'_>, &str) -> String) {
    let group = is_about_groups(&recorded.path);
    recorded.path = path(&recorded.path, group, change);
    if let Some(body) = &mut recorded.body {
        Walk { group, change }.message(body);
    }
}

fn is_about_groups(path: &str) -> bool {
    path.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("/Groups"))
}

/// A path and query.
fn path(text: &str, group: bool, change: &mut dyn FnMut(Place<'_>, &str) -> String) -> String {
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let mut segments = path.split('/').map(str::to_owned).collect::<Vec<_>>();
    // `/Users/{id}`: what is behind the endpoint names a resource.
    let endpoint = segments.get(1).map(|endpoint| endpoint.to_lowercase());
    let names_resource = matches!(endpoint.as_deref(), Some("users" | "groups"));
    for (at, segment) in segments.iter_mut().enumerate() {
        let is_id = names_resource && at > 1 && !segment.is_empty() && segment != ".search";
        if is_id || encode::decode(segment).contains('@') {
            let place = Place { attribute: "id", around: "", group };
            *segment = again(segment, |text| change(place, text));
        }
    }
    let path = segments.join("/");
    let Some(query) = query else { return path };
    let parameters: Vec<String> = query.split('&').map(|pair| parameter(pair, group, change)).collect();
    format!("{path}?{}", parameters.join("&"))
}

fn parameter(pair: &str, group: bool, change: &mut dyn FnMut(Place<'_>, &str) -> String) -> String {
    let mut name = |name: &str| again(name, |text| plain(text, group, change));
    let Some((key, value)) = pair.split_once('=') else { return name(pair) };
    let name = name(key);
    let value = match key.to_lowercase().as_str() {
        "filter" => again(value, |text| filter(text, group, change)),
        known if PROTOCOL.contains(&known) => again(value, |text| plain(text, group, change)),
        other => again(value, |text| change(Place { attribute: other, around: "", group }, text)),
    };
    format!("{name}={value}")
}

/// Changes what is percent-encoded, and encodes it again if it is different then.
fn again(encoded: &str, change: impl FnOnce(&str) -> String) -> String {
    let text = encode::decode(encoded);
    let changed = change(&text);
    if changed == text { encoded.to_owned() } else { encode::all(&changed) }
}

/// Replaces the texts within a filter or a path; what compares them tells what they belong to.
fn filter(text: &str, group: bool, change: &mut dyn FnMut(Place<'_>, &str) -> String) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let (before, from) = rest.split_at(start);
        let mut literals = serde_json::Deserializer::from_str(from).into_iter::<String>();
        let (literal, end) = match literals.next() {
            Some(Ok(literal)) => (literal, literals.byte_offset()),
            // No text of JSON: all that is left is taken for one, and stays none.
            _ => (from.trim_matches('"').to_owned(), from.len()),
        };
        let is_text = from.get(..end).is_some_and(|text| text.len() > 1 && text.ends_with('"'));
        let compared = compared(before);
        let (around, attribute) = names(&compared);
        let literal = change(Place { attribute: &attribute, around: &around, group }, &literal);
        changed.push_str(&plain(before, group, change));
        changed.push_str(&if is_text { Value::String(literal).to_string() } else { format!("\"{literal}") });
        rest = from.get(end..).unwrap_or_default();
    }
    changed.push_str(&plain(rest, group, change));
    changed
}

/// The part of a filter or path that is no text: names and operators; what stands there without the marks of a text is
/// changed like one.
fn plain<'t>(text: &'t str, group: bool, change: &mut dyn FnMut(Place<'_>, &str) -> String) -> String {
    let mut before = ("", "");
    let mut word = |word: &'t str| {
        let operand = OPERATORS.contains(&before.1.to_lowercase().as_str());
        let says_something = word.contains('@') || (operand && !is_value_of_json(word));
        let attribute = if operand { names(before.0).1 } else { "name".to_owned() };
        if !word.is_empty() {
            before = (before.1, word);
        }
        match says_something {
            true => change(Place { attribute: &attribute, around: "", group }, word),
            false => word.to_owned(),
        }
    };
    text.split(' ').map(&mut word).collect::<Vec<_>>().join(" ")
}

/// Whether an operand is one without marks: a number, or a word of JSON.
fn is_value_of_json(word: &str) -> bool {
    word.is_empty() || serde_json::from_str::<Value>(word.trim_end_matches([')', ']'])).is_ok()
}

/// The attribute before an operator, with the one around it: `userName eq `, `emails[type eq "work" and value co `.
fn compared(before: &str) -> String {
    let mut words = before.split([' ', '(', '[']).filter(|word| !word.is_empty()).rev();
    let operator = words.next();
    let attribute = words.next().or(operator).unwrap_or_default();
    let around = before.rsplit_once('[').map(|(path, _)| path.rsplit([' ', '(']).next().unwrap_or(path));
    match around.filter(|_| !before.contains(']')) {
        Some(around) => format!("{around}.{attribute}"),
        None => attribute.to_owned(),
    }
}

/// The attribute around, and the attribute that a path or key names, in lower case.
fn names(path: &str) -> (String, String) {
    let path = path.split('[').next().map_or_else(String::new, |base| {
        let sub = path.rsplit_once(']').map_or("", |(_, sub)| sub);
        format!("{base}{sub}")
    });
    // `urn:...:2.0:User:manager.displayName`; versions have dots, too.
    let path = if path.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("urn:")) {
        path.rsplit(':').next().unwrap_or_default().to_owned()
    } else {
        path
    };
    let mut parts = path.rsplit('.').map(str::to_lowercase);
    let last = parts.next().unwrap_or_default();
    let around = parts.next().unwrap_or_default();
    if last == "value" && !around.is_empty() { (String::new(), around) } else { (around, last) }
}

/// A walk through a body.
struct Walk<'c> {
    group: bool,
    change: &'c mut dyn FnMut(Place<'_>, &str) -> String,
}

impl Walk<'_> {
    /// A body as a whole: a resource, a PATCH, a Bulk, a search.
    fn message(&mut self, body: &mut Value) {
        let Some(members) = body.as_object_mut() else { return self.value("", "", body) };
        for (name, value) in self.renamed(members) {
            match (name.to_lowercase().as_str(), &mut *value) {
                ("operations", Value::Array(operations)) => {
                    for operation in operations {
                        self.operation(operation);
                    }
                }
                ("filter", Value::String(text)) => *text = filter(text, self.group, self.change),
                ("attributes" | "excludedattributes" | "sortby" | "sortorder" | "cursor", value) => self.names(value),
                (known, Value::Number(_)) if PROTOCOL.contains(&known) => {}
                (known, value) => self.member("", known, value),
            }
        }
    }

    /// Names of attributes, or what else the protocol has there.
    fn names(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = plain(text, self.group, self.change),
            Value::Array(values) => values.iter_mut().for_each(|value| self.names(value)),
            other => self.value("", "name", other),
        }
    }

    /// An operation of a PATCH or a Bulk.
    fn operation(&mut self, operation: &mut Value) {
        let Some(members) = operation.as_object_mut() else { return self.value("", "", operation) };
        let find = |name: &str| {
            let found = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_str().map(str::to_owned))
        };
        let target = find("path").unwrap_or_default();
        let in_bulk = find("method").is_some();
        let (around, attribute) = if in_bulk { Default::default() } else { names(&target) };
        let before = self.group;
        if in_bulk {
            self.group = is_about_groups(&target);
        }
        for (name, value) in self.renamed(members) {
            match (name.to_lowercase().as_str(), &mut *value) {
                ("path", Value::String(text)) if in_bulk => *text = path(text, self.group, self.change),
                ("path", Value::String(text)) => *text = filter(text, self.group, self.change),
                ("data", value) if in_bulk => self.message(value),
                ("value", value) if !in_bulk => self.value(&around, &attribute, value),
                (known, value) => self.member("", known, value),
            }
        }
        self.group = before;
    }

    /// A member of an object, by its name in lower case, which may be a path.
    fn member(&mut self, around: &str, name: &str, value: &mut Value) {
        let (within, attribute) = names(name);
        match attribute.as_str() {
            // What the value of an attribute is belongs to the attribute.
            "value" if !around.is_empty() => self.value("", around, value),
            // The rest of a schema's URN, such as `User`.
            _ if name.starts_with("urn:") && value.is_object() => self.value("", "", value),
            _ => self.value(if within.is_empty() { around } else { &within }, &attribute, value),
        }
    }

    /// The members of an object, whose names are changed where they say something.
    fn renamed<'m>(
        &mut self,
        members: &'m mut Map<String, Value>,
    ) -> impl Iterator<Item = (&'m String, &'m mut Value)> + use<'m> {
        if members.keys().any(|name| is_odd(name)) {
            let place = Place { attribute: "name", around: "", group: self.group };
            let rename = |(name, value): (String, Value)| match name.as_str() {
                path if path.contains('[') => (filter(path, self.group, self.change), value),
                odd if is_odd(odd) => ((self.change)(place, odd), value),
                _ => (name, value),
            };
            *members = std::mem::take(members).into_iter().map(rename).collect();
        }
        members.iter_mut()
    }

    fn value(&mut self, around: &str, attribute: &str, value: &mut Value) {
        match value {
            Value::String(text) => *text = (self.change)(Place { attribute, around, group: self.group }, text),
            Value::Number(number) => {
                let text = number.to_string();
                let changed = (self.change)(Place { attribute, around, group: self.group }, &text);
                if changed != text {
                    *value = Value::String(changed);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(around, attribute, value)),
            Value::Object(members) => {
                for (name, value) in self.renamed(members) {
                    self.member(attribute, &name.to_lowercase(), value);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// Whether a name is none that a schema could have: then it says something, too.
fn is_odd(name: &str) -> bool {
    name.contains(['"', '@', ' '])
}

//! The ids of two servers: those that a recording names, and those that the played server gave instead.

use std::collections::HashMap;

use serde_json::Value;

/// An id of at least so many characters is found inside longer texts; a shorter one could be anything there.
const DISTINCT: usize = 8;

/// What became of the ids of a recording.
#[derive(Debug, Default)]
pub(super) struct Ids(HashMap<String, Played>);

/// What became of one id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Played {
    /// The played server's id.
    Known(String),
    /// Nothing was made of it: which line of the recording was to.
    Lost(usize),
}

/// A request names what the played server did not make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    /// The line that was to make it.
    pub(super) line: usize,
}

/// Whether something can be an id in a recording.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_part)
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

impl Ids {
    /// The played server gave `played` where the recorded one gave `recorded`.
    pub(super) fn know(&mut self, recorded: &str, played: &str) {
        self.0.insert(recorded.to_owned(), Played::Known(played.to_owned()));
    }

    /// The played server made nothing of what this line of the recording made.
    pub(super) fn lose(&mut self, recorded: &str, line: usize) {
        self.0.entry(recorded.to_owned()).or_insert(Played::Lost(line));
    }

    /// Whether an id is one that the recording made, whatever became of it.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// A path and query with the played server's ids: in the path as segments, in the query as texts of a filter.
    pub(super) fn path(&self, path: &str) -> Result<String, Lost> {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let path =
            self.within(path, |before, after| before.ends_with('/') && (after.is_empty() || after.starts_with('/')))?;
        let Some(query) = query else { return Ok(path) };
        let begins = |before: &str| before.ends_with('"') || before.ends_with("%22");
        let ends = |after: &str| after.starts_with('"') || after.starts_with("%22");
        Ok(format!("{path}?{}", self.within(query, |before, after| begins(before) && ends(after))?))
    }

    /// A body with the played server's ids.
    pub(super) fn body(&self, body: &Value) -> Result<Value, Lost> {
        self.value("", body)
    }

    fn value(&self, key: &str, value: &Value) -> Result<Value, Lost> {
        Ok(match value {
            Value::String(text) => Value::String(self.text(key, text)?),
            Value::Array(values) => {
                Value::Array(values.iter().map(|value| self.value(key, value)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let member = |(key, value): (&String, &Value)| Ok((self.text("path", key)?, self.value(key, value)?));
                Value::Object(members.iter().map(member).collect::<Result<_, _>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }

    fn text(&self, key: &str, text: &str) -> Result<String, Lost> {
        if is_id(text) {
            return self.id(text).map(|id| id.unwrap_or(text).to_owned());
        }
        // In a path, a filter or a reference even a short id stands where only an id can stand.
        match key {
            "path" | "filter" => self.within(text, |before, after| {
                let quoted = before.ends_with('"') && after.starts_with('"');
                quoted || (before.ends_with('/') && (after.is_empty() || after.starts_with('/')))
            }),
            "$ref" | "location" => self.within(text, |before, after| before.ends_with('/') && after.is_empty()),
            _ => self.within(text, |_, _| false),
        }
    }

    fn id(&self, recorded: &str) -> Result<Option<&str>, Lost> {
        match self.0.get(recorded) {
            Some(Played::Known(id)) => Ok(Some(id)),
            Some(Played::Lost(line)) => Err(Lost { line: *line }),
            None => Ok(None),
        }
    }

    /// A text whose ids are replaced: the distinct ones, and those whose neighbourhood shows what they are.
    fn within(&self, text: &str, shows: impl Fn(&str, &str) -> bool) -> Result<String, Lost> {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = 0;
        for (start, end) in words(text) {
            let (Some(word), Some(before), Some(after)) = (text.get(start..end), text.get(..start), text.get(end..))
            else {
                continue;
            };
            if word.len() < DISTINCT && !shows(before, after) {
                continue;
            }
            if let Some(id) = self.id(word)? {
                replaced.push_str(text.get(rest..start).unwrap_or_default());
                replaced.push_str(id);
                rest = end;
            }
        }
        replaced.push_str(text.get(rest..).unwrap_or_default());
        Ok(replaced)
    }
}

/// Where a text has words of which each could be an id: what is percent-encoded is none.
fn words(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let (mut at, mut begun) = (0, None);
    while let Some(byte) = bytes.get(at) {
        if is_part(*byte) {
            begun.get_or_insert(at);
            at += 1;
            continue;
        }
        words.extend(begun.take().map(|begun| (begun, at)));
        let escape =
            *byte == b'%' && bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        at += if escape { 3 } else { 1 };
    }
    words.extend(begun.map(|begun| (begun, bytes.len())));
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ADA: &str = "0190f5fe-7c2a-7000-8000-0123456789ab";

    fn ids() -> Ids {
        let mut ids = Ids::default();
        ids.know(ADA, "a_1");
        ids.know("42", "7");
        ids.lose("gone-gone", 9);
        ids
    }

    #[test]
    fn ids_are_replaced_where_they_are_ids() {
        for (path, due) in [
            (format!("/Users/{ADA}?attributes=id"), "/Users/a_1?attributes=id".to_owned()),
            ("/Users/42?count=42".to_owned(), "/Users/7?count=42".to_owned()),
            (
                format!("/Groups?filter=members%20eq%20%22{ADA}%22"),
                "/Groups?filter=members%20eq%20%22a_1%22".to_owned(),
            ),
            ("/Groups?filter=members+eq+\"42\"&x=42".to_owned(), "/Groups?filter=members+eq+\"7\"&x=42".to_owned()),
            (
                "/Users?filter=title%20eq%20%22Room%2042%22".to_owned(),
                "/Users?filter=title%20eq%20%22Room%2042%22".to_owned(),
            ),
        ] {
            assert_eq!(ids().path(&path).unwrap(), due);
        }
        let body = json!({
            "members": [{"value": ADA, "$ref": format!("https://x/Users/{ADA}")}, "42"], "title": "Room 42",
            "Operations": [{"path": format!("members[value eq \"{ADA}\"]")}, {"path": "/Users/42", "value": 42}],
        });
        let due = json!({
            "members": [{"value": "a_1", "$ref": "https://x/Users/a_1"}, "7"], "title": "Room 42",
            "Operations": [{"path": "members[value eq \"a_1\"]"}, {"path": "/Users/7", "value": 42}],
        });
        assert_eq!(ids().body(&body).unwrap(), due);
    }

    #[test]
    fn what_was_not_made_cannot_be_named() {
        assert_eq!(ids().path("/Users/gone-gone"), Err(Lost { line: 9 }));
        assert_eq!(ids().body(&json!([{"value": "gone-gone"}])), Err(Lost { line: 9 }));
    }
}

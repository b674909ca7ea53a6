//! Whether two runs did the same to the same: what a plan promised, and what applying it does.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{Timestamp, ledger::Change};
use muster_store::StoreError;
use serde_json::Value;
use uuid::Uuid;

use super::Member;
use crate::Env;

/// Stands for everything that a run changed: each subject with its version, the rule, the fields before and after, and
/// the places of `members`, with what the run leaves as it is. What
/// cannot be the same twice counts as the same: ids that the run made itself, its time, and what it made at random.
///
/// So two runs agree only if nothing that they depend on has changed in between, and unrelated changes do not matter.
pub(super) fn fingerprint(env: &Env, members: &[Member]) -> Result<[u8; 32], StoreError> {
    let nothing = BTreeSet::new();
    let made = env.watch().map_or(&nothing, |watch| &watch.made);
    let mut normal = Normal { made, seen: BTreeMap::new(), now: env.now() };
    let mut text = Vec::new();
    for change in env.changes() {
        let line = normal.change(change);
        text.extend_from_slice(line.to_string().as_bytes());
        text.push(b'\n');
    }
    for id in &env.depends {
        text.extend_from_slice(id.as_bytes());
    }
    for member in members {
        serde_json::to_writer(&mut text, member).map_err(StoreError::other)?;
        text.push(b'\n');
    }
    Ok(muster_crypto::sha256(&text))
}

/// Fields that are made at random.
const RANDOM: [&str; 2] = ["username", "challenge"];

struct Normal<'m> {
    made: &'m BTreeSet<Uuid>,
    /// The ids that the run made, in the order in which they appear.
    seen: BTreeMap<Uuid, usize>,
    now: Timestamp,
}

impl Normal<'_> {
    fn change(&mut self, change: &Change) -> Value {
        let parse = |raw: &serde_json::value::RawValue| serde_json::from_str(raw.get()).unwrap_or(Value::Null);
        let (old, new) = (change.old.as_deref().map(parse), change.new.as_deref().map(parse));
        let is_new = old.is_none();
        let old = old.map(|old| self.value(old));
        let new = new.map(|mut new: Value| {
            if let (true, Value::Object(fields)) = (is_new, &mut new) {
                fields.retain(|name, _| !RANDOM.contains(&name.as_str()));
            }
            self.value(new)
        });
        let of = change.of.map(|of| self.id(of));
        serde_json::json!([change.event.as_str(), change.rule.id(), self.id(change.id), of, change.version, old, new])
    }

    fn id(&mut self, id: Uuid) -> String {
        if !self.made.contains(&id) {
            return id.to_string();
        }
        let next = self.seen.len();
        format!("new {}", self.seen.entry(id).or_insert(next))
    }

    fn value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => match Uuid::parse_str(&text) {
                Ok(id) => Value::String(self.id(id)),
                Err(_) => Value::String(text),
            },
            Value::Number(number) => match number.as_i64() {
                Some(at) if at >= self.now.0 => Value::String(format!("now + {}", at - self.now.0)),
                _ => Value::Number(number),
            },
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.value(item)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.into_iter().map(|(name, field)| (name, self.value(field))).collect())
            }
            other => other,
        }
    }
}

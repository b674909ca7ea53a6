//! Recording every change, and replaying them (PRE-2).
//!
//! The ledger names each subject's version after each change. The state of the world equals a replay of it: see
//! [`Replay`], which a property test compares with the tables.

mod difference;

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    LedgerId, Rule, Version,
    ledger::{Baseline, Change, Event, Kind, LedgerRow},
};
use muster_store::{StoreError, Tx};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{Env, erasure::TOMBSTONE};

/// The subject of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub id: Uuid,
    /// Within what, for memberships.
    pub of: Option<Uuid>,
}

impl Subject {
    /// A subject whose id alone names it.
    #[must_use]
    pub fn new(kind: Kind, id: impl Into<Uuid>) -> Self {
        Self { kind, id: id.into(), of: None }
    }

    /// A subject within another.
    #[must_use]
    pub fn within(kind: Kind, id: impl Into<Uuid>, of: impl Into<Uuid>) -> Self {
        Self { kind, id: id.into(), of: Some(of.into()) }
    }
}

impl Env {
    /// Records that something new exists.
    ///
    /// # Errors
    ///
    /// Only if `new` is not JSON, which no type of ours is.
    pub(crate) fn created<T: Serialize>(
        &mut self,
        event: Event,
        subject: Subject,
        version: Version,
        rule: Rule,
        new: &T,
    ) -> Result<(), StoreError> {
        let new = serde_json::value::to_raw_value(new).map_err(StoreError::other)?;
        self.push_change(event, subject, version, rule, None, Some(new));
        Ok(())
    }

    /// Records that something is different: only the fields that differ are kept. Nothing, if none does.
    ///
    /// # Errors
    ///
    /// As [`Env::created`].
    pub(crate) fn changed<T: Serialize>(
        &mut self,
        event: Event,
        subject: Subject,
        version: Version,
        rule: Rule,
        old: &T,
        new: &T,
    ) -> Result<(), StoreError> {
        let (old, new) = (text(old)?, text(new)?);
        let (old, new) = difference::difference(&old, &new).map_err(StoreError::other)?;
        self.push_change(event, subject, version, rule, Some(old), Some(new));
        Ok(())
    }

    /// Records that something is gone.
    ///
    /// # Errors
    ///
    /// As [`Env::created`].
    pub(crate) fn ended<T: Serialize>(
        &mut self,
        event: Event,
        subject: Subject,
        version: Version,
        rule: Rule,
        old: &T,
    ) -> Result<(), StoreError> {
        let old = serde_json::value::to_raw_value(old).map_err(StoreError::other)?;
        self.push_change(event, subject, version, rule, Some(old), None);
        Ok(())
    }

    /// Files the present transaction under a subject's history.
    pub(crate) fn about(&mut self, subject: impl Into<Uuid>) {
        let subject = subject.into();
        if self.subjects.last() != Some(&subject) {
            self.subjects.push(subject);
        }
    }

    fn push_change(
        &mut self,
        event: Event,
        subject: Subject,
        version: Version,
        rule: Rule,
        old: Option<Box<RawValue>>,
        new: Option<Box<RawValue>>,
    ) {
        let Subject { kind, id, of } = subject;
        self.changes.push(Change { event, kind, id, of, version, rule, old, new });
    }
}

/// Writes what `env` recorded as one row, and its reports. Nothing, if nothing changed.
pub(crate) fn write(tx: &mut Tx<'_>, env: &mut Env) -> Result<(), StoreError> {
    for report in std::mem::take(&mut env.reports) {
        tx.insert_report(&report)?;
    }
    if env.changes.is_empty() {
        return Ok(());
    }
    let origin = env.origin();
    let id = LedgerId(env.new_id());
    let row = LedgerRow {
        id,
        at: env.now(),
        source: origin.source,
        connection: origin.connection,
        actor: origin.actor,
        request: origin.request,
        changes: std::mem::take(&mut env.changes),
    };
    let subjects: BTreeSet<Uuid> = std::mem::take(&mut env.subjects).into_iter().collect();
    tx.insert_ledger_row(&row, &subjects.into_iter().collect::<Vec<_>>())?;
    env.changes = row.changes;
    Ok(())
}

fn text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::other)
}

pub(crate) fn raw(value: &Value) -> Result<Box<RawValue>, StoreError> {
    serde_json::value::to_raw_value(value).map_err(StoreError::other)
}

/// The state of the world as the ledger tells it.
#[derive(Debug, Default)]
pub struct Replay {
    baselines: BTreeMap<Subject, (Version, Value)>,
    changes: BTreeMap<Subject, BTreeMap<Version, Change>>,
}

/// Why a ledger cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A version of a subject is missing.
    #[error("{subject:?} goes from version {from} to {to}")]
    Gap {
        /// Whose history.
        subject: Subject,
        /// The last version before.
        from: Version,
        /// The next version found.
        to: Version,
    },
    /// Two changes claim one version.
    #[error("{0:?} has version {1} twice")]
    Twice(Subject, Version),
    /// What a change says was there is not what was there.
    #[error("{0:?} at version {1} does not follow from what was before")]
    Mismatch(Subject, Version),
}

impl Replay {
    /// Begins a subject's history where the expired part of it ended; `members` are those of a group, as JSON texts.
    ///
    /// # Errors
    ///
    /// [`ReplayError::Mismatch`] when the baseline is not JSON.
    pub fn begin(&mut self, baseline: &Baseline, members: &[String]) -> Result<(), ReplayError> {
        let subject = Subject { kind: baseline.kind, id: baseline.id, of: baseline.of };
        let mismatch = |_| ReplayError::Mismatch(subject, baseline.version);
        let mut fields: Value = serde_json::from_str(baseline.fields.get()).map_err(mismatch)?;
        if subject.kind == Kind::DirectoryGroup {
            let members: Vec<Value> =
                members.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>().map_err(mismatch)?;
            fields["members"] = Value::Array(members);
        }
        self.baselines.insert(subject, (baseline.version, fields));
        Ok(())
    }

    /// Takes in one row; in any order.
    ///
    /// # Errors
    ///
    /// [`ReplayError::Twice`].
    pub fn add(&mut self, row: LedgerRow) -> Result<(), ReplayError> {
        for change in row.changes {
            let subject = Subject { kind: change.kind, id: change.id, of: change.of };
            let version = change.version;
            if self.changes.entry(subject).or_default().insert(version, change).is_some() {
                return Err(ReplayError::Twice(subject, version));
            }
        }
        Ok(())
    }

    /// The state: each subject that still exists, with its version and fields.
    ///
    /// # Errors
    ///
    /// [`ReplayError::Gap`] and [`ReplayError::Mismatch`]: a change is missing, or was not recorded as it was.
    pub fn state(mut self) -> Result<BTreeMap<Subject, (Version, Value)>, ReplayError> {
        let mut state = BTreeMap::new();
        for subject in self.baselines.keys() {
            self.changes.entry(*subject).or_default();
        }
        for (subject, changes) in self.changes {
            let (mut last, mut fields) = match self.baselines.remove(&subject) {
                Some((version, fields)) => (version, Some(fields)),
                None => (0, None),
            };
            for (version, change) in changes {
                if version != last + 1 {
                    return Err(ReplayError::Gap { subject, from: last, to: version });
                }
                last = version;
                let mismatch = || ReplayError::Mismatch(subject, version);
                let parse = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).map_err(|_| mismatch());
                let old = change.old.as_deref().map(parse).transpose()?;
                let new = change.new.as_deref().map(parse).transpose()?;
                fields = match (fields, old, new) {
                    (None, None, Some(new)) => Some(normal(new)),
                    (Some(_), Some(_), None) => None,
                    (Some(mut now), Some(old), Some(new)) => {
                        if !apply(&mut now, &old, &new) {
                            return Err(mismatch());
                        }
                        Some(now)
                    }
                    _ => return Err(mismatch()),
                };
            }
            if let Some(fields) = fields {
                state.insert(subject, (last, normal(fields)));
            }
        }
        Ok(state)
    }
}

/// Puts a difference on top; whether its old side is what was there. Of an erased person (ACC-2) one side may say so
/// already, while the other, further on, does not yet.
pub(crate) fn apply(now: &mut Value, old: &Value, new: &Value) -> bool {
    let (Value::Object(now), Value::Object(old), Value::Object(new)) = (now, old, new) else { return false };
    for (name, old) in old {
        let new = new.get(name).unwrap_or(&Value::Null);
        match (name.as_str(), now.get_mut(name)) {
            ("members", Some(Value::Array(members))) => {
                let (Value::Array(gone), Value::Array(come)) = (old, new) else { return false };
                if !gone.iter().all(|gone| members.contains(gone)) {
                    return false;
                }
                members.retain(|member| !gone.contains(member));
                members.extend(come.iter().cloned());
            }
            ("document", Some(document @ Value::Object(_))) => {
                if !apply(document, old, new) {
                    return false;
                }
            }
            (_, Some(value)) => {
                if !is_same(value, old) {
                    return false;
                }
                *value = new.clone();
            }
            (_, None) => {
                if !old.is_null() {
                    return false;
                }
                now.insert(name.clone(), new.clone());
            }
        }
    }
    now.retain(|_, value| !value.is_null());
    true
}

/// Whether two values are the same, but for what an erasure has replaced in one of them.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => {
            one == other || [one, other].iter().any(|text| *text == TOMBSTONE)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| is_same(one, other)))
        }
        (one, other) => one == other,
    }
}

/// Fields in the form in which a replay's and a table's are compared: absent for `null`, members in order.
#[must_use]
pub fn normal(mut fields: Value) -> Value {
    if let Value::Object(fields) = &mut fields {
        fields.retain(|_, value| !value.is_null());
        if let Some(Value::Object(document)) = fields.get_mut("document") {
            document.retain(|_, value| !value.is_null());
        }
        if let Some(Value::Array(members)) = fields.get_mut("members") {
            members.sort_by_key(Value::to_string);
        }
    }
    fields
}

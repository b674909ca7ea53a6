//! Folding ledger rows into baselines (PRE-2): a replay from the baselines tells the same state as the rows did.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    Timestamp, Version,
    ledger::{Baseline, Change, Kind, LedgerRow},
};
use muster_store::{StoreError, Tx};
use serde_json::{Map, Value, value::RawValue};
use uuid::Uuid;

use super::Removed;
use crate::{
    EngineError,
    ledger::{Subject, apply, normal, raw},
};

/// How many ledger rows are folded in one slice.
const ROWS: i64 = 100;
/// How large their changes are, about: some hundred changes, or a thousand members of a group, which are a few
/// milliseconds of work. A single row is folded whole: no slice takes longer than the request that wrote it.
const BYTES: usize = 64 * 1_024;
/// How many times as much is looked at when the first ones cannot be folded alone.
const TIMES_AT_MOST: u16 = 32;

/// Folds some of the rows before an id; whether there may be more.
///
/// A row's id tells when it was written by the clock of its node, and its changes tell their order. Where clocks differ, a
/// row may come before one that it follows from: it is postponed until that one is old enough, too.
pub(super) fn fold(tx: &mut Tx<'_>, before: Uuid, removed: &mut Removed) -> Result<bool, EngineError> {
    let mut times = 1;
    loop {
        let (rows, all) = tx.ledger_rows_before(before, ROWS * i64::from(times), BYTES * usize::from(times))?;
        let mut ids: Vec<Uuid> = rows.iter().flat_map(|row| &row.changes).map(|change| change.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut known = BTreeMap::new();
        for ids in ids.chunks(200) {
            known.extend(tx.baselines(ids)?.into_iter().map(|baseline| (subject_of(&baseline), baseline)));
        }
        let foldable = foldable(&rows, &known);
        let postponed = rows.len() - foldable.len();
        if foldable.is_empty() && !all && times < TIMES_AT_MOST {
            times *= 2;
            continue;
        }
        let folded = foldable.len();
        write(tx, known, foldable)?;
        removed.ledger_rows += folded as u64;
        removed.postponed += postponed as u64;
        return Ok(folded > 0 && !all);
    }
}

/// The rows all of whose changes follow from the baselines and each other, without a gap.
fn foldable<'r>(rows: &'r [LedgerRow], known: &BTreeMap<Subject, Baseline>) -> Vec<&'r LedgerRow> {
    let mut left: Vec<&LedgerRow> = rows.iter().collect();
    loop {
        let mut versions: BTreeMap<Subject, BTreeSet<Version>> = BTreeMap::new();
        for change in left.iter().flat_map(|row| &row.changes) {
            versions.entry(subject(change)).or_default().insert(change.version);
        }
        // How far each subject's versions go on from its baseline.
        let reach: BTreeMap<Subject, Version> = versions
            .into_iter()
            .map(|(subject, versions)| {
                let begin = known.get(&subject).map_or(0, |baseline| baseline.version);
                let end = versions.into_iter().fold(begin, |end, version| end + i64::from(version == end + 1));
                (subject, end)
            })
            .collect();
        let before = left.len();
        left.retain(|row| row.changes.iter().all(|change| reach.get(&subject(change)) >= Some(&change.version)));
        if left.len() == before {
            return left;
        }
    }
}

/// What a subject comes to.
struct Sum {
    version: Version,
    at: Timestamp,
    /// `None`: it is gone.
    fields: Option<Value>,
}

fn write(tx: &mut Tx<'_>, known: BTreeMap<Subject, Baseline>, rows: Vec<&LedgerRow>) -> Result<(), EngineError> {
    let mut changes: Vec<(&LedgerRow, &Change)> =
        rows.iter().flat_map(|row| row.changes.iter().map(|change| (*row, change))).collect();
    changes.sort_by_key(|(_, change)| (subject(change), change.version));
    let mut sums: BTreeMap<Subject, Sum> = BTreeMap::new();
    for (subject, baseline) in known {
        let Baseline { version, at, fields, .. } = baseline;
        sums.insert(subject, Sum { version, at, fields: Some(parse(subject, &fields)?) });
    }
    let mut touched = BTreeSet::new();
    for (row, change) in changes {
        let subject = subject(change);
        add_members(tx, change)?;
        let sum = sums.entry(subject).or_insert(Sum { version: 0, at: row.at, fields: None });
        sum.fields = added(subject, sum.fields.take(), change)?;
        sum.version = change.version;
        sum.at = sum.at.max(row.at);
        touched.insert(subject);
    }
    for subject in touched {
        let Subject { kind, id, of } = subject;
        match sums.remove(&subject) {
            Some(Sum { version, at, fields: Some(fields) }) => {
                tx.put_baseline(&Baseline { kind, id, of, version, at, fields: raw(&normal(fields))? })?;
            }
            // Ids of what is gone never come back.
            Some(Sum { fields: None, .. }) | None => tx.delete_baseline(kind, id, of)?,
        }
    }
    for row in rows {
        tx.delete_ledger_row(row.id)?;
    }
    Ok(())
}

/// A subject's fields after a change.
fn added(subject: Subject, fields: Option<Value>, change: &Change) -> Result<Option<Value>, EngineError> {
    let side = |raw: &Option<Box<RawValue>>| raw.as_deref().map(|raw| without_members(subject, raw)).transpose();
    Ok(match (fields, side(&change.old)?, side(&change.new)?) {
        (None, None, Some(new)) => Some(normal(new)),
        (Some(_), Some(_), None) => None,
        (Some(mut now), Some(old), Some(new)) => {
            apply(&mut now, &old, &new).then_some(Some(now)).ok_or(broken(subject))?
        }
        _ => return Err(broken(subject)),
    })
}

/// Takes a group's members in and out as a change says.
fn add_members(tx: &mut Tx<'_>, change: &Change) -> Result<(), EngineError> {
    if change.kind != Kind::DirectoryGroup {
        return Ok(());
    }
    let subject = subject(change);
    for member in members(subject, change.old.as_deref())? {
        tx.delete_baseline_member(change.id, &member)?;
    }
    if change.new.is_some() {
        for member in members(subject, change.new.as_deref())? {
            tx.insert_baseline_member(change.id, &member)?;
        }
    }
    Ok(())
}

fn members(subject: Subject, side: Option<&RawValue>) -> Result<Vec<String>, EngineError> {
    let Some(side) = side else { return Ok(Vec::new()) };
    let fields = parse(subject, side)?;
    let members = fields.get("members").and_then(Value::as_array);
    Ok(members.into_iter().flatten().map(Value::to_string).collect())
}

fn without_members(subject: Subject, side: &RawValue) -> Result<Value, EngineError> {
    let mut fields = parse(subject, side)?;
    if subject.kind == Kind::DirectoryGroup
        && let Value::Object(fields) = &mut fields
    {
        let _: Option<Value> = Map::shift_remove(fields, "members");
    }
    Ok(fields)
}

fn parse(subject: Subject, raw: &RawValue) -> Result<Value, EngineError> {
    serde_json::from_str(raw.get()).map_err(|_| broken(subject))
}

/// A history that contradicts itself is not folded: what is there is evidence.
fn broken(subject: Subject) -> EngineError {
    StoreError::Corrupt { table: "ledger", key: subject.id.to_string() }.into()
}

fn subject(change: &Change) -> Subject {
    Subject { kind: change.kind, id: change.id, of: change.of }
}

fn subject_of(baseline: &Baseline) -> Subject {
    Subject { kind: baseline.kind, id: baseline.id, of: baseline.of }
}

//! Where replays of the ledger begin, and the ledger rows that are folded into that (PRE-2).

use std::ops::ControlFlow;

use muster_model::{
    LedgerId, Timestamp, Version,
    ledger::{Baseline, Change, Kind, LedgerRow},
};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    corrupt,
    ledger::{COLUMNS, DICTIONARY, ledger_row},
    pad, placeholders, word,
};
use crate::{Conn, Expect, Row, StoreError, Tx, packing, vals};

const TABLE: &str = "ledger_baselines";

pub(super) fn baseline(row: &Row<'_>) -> Result<Baseline, StoreError> {
    let fields = packing::unpack(&row.get::<Vec<u8>>(5)?, &[DICTIONARY]).map_err(|_| corrupt(row, TABLE))?;
    let of: Uuid = row.get(2)?;
    Ok(Baseline {
        id: row.get(0)?,
        kind: word(row, 1, TABLE, |text| Kind::ALL.into_iter().find(|kind| kind.as_str() == text))?,
        of: (!of.is_nil()).then_some(of),
        version: row.get::<Version>(3)?,
        at: Timestamp(row.get(4)?),
        fields: serde_json::from_slice::<Box<RawValue>>(&fields).map_err(|_| corrupt(row, TABLE))?,
    })
}

impl Conn<'_> {
    /// The oldest ledger rows before an id, and whether these are all: at most `limit`, and as many as it takes for their
    /// changes to have `bytes` bytes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ledger_rows_before(
        &mut self,
        before: Uuid,
        limit: i64,
        bytes: usize,
    ) -> Result<(Vec<LedgerRow>, bool), StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ledger l WHERE l.id < ?1 ORDER BY l.id LIMIT ?2");
        let (mut rows, mut read) = (Vec::new(), 0);
        self.visit(&sql, vals![before, limit], |row| {
            let row = ledger_row(row)?;
            read += row.changes.iter().map(size).sum::<usize>();
            rows.push(row);
            Ok(if read < bytes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        let all = read < bytes && i64::try_from(rows.len()).is_ok_and(|rows| rows < limit);
        Ok((rows, all))
    }

    /// The id of the oldest ledger row.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_ledger_row(&mut self) -> Result<Option<LedgerId>, StoreError> {
        self.opt("SELECT id FROM ledger ORDER BY id LIMIT 1", vals![], |row| Ok(LedgerId(row.get(0)?)))
    }

    /// The baselines of subjects with these ids, of whatever kind.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn baselines(&mut self, ids: &[Uuid]) -> Result<Vec<Baseline>, StoreError> {
        let mut vals = Vec::new();
        pad(&mut vals, ids.iter().map(|id| (*id).into()));
        let sql = format!(
            "SELECT id, kind, of, version, at, fields FROM ledger_baselines WHERE id IN {}",
            placeholders(1, ids.len())
        );
        self.query(&sql, vals, baseline)
    }

    /// Calls `visit` with every baseline.
    ///
    /// # Errors
    ///
    /// What the database or `visit` says.
    pub fn each_baseline(
        &mut self,
        mut visit: impl FnMut(Baseline) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT id, kind, of, version, at, fields FROM ledger_baselines ORDER BY id, kind, of";
        self.each(sql, vals![], |row| {
            visit(baseline(row)?)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The members of a group's baseline, as JSON texts.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn baseline_members(&mut self, group: Uuid) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT member FROM ledger_baseline_members WHERE id = ?1 ORDER BY member";
        self.query(sql, vals![group], |row| row.get(0))
    }

    /// The first subject above `after` whose history the ledger keeps.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn next_ledger_subject(&mut self, after: Uuid) -> Result<Option<Uuid>, StoreError> {
        let sql = "SELECT subject FROM ledger_subjects WHERE subject > ?1 ORDER BY subject LIMIT 1";
        self.opt(sql, vals![after], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Keeps a baseline, in the place of the one before.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn put_baseline(&mut self, baseline: &Baseline) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO ledger_baselines (id, kind, of, version, at, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (id, kind, of) \
             DO UPDATE SET version = excluded.version, at = excluded.at, fields = excluded.fields",
            vals![
                baseline.id,
                baseline.kind.as_str(),
                baseline.of.unwrap_or_default(),
                baseline.version,
                baseline.at,
                packing::pack(baseline.fields.get().as_bytes(), Some(DICTIONARY)),
            ],
            Expect::Any,
        )
    }

    /// Forgets a baseline: the subject is gone, and its id never comes back.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_baseline(&mut self, kind: Kind, id: Uuid, of: Option<Uuid>) -> Result<(), StoreError> {
        let sql = "DELETE FROM ledger_baselines WHERE id = ?1 AND kind = ?2 AND of = ?3";
        self.put(sql, vals![id, kind.as_str(), of.unwrap_or_default()], Expect::Any)?;
        if kind == Kind::DirectoryGroup {
            self.put("DELETE FROM ledger_baseline_members WHERE id = ?1", vals![id], Expect::Any)?;
        }
        Ok(())
    }

    /// Adds a member to a group's baseline.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_baseline_member(&mut self, group: Uuid, member: &str) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO ledger_baseline_members (id, member) VALUES (?1, ?2) ON CONFLICT (id, member) DO NOTHING";
        self.put(sql, vals![group, member], Expect::Any)
    }

    /// Takes a member out of a group's baseline.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_baseline_member(&mut self, group: Uuid, member: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM ledger_baseline_members WHERE id = ?1 AND member = ?2";
        self.put(sql, vals![group, member], Expect::Any)
    }

    /// Removes a ledger row that is folded into baselines.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_ledger_row(&mut self, id: LedgerId) -> Result<(), StoreError> {
        self.put("DELETE FROM ledger WHERE id = ?1", vals![id], Expect::One)
    }

    /// Forgets that a subject's history had rows before this one; how many it forgot.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_ledger_subject(&mut self, subject: Uuid, before: LedgerId, limit: i64) -> Result<u64, StoreError> {
        self.exec(
            "DELETE FROM ledger_subjects WHERE subject = ?1 AND ledger IN \
             (SELECT ledger FROM ledger_subjects WHERE subject = ?1 AND ledger < ?2 ORDER BY ledger LIMIT ?3)",
            vals![subject, before, limit],
        )
    }
}

/// How large a change is, about: its values, and what names it.
pub(super) fn size(change: &Change) -> usize {
    let side = |side: &Option<Box<RawValue>>| side.as_deref().map_or(0, |side| side.get().len());
    100 + side(&change.old) + side(&change.new)
}

//! The ledger, and the reports that owners see.

use std::{collections::BTreeMap, ops::ControlFlow};

use muster_model::{
    Actor, ConnectionId, LedgerId, OrganizationId, RequestId, Timestamp,
    ledger::{Change, LedgerRow},
};
use uuid::Uuid;

use super::{streams::UNTAKEN, word};
use crate::{
    Conn, Expect, Row, StoreError, Tx, Val,
    packing::{self, Dictionary},
    vals,
};

const TABLE: &str = "ledger";
/// What ledger rows have in common; they take a fifth of the bytes with it. Never changed, only followed by another.
pub(super) const DICTIONARY: Dictionary = Dictionary { number: 2, text: include_bytes!("ledger-dictionary-1.txt") };
pub(super) const COLUMNS: &str = "l.id, l.at, l.source, l.connection, l.actor_kind, l.actor, l.request, l.changes";

/// Files a ledger row under one subject, or two to five: most changes are about so many, and a statement has its price.
const FILE_UNDER: [&str; 5] = [
    "INSERT INTO ledger_subjects (subject, ledger) VALUES (?1, ?2)",
    "INSERT INTO ledger_subjects (subject, ledger) VALUES (?1, ?2), (?3, ?4)",
    "INSERT INTO ledger_subjects (subject, ledger) VALUES (?1, ?2), (?3, ?4), (?5, ?6)",
    "INSERT INTO ledger_subjects (subject, ledger) VALUES (?1, ?2), (?3, ?4), (?5, ?6), (?7, ?8)",
    "INSERT INTO ledger_subjects (subject, ledger) VALUES (?1, ?2), (?3, ?4), (?5, ?6), (?7, ?8), (?9, ?10)",
];

pub(super) fn ledger_row(row: &Row<'_>) -> Result<LedgerRow, StoreError> {
    let id: Uuid = row.get(0)?;
    let corrupt = || StoreError::Corrupt { table: TABLE, key: id.to_string() };
    let changes = packing::unpack(&row.get::<Vec<u8>>(7)?, &[DICTIONARY]).map_err(|_| corrupt())?;
    Ok(LedgerRow {
        id: LedgerId(id),
        at: Timestamp(row.get(1)?),
        source: word(row, 2, TABLE, |text| text.parse().ok())?,
        connection: row.get::<Option<Uuid>>(3)?.map(ConnectionId),
        actor: Actor::from_parts(&row.get::<String>(4)?, row.get(5)?),
        request: row.get::<Option<Uuid>>(6)?.map(RequestId),
        changes: serde_json::from_slice::<Vec<Change>>(&changes).map_err(|_| corrupt())?,
    })
}

/// A notice for owners: something that waits for them, or that they should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Stable id.
    pub id: Uuid,
    /// Which connection's, if one's.
    pub connection: Option<ConnectionId>,
    /// Which organization's, if one's.
    pub organization: Option<OrganizationId>,
    /// What it is about.
    pub subject: Option<Uuid>,
    /// The rule that reports.
    pub kind: String,
    /// To be told at once.
    pub urgent: bool,
    /// For people.
    pub detail: String,
    /// The request that led to it.
    pub request: Option<RequestId>,
    /// When.
    pub at: Timestamp,
}

impl Conn<'_> {
    /// The newest rows of one subject's history, oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn history(&mut self, subject: Uuid, limit: i64) -> Result<Vec<LedgerRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT ledger FROM ledger_subjects WHERE subject = ?1 ORDER BY ledger DESC LIMIT ?2) s \
             JOIN ledger l ON l.id = s.ledger ORDER BY l.id"
        );
        self.query(&sql, vals![subject, limit], ledger_row)
    }

    /// The newest rows below `before`, not below `from`, of these subjects together, or of all; newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ledger_page(
        &mut self,
        subjects: Option<&[Uuid]>,
        before: Uuid,
        from: Uuid,
        limit: i64,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        let Some(subjects) = subjects else {
            let sql =
                format!("SELECT {COLUMNS} FROM ledger l WHERE l.id < ?1 AND l.id >= ?2 ORDER BY l.id DESC LIMIT ?3");
            return self.query(&sql, vals![before, from, limit], ledger_row);
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT ledger FROM ledger_subjects WHERE subject = ?1 AND ledger < ?2 \
             AND ledger >= ?3 ORDER BY ledger DESC LIMIT ?4) s JOIN ledger l ON l.id = s.ledger ORDER BY l.id DESC"
        );
        let mut rows = BTreeMap::new();
        for subject in subjects {
            let of_subject = self.query(&sql, vals![*subject, before, from, limit], ledger_row)?;
            rows.extend(of_subject.into_iter().map(|row| (row.id, row)));
        }
        Ok(rows.into_values().rev().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    /// The row that tells what a request changed of one of its subjects, if the ledger still keeps it. `from` is the time
    /// before which the request had not begun.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ledger_row_of(
        &mut self,
        request: RequestId,
        subject: Uuid,
        from: Timestamp,
    ) -> Result<Option<LedgerRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM ledger_subjects s JOIN ledger l ON l.id = s.ledger \
             WHERE s.subject = ?1 AND s.ledger >= ?2 AND l.request = ?3 ORDER BY s.ledger LIMIT 1"
        );
        self.opt(&sql, vals![subject, from.first_id(), request], ledger_row)
    }

    /// Calls `visit` with every row of the ledger, oldest first.
    ///
    /// # Errors
    ///
    /// What the database or `visit` says.
    pub fn each_ledger_row(
        &mut self,
        mut visit: impl FnMut(LedgerRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each(&format!("SELECT {COLUMNS} FROM ledger l ORDER BY l.id"), vals![], |row| {
            visit(ledger_row(row)?)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The open reports of a connection, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn reports(&mut self, connection: ConnectionId, limit: i64) -> Result<Vec<ReportRow>, StoreError> {
        self.query(
            "SELECT id, connection, organization, subject, kind, urgent, detail, request, at FROM reports \
             WHERE connection = ?1 AND resolved IS NULL ORDER BY id DESC LIMIT ?2",
            vals![connection, limit],
            |row| {
                Ok(ReportRow {
                    id: row.get(0)?,
                    connection: row.get::<Option<Uuid>>(1)?.map(ConnectionId),
                    organization: row.get::<Option<Uuid>>(2)?.map(OrganizationId),
                    subject: row.get(3)?,
                    kind: row.get(4)?,
                    urgent: row.get(5)?,
                    detail: row.get(6)?,
                    request: row.get::<Option<Uuid>>(7)?.map(RequestId),
                    at: Timestamp(row.get(8)?),
                })
            },
        )
    }
}

impl Tx<'_> {
    /// Appends a row, which is found again under each subject, and among those that no stream has taken yet (ORG-9).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_ledger_row(&mut self, row: &LedgerRow, subjects: &[Uuid]) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO ledger (id, at, source, connection, actor_kind, actor, request, changes) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            vals![
                row.id,
                row.at,
                row.source.as_str(),
                row.connection,
                row.actor.kind(),
                row.actor.id(),
                row.request,
                packing::pack(&serde_json::to_vec(&row.changes).map_err(StoreError::other)?, Some(DICTIONARY)),
            ],
            Expect::Any,
        )?;
        let subjects: Vec<Uuid> = subjects.iter().copied().chain([UNTAKEN]).collect();
        for subjects in subjects.chunks(FILE_UNDER.len()) {
            let vals: Vec<Val> = subjects.iter().flat_map(|subject| vals![*subject, row.id]).collect();
            self.put(FILE_UNDER[subjects.len() - 1], vals, Expect::Any)?;
        }
        Ok(())
    }

    /// Adds a report, unless the same one is open already.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_report(&mut self, report: &ReportRow) -> Result<(), StoreError> {
        let open = match report.subject {
            Some(subject) => {
                let sql = "SELECT EXISTS (SELECT 1 FROM reports WHERE subject = ?1 AND kind = ?2 AND detail = ?3 \
                           AND resolved IS NULL)";
                self.one(sql, vals![subject, &report.kind, &report.detail], |row| row.get::<bool>(0))?
            }
            None => false,
        };
        if open {
            return Ok(());
        }
        self.put(
            "INSERT INTO reports (id, connection, organization, subject, kind, urgent, detail, request, at, resolved) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)",
            vals![
                report.id,
                report.connection,
                report.organization,
                report.subject,
                &report.kind,
                report.urgent,
                &report.detail,
                report.request,
                report.at,
            ],
            Expect::Any,
        )
    }

    /// Closes the open reports of a kind about a subject: what they told of is over. An account is a subject in several
    /// organizations, whose reports are their own (TEN-3).
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn resolve_reports(
        &mut self,
        subject: Uuid,
        organization: Option<OrganizationId>,
        kind: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let open = "UPDATE reports SET resolved = ?3 WHERE subject = ?1 AND kind = ?2 AND resolved IS NULL";
        match organization {
            Some(organization) => {
                let sql = format!("{open} AND organization = ?4");
                self.put(&sql, vals![subject, kind, at, organization], Expect::Any)
            }
            None => self.put(open, vals![subject, kind, at], Expect::Any),
        }
    }
}

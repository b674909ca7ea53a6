//! What the streams of the activity log have still to send (ORG-9).
//!
//! Ids tell the order of the ledger, but not the order of its commits: a row with a smaller id may come in after one with a
//! larger id was read. So a stream's place is no id but what is left: a row is filed by its own transaction as not taken by
//! any stream, then under each stream, and unfiled once it was sent. These are ranges of `ledger_subjects`, under ids that are
//! no subject's.

use std::ops::ControlFlow;

use muster_model::{LedgerId, Stream, ledger::LedgerRow};
use uuid::Uuid;

use super::{
    baselines::size,
    ledger::{COLUMNS, ledger_row},
    pad, placeholders,
};
use crate::{Conn, Expect, StoreError, Tx, vals};

/// Under which rows are filed that no stream has taken.
pub(super) const UNTAKEN: Uuid = Uuid::from_u128(1);
/// Rows that are filed with one statement.
const AT_ONCE: usize = 64;

/// Under which rows are filed that a stream has still to send.
fn queue(stream: Stream) -> Uuid {
    Uuid::from_u128(match stream {
        Stream::File => 2,
        Stream::Syslog => 3,
        Stream::Webhook => 4,
    })
}

/// What `stream` has to send, or with `None`, what no stream has taken.
fn range(stream: Option<Stream>) -> Uuid {
    stream.map_or(UNTAKEN, queue)
}

impl Conn<'_> {
    /// The first rows that a stream has to send, or that none has taken, oldest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn unsent(&mut self, stream: Option<Stream>, limit: i64) -> Result<Vec<LedgerId>, StoreError> {
        let sql = "SELECT ledger FROM ledger_subjects WHERE subject = ?1 ORDER BY ledger LIMIT ?2";
        self.query(sql, vals![range(stream), limit], |row| Ok(LedgerId(row.get(0)?)))
    }

    /// The same with what they tell: at most `limit`, and as many as it takes for their changes to have `bytes` bytes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn unsent_rows(&mut self, stream: Stream, limit: i64, bytes: usize) -> Result<Vec<LedgerRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT ledger FROM ledger_subjects WHERE subject = ?1 ORDER BY ledger LIMIT ?2) s \
             JOIN ledger l ON l.id = s.ledger ORDER BY l.id"
        );
        let (mut rows, mut read) = (Vec::new(), 0);
        self.visit(&sql, vals![queue(stream), limit], |row| {
            let row = ledger_row(row)?;
            read += row.changes.iter().map(size).sum::<usize>();
            rows.push(row);
            Ok(if read < bytes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(rows)
    }

    /// How many rows a stream has to send, or none has taken, counted up to `most`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn count_unsent(&mut self, stream: Option<Stream>, most: i64) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT ledger FROM ledger_subjects WHERE subject = ?1 LIMIT ?2) s";
        self.one(sql, vals![range(stream), most], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Files rows that no stream has taken under a stream.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn file_for_stream(&mut self, stream: Stream, rows: &[LedgerId]) -> Result<(), StoreError> {
        for rows in rows.chunks(AT_ONCE) {
            let mut vals = vals![queue(stream), UNTAKEN].to_vec();
            pad(&mut vals, rows.iter().map(|row| (*row).into()));
            let sql = format!(
                "INSERT INTO ledger_subjects (subject, ledger) SELECT ?1, ledger FROM ledger_subjects \
                 WHERE subject = ?2 AND ledger IN {} ON CONFLICT (subject, ledger) DO NOTHING",
                placeholders(3, rows.len())
            );
            self.put(&sql, vals, Expect::Any)?;
        }
        Ok(())
    }

    /// Notes that streams have taken rows.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn unfile_untaken(&mut self, rows: &[LedgerId]) -> Result<(), StoreError> {
        self.unfile(UNTAKEN, rows)
    }

    /// Notes that a stream has sent rows.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_sent(&mut self, stream: Stream, rows: &[LedgerId]) -> Result<(), StoreError> {
        self.unfile(queue(stream), rows)
    }

    /// Gives rows up that a stream has not sent, or none has taken: the oldest before an id; how many.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn give_up_unsent(&mut self, stream: Option<Stream>, before: LedgerId, limit: i64) -> Result<u64, StoreError> {
        self.delete_ledger_subject(range(stream), before, limit)
    }

    fn unfile(&mut self, from: Uuid, rows: &[LedgerId]) -> Result<(), StoreError> {
        for rows in rows.chunks(AT_ONCE) {
            let mut vals = vals![from].to_vec();
            pad(&mut vals, rows.iter().map(|row| (*row).into()));
            let sql =
                format!("DELETE FROM ledger_subjects WHERE subject = ?1 AND ledger IN {}", placeholders(2, rows.len()));
            self.put(&sql, vals, Expect::Any)?;
        }
        Ok(())
    }
}

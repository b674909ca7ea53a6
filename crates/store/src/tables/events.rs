//! The ledger in the order in which it came to be known: what is published, with its number.

use muster_model::{LedgerId, ledger::LedgerRow};
use uuid::Uuid;

use super::{
    ledger::{COLUMNS, ledger_row},
    pad, placeholders,
};
use crate::{Conn, Expect, Row, StoreError, Tx, Val, vals};

/// Rows that are numbered with one statement.
const AT_ONCE: usize = 64;
/// How many columns of the ledger come before the number.
const WIDTH: usize = 8;

fn numbered(row: &Row<'_>) -> Result<(i64, LedgerRow), StoreError> {
    Ok((row.get(WIDTH)?, ledger_row(row)?))
}

impl Conn<'_> {
    /// The published rows from one number up to another, both included, oldest first: of these subjects, or of all. Those that were
    /// not kept long enough are left out.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn events(
        &mut self,
        subjects: Option<&[Uuid]>,
        from: i64,
        to: i64,
        limit: i64,
    ) -> Result<Vec<(i64, LedgerRow)>, StoreError> {
        let mut vals = vals![from, to, limit].to_vec();
        let only = match subjects {
            None => String::new(),
            Some(subjects) => {
                pad(&mut vals, subjects.iter().map(|subject| (*subject).into()));
                let of = placeholders(4, subjects.len());
                format!("AND EXISTS (SELECT 1 FROM ledger_subjects s WHERE s.ledger = e.ledger AND s.subject IN {of})")
            }
        };
        let sql = format!(
            "SELECT {COLUMNS}, e.seq FROM events e JOIN ledger l ON l.id = e.ledger \
             WHERE e.seq >= ?1 AND e.seq <= ?2 {only} ORDER BY e.seq LIMIT ?3"
        );
        self.query(&sql, vals, numbered)
    }

    /// The newest number.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn newest_event(&mut self) -> Result<Option<i64>, StoreError> {
        self.one("SELECT max(seq) FROM events", vals![], |row| row.get(0))
    }

    /// The oldest number that is kept.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_event(&mut self) -> Result<Option<i64>, StoreError> {
        self.one("SELECT min(seq) FROM events", vals![], |row| row.get(0))
    }

    /// The ledger row of a number, if the number is kept.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn event(&mut self, seq: i64) -> Result<Option<LedgerId>, StoreError> {
        self.opt("SELECT ledger FROM events WHERE seq = ?1", vals![seq], |row| Ok(LedgerId(row.get(0)?)))
    }
}

impl Tx<'_> {
    /// Gives rows their numbers, from `first` on.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_events(&mut self, first: i64, rows: &[LedgerId]) -> Result<(), StoreError> {
        let mut seq = first;
        for rows in rows.chunks(AT_ONCE) {
            let mut vals: Vec<Val> = Vec::with_capacity(rows.len() * 2);
            let mut groups = Vec::with_capacity(rows.len());
            for row in rows {
                groups.push(format!("(?{}, ?{})", vals.len() + 1, vals.len() + 2));
                vals.extend(vals![seq, *row]);
                seq += 1;
            }
            let sql = format!("INSERT INTO events (seq, ledger) VALUES {}", groups.join(", "));
            self.put(&sql, vals, Expect::Any)?;
        }
        Ok(())
    }

    /// Forgets the oldest numbers whose rows are before an id; how many.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_events(&mut self, before: LedgerId, limit: i64) -> Result<u64, StoreError> {
        let sql = "DELETE FROM events WHERE ledger < ?1 AND seq IN (SELECT seq FROM events ORDER BY seq LIMIT ?2)";
        self.exec(sql, vals![before, limit])
    }
}

//! Statements on a PostgreSQL connection.

use std::ops::ControlFlow;

use tokio::runtime::Runtime;
use tokio_postgres::Row as ServerRow;

use super::{
    connection::{Answer, Connection, Deferred, Last},
    fault::{Fault, Remedy},
    statements::{Form, Ready},
};
use crate::{
    conn::{Expect, Fetch, StatementError, Visit},
    error::StoreError,
    rewrite,
    value::{Row, RowInner, Val},
};

/// Rows that a scan fetches at a time, as [`FETCH`] says.
const SLICE: usize = 512;
const FETCH: &str = "FETCH FORWARD 512 FROM scan";
const CLOSE: &str = "CLOSE scan";
/// What begins the transaction of a scan that stands alone: cursors need one.
const BEGIN_SCAN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A PostgreSQL connection for as long as a job runs.
pub(crate) struct Session<'c> {
    runtime: &'c Runtime,
    connection: &'c mut Connection,
    stripe: i64,
}

impl<'c> Session<'c> {
    pub(super) fn new(runtime: &'c Runtime, connection: &'c mut Connection, stripe: i64) -> Session<'c> {
        Session { runtime, connection, stripe }
    }

    /// The stripe of striped counters that this connection raises.
    pub(crate) fn stripe(&self) -> i64 {
        self.stripe
    }

    pub(crate) fn rows(
        &mut self,
        sql: &str,
        vals: &[Val],
        fetch: Fetch,
        visit: Visit<'_>,
    ) -> Result<(), StatementError> {
        match fetch {
            Fetch::All => {
                let ready = self.ready(sql)?;
                let answer = self.flight(&Last::Rows(&ready, vals))?;
                visit_all(&answer.rows, visit).map(drop)
            }
            Fetch::Stream => self.stream(sql, vals, visit),
        }
    }

    pub(crate) fn returning(&mut self, sql: &str, vals: &[Val], visit: Visit<'_>) -> Result<(), StatementError> {
        self.connection.transaction.wrote = true;
        self.rows(sql, vals, Fetch::All, visit)
    }

    pub(crate) fn exec(&mut self, sql: &str, vals: &[Val]) -> Result<u64, StatementError> {
        self.connection.transaction.wrote = true;
        let ready = self.ready(sql)?;
        self.flight(&Last::Count(&ready, vals)).map(|answer| answer.count)
    }

    pub(crate) fn put(&mut self, sql: &str, vals: Vec<Val>, expect: Expect) -> Result<(), StatementError> {
        let guarded = expect == Expect::One && !rewrite::always_changes_one(sql);
        let form = if guarded { Form::ExpectingOne } else { Form::Plain };
        let ready = self.connection.ready(self.runtime, sql, form);
        if let Some(ready) = ready.map_err(|fault| self.failed(fault))? {
            self.connection.transaction.wrote = true;
            self.connection.transaction.queue.push(Deferred { ready, vals, form });
            return Ok(());
        }
        // The server cannot be made to count: it is asked now.
        match self.exec(sql, &vals)? {
            1 => Ok(()),
            _ => Err(StatementError::Failed(StoreError::Stale)),
        }
    }

    /// A statement about the transaction itself, behind what was deferred.
    pub(crate) fn control(&mut self, sql: &'static str) -> Result<(), StatementError> {
        self.flight(&Last::Count(&Ready { text: sql.into(), statement: None }, &[])).map(drop)
    }

    /// Forgets writes that were deferred and not sent, and the refusal of one that was: they are rolled back.
    pub(crate) fn forget_refused(&mut self) {
        let transaction = &mut self.connection.transaction;
        transaction.queue.clear();
        transaction.fault.take_if(|fault| fault.remedy == Remedy::Tell);
    }

    /// Hands rows over a slice at a time, through a cursor.
    fn stream(&mut self, sql: &str, vals: &[Val], visit: Visit<'_>) -> Result<(), StatementError> {
        self.connection.transaction.begin.get_or_insert(BEGIN_SCAN);
        let declare = format!("DECLARE scan NO SCROLL CURSOR FOR {}", rewrite::to_postgres(sql));
        let mut slice = self.flight(&Last::Cursor { declare: &declare, vals, fetch: FETCH })?.rows;
        let fetch = Ready { text: FETCH.into(), statement: None };
        loop {
            let visited = visit_all(&slice, visit);
            if slice.len() < SLICE || !matches!(visited, Ok(ControlFlow::Continue(()))) {
                self.connection.send(self.runtime, CLOSE);
                return visited.map(drop);
            }
            slice = self.flight(&Last::Rows(&fetch, &[]))?.rows;
        }
    }

    fn ready(&mut self, sql: &str) -> Result<Ready, StatementError> {
        let ready = self.connection.ready(self.runtime, sql, Form::Plain).map_err(|fault| self.failed(fault))?;
        ready.ok_or_else(|| StatementError::Failed(StoreError::other("the statement cannot be put as written")))
    }

    fn flight(&mut self, last: &Last<'_>) -> Result<Answer, StatementError> {
        self.connection.flight(self.runtime, last).map_err(|fault| self.failed(fault))
    }

    /// Keeps the fault for the end of the transaction, and tells the closure.
    fn failed(&mut self, fault: Fault) -> StatementError {
        let error = fault.error.clone();
        self.connection.transaction.fault.get_or_insert(fault);
        StatementError::Failed(error)
    }
}

fn visit_all(rows: &[ServerRow], visit: Visit<'_>) -> Result<ControlFlow<()>, StatementError> {
    for row in rows {
        if visit(&Row(RowInner::Postgres(row))).map_err(StatementError::Reader)? == ControlFlow::Break(()) {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

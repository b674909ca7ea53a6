//! Statements on a SQLite connection.

use std::ops::ControlFlow;

use rusqlite::{
    Connection, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::connection::meaning;
use crate::{
    conn::{StatementError, Visit},
    value::{Row, RowInner, Val},
};

/// A SQLite connection for as long as a job runs.
pub(crate) struct Session<'c> {
    connection: &'c Connection,
}

impl<'c> Session<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Session<'c> {
        Session { connection }
    }

    pub(crate) fn rows(&mut self, sql: &str, vals: &[Val], visit: Visit<'_>) -> Result<(), StatementError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(rusqlite::params_from_iter(vals)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let flow = visit(&Row(RowInner::Sqlite(row))).map_err(StatementError::Reader)?;
            if flow == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn exec(&mut self, sql: &str, vals: &[Val]) -> Result<u64, StatementError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let rows = statement.execute(rusqlite::params_from_iter(vals)).map_err(failed)?;
        Ok(u64::try_from(rows).unwrap_or(u64::MAX))
    }
}

fn failed(error: rusqlite::Error) -> StatementError {
    StatementError::Failed(meaning(error))
}

impl ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Val::Null => ValueRef::Null,
            Val::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Val::Int(value) => ValueRef::Integer(*value),
            Val::Text(value) => ValueRef::Text(value.as_bytes()),
            Val::Uuid(value) => ValueRef::Blob(value.as_bytes()),
            Val::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

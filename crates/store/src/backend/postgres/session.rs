//! Statements on a PostgreSQL connection.

use std::marker::PhantomData;

use crate::{
    conn::{Expect, Fetch, StatementError, Visit},
    error::StoreError,
    value::Val,
};

/// A PostgreSQL connection for as long as a job runs.
pub(crate) struct Session<'c>(PhantomData<&'c mut ()>);

impl Session<'_> {
    pub(crate) fn stripe(&self) -> i64 {
        0
    }

    pub(crate) fn rows(
        &mut self,
        _sql: &str,
        _vals: &[Val],
        _fetch: Fetch,
        _visit: Visit<'_>,
    ) -> Result<(), StatementError> {
        Err(unavailable())
    }

    pub(crate) fn returning(&mut self, _sql: &str, _vals: &[Val], _visit: Visit<'_>) -> Result<(), StatementError> {
        Err(unavailable())
    }

    pub(crate) fn exec(&mut self, _sql: &str, _vals: &[Val]) -> Result<u64, StatementError> {
        Err(unavailable())
    }

    pub(crate) fn put(&mut self, _sql: &str, _vals: Vec<Val>, _expect: Expect) -> Result<(), StatementError> {
        Err(unavailable())
    }
}

fn unavailable() -> StatementError {
    StatementError::Failed(StoreError::unavailable("PostgreSQL is not available yet"))
}

//! How databases carry out queries, for tests that hold lists to their indexes.

use crate::{Conn, StoreError, Val, backend::Session, vals};

/// How the database carries out a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPlan {
    /// The query.
    pub sql: String,
    /// Its steps, in the database's words.
    pub steps: Vec<String>,
}

impl QueryPlan {
    /// The steps that read a whole table or index: their cost grows with what is stored, not with what is asked for.
    #[must_use]
    pub fn whole_scans(&self) -> Vec<&str> {
        // What SQLite makes of a part of the query and then walks through is no table.
        let parts: Vec<&str> = self
            .steps
            .iter()
            .filter_map(|step| step.strip_prefix("CO-ROUTINE ").or_else(|| step.strip_prefix("MATERIALIZE ")))
            .collect();
        let is_scan = |step: &&str| match step.strip_prefix("SCAN ") {
            Some("CONSTANT ROW") => false,
            Some(what) => !parts.contains(&what.split(' ').next().unwrap_or(what)),
            None => step.contains("Seq Scan on "),
        };
        self.steps.iter().map(String::as_str).filter(is_scan).collect()
    }
}

impl Conn<'_> {
    /// Does `work`, and tells how the database carries out each query in it. PostgreSQL is kept from reading a whole table
    /// where it could use an index, which it would rather not while there are few rows; so call it in a snapshot, which ends
    /// that.
    ///
    /// # Errors
    ///
    /// What `work` or the database says.
    pub fn explained<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<(T, Vec<QueryPlan>), E> {
        self.queries = Some(Vec::new());
        let done = work(self);
        let queries = self.queries.take().unwrap_or_default();
        let done = done?;
        let mut plans = Vec::with_capacity(queries.len());
        for (sql, vals) in queries {
            let steps = self.explain(&sql, vals)?;
            plans.push(QueryPlan { sql, steps });
        }
        Ok((done, plans))
    }

    fn explain(&mut self, sql: &str, vals: Vec<Val>) -> Result<Vec<String>, StoreError> {
        if matches!(self.session, Session::Sqlite(_)) {
            return self.query(&format!("EXPLAIN QUERY PLAN {sql}"), vals, |row| row.get(3));
        }
        self.one("SELECT set_config('enable_seqscan', 'off', true)", vals![], |row| row.get::<String>(0))?;
        self.query(&format!("EXPLAIN {sql}"), vals, |row| row.get(0))
    }
}

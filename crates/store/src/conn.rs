//! Statements: what a closure can do with its connection or transaction.

use std::{
    ops::{ControlFlow, Deref, DerefMut},
    time::Instant,
};

use crate::{
    backend::Session,
    error::{Refusal, StoreError, TxError},
    value::{Row, Val},
};

/// A connection that reads.
///
/// SQL is one text for both engines, with parameters `?1..?n`.
pub struct Conn<'c> {
    pub(crate) session: Session<'c>,
    /// The first failure of a statement: from then on all others are refused, as PostgreSQL does.
    pub(crate) failure: Option<StoreError>,
    /// Whether rows may be held until the end of the transaction: only in one that writes.
    writes: bool,
    /// When statements are refused because others have waited long enough.
    deadline: Option<Instant>,
    /// What was asked, while somebody wants to know how it is carried out.
    pub(crate) queries: Option<Vec<(String, Vec<Val>)>>,
}

/// A transaction that writes. It derefs to [`Conn`] for reads, which see its own writes.
///
/// After any failed statement it refuses all further ones, and it cannot be committed.
pub struct Tx<'c> {
    conn: Conn<'c>,
    pub(crate) hooks: Vec<Hook>,
}

/// Work for after the commit.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// How many rows a deferred write must change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Any number, none included.
    Any,
    /// Exactly one, else [`StoreError::Stale`].
    One,
}

impl<'c> Conn<'c> {
    pub(crate) fn new(session: Session<'c>) -> Conn<'c> {
        Conn { session, failure: None, writes: false, deadline: None, queries: None }
    }

    /// All rows of a query, each made by `read`.
    ///
    /// # Errors
    ///
    /// What the database or `read` says.
    pub fn query<T>(
        &mut self,
        sql: &str,
        vals: impl AsRef<[Val]>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.rows(sql, vals.as_ref(), Fetch::All, &mut |row| {
            rows.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// The first row of a query, if it has one.
    ///
    /// # Errors
    ///
    /// What the database or `read` says.
    pub fn opt<T>(
        &mut self,
        sql: &str,
        vals: impl AsRef<[Val]>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.rows(sql, vals.as_ref(), Fetch::All, &mut |row| {
            first = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }

    /// The first row of a query that always has one, such as an aggregate.
    ///
    /// # Errors
    ///
    /// What the database or `read` says; [`StoreError::Other`] if there is no row.
    pub fn one<T>(
        &mut self,
        sql: &str,
        vals: impl AsRef<[Val]>,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.opt(sql, vals, read)?.ok_or_else(|| StoreError::other("a query that always has a row had none"))
    }

    /// Calls `visit` with each row until it breaks; for answers that are small unless somebody means ill.
    ///
    /// # Errors
    ///
    /// What the database or `visit` says.
    pub fn visit(
        &mut self,
        sql: &str,
        vals: impl AsRef<[Val]>,
        mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.rows(sql, vals.as_ref(), Fetch::All, &mut visit)
    }

    /// Calls `visit` with each row as it arrives, until it breaks; for scans, whose answers need not fit in memory.
    ///
    /// # Errors
    ///
    /// What the database or `visit` says.
    pub fn each(
        &mut self,
        sql: &str,
        vals: impl AsRef<[Val]>,
        mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.rows(sql, vals.as_ref(), Fetch::Stream, &mut visit)
    }

    /// What to append to a query whose rows this transaction is going to change: ` FOR UPDATE`, or nothing on SQLite,
    /// where transactions that write run one after the other, and nothing where nothing is written.
    #[must_use]
    pub fn for_update(&self) -> &'static str {
        match self.session {
            Session::Postgres(_) if self.writes => " FOR UPDATE",
            Session::Sqlite(_) | Session::Postgres(_) => "",
        }
    }

    /// As [`Conn::for_update`], leaving out rows that another transaction holds; for job queues.
    #[must_use]
    pub fn for_update_skip_locked(&self) -> &'static str {
        match self.session {
            Session::Sqlite(_) => "",
            Session::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// Whether the database is a file of this process's own.
    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self.session, Session::Sqlite(_))
    }

    /// Whether transactions that write run one after the other, as on SQLite: whatever one sees, no earlier one can add to
    /// it any more.
    #[must_use]
    pub fn is_written_in_turn(&self) -> bool {
        self.is_embedded()
    }

    fn rows(&mut self, sql: &str, vals: &[Val], fetch: Fetch, visit: Visit<'_>) -> Result<(), StoreError> {
        if let Some(queries) = &mut self.queries {
            queries.push((sql.to_owned(), vals.to_vec()));
        }
        self.statement(vals, |session| match session {
            Session::Sqlite(session) => session.rows(sql, vals, visit),
            Session::Postgres(session) => session.rows(sql, vals, fetch, visit),
        })
    }

    /// Whether another statement may run: none has failed, and there is time.
    fn require_sound(&mut self) -> Result<(), StoreError> {
        if self.failure.is_none() && self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.failure = Some(StoreError::Interrupted);
        }
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Runs a statement unless an earlier one failed, and remembers its failure.
    fn statement<T>(
        &mut self,
        vals: &[Val],
        run: impl FnOnce(&mut Session<'c>) -> Result<T, StatementError>,
    ) -> Result<T, StoreError> {
        self.require_sound()?;
        let result = match reject_nul(vals) {
            Ok(()) => run(&mut self.session),
            Err(error) => Err(StatementError::Failed(error)),
        };
        result.map_err(|error| match error {
            StatementError::Failed(error) => {
                self.failure = Some(error.clone());
                error
            }
            StatementError::Reader(error) => error,
        })
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(session: Session<'c>) -> Tx<'c> {
        Tx { conn: Conn { writes: true, ..Conn::new(session) }, hooks: Vec::new() }
    }

    /// The same, with every statement from then on refused as [`StoreError::Interrupted`].
    pub(crate) fn until(mut self, deadline: Instant) -> Self {
        self.conn.deadline = Some(deadline);
        self
    }

    /// Which stripe of a striped counter this transaction raises: one of 16 on PostgreSQL, so that writers
    /// seldom wait for each other's row; always the same on SQLite, where they run one after the other.
    #[must_use]
    pub fn stripe(&self) -> i64 {
        match &self.conn.session {
            Session::Sqlite(_) => 0,
            Session::Postgres(session) => session.stripe(),
        }
    }

    /// A write whose answer nobody needs before the commit.
    ///
    /// SQLite runs it at once. PostgreSQL queues it and sends the queue together with the next read or with the commit,
    /// so its failure may come out of either, as `E::from(StoreError)`.
    ///
    /// # Errors
    ///
    /// What the database says; [`StoreError::Stale`] if `expect` is [`Expect::One`] and not exactly one row changed.
    pub fn put(
        &mut self,
        sql: &str,
        vals: impl AsRef<[Val]> + Into<Vec<Val>>,
        expect: Expect,
    ) -> Result<(), StoreError> {
        if let Err(error) = reject_nul(vals.as_ref()) {
            self.conn.failure.get_or_insert(error);
        }
        self.conn.require_sound()?;
        let result = match &mut self.conn.session {
            Session::Sqlite(session) => session.exec(sql, vals.as_ref()).and_then(|rows| match expect {
                Expect::One if rows != 1 => Err(StatementError::Failed(StoreError::Stale)),
                Expect::One | Expect::Any => Ok(()),
            }),
            Session::Postgres(session) => session.put(sql, vals.into(), expect),
        };
        self.conn.statement(&[], |_| result)
    }

    /// A write now; how many rows it changed.
    ///
    /// # Errors
    ///
    /// What the database says, also of deferred writes before it.
    pub fn exec(&mut self, sql: &str, vals: impl AsRef<[Val]>) -> Result<u64, StoreError> {
        let vals = vals.as_ref();
        self.conn.statement(vals, |session| match session {
            Session::Sqlite(session) => session.exec(sql, vals),
            Session::Postgres(session) => session.exec(sql, vals),
        })
    }

    /// A write with `RETURNING`; its rows, in no particular order.
    ///
    /// # Errors
    ///
    /// What the database or `read` says, also of deferred writes before it.
    pub fn query_returning<T>(
        &mut self,
        sql: &str,
        vals: impl AsRef<[Val]>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let vals = vals.as_ref();
        let mut rows = Vec::new();
        let mut visit = |row: &Row<'_>| {
            rows.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        };
        self.conn.statement(vals, |session| match session {
            Session::Sqlite(session) => session.rows(sql, vals, &mut visit),
            Session::Postgres(session) => session.returning(sql, vals, &mut visit),
        })?;
        Ok(rows)
    }

    /// Runs `work` so that its refusal takes back only what it wrote itself, and the transaction goes on; for rehearsals of
    /// several changes, of which each may be refused. Costs two more statements.
    ///
    /// # Errors
    ///
    /// What `work` returns; what the database says of writes that were deferred. After an error that is no refusal the
    /// transaction is of no more use.
    pub fn attempt<T, E: TxError>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.control("SAVEPOINT attempt")?;
        let hooks = self.hooks.len();
        let result = work(self).and_then(|value| {
            // What was deferred belongs to the attempt: its failure, too.
            self.control("RELEASE SAVEPOINT attempt")?;
            Ok(value)
        });
        if let Err(error) = &result
            && error.store_error().is_none_or(StoreError::is_refusal)
        {
            self.hooks.truncate(hooks);
            self.conn.failure = None;
            if let Session::Postgres(session) = &mut self.conn.session {
                session.forget_refused();
            }
            self.control("ROLLBACK TO SAVEPOINT attempt")?;
            self.control("RELEASE SAVEPOINT attempt")?;
        }
        result
    }

    fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.conn.statement(&[], |session| match session {
            Session::Sqlite(session) => session.exec(sql, &[]).map(drop),
            Session::Postgres(session) => session.control(sql),
        })
    }

    /// Runs `hook` once the transaction is committed; not at all if it is rolled back or runs again.
    pub fn after_commit(&mut self, hook: Box<dyn FnOnce() + Send>) {
        self.hooks.push(hook);
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Conn<'c>;

    fn deref(&self) -> &Conn<'c> {
        &self.conn
    }
}

impl<'c> DerefMut for Tx<'c> {
    fn deref_mut(&mut self) -> &mut Conn<'c> {
        &mut self.conn
    }
}

/// How rows are to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetch {
    /// In one answer.
    All,
    /// A slice at a time.
    Stream,
}

/// What a statement's rows are handed to.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>, StoreError>;

/// Who stopped a statement.
pub(crate) enum StatementError {
    /// The database: the transaction is of no more use.
    Failed(StoreError),
    /// The closure that reads the rows.
    Reader(StoreError),
}

fn reject_nul(vals: &[Val]) -> Result<(), StoreError> {
    let holds_nul = |val: &Val| matches!(val, Val::Text(text) if text.as_bytes().contains(&0));
    if vals.iter().any(holds_nul) { Err(StoreError::Refused(Refusal::NulInText)) } else { Ok(()) }
}

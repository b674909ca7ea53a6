//! A connection and the transaction on it. Statements that can be sent together go in one flight.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use futures_util::{TryStreamExt, future::maybe_done};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    address::{Address, Role},
    fault::{Fault, Remedy},
    statements::{Form, Ready, Statements},
    tls,
};
use crate::{error::StoreError, value::Val};

/// How long after the server should have given up on a statement its connection counts as lost.
const GRACE: Duration = Duration::from_secs(5);

/// What makes connections, and the runtime that they live on.
pub(super) struct Connector {
    address: Arc<Address>,
    role: Role,
    limit: Duration,
    prepare: bool,
}

impl Connector {
    pub(super) fn new(address: Arc<Address>, role: Role, limit: Duration, prepare: bool) -> Connector {
        Connector { address, role, limit, prepare }
    }

    /// A runtime for one thread's connections.
    pub(super) fn runtime() -> Result<Runtime, StoreError> {
        Builder::new_current_thread().enable_io().enable_time().build().map_err(StoreError::unavailable)
    }

    /// Connects.
    pub(super) fn connect(&self, runtime: &Runtime) -> Result<Connection, Fault> {
        let tls: MakeRustlsConnect =
            tls::connector(&self.address.trust).map_err(|error| Fault { error, remedy: Remedy::Reconnect })?;
        let config = self.address.config(self.role, self.limit);
        let (client, connection) = runtime.block_on(config.connect(tls))?;
        runtime.spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a connection to PostgreSQL was lost");
            }
        });
        Ok(Connection {
            client,
            statements: Statements::default(),
            prepare: self.prepare,
            patience: self.limit + GRACE,
            transaction: Transaction::new(None),
        })
    }
}

/// A connection, and the transaction that is running on it.
pub(super) struct Connection {
    pub(super) client: Client,
    statements: Statements,
    prepare: bool,
    patience: Duration,
    pub(super) transaction: Transaction,
}

/// A transaction, or a row of statements that each stand alone.
pub(super) struct Transaction {
    /// What begins it, until that has been sent; `None` for statements that stand alone.
    pub(super) begin: Option<&'static str>,
    /// Whether its beginning has been sent.
    pub(super) begun: bool,
    /// Whether anything may have been written.
    pub(super) wrote: bool,
    /// Deferred writes.
    pub(super) queue: Vec<Deferred>,
    /// The first fault.
    pub(super) fault: Option<Fault>,
}

/// A write that is sent with the next statement whose answer is needed.
pub(super) struct Deferred {
    pub(super) ready: Ready,
    pub(super) vals: Vec<Val>,
    pub(super) form: Form,
}

/// The last part of a flight.
pub(super) enum Last<'s> {
    /// Nothing but the queue.
    Nothing,
    /// A statement whose rows are wanted.
    Rows(&'s Ready, &'s [Val]),
    /// A statement whose number of changed rows is wanted.
    Count(&'s Ready, &'s [Val]),
    /// A cursor is opened and its first rows are fetched.
    Cursor { declare: &'s str, vals: &'s [Val], fetch: &'s str },
    /// The end of the transaction.
    Commit,
}

/// The answer to the last part of a flight.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) rows: Vec<Row>,
    pub(super) count: u64,
}

type Part<'s> = Pin<Box<dyn Future<Output = Result<Answer, tokio_postgres::Error>> + 's>>;

impl Transaction {
    pub(super) fn new(begin: Option<&'static str>) -> Transaction {
        Transaction { begin, begun: false, wrote: false, queue: Vec::new(), fault: None }
    }
}

impl Connection {
    /// The statement for `sql`, prepared; `None` if it cannot be put in this form.
    pub(super) fn ready(&mut self, runtime: &Runtime, sql: &str, form: Form) -> Result<Option<Ready>, Fault> {
        let preparing = self.statements.ready(&self.client, sql, form, self.prepare);
        runtime.block_on(within(self.patience, preparing))
    }

    /// Sends the beginning if it is due, all deferred writes and `last` together, and waits for all answers.
    pub(super) fn flight(&mut self, runtime: &Runtime, last: &Last<'_>) -> Result<Answer, Fault> {
        let queue = std::mem::take(&mut self.transaction.queue);
        let begin = self.transaction.begin.filter(|_| !self.transaction.begun);
        self.transaction.begun |= begin.is_some();
        let client = &self.client;
        let mut parts: Vec<(Form, Part<'_>)> = Vec::with_capacity(queue.len() + 3);
        if let Some(begin) = begin {
            parts.push((Form::Plain, control(client, begin)));
        }
        parts.extend(queue.iter().map(|put| (put.form, count(client, &put.ready, &put.vals))));
        match last {
            Last::Nothing => {}
            Last::Rows(ready, vals) => parts.push((Form::Plain, rows(client, ready, vals))),
            Last::Count(ready, vals) => parts.push((Form::Plain, count(client, ready, vals))),
            Last::Cursor { declare, vals, fetch } => {
                parts.push((Form::Plain, count_unprepared(client, declare, vals)));
                parts.push((Form::Plain, rows_unprepared(client, fetch, &[])));
            }
            Last::Commit => parts.push((Form::Plain, control(client, "COMMIT"))),
        }
        let (forms, parts): (Vec<Form>, Vec<Part<'_>>) = parts.into_iter().unzip();
        let flight = async { Ok(together(parts).await) };
        let answers = runtime.block_on(within(self.patience, flight))?;
        let mut answer = Answer::default();
        for (form, part) in forms.into_iter().zip(answers) {
            answer = part.map_err(|error| fault(error, form))?;
        }
        Ok(answer)
    }

    /// Sends a control statement whose answer nobody needs.
    pub(super) fn send(&self, runtime: &Runtime, sql: &'static str) {
        runtime.block_on(async {
            let mut sent = pin!(self.client.batch_execute(sql));
            // One poll hands it to the connection, which then has its turn.
            poll_fn(|context| {
                let _ = sent.as_mut().poll(context);
                Poll::Ready(())
            })
            .await;
            tokio::task::yield_now().await;
        });
    }

    /// Ends the transaction without keeping anything.
    pub(super) fn roll_back(&mut self, runtime: &Runtime) {
        if std::mem::replace(&mut self.transaction, Transaction::new(None)).begun {
            self.send(runtime, "ROLLBACK");
        }
    }

    /// Forgets all prepared statements.
    pub(super) fn forget_statements(&mut self) {
        self.statements.forget();
    }
}

/// The division by zero in a statement that expects one row means that it did not find it.
fn fault(error: tokio_postgres::Error, form: Form) -> Fault {
    let divided = error.code() == Some(&tokio_postgres::error::SqlState::DIVISION_BY_ZERO);
    if form == Form::ExpectingOne && divided {
        return Fault { error: StoreError::Stale, remedy: Remedy::Tell };
    }
    error.into()
}

/// Fails as a lost connection when `work` takes longer than the server's own limits allow.
async fn within<T>(patience: Duration, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match tokio::time::timeout(patience, work).await {
        Ok(result) => result,
        Err(_) => Err(Fault::lost("PostgreSQL has not answered in time")),
    }
}

/// Sends all parts in order, then waits for their answers.
async fn together(parts: Vec<Part<'_>>) -> Vec<Result<Answer, tokio_postgres::Error>> {
    let mut parts: Vec<_> = parts.into_iter().map(|part| Box::pin(maybe_done(part))).collect();
    poll_fn(|context| {
        for part in &mut parts {
            let _ = part.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    let mut answers = Vec::with_capacity(parts.len());
    for mut part in parts {
        part.as_mut().await;
        answers.extend(part.as_mut().take_output());
    }
    answers
}

fn control<'s>(client: &'s Client, sql: &'s str) -> Part<'s> {
    Box::pin(async move { client.batch_execute(sql).await.map(|()| Answer::default()) })
}

fn count<'s>(client: &'s Client, ready: &'s Ready, vals: &'s [Val]) -> Part<'s> {
    let Some(statement) = &ready.statement else { return count_unprepared(client, &ready.text, vals) };
    Box::pin(async move {
        let count = client.execute_raw(statement, vals.iter()).await?;
        Ok(Answer { count, ..Answer::default() })
    })
}

fn count_unprepared<'s>(client: &'s Client, sql: &'s str, vals: &'s [Val]) -> Part<'s> {
    Box::pin(async move {
        let mut stream = pin!(client.query_typed_raw(sql, typed(vals)).await?);
        while stream.try_next().await?.is_some() {}
        Ok(Answer { count: stream.rows_affected().unwrap_or(0), ..Answer::default() })
    })
}

fn rows<'s>(client: &'s Client, ready: &'s Ready, vals: &'s [Val]) -> Part<'s> {
    let Some(statement) = &ready.statement else { return rows_unprepared(client, &ready.text, vals) };
    Box::pin(async move {
        let rows = client.query_raw(statement, vals.iter()).await?.try_collect().await?;
        Ok(Answer { rows, ..Answer::default() })
    })
}

fn rows_unprepared<'s>(client: &'s Client, sql: &'s str, vals: &'s [Val]) -> Part<'s> {
    Box::pin(async move {
        let rows = client.query_typed_raw(sql, typed(vals)).await?.try_collect().await?;
        Ok(Answer { rows, ..Answer::default() })
    })
}

fn typed(vals: &[Val]) -> impl Iterator<Item = (&Val, tokio_postgres::types::Type)> {
    vals.iter().map(|val| (val, val.postgres_type()))
}

//! Closures on their way to a database thread, and their answers on the way back.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
};

use tokio::sync::oneshot;

use crate::{
    conn::{Conn, Tx},
    error::{StoreError, TxError},
};

/// A reading closure with its caller.
pub(crate) trait ReadJob: Send {
    /// Whether nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
    /// Whether all statements must see one state.
    fn snapshot(&self) -> bool;
    /// Runs the closure, again if need be, and keeps its result.
    fn run(&mut self, conn: &mut Conn<'_>);
    /// Replaces the result.
    fn fail(&mut self, error: StoreError);
    /// Sends the result.
    fn answer(self: Box<Self>);
}

/// Runs reading closures on the thread of their caller.
pub(crate) trait ReadHere: Send + Sync {
    /// Runs the closure, unless all connections are in use; whether it did.
    fn try_serve(&self, job: &mut dyn ReadJob) -> bool;
}

/// A writing closure with its record and its caller.
pub(crate) trait WriteJob: Send {
    /// Whether nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
    /// Whether it is always rolled back.
    fn rehearsal(&self) -> bool;
    /// Runs the closure, again if need be, keeps its result and says what is to happen with the transaction.
    fn work(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Whether somebody else was quicker: then it runs again.
    fn overtaken(&self) -> bool;
    /// Whether a record is kept.
    fn recorded(&self) -> bool;
    /// Writes the record of the kept result.
    fn record(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError>;
    /// Replaces the result.
    fn fail(&mut self, error: StoreError) -> Verdict;
    /// Sends the result.
    fn answer(self: Box<Self>);
}

/// What a writing closure's result means for its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Commit it, with the record.
    Done,
    /// Roll it back and commit the record alone.
    Refused,
    /// Roll it back.
    Failed,
}

/// Where an answer goes.
pub(crate) enum Reply<T> {
    /// Nowhere: whoever runs the job takes its result.
    Here,
    /// To a task.
    Task(oneshot::Sender<T>),
    /// To a blocked thread.
    Thread(mpsc::SyncSender<T>),
}

impl<T> Reply<T> {
    fn abandoned(&self) -> bool {
        match self {
            Reply::Task(sender) => sender.is_closed(),
            Reply::Here | Reply::Thread(_) => false,
        }
    }

    fn send(self, value: T) {
        // A caller that has gone meanwhile needs no answer.
        match self {
            Reply::Here => drop(value),
            Reply::Task(sender) => drop(sender.send(value)),
            Reply::Thread(sender) => drop(sender.send(value)),
        }
    }
}

/// Runs `work`, turning a panic into [`StoreError::Panicked`].
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| StoreError::Panicked)
}

/// A [`ReadJob`] around a closure.
pub(crate) struct Read<T, E, F> {
    pub(crate) work: F,
    pub(crate) snapshot: bool,
    pub(crate) result: Option<Result<T, E>>,
    pub(crate) reply: Reply<Result<T, E>>,
}

impl<T, E, F> ReadJob for Read<T, E, F>
where
    T: Send + 'static,
    E: TxError,
    F: FnMut(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
{
    fn abandoned(&self) -> bool {
        self.reply.abandoned()
    }

    fn snapshot(&self) -> bool {
        self.snapshot
    }

    fn run(&mut self, conn: &mut Conn<'_>) {
        let result = guarded(|| (self.work)(conn)).unwrap_or_else(|panicked| Err(panicked.into()));
        self.result = Some(result);
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            self.reply.send(result);
        }
    }
}

/// A [`WriteJob`] around a closure and its record.
pub(crate) struct Write<T, E, F, R> {
    pub(crate) work: F,
    pub(crate) record: Option<R>,
    pub(crate) rehearsal: bool,
    pub(crate) result: Option<Result<T, E>>,
    pub(crate) reply: Reply<Result<T, E>>,
}

/// The type of a record that is not kept.
pub(crate) type NoRecord<T, E> = fn(&mut Tx<'_>, &Result<T, E>) -> Result<(), StoreError>;

impl<T, E: TxError, F, R> Write<T, E, F, R> {
    fn verdict(&self) -> Verdict {
        match &self.result {
            Some(Ok(_)) => Verdict::Done,
            Some(Err(error)) if error.store_error().is_none_or(StoreError::is_refusal) => Verdict::Refused,
            Some(Err(_)) | None => Verdict::Failed,
        }
    }
}

impl<T, E, F, R> WriteJob for Write<T, E, F, R>
where
    T: Send + 'static,
    E: TxError,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    R: FnMut(&mut Tx<'_>, &Result<T, E>) -> Result<(), StoreError> + Send + 'static,
{
    fn abandoned(&self) -> bool {
        self.reply.abandoned()
    }

    fn rehearsal(&self) -> bool {
        self.rehearsal
    }

    fn work(&mut self, tx: &mut Tx<'_>) -> Verdict {
        match guarded(|| (self.work)(tx)) {
            // A closure that swallowed a statement's failure cannot be committed.
            Ok(Ok(value)) => {
                self.result = Some(match &tx.failure {
                    Some(failure) => Err(failure.clone().into()),
                    None => Ok(value),
                });
            }
            Ok(Err(error)) => self.result = Some(Err(error)),
            Err(panicked) => return self.fail(panicked),
        }
        self.verdict()
    }

    fn overtaken(&self) -> bool {
        matches!(&self.result, Some(Err(error)) if error.is_overtaken())
    }

    fn recorded(&self) -> bool {
        self.record.is_some()
    }

    fn record(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (Some(record), Some(result)) = (&mut self.record, &self.result) else { return Ok(()) };
        guarded(|| record(tx, result))??;
        tx.failure.clone().map_or(Ok(()), Err)
    }

    fn fail(&mut self, error: StoreError) -> Verdict {
        self.result = Some(Err(error.into()));
        self.verdict()
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            self.reply.send(result);
        }
    }
}

//! Prepared statements of a connection, the least recently used forgotten first.

use std::{collections::HashMap, sync::Arc};

use tokio_postgres::{Client, Statement};

use super::fault::Fault;
use crate::rewrite;

/// Statements that a connection keeps of each kind.
const KEPT: usize = 256;

/// A statement in PostgreSQL's words, prepared unless the connection does not prepare.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) text: Arc<str>,
    pub(super) statement: Option<Statement>,
}

/// How a statement is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As written.
    Plain,
    /// So that the server itself fails unless exactly one row changes.
    ExpectingOne,
}

/// The statements of a connection.
#[derive(Default)]
pub(super) struct Statements {
    plain: HashMap<String, Kept>,
    expecting_one: HashMap<String, Kept>,
    uses: u64,
}

struct Kept {
    ready: Ready,
    used: u64,
}

impl Statements {
    /// The statement for `sql`, from memory or from the server; `None` if it cannot be put in this form.
    pub(super) async fn ready(
        &mut self,
        client: &Client,
        sql: &str,
        form: Form,
        prepare: bool,
    ) -> Result<Option<Ready>, Fault> {
        self.uses += 1;
        let kept = match form {
            Form::Plain => &mut self.plain,
            Form::ExpectingOne => &mut self.expecting_one,
        };
        if let Some(kept) = kept.get_mut(sql) {
            kept.used = self.uses;
            return Ok(Some(kept.ready.clone()));
        }
        let text = match form {
            Form::Plain => rewrite::to_postgres(sql),
            Form::ExpectingOne => match rewrite::expecting_one(sql) {
                Some(wrapped) => rewrite::to_postgres(&wrapped),
                None => return Ok(None),
            },
        };
        let statement = if prepare { Some(client.prepare(&text).await?) } else { None };
        let ready = Ready { text: text.into(), statement };
        if kept.len() >= KEPT
            && let Some(oldest) = kept.iter().min_by_key(|(_, kept)| kept.used).map(|(sql, _)| sql.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(sql.to_owned(), Kept { ready: ready.clone(), used: self.uses });
        Ok(Some(ready))
    }

    /// Forgets all statements, because the tables have changed.
    pub(super) fn forget(&mut self) {
        self.plain.clear();
        self.expecting_one.clear();
    }
}

//! Running migrations on SQLite: each step in a transaction of its own.

use rusqlite::{Connection, TransactionBehavior};

use super::connection::meaning;
use crate::{
    error::{SchemaError, StoreError},
    migrate::{Applied, Engine, Migration, outstanding},
    options::{Migrate, Options},
};

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";

/// Brings the tables to this program's version, or refuses as `options` say.
pub(super) fn run(connection: &mut Connection, options: &Options) -> Result<(), StoreError> {
    connection.execute_batch(HISTORY).map_err(meaning)?;
    let applied = applied(connection)?;
    let steps = outstanding(options.migrations, &applied)?;
    if let (Some(last), Migrate::Refuse) = (steps.last(), options.migrate) {
        let database = applied.iter().map(|applied| applied.version).max().unwrap_or(0);
        return Err(SchemaError::Older { database, program: last.version }.into());
    }
    for step in steps {
        apply(connection, step).map_err(|error| match meaning(error) {
            StoreError::Full(cause) => StoreError::Full(cause),
            StoreError::Other(cause) => step.failed(&cause).into(),
            other => step.failed(&other).into(),
        })?;
        tracing::info!(version = step.version, name = step.name, "migrated the database");
    }
    Ok(())
}

fn apply(connection: &mut Connection, step: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(&step.sql_for(Engine::Sqlite))?;
    transaction.execute(
        "INSERT INTO schema_migrations (version, name, sha256, applied_at)
         VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
        (step.version, step.name, step.sha256()),
    )?;
    transaction.commit()
}

fn applied(connection: &Connection) -> Result<Vec<Applied>, StoreError> {
    let mut statement =
        connection.prepare("SELECT version, sha256 FROM schema_migrations ORDER BY version").map_err(meaning)?;
    let rows =
        statement.query_map([], |row| Ok(Applied { version: row.get(0)?, sha256: row.get(1)? })).map_err(meaning)?;
    rows.collect::<rusqlite::Result<_>>().map_err(meaning)
}

//! Running migrations on PostgreSQL, one node at a time.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{
    address::{Address, Role},
    connection::Connector,
    fault::Fault,
};
use crate::{
    backend::spawn,
    error::{SchemaError, StoreError},
    migrate::{Applied, Engine, Migration, outstanding},
    options::{Migrate, Options},
};

/// How long a node may migrate before others take it for dead; renewed before each step.
const LEASE_SECONDS: i64 = 600;
/// How long to wait for another node to finish.
const WAIT: Duration = Duration::from_secs(60);

const TABLES: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version bigint PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at bigint NOT NULL);
CREATE TABLE IF NOT EXISTS migration_lock (id bigint PRIMARY KEY, holder uuid NOT NULL, expires_at bigint NOT NULL)";
const NOW: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)";

/// Brings the tables to this program's version, or refuses as `options` say.
///
/// On a thread of its own, because the caller's may belong to a runtime.
pub(super) fn run_on_thread(address: &Arc<Address>, options: &Options) -> Result<(), StoreError> {
    let (address, options) = (Arc::clone(address), options.clone());
    let (done, result) = std::sync::mpsc::sync_channel(1);
    let thread = spawn("store-migrate".to_owned(), move || {
        // The receiver waits on the line after next.
        let _ = done.send(run(&address, &options));
    })?;
    let result = result.recv().unwrap_or(Err(StoreError::Panicked));
    if thread.join().is_err() {
        tracing::error!("the migration thread panicked");
    }
    result
}

fn run(address: &Arc<Address>, options: &Options) -> Result<(), StoreError> {
    let runtime = Connector::runtime()?;
    let connector = Connector::new(Arc::clone(address), Role::Migrate, Duration::from_secs(3600), true);
    let connection = connector.connect(&runtime).map_err(|fault| fault.error)?;
    let mut migrator = Migrator { runtime, client: connection.client, holder: Uuid::now_v7() };
    migrator.run(address.schema.as_deref(), options)
}

struct Migrator {
    runtime: Runtime,
    client: Client,
    holder: Uuid,
}

impl Migrator {
    fn run(&mut self, schema: Option<&str>, options: &Options) -> Result<(), StoreError> {
        let applied = self.applied()?;
        let steps = outstanding(options.migrations, &applied)?;
        let Some(last) = steps.last() else { return Ok(()) };
        if options.migrate == Migrate::Refuse {
            let database = applied.iter().map(|applied| applied.version).max().unwrap_or(0);
            return Err(SchemaError::Older { database, program: last.version }.into());
        }
        self.make_tables(schema)?;
        self.lock()?;
        let result = self.run_steps(options);
        let unlocked = self.execute("DELETE FROM migration_lock WHERE holder = $1", &[&self.holder]);
        result?;
        unlocked.map(drop)
    }

    /// Runs what is outstanding now that no other node does.
    fn run_steps(&self, options: &Options) -> Result<(), StoreError> {
        let applied = self.applied()?;
        for step in outstanding(options.migrations, &applied)? {
            if !self.take_lock()? {
                return Err(SchemaError::Locked.into());
            }
            self.apply(step)?;
            tracing::info!(version = step.version, name = step.name, "migrated the database");
        }
        Ok(())
    }

    fn apply(&self, step: &Migration) -> Result<(), StoreError> {
        // Names and checksums hold no quotes; the step and its entry are one transaction.
        let (version, name, sha256) = (step.version, step.name.replace('\'', ""), step.sha256());
        let sql = format!(
            "BEGIN; {} ; INSERT INTO schema_migrations (version, name, sha256, applied_at)
             VALUES ({version}, '{name}', '{sha256}', {NOW}); COMMIT",
            step.sql_for(Engine::Postgres)
        );
        let Err(error) = self.runtime.block_on(self.client.batch_execute(&sql)) else { return Ok(()) };
        let reason = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
        // Without it the lock could not be given back.
        self.block_on(self.client.batch_execute("ROLLBACK"))?;
        Err(step.failed(&reason).into())
    }

    fn applied(&self) -> Result<Vec<Applied>, StoreError> {
        let exists = "SELECT to_regclass('schema_migrations') IS NOT NULL";
        let exists: bool = self.block_on(self.client.query_one(exists, &[]))?.try_get(0).map_err(StoreError::other)?;
        if !exists {
            return Ok(Vec::new());
        }
        let sql = "SELECT version, sha256 FROM schema_migrations ORDER BY version";
        let rows = self.block_on(self.client.query(sql, &[]))?;
        let read = |row: &tokio_postgres::Row| -> Result<Applied, StoreError> {
            let version: i64 = row.try_get(0).map_err(StoreError::other)?;
            let version = u32::try_from(version).map_err(StoreError::other)?;
            Ok(Applied { version, sha256: row.try_get(1).map_err(StoreError::other)? })
        };
        rows.iter().map(read).collect()
    }

    /// Makes the two tables that migrations need; nodes that do so at once disturb each other, so it is tried again.
    fn make_tables(&self, schema: Option<&str>) -> Result<(), StoreError> {
        let schema = schema.map_or_else(String::new, |name| format!("CREATE SCHEMA IF NOT EXISTS {name};"));
        let sql = format!("{schema} {TABLES}");
        for attempt in 0.. {
            match self.block_on(self.client.batch_execute(&sql)) {
                Err(_) if attempt < 5 => thread::sleep(Duration::from_millis(100)),
                result => return result,
            }
        }
        Ok(())
    }

    fn lock(&self) -> Result<(), StoreError> {
        let start = Instant::now();
        while !self.take_lock()? {
            if start.elapsed() > WAIT {
                return Err(SchemaError::Locked.into());
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Takes or renews the lock; `false` if another node holds it.
    fn take_lock(&self) -> Result<bool, StoreError> {
        let sql = format!(
            "INSERT INTO migration_lock (id, holder, expires_at) VALUES (1, $1, {NOW} + {LEASE_SECONDS} * 1000000)
             ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
             WHERE migration_lock.holder = excluded.holder OR migration_lock.expires_at < {NOW}"
        );
        Ok(self.execute(&sql, &[&self.holder])? == 1)
    }

    fn execute(&self, sql: &str, params: &[&(dyn tokio_postgres::types::ToSql + Sync)]) -> Result<u64, StoreError> {
        self.block_on(self.client.execute(sql, params))
    }

    fn block_on<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
        self.runtime.block_on(work).map_err(|error| Fault::from(error).error)
    }
}

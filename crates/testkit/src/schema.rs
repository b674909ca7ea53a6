//! Schemas of a PostgreSQL server, one for each world.
//!
//! Making one takes as long as a test, and what is made stays in the server's catalogue, where everybody has to look past it.
//! So a schema goes from one world to the next, empty.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

use muster_store::{Database, Isolation, Options, PostgresOptions, Store, StoreError, vals};
use uuid::Uuid;

/// Those that no world of this process has at present.
static FREE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes every row out of every table, those first that refer to others.
const EMPTY: &str = "
    DO $$
    DECLARE
        name text;
        referred boolean := true;
    BEGIN
        WHILE referred LOOP
            referred := false;
            FOR name IN
                SELECT c.relname FROM pg_class c
                WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
                    AND c.relname NOT IN ('schema_migrations', 'migration_lock')
                ORDER BY c.oid DESC
            LOOP
                BEGIN
                    EXECUTE format('DELETE FROM %I', name);
                EXCEPTION WHEN foreign_key_violation THEN
                    referred := true;
                END;
            END LOOP;
        END LOOP;
    END
    $$";

/// A schema that one world has to itself, and the store that is open on it.
pub(crate) struct Schema {
    name: String,
    store: Store,
}

impl Schema {
    /// A schema of the server at `url`, with nothing in it.
    pub(crate) fn take(url: &str) -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let name = free.clone().unwrap_or_else(|| format!("world_{}", Uuid::now_v7().simple()));
        let mut postgres = PostgresOptions::new(url);
        postgres.schema = Some(name.clone());
        if std::env::var("MUSTER_TEST_ISOLATION").as_deref() == Ok("serializable") {
            postgres.isolation = Isolation::Serializable;
        }
        let mut options = Options::new(Database::Postgres(postgres));
        // Each connects and prepares its statements by itself: no more than are needed to collide.
        (options.readers, options.writers) = (2, 4);
        let store = Store::open(&options).expect("a store opens on a schema of its own");
        if free.is_some() {
            let empty = store.write_blocking::<_, StoreError, _>(|tx| tx.exec(EMPTY, vals![]));
            empty.expect("a schema can be emptied");
        }
        Self { name, store }
    }

    /// The store on it.
    pub(crate) fn store(&self) -> Store {
        self.store.clone()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A closed store has done what it was given, and takes nothing more from whoever has not noticed the test's end. But
        // one of its own threads cannot wait for itself.
        if thread::current().name().is_some_and(|name| name.starts_with("store-")) {
            return;
        }
        self.store.clone().close_blocking();
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.name));
    }
}

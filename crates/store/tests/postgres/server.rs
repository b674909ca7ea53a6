//! What only a server can do.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use muster_store::{
    Database, Expect, Health, Migrate, Migration, Options, PostgresOptions, SchemaError, Store, StoreError, vals,
};

use crate::{
    conformance::{names, options, put_item, put_record, records},
    fresh, open,
};

const TERMINATE: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND application_name = ?1";

/// A store whose connections can be told from those of others.
fn named(name: &str) -> (Store, String) {
    let name = format!("{name}-{}", uuid::Uuid::now_v7().simple());
    let mut postgres = fresh();
    let separator = if postgres.url.contains('?') { '&' } else { '?' };
    postgres.url.push_str(&format!("{separator}application_name={name}"));
    (Store::open(&options(Database::Postgres(postgres))).unwrap(), name)
}

/// Ends all connections of that name.
fn terminate(name: &str) -> i64 {
    let admin = open();
    let name = name.to_owned();
    admin
        .read_blocking(move |conn| conn.one(TERMINATE, vals![&name], |row| row.get(0)))
        .map_err(|error: StoreError| error)
        .unwrap()
}

#[test]
fn lost_connections_are_made_anew() {
    let (store, name) = named("lost");
    for round in 0..5 {
        store.write_blocking(move |tx| put_item(tx, &format!("{round}"))).unwrap();
        assert_eq!(names(&store).len(), round + 1);
        assert!(terminate(&name) >= 2);
    }
    assert_eq!(store.healthy(), Health::Healthy);
}

#[test]
fn a_connection_lost_within_a_transaction_runs_it_again() {
    let (store, name) = named("within");
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    store
        .write_blocking(move |tx| {
            put_item(tx, "ada")?;
            let count = tx.one("SELECT count(*) FROM items", vals![], |row| row.get::<i64>(0))?;
            if counted.fetch_add(1, SeqCst) == 0 {
                terminate(&name);
            }
            put_record(tx, "after")?;
            Ok::<_, StoreError>(count)
        })
        .map_or_else(
            // The server was told to end the session while the commit was on its way.
            |error| assert!(matches!(error, StoreError::OutcomeUnknown(_)), "{error:?}"),
            |count| assert_eq!(count, 1),
        );
    let stored = names(&store).len();
    assert_eq!(stored, records(&store).len());
}

#[test]
fn a_server_that_is_not_there_is_told_at_once() {
    let nowhere = PostgresOptions::new("postgres://nobody@127.0.0.1:1/none?connect_timeout=1");
    let Err(StoreError::Unavailable(_)) = Store::open(&options(Database::Postgres(nowhere))) else { panic!() };
}

#[test]
fn deadlocks_are_run_again() {
    let store = open();
    let ids = store.write_blocking(|tx| Ok::<_, StoreError>([put_item(tx, "a")?, put_item(tx, "b")?])).unwrap();
    let meeting = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU64::new(0));
    let jobs = [ids, [ids[1], ids[0]]].map(|[first, second]| {
        let (store, meeting, runs) = (store.clone(), Arc::clone(&meeting), Arc::clone(&runs));
        std::thread::spawn(move || {
            store.write_blocking(move |tx| -> Result<(), StoreError> {
                let update = "UPDATE items SET version = version + 1 WHERE id = ?1";
                tx.exec(update, vals![first])?;
                if runs.fetch_add(1, SeqCst) < 2 {
                    meeting.wait();
                }
                tx.put(update, vals![second], Expect::One)
            })
        })
    });
    for job in jobs {
        job.join().unwrap().unwrap();
    }
    // The one that gives way runs again, and once more if it then looks before the other has committed (serializable).
    let runs = runs.load(SeqCst);
    assert!(runs >= 3, "{runs} runs");
    assert_eq!(store.stats().retries, runs - 2);
    let versions =
        store.read_blocking(|conn| conn.query("SELECT version FROM items", vals![], |row| row.get::<i64>(0)));
    assert_eq!(versions.map_err(|error: StoreError| error).unwrap(), [2, 2]);
}

#[test]
fn a_long_read_is_interrupted() {
    let short = Options { read_limit: Duration::from_millis(50), ..options(Database::Postgres(fresh())) };
    let store = Store::open(&short).unwrap();
    for snapshot in [false, true] {
        let sleep = |conn: &mut muster_store::Conn<'_>| conn.opt("SELECT 1 FROM pg_sleep(30)", vals![], |_| Ok(()));
        let result = if snapshot { store.snapshot_blocking(sleep) } else { store.read_blocking(sleep) };
        assert!(matches!(result, Err(StoreError::Interrupted)), "{result:?}");
    }
    assert!(names(&store).is_empty());
}

#[test]
fn an_awaited_lock_is_not_awaited_for_ever() {
    let store = open();
    let id = store.write_blocking(|tx| put_item(tx, "a")).unwrap();
    let update = "UPDATE items SET version = version + 1 WHERE id = ?1";
    let other = store.clone();
    store
        .write_blocking(move |tx| -> Result<(), StoreError> {
            tx.exec(update, vals![id])?;
            let waited = other.write_blocking(move |tx| tx.put(update, vals![id], Expect::One));
            assert!(matches!(waited, Err(StoreError::Busy)), "{waited:?}");
            Ok(())
        })
        .unwrap();
}

#[test]
fn more_statements_than_are_kept_prepared_still_run() {
    let store = open();
    for round in 0..2 {
        let sum = store.read_blocking(move |conn| -> Result<i64, StoreError> {
            (0..600).try_fold(0, |sum, number| {
                let sql = format!("SELECT CAST(?1 AS bigint) + {number}");
                Ok(sum + conn.one(&sql, vals![round], |row| row.get::<i64>(0))?)
            })
        });
        assert_eq!(sum.unwrap(), 600 * i64::from(round) + 300 * 599);
    }
}

#[test]
fn a_changed_table_makes_statements_anew() {
    let store = open();
    let id = store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    let read = move |store: &Store| {
        let row = store.read_blocking(move |conn| {
            conn.one("SELECT * FROM items WHERE id = ?1", vals![id], |row| row.get::<String>(1))
        });
        row.map_err(|error: StoreError| error).unwrap()
    };
    for column in 0..3 {
        for _ in 0..10 {
            assert_eq!(read(&store), "ada");
        }
        let alter = format!("ALTER TABLE items ADD COLUMN more_{column} bigint");
        store.write_blocking(move |tx| tx.exec(&alter, vals![])).unwrap();
    }
}

const STEPS: [Migration; 2] = [
    Migration { version: 1, name: "one", sql: "CREATE TABLE one (id {uuid} PRIMARY KEY){strict};" },
    Migration { version: 2, name: "two", sql: "CREATE TABLE two (id {uuid} PRIMARY KEY){norowid};" },
];
const CHANGED: [Migration; 2] = [Migration { sql: "CREATE TABLE uno (id {uuid}){strict};", ..STEPS[0] }, STEPS[1]];
const BROKEN: [Migration; 2] = [
    STEPS[0],
    Migration {
        version: 2,
        name: "broken",
        sql: "CREATE TABLE two (id {uuid}){strict}; CREATE TABLE two (id {uuid}){strict};",
    },
];

#[test]
fn migrations_run_once_and_only_forward() {
    let postgres = fresh();
    let open = |migrations: &'static [Migration], migrate| {
        Store::open(&Options { migrations, migrate, ..Options::new(Database::Postgres(postgres.clone())) })
    };
    let schema = |result: Result<Store, StoreError>| match result.err() {
        Some(StoreError::Schema(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(schema(open(&STEPS, Migrate::Refuse)), SchemaError::Older { database: 0, program: 2 });
    open(&STEPS[..1], Migrate::Run).unwrap().close_blocking();
    let SchemaError::Failed { version: 2, reason, .. } = schema(open(&BROKEN, Migrate::Run)) else { panic!() };
    assert!(reason.contains("already exists"), "{reason}");
    open(&STEPS, Migrate::Run).unwrap().close_blocking();
    open(&STEPS, Migrate::Refuse).unwrap().close_blocking();
    assert_eq!(schema(open(&STEPS[..1], Migrate::Run)), SchemaError::Newer { database: 2, program: 1 });
    assert!(matches!(schema(open(&CHANGED, Migrate::Run)), SchemaError::Changed { version: 1, .. }));
}

#[test]
fn nodes_that_start_together_migrate_once() {
    let postgres = fresh();
    let nodes: Vec<_> = (0..6)
        .map(|_| {
            let options = options(Database::Postgres(postgres.clone()));
            std::thread::spawn(move || Store::open(&options).unwrap())
        })
        .collect();
    let stores: Vec<Store> = nodes.into_iter().map(|node| node.join().unwrap()).collect();
    stores[0].write_blocking(|tx| put_item(tx, "ada")).unwrap();
    for store in &stores {
        assert_eq!(names(store), ["ada"]);
    }
}

//! What only a file can do.

use std::{
    fs,
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use muster_store::{Database, Health, Migrate, Migration, Options, SchemaError, Store, StoreError, Tx, vals};

use crate::conformance::{names, options, put_item, runtime};

/// A directory that is removed at the end of a test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        let path = std::env::temp_dir().join(format!("muster-store-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Directory(path)
    }

    fn database(&self) -> Database {
        Database::Sqlite { path: self.0.join("muster.db") }
    }

    fn open(&self) -> Result<Store, StoreError> {
        Store::open(&options(self.database()))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_closed_database_is_found_again_and_its_log_is_empty() {
    let directory = Directory::new();
    let store = directory.open().unwrap();
    store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    assert_eq!(store.healthy(), Health::Healthy);
    assert_eq!(mode(&directory.0.join("muster.db")), 0o600);
    assert_eq!(mode(&directory.0.join("muster.db-wal")), 0o600);
    store.close_blocking();
    let wal = fs::metadata(directory.0.join("muster.db-wal")).map_or(0, |file| file.len());
    assert_eq!(wal, 0);
    let store = directory.open().unwrap();
    assert_eq!(names(&store), ["ada"]);
    runtime().block_on(store.close());
}

#[test]
fn a_second_owner_is_refused_until_the_first_has_gone() {
    let directory = Directory::new();
    let store = directory.open().unwrap();
    let Err(StoreError::Unavailable(cause)) = directory.open() else { panic!("two owners") };
    assert!(cause.to_string().contains("another process holds"), "{cause}");
    store.close_blocking();
    directory.open().unwrap().close_blocking();
}

#[test]
fn a_full_database_says_so_and_keeps_what_it_has_acknowledged() {
    let directory = Directory::new();
    let limited = Options { max_bytes: Some(400_000), ..options(directory.database()) };
    let store = Store::open(&limited).unwrap();
    let (mut stored, mut full) = (0, 0);
    runtime().block_on(async {
        for round in 0..20 {
            let jobs = (0..64)
                .map(|number| store.write(move |tx| put_item(tx, &format!("{round}/{number} {}", "x".repeat(1_000)))));
            for result in futures_util::future::join_all(jobs).await {
                match result {
                    Ok(_) => stored += 1,
                    Err(StoreError::Full(_)) => full += 1,
                    Err(StoreError::RolledBack) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    });
    assert!(stored > 0 && full > 0, "{stored} stored, {full} full");
    assert_eq!(names(&store).len(), stored);
    store.close_blocking();
    let store = directory.open().unwrap();
    assert_eq!(names(&store).len(), stored);
    store.write_blocking(|tx| tx.exec("DELETE FROM items", vals![])).unwrap();
    store.close_blocking();
}

/// How often the write-ahead log has started again: a number in its header that rises each time.
fn log_starts(directory: &Directory) -> u32 {
    let log = fs::File::open(directory.0.join("muster.db-wal")).unwrap();
    let mut number = [0; 4];
    log.read_exact_at(&mut number, 12).unwrap();
    u32::from_be_bytes(number)
}

#[test]
fn the_log_starts_again_while_writes_go_on() {
    let directory = Directory::new();
    let store = directory.open().unwrap();
    let rows: Vec<_> =
        (0..24).map(|row| store.write_blocking(move |tx| put_item(tx, &row.to_string())).unwrap()).collect();
    let before = log_starts(&directory);
    // A megabyte each, in turn: copying them takes long enough that others are written meanwhile.
    let mut next = rows.into_iter().cycle().take(1_000).enumerate();
    let busy = AtomicBool::new(true);
    let next = Mutex::new(&mut next);
    let write_on = || {
        while busy.load(Ordering::Relaxed) {
            let Some((number, row)) = next.lock().unwrap().next() else { break };
            let mark = format!("{number:08}");
            let note = mark.repeat(1 << 17);
            store
                .write_blocking(move |tx| tx.exec("UPDATE items SET note = ?1 WHERE id = ?2", vals![note.clone(), row]))
                .unwrap();
            // On this thread, whose reader then keeps its transaction until somebody reads again or it is made to end.
            let read = store.read(move |conn| -> Result<_, StoreError> {
                conn.one("SELECT substr(note, 1, 8) FROM items WHERE id = ?1", vals![row], |row| row.get::<String>(0))
            });
            assert_eq!(runtime().block_on(read).unwrap(), mark, "a read after the answer finds what was written");
            if log_starts(&directory) > before {
                busy.store(false, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(write_on);
        }
    });
    let size = fs::metadata(directory.0.join("muster.db-wal")).unwrap().len() >> 20;
    assert!(!busy.into_inner(), "the log was {size} MiB long and went on");
    store.close_blocking();
}

#[test]
fn a_long_read_is_interrupted() {
    let short = Options { read_limit: Duration::from_millis(20), ..options(Database::SqliteMemory) };
    let store = Store::open(&short).unwrap();
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    for snapshot in [false, true] {
        let count = move |conn: &mut muster_store::Conn<'_>| conn.one(endless, vals![], |row| row.get::<i64>(0));
        let result = if snapshot { store.snapshot_blocking(count) } else { store.read_blocking(count) };
        assert!(matches!(result, Err(StoreError::Interrupted)), "{result:?}");
        let result =
            runtime().block_on(async { if snapshot { store.snapshot(count).await } else { store.read(count).await } });
        assert!(matches!(result, Err(StoreError::Interrupted)), "{result:?}");
    }
    store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    assert_eq!(names(&store), ["ada"]);
}

#[test]
fn one_commit_holds_many_jobs() {
    let store = crate::open();
    runtime().block_on(async {
        let jobs = (0..500).map(|number| store.write(move |tx| put_item(tx, &format!("{number}"))));
        assert!(futures_util::future::join_all(jobs).await.iter().all(Result::is_ok));
    });
    let stats = store.stats();
    assert_eq!(stats.committed_jobs, 500);
    assert!(stats.commits < 250 && stats.largest_batch > 2, "{stats:?}");
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
    let directory = Directory::new();
    let open = |migrations: &'static [Migration], migrate| {
        Store::open(&Options { migrations, migrate, ..Options::new(directory.database()) })
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

/// Reads as long as it may, which in the writer's transaction is not long; then it is on a copy.
fn read_until_refused(tx: &mut Tx<'_>, statements: usize) -> Result<(), StoreError> {
    (0..statements).try_for_each(|_| tx.one("SELECT count(*) FROM items", vals![], |row| row.get::<i64>(0)).map(drop))
}

#[test]
fn a_long_rehearsal_keeps_no_writer_waiting() {
    let directory = Directory::new();
    let store = directory.open().unwrap();
    store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    let (on_copy, began) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let mut runs = 0;
    let rehearsed = thread::scope(|scope| {
        let rehearsing = scope.spawn(|| {
            store.rehearse_blocking(move |tx| {
                put_item(tx, "bob")?;
                runs += 1;
                if runs == 1 {
                    read_until_refused(tx, usize::MAX)?;
                }
                on_copy.send(()).unwrap();
                wait.recv_timeout(Duration::from_secs(20)).unwrap();
                read_until_refused(tx, 10)?;
                let names = tx.query("SELECT name FROM items ORDER BY name", vals![], |row| row.get::<String>(0))?;
                Ok::<_, StoreError>((runs, names))
            })
        });
        began.recv_timeout(Duration::from_secs(20)).unwrap();
        // The rehearsal stands still, and others write.
        store.write_blocking(|tx| put_item(tx, "eve")).unwrap();
        go_on.send(()).unwrap();
        rehearsing.join().unwrap().unwrap()
    });
    assert_eq!(rehearsed, (2, vec!["ada".to_owned(), "bob".to_owned()]), "as it was when the copy was made");
    assert_eq!(names(&store), ["ada", "eve"]);
    assert!(!directory.0.join("muster.db.rehearsal").exists());
    store.close_blocking();
    // As a process leaves it that is killed meanwhile.
    fs::write(directory.0.join("muster.db.rehearsal"), "ada").unwrap();
    directory.open().unwrap().close_blocking();
    assert!(!directory.0.join("muster.db.rehearsal").exists());
}

#[test]
fn a_rehearsal_that_fails_on_the_copy_says_so() {
    let directory = Directory::new();
    let store = directory.open().unwrap();
    let mut runs = 0;
    let refused = store.rehearse_blocking(move |tx| {
        runs += 1;
        if runs == 1 {
            read_until_refused(tx, usize::MAX)?;
        }
        Err::<(), _>(StoreError::Stale)
    });
    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    let mut runs = 0;
    fs::create_dir(directory.0.join("muster.db.rehearsal")).unwrap();
    let unable = store.rehearse_blocking(move |tx| {
        runs += 1;
        if runs == 1 { read_until_refused(tx, usize::MAX) } else { Ok(()) }
    });
    assert!(matches!(unable, Err(StoreError::Unavailable(_))), "{unable:?}");
    store.write_blocking(|tx| put_item(tx, "eve")).unwrap();
}

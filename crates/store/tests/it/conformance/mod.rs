//! What every database must do. Each case gets an empty store of its own.

pub(crate) mod batches;
pub(crate) mod reads;
pub(crate) mod refusals;
pub(crate) mod writes;

use muster_store::{Database, Expect, Migration, Options, Store, StoreError, Tx, TxError, vals};
use uuid::Uuid;

/// Makes a `#[test]` of every case, on stores made by `$open`.
macro_rules! suite {
    ($open:path) => {
        $crate::conformance::suite!(@ $open,
            batches: one_job_s_failure_spares_the_others, hooks_run_after_their_own_commit_only,
                closing_finishes_what_was_accepted, a_full_queue_turns_callers_away, an_abandoned_job_is_skipped;
            reads: every_type_comes_back_as_it_went_in, a_snapshot_sees_one_state, a_scan_may_stop_early,
                a_panicking_read_leaves_the_store_usable, a_missing_column_is_an_error,
                a_read_cannot_write, a_stream_of_many_rows_is_complete;
            refusals: taken_values_are_named, broken_constraints_are_refused, text_with_nul_is_refused,
                a_stale_put_is_refused, a_stale_put_before_a_read_is_refused,
                statements_after_a_failed_one_are_refused, a_swallowed_failure_is_not_committed,
                an_insert_that_does_nothing_is_stale_if_one_row_was_expected;
            writes: a_write_is_read_back, an_error_rolls_back, a_refusal_is_recorded_alone,
                a_refusal_after_writing_spares_the_neighbours, a_deferred_refusal_is_recorded_alone,
                a_success_and_its_record_are_one_commit, a_failed_record_rolls_back,
                nothing_to_write_is_nothing_to_commit, a_rehearsal_leaves_nothing,
                a_refused_attempt_takes_back_only_its_own_writes,
                counting_up_loses_no_update, two_creators_of_one_name_make_one_row,
                a_panic_is_not_recorded, puts_and_reads_alternate, a_stream_sees_the_writes_before_it;
        );
    };
    (@ $open:path, $($module:ident: $($case:ident),+;)+) => {
        $(mod $module {
            $(#[test]
            fn $case() {
                $crate::conformance::$module::$case(&$open());
            })+
        })+
    };
}
pub(crate) use suite;

/// The tables of these tests.
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "items",
    sql: "CREATE TABLE items (
        id {uuid} NOT NULL, name {text} NOT NULL, note {text}, version {int} NOT NULL, flag {bool} NOT NULL, doc {bytes},
        CONSTRAINT items_pkey PRIMARY KEY (id),
        CONSTRAINT items_name_key UNIQUE (name),
        CONSTRAINT items_version_check CHECK (version >= 0)
    ){strict};
    CREATE TABLE parts (
        item {uuid} NOT NULL, number {int} NOT NULL,
        CONSTRAINT parts_pkey PRIMARY KEY (item, number),
        CONSTRAINT parts_item_fkey FOREIGN KEY (item) REFERENCES items (id)
    ){norowid};
    CREATE TABLE records (id {uuid} NOT NULL, text {text} NOT NULL, CONSTRAINT records_pkey PRIMARY KEY (id)){strict};",
}];

/// Options for these tests' tables.
pub(crate) fn options(database: Database) -> Options {
    Options { migrations: MIGRATIONS, ..Options::new(database) }
}

/// An engine's error: a refusal of its own, or the store's.
#[derive(Debug)]
pub(crate) enum Error {
    /// The engine said no.
    Refused,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        Error::Store(error)
    }
}

impl TxError for Error {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Error::Refused => None,
            Error::Store(error) => Some(error),
        }
    }
}

/// Puts an item named `name`.
pub(crate) fn put_item(tx: &mut Tx<'_>, name: &str) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    tx.put(
        "INSERT INTO items (id, name, version, flag) VALUES (?1, ?2, ?3, ?4)",
        vals![id, name, 0_i64, true],
        Expect::One,
    )?;
    Ok(id)
}

/// Puts a record.
pub(crate) fn put_record(tx: &mut Tx<'_>, text: &str) -> Result<(), StoreError> {
    tx.put("INSERT INTO records (id, text) VALUES (?1, ?2)", vals![Uuid::now_v7(), text], Expect::One)
}

/// The names of all items, in order.
pub(crate) fn names(store: &Store) -> Vec<String> {
    let names = store.read_blocking(|conn| -> Result<_, StoreError> {
        conn.query("SELECT name FROM items ORDER BY name", vals![], |row| row.get(0))
    });
    names.unwrap()
}

/// The texts of all records, in order.
pub(crate) fn records(store: &Store) -> Vec<String> {
    let records = store.read_blocking(|conn| -> Result<_, StoreError> {
        conn.query("SELECT text FROM records ORDER BY text", vals![], |row| row.get(0))
    });
    records.unwrap()
}

/// A runtime for cases that need many callers at once.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

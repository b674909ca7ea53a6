//! What the database refuses.

use muster_store::{Expect, Refusal, Store, StoreError, Unique, vals};
use uuid::Uuid;

use super::{names, put_item, records};

pub(crate) fn taken_values_are_named(store: &Store) {
    let id = store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    let name = store.write_blocking(|tx| put_item(tx, "ada")).unwrap_err();
    assert!(matches!(&name, StoreError::Taken(Unique::Other(name)) if name == "items_name_key"), "{name:?}");
    let insert = "INSERT INTO items (id, name, version, flag) VALUES (?1, 'bob', 0, ?2)";
    let key = store.write_blocking(move |tx| tx.exec(insert, vals![id, true])).unwrap_err();
    assert!(matches!(&key, StoreError::Taken(Unique::Other(name)) if name == "items_pkey"), "{key:?}");
    assert_eq!(names(store), ["ada"]);
}

pub(crate) fn broken_constraints_are_refused(store: &Store) {
    let part =
        store.write_blocking(|tx| tx.exec("INSERT INTO parts (item, number) VALUES (?1, 1)", vals![Uuid::nil()]));
    assert!(matches!(part, Err(StoreError::Refused(Refusal::ForeignKey(_)))), "{part:?}");
    let insert = "INSERT INTO items (id, name, version, flag) VALUES (?1, ?2, ?3, ?4)";
    let check = store.write_blocking(move |tx| tx.exec(insert, vals![Uuid::nil(), "x", -1_i64, true]));
    assert!(
        matches!(&check, Err(StoreError::Refused(Refusal::Check(name))) if name == "items_version_check"),
        "{check:?}"
    );
    let null = store.write_blocking(move |tx| tx.exec(insert, vals![Uuid::nil(), None::<String>, 1_i64, true]));
    assert!(matches!(&null, Err(StoreError::Refused(Refusal::NotNull(name))) if name == "items.name"), "{null:?}");
}

pub(crate) fn text_with_nul_is_refused(store: &Store) {
    let put = store.write_blocking(|tx| put_item(tx, "a\0b"));
    assert!(matches!(put, Err(StoreError::Refused(Refusal::NulInText))), "{put:?}");
    let read = store.read_blocking(|conn| conn.opt("SELECT 1 FROM items WHERE name = ?1", vals!["\0"], |_| Ok(())));
    assert!(matches!(read, Err(StoreError::Refused(Refusal::NulInText))), "{read:?}");
}

const RENAME: &str = "UPDATE items SET name = ?1, version = version + 1 WHERE id = ?2 AND version = ?3";

pub(crate) fn a_stale_put_is_refused(store: &Store) {
    let id = store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    let rename =
        move |version: i64| store.write_blocking(move |tx| tx.put(RENAME, vals!["grace", id, version], Expect::One));
    rename(0).unwrap();
    let stale = rename(0);
    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    rename(1).unwrap();
    store.write_blocking(move |tx| tx.put(RENAME, vals!["ada", id, 0_i64], Expect::Any)).unwrap();
    assert_eq!(names(store), ["grace"]);
}

pub(crate) fn a_stale_put_before_a_read_is_refused(store: &Store) {
    let result = store.write_blocking(|tx| {
        put_item(tx, "gone")?;
        tx.put(RENAME, vals!["x", Uuid::nil(), 0_i64], Expect::One)?;
        put_item(tx, "gone too")?;
        tx.one("SELECT count(*) FROM items", vals![], |row| row.get::<i64>(0))
    });
    assert!(matches!(result, Err(StoreError::Stale)), "{result:?}");
    assert!(names(store).is_empty());
}

pub(crate) fn statements_after_a_failed_one_are_refused(store: &Store) {
    let result = store.write_blocking(|tx| {
        let first =
            tx.exec("INSERT INTO items (id, name, version, flag) VALUES (?1, 'x', -1, ?2)", vals![Uuid::nil(), true]);
        assert!(matches!(first, Err(StoreError::Refused(Refusal::Check(_)))), "{first:?}");
        let second = tx.exec("DELETE FROM records", vals![]);
        assert!(matches!(second, Err(StoreError::Refused(Refusal::Check(_)))), "{second:?}");
        let third = put_item(tx, "y");
        assert!(matches!(third, Err(StoreError::Refused(Refusal::Check(_)))), "{third:?}");
        second
    });
    assert!(result.is_err());
}

pub(crate) fn a_swallowed_failure_is_not_committed(store: &Store) {
    let result = store.write_blocking(|tx| -> Result<(), StoreError> {
        put_item(tx, "ada")?;
        let _ = put_item(tx, "ada");
        Ok(())
    });
    assert!(matches!(result, Err(StoreError::Taken(_))), "{result:?}");
    assert!(names(store).is_empty());
}

pub(crate) fn an_insert_that_does_nothing_is_stale_if_one_row_was_expected(store: &Store) {
    let insert = "INSERT INTO records (id, text) VALUES (?1, 'x') ON CONFLICT (id) DO NOTHING";
    let put = move |expect| store.write_blocking(move |tx| tx.put(insert, vals![Uuid::nil()], expect));
    put(Expect::One).unwrap();
    assert!(matches!(put(Expect::One), Err(StoreError::Stale)));
    put(Expect::Any).unwrap();
    assert_eq!(records(store), ["x"]);
}

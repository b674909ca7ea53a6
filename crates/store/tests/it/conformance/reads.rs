//! Reading.

use std::ops::ControlFlow;

use muster_store::{Expect, Store, StoreError, Val, vals};
use uuid::Uuid;

use super::{names, put_item, put_record};

type Columns = (Uuid, String, Option<String>, i64, bool, Option<Vec<u8>>);

pub(crate) fn every_type_comes_back_as_it_went_in(store: &Store) {
    let rows: Vec<Columns> = vec![
        (Uuid::from_u128(1), "Ünï ?1 'quoted'".to_owned(), None, i64::MAX, true, None),
        (Uuid::from_u128(2), String::new(), Some("note".to_owned()), 0, false, Some(vec![0, 255, 7])),
        (Uuid::from_u128(u128::MAX), "\u{10FFFF}".to_owned(), Some(String::new()), 42, true, Some(Vec::new())),
    ];
    let written = rows.clone();
    store
        .write_blocking(move |tx| -> Result<(), StoreError> {
            for (id, name, note, version, flag, doc) in written.clone() {
                let sql = "INSERT INTO items (id, name, note, version, flag, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                tx.put(sql, vals![id, name, note, version, flag, doc], Expect::One)?;
            }
            Ok(())
        })
        .unwrap();
    let read = store
        .read_blocking(|conn| {
            conn.query("SELECT id, name, note, version, flag, doc FROM items ORDER BY id", vals![], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })
        })
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(read, rows);
    let found = store.read_blocking(|conn| {
        let sql = "SELECT version FROM items WHERE id = ?1 AND name = ?2 AND flag = ?3 AND doc = ?4";
        conn.opt(sql, vals![Uuid::from_u128(2), "", false, [0_u8, 255, 7]], |row| row.get::<i64>(0))
    });
    assert_eq!(found.map_err(|error: StoreError| error).unwrap(), Some(0));
}

pub(crate) fn a_snapshot_sees_one_state(store: &Store) {
    let writer = store.clone();
    let counts = store.snapshot_blocking(move |conn| -> Result<_, StoreError> {
        let before: i64 = conn.one("SELECT count(*) FROM items", vals![], |row| row.get(0))?;
        writer.write_blocking(|tx| put_item(tx, &Uuid::now_v7().to_string()))?;
        let after: i64 = conn.one("SELECT count(*) FROM items", vals![], |row| row.get(0))?;
        Ok((before, after))
    });
    assert_eq!(counts.unwrap(), (0, 0));
    assert_eq!(names(store).len(), 1);
}

pub(crate) fn a_scan_may_stop_early(store: &Store) {
    store.write_blocking(|tx| (0..10).try_for_each(|number| put_record(tx, &format!("{number}")))).unwrap();
    let seen = store.scan_blocking(|conn| -> Result<_, StoreError> {
        let mut seen = Vec::new();
        conn.each("SELECT text FROM records ORDER BY text", vals![], |row| {
            seen.push(row.get::<String>(0)?);
            Ok(if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let total: i64 = conn.one("SELECT count(*) FROM records", vals![], |row| row.get(0))?;
        Ok((seen, total))
    });
    assert_eq!(seen.unwrap(), (vec!["0".to_owned(), "1".to_owned(), "2".to_owned()], 10));
}

pub(crate) fn a_stream_of_many_rows_is_complete(store: &Store) {
    store.write_blocking(|tx| (0..1_700).try_for_each(|number| put_record(tx, &format!("{number:04}")))).unwrap();
    for streamed in [store.scan_blocking(sum_all), store.read_blocking(sum_all)] {
        assert_eq!(streamed.unwrap(), (1_700, 1_699 * 850));
    }
}

fn sum_all(conn: &mut muster_store::Conn<'_>) -> Result<(i64, i64), StoreError> {
    let (mut count, mut sum) = (0, 0);
    conn.each("SELECT text FROM records WHERE text >= ?1 ORDER BY text", vals![""], |row| {
        count += 1;
        sum += row.get::<String>(0)?.parse::<i64>().map_err(StoreError::other)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((count, sum))
}

pub(crate) fn a_panicking_read_leaves_the_store_usable(store: &Store) {
    for _ in 0..20 {
        let result = store.read_blocking(|conn| -> Result<(), StoreError> {
            conn.query("SELECT 1 FROM items", vals![], |_| Ok(()))?;
            panic!("on purpose")
        });
        assert!(matches!(result, Err(StoreError::Panicked)));
        let result = store.snapshot_blocking(|conn| -> Result<(), StoreError> {
            conn.each("SELECT CAST(count(*) AS BIGINT) FROM items", vals![], |_| panic!("on purpose"))
        });
        assert!(matches!(result, Err(StoreError::Panicked)));
    }
    store.write_blocking(|tx| put_item(tx, "after")).unwrap();
    assert_eq!(names(store), ["after"]);
}

pub(crate) fn a_missing_column_is_an_error(store: &Store) {
    let result = store.read_blocking(|conn| {
        let absent = conn.one("SELECT count(*) FROM items", vals![], |row| row.get::<i64>(1));
        assert!(matches!(absent, Err(StoreError::Other(_))), "{absent:?}");
        let mistyped = conn.one("SELECT count(*) FROM items", vals![], |row| row.get::<String>(0));
        assert!(matches!(mistyped, Err(StoreError::Other(_))), "{mistyped:?}");
        let none = conn.one("SELECT 1 FROM items", vals![], |_| Ok(()));
        assert!(matches!(none, Err(StoreError::Other(_))), "{none:?}");
        conn.one("SELECT count(*) FROM items WHERE note = ?1", [Val::Null], |row| row.get::<i64>(0))
    });
    assert_eq!(result.map_err(|error: StoreError| error).unwrap(), 0);
}

pub(crate) fn a_read_cannot_write(store: &Store) {
    let insert = "INSERT INTO records (id, text) VALUES (?1, 'x') RETURNING 1";
    let read = store.read_blocking(move |conn| conn.opt(insert, vals![Uuid::nil()], |_| Ok(())));
    assert!(read.map_err(|error: StoreError| error).is_err());
    let snapshot = store.snapshot_blocking(move |conn| conn.opt(insert, vals![Uuid::nil()], |_| Ok(())));
    assert!(snapshot.map_err(|error: StoreError| error).is_err());
    assert!(super::records(store).is_empty());
}

//! Writing and recording.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use muster_store::{Expect, Store, StoreError, Unique, vals};
use uuid::Uuid;

use super::{Error, names, put_item, put_record, records, runtime};

pub(crate) fn a_write_is_read_back(store: &Store) {
    let id = runtime().block_on(store.write(|tx| put_item(tx, "ada"))).unwrap();
    let found = store.read_blocking(move |conn| {
        conn.opt("SELECT name FROM items WHERE id = ?1", vals![id], |row| row.get::<String>(0))
    });
    assert_eq!(found.map_err(|error: StoreError| error).unwrap().as_deref(), Some("ada"));
    let returned = store.write_blocking(move |tx| {
        let sql = "UPDATE items SET version = version + 1 WHERE id = ?1 RETURNING version";
        tx.query_returning(sql, vals![id], |row| row.get::<i64>(0))
    });
    assert_eq!(returned.map_err(|error: StoreError| error).unwrap(), [1]);
}

pub(crate) fn an_error_rolls_back(store: &Store) {
    let result = store.write_blocking(|tx| -> Result<(), Error> {
        put_item(tx, "ada")?;
        assert_eq!(tx.one("SELECT count(*) FROM items", vals![], |row| row.get::<i64>(0))?, 1);
        Err(Error::Refused)
    });
    assert!(matches!(result, Err(Error::Refused)));
    assert!(names(store).is_empty());
}

/// What a record says of a result.
fn say<T>(result: &Result<T, Error>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(Error::Refused) => "refused".to_owned(),
        Err(Error::Store(error)) => format!("{error}"),
    }
}

pub(crate) fn a_refusal_is_recorded_alone(store: &Store) {
    for writes in [false, true] {
        let result = store.write_recorded_blocking(
            move |tx| -> Result<(), Error> {
                if writes {
                    put_item(tx, "ada")?;
                    tx.exec("DELETE FROM records", vals![])?;
                }
                Err(Error::Refused)
            },
            |tx, result| put_record(tx, &say(result)),
        );
        assert!(matches!(result, Err(Error::Refused)));
    }
    assert!(names(store).is_empty());
    assert_eq!(records(store), ["refused", "refused"]);
}

pub(crate) fn a_refusal_after_writing_spares_the_neighbours(store: &Store) {
    runtime().block_on(async {
        let jobs = (0..60).map(|number| {
            store.write_recorded(
                move |tx| {
                    put_item(tx, &format!("item {number}"))?;
                    if number % 3 == 0 { Err(Error::Refused) } else { Ok(()) }
                },
                move |tx, result| put_record(tx, &say(result)),
            )
        });
        futures_util::future::join_all(jobs).await;
    });
    assert_eq!(names(store).len(), 40);
    let records = records(store);
    assert_eq!(records.iter().filter(|text| *text == "done").count(), 40);
    assert_eq!(records.iter().filter(|text| *text == "refused").count(), 20);
}

pub(crate) fn a_deferred_refusal_is_recorded_alone(store: &Store) {
    store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    let result = store.write_recorded_blocking(
        |tx| {
            put_item(tx, "bob")?;
            put_item(tx, "ada").map_err(Error::from)
        },
        |tx, result| put_record(tx, &say(result)),
    );
    assert!(matches!(result, Err(Error::Store(StoreError::Taken(Unique::Other(_))))), "{result:?}");
    assert_eq!(names(store), ["ada"]);
    assert_eq!(records(store), ["a value under `items_name_key` is already taken"]);

    let result = store.write_recorded_blocking(
        |tx| {
            put_item(tx, "bob")?;
            tx.put("DELETE FROM items WHERE id = ?1", vals![Uuid::nil()], Expect::One).map_err(Error::from)
        },
        |tx, _| put_record(tx, "stale"),
    );
    assert!(matches!(result, Err(Error::Store(StoreError::Stale))), "{result:?}");
    assert_eq!(names(store), ["ada"]);
    assert_eq!(records(store).len(), 2);
}

pub(crate) fn a_success_and_its_record_are_one_commit(store: &Store) {
    let before = store.stats().commits;
    let work = |tx: &mut muster_store::Tx<'_>| put_item(tx, "ada").map_err(Error::from);
    store.write_recorded_blocking(work, |tx, result| put_record(tx, &say(result))).unwrap();
    assert_eq!(store.stats().commits, before + 1);
    assert_eq!((names(store).len(), records(store).len()), (1, 1));
}

pub(crate) fn a_failed_record_rolls_back(store: &Store) {
    let result = store.write_recorded_blocking(
        |tx| put_item(tx, "ada").map_err(Error::from),
        |tx, _| tx.exec("INSERT INTO parts (item, number) VALUES (?1, 1)", vals![Uuid::nil()]).map(drop),
    );
    assert!(matches!(result, Err(Error::Store(StoreError::Refused(_)))), "{result:?}");
    let result =
        store.write_recorded_blocking(|tx| put_item(tx, "ada").map_err(Error::from), |_, _| panic!("on purpose"));
    assert!(matches!(result, Err(Error::Store(StoreError::Panicked))), "{result:?}");
    let result =
        store.write_recorded_blocking(|_| Err::<(), _>(Error::Refused), |tx, _| put_record(tx, "x\0").map(drop));
    assert!(matches!(result, Err(Error::Store(StoreError::Refused(_)))), "{result:?}");
    assert!(names(store).is_empty());
}

pub(crate) fn a_panic_is_not_recorded(store: &Store) {
    let result = store.write_recorded_blocking(
        |tx| -> Result<(), Error> {
            put_item(tx, "ada")?;
            panic!("on purpose")
        },
        |tx, _| put_record(tx, "panicked"),
    );
    assert!(matches!(result, Err(Error::Store(StoreError::Panicked))), "{result:?}");
    assert!(names(store).is_empty() && records(store).is_empty());
}

pub(crate) fn nothing_to_write_is_nothing_to_commit(store: &Store) {
    store.write_blocking(|tx| put_item(tx, "ada")).unwrap();
    let result = store.write_recorded_blocking(
        |tx| Ok::<_, Error>(tx.one("SELECT name FROM items", vals![], |row| row.get::<String>(0))?),
        |_, _| Ok(()),
    );
    assert_eq!(result.unwrap(), "ada");
    let refused = store.write_recorded_blocking(|_| Err::<(), _>(Error::Refused), |_, _| Ok(()));
    assert!(matches!(refused, Err(Error::Refused)));
}

pub(crate) fn a_rehearsal_leaves_nothing(store: &Store) {
    let seen = store.rehearse_blocking(|tx| {
        put_item(tx, "ada")?;
        tx.one("SELECT count(*) FROM items", vals![], |row| row.get::<i64>(0))
    });
    assert_eq!(seen.map_err(|error: StoreError| error).unwrap(), 1);
    let taken = store.rehearse_blocking(|tx| {
        put_item(tx, "ada")?;
        put_item(tx, "ada")
    });
    assert!(matches!(taken, Err(StoreError::Taken(_))), "{taken:?}");
    assert!(names(store).is_empty());
}

pub(crate) fn a_refused_attempt_takes_back_only_its_own_writes(store: &Store) {
    let work = |tx: &mut muster_store::Tx<'_>| -> Result<_, StoreError> {
        put_item(tx, "ada")?;
        let taken = tx.attempt(|tx| {
            put_record(tx, "of the refused one")?;
            put_item(tx, "bob")?;
            put_item(tx, "ada").map(drop)
        });
        let refused = tx.attempt(|tx| {
            put_record(tx, "of another refused one").map_err(Error::from)?;
            Err::<(), _>(Error::Refused)
        });
        let deferred =
            tx.attempt(|tx| tx.put("UPDATE items SET version = 9 WHERE name = ?1", vals!["nobody"], Expect::One));
        tx.attempt(|tx| put_item(tx, "carol"))?;
        let names = tx.query("SELECT name FROM items ORDER BY name", vals![], |row| row.get::<String>(0))?;
        let records = tx.one("SELECT count(*) FROM records", vals![], |row| row.get::<i64>(0))?;
        Ok((
            matches!(taken, Err(StoreError::Taken(_))),
            matches!(refused, Err(Error::Refused)),
            deferred,
            names,
            records,
        ))
    };
    let (taken, refused, deferred, seen, count) = store.write_blocking(work).unwrap();
    assert!(taken && refused && matches!(deferred, Err(StoreError::Stale)), "{taken} {refused} {deferred:?}");
    assert_eq!((seen, count), (vec!["ada".to_owned(), "carol".to_owned()], 0));
    assert_eq!(names(store), ["ada", "carol"], "and the rest is committed");
}

pub(crate) fn counting_up_loses_no_update(store: &Store) {
    let id = store.write_blocking(|tx| put_item(tx, "counter")).unwrap();
    let runs = Arc::new(AtomicU64::new(0));
    runtime().block_on(async {
        let jobs = (0..100).map(|number| {
            let runs = Arc::clone(&runs);
            store.write(move |tx| -> Result<(), StoreError> {
                runs.fetch_add(1, SeqCst);
                let lock = if number % 2 == 0 { tx.for_update() } else { "" };
                let sql = format!("SELECT version FROM items WHERE id = ?1{lock}");
                let version: i64 = tx.one(&sql, vals![id], |row| row.get(0))?;
                let update = "UPDATE items SET version = ?1 WHERE id = ?2 AND version = ?3";
                tx.put(update, vals![version + 1, id, version], Expect::One)
            })
        });
        let results = futures_util::future::join_all(jobs).await;
        let done = results.iter().filter(|result| result.is_ok()).count();
        for (number, result) in results.iter().enumerate() {
            let fine = match result {
                Ok(()) => true,
                // Without the lock another may have been faster; under SERIALIZABLE, ten times over.
                Err(StoreError::Stale) => number % 2 == 1,
                Err(error) => matches!(error, StoreError::Busy),
            };
            assert!(fine, "{number}: {result:?}");
        }
        let version = store
            .read(move |conn| conn.one("SELECT version FROM items WHERE id = ?1", vals![id], |row| row.get::<i64>(0)));
        assert_eq!(version.await.map_err(|error: StoreError| error).unwrap(), done as i64);
    });
    assert!(runs.load(SeqCst) >= 100);
}

pub(crate) fn two_creators_of_one_name_make_one_row(store: &Store) {
    runtime().block_on(async {
        for round in 0..20 {
            let jobs = (0..8).map(|_| store.write(move |tx| put_item(tx, &format!("round {round}"))));
            let results = futures_util::future::join_all(jobs).await;
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
            let taken = results.iter().filter(|result| matches!(result, Err(StoreError::Taken(_)))).count();
            assert_eq!(taken, 7, "{results:?}");
        }
    });
    assert_eq!(names(store).len(), 20);
}

pub(crate) fn puts_and_reads_alternate(store: &Store) {
    let counts = store.write_blocking(|tx| -> Result<_, StoreError> {
        let mut counts = Vec::new();
        for number in 0..5 {
            put_item(tx, &format!("item {number}"))?;
            put_record(tx, &format!("record {number}"))?;
            counts.push(tx.one("SELECT count(*) FROM records", vals![], |row| row.get::<i64>(0))?);
        }
        put_item(tx, "last")?;
        let deleted = tx.exec("DELETE FROM items WHERE name <> ?1", vals!["last"])?;
        Ok((counts, deleted))
    });
    assert_eq!(counts.unwrap(), (vec![1, 2, 3, 4, 5], 5));
    assert_eq!(names(store), ["last"]);
}

pub(crate) fn a_stream_sees_the_writes_before_it(store: &Store) {
    let seen = store.write_blocking(|tx| -> Result<_, StoreError> {
        put_record(tx, "a")?;
        put_record(tx, "b")?;
        let mut seen = Vec::new();
        tx.each("SELECT text FROM records ORDER BY text", vals![], |row| {
            seen.push(row.get::<String>(0)?);
            Ok(ControlFlow::Continue(()))
        })?;
        put_record(tx, "c")?;
        Ok(seen)
    });
    assert_eq!(seen.unwrap(), ["a", "b"]);
    assert_eq!(records(store), ["a", "b", "c"]);
}

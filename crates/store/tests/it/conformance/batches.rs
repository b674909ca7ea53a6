//! Many jobs at once.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use muster_store::{Store, StoreError, vals};

use super::{Error, names, put_item, runtime};

/// Writing threads that are kept at work until this is dropped, so that jobs gather behind them.
struct Held {
    _release: mpsc::Sender<()>,
    /// Jobs that keep no thread because there are fewer threads; they end as soon as they start.
    queued: usize,
}

fn hold(store: &Store) -> Held {
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let started = Arc::new(AtomicUsize::new(0));
    for _ in 0..THREADS {
        let (store, released, started) = (store.clone(), Arc::clone(&released), Arc::clone(&started));
        std::thread::spawn(move || {
            store.write_blocking(move |_| -> Result<(), StoreError> {
                started.fetch_add(1, SeqCst);
                let _ = released.lock().unwrap().recv();
                Ok(())
            })
        });
    }
    let started = || started.load(SeqCst);
    while started() == 0 || started() + store.stats().queued_writes < THREADS {
        std::thread::yield_now();
    }
    Held { _release: release, queued: THREADS - started() }
}

impl Held {
    /// Whether `jobs` have gathered.
    fn back(&self, store: &Store, jobs: usize) -> bool {
        store.stats().queued_writes >= self.queued + jobs
    }
}

const THREADS: usize = 8;

pub(crate) fn one_job_s_failure_spares_the_others(store: &Store) {
    let good = runtime().block_on(async {
        let held = hold(store);
        let jobs: Vec<_> = (0..40_u32)
            .map(|number| {
                store.write(move |tx| {
                    put_item(tx, &format!("item {number:02}"))?;
                    match number % 4 {
                        1 => Err(Error::Refused),
                        3 => panic!("on purpose"),
                        _ => Ok(number),
                    }
                })
            })
            .collect();
        let (results, ()) = futures_util::future::join(futures_util::future::join_all(jobs), async {
            while !held.back(store, 40) {
                tokio::task::yield_now().await;
            }
            drop(held);
        })
        .await;
        for (number, result) in results.iter().enumerate() {
            match number % 4 {
                1 => assert!(matches!(result, Err(Error::Refused)), "{number}: {result:?}"),
                3 => assert!(matches!(result, Err(Error::Store(StoreError::Panicked))), "{number}: {result:?}"),
                _ => assert!(result.is_ok(), "{number}: {result:?}"),
            }
        }
        results.into_iter().filter_map(Result::ok).map(|number| format!("item {number:02}")).collect::<Vec<_>>()
    });
    assert_eq!(good.len(), 20);
    assert_eq!(names(store), good);
}

pub(crate) fn hooks_run_after_their_own_commit_only(store: &Store) {
    let committed = Arc::new(AtomicU64::new(0));
    for refused in [false, true] {
        let (committed, reader) = (Arc::clone(&committed), store.clone());
        let result = store.write_blocking(move |tx| {
            let name = format!("refused {refused}");
            put_item(tx, &name)?;
            let (committed, reader) = (Arc::clone(&committed), reader.clone());
            tx.after_commit(Box::new(move || {
                assert_eq!(names(&reader), [name]);
                committed.fetch_add(1, SeqCst);
            }));
            if refused { Err(Error::Refused) } else { Ok(()) }
        });
        assert_eq!(result.is_err(), refused);
    }
    assert_eq!(committed.load(SeqCst), 1);
}

pub(crate) fn closing_finishes_what_was_accepted(store: &Store) {
    let held = hold(store);
    let jobs: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            std::thread::spawn(move || {
                store.write_blocking(move |tx| put_item(tx, &format!("item {number:02}")).map_err(Error::from))
            })
        })
        .collect();
    while !held.back(store, 50) {
        std::thread::yield_now();
    }
    let closing = std::thread::spawn({
        let store = store.clone();
        move || store.close_blocking()
    });
    // Only once the lanes are closed do the threads go on.
    while !matches!(store.read_blocking(|_| Ok::<_, StoreError>(())), Err(StoreError::Unavailable(_))) {
        std::thread::yield_now();
    }
    drop(held);
    for job in jobs {
        job.join().unwrap().unwrap();
    }
    closing.join().unwrap();
    let refused = store.write_blocking(|tx| put_item(tx, "too late"));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

pub(crate) fn a_full_queue_turns_callers_away(store: &Store) {
    runtime().block_on(async {
        tokio::time::pause();
        let held = hold(store);
        let many = 2_000;
        let jobs = (0..many).map(|_| store.write(|tx| tx.exec("DELETE FROM records", vals![])));
        let jobs = futures_util::future::join_all(jobs);
        let (results, ()) = futures_util::future::join(jobs, async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            drop(held);
        })
        .await;
        let busy = results.iter().filter(|result| matches!(result, Err(StoreError::Busy))).count();
        let done = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(busy + done, many);
        assert!(busy >= many - 1_024 - 8, "{busy}");
        assert_eq!(store.stats().turned_away, busy as u64);
    });
}

pub(crate) fn an_abandoned_job_is_skipped(store: &Store) {
    let held = hold(store);
    runtime().block_on(async {
        let mut job = Box::pin(store.write(|tx| put_item(tx, "abandoned")));
        assert!(futures_util::poll!(&mut job).is_pending());
    });
    drop(held);
    store.write_blocking(|tx| put_item(tx, "wanted")).unwrap();
    assert_eq!(names(store), ["wanted"]);
}

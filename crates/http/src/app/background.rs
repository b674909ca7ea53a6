//! Work beside the requests: noticing what other nodes changed, letting members follow large groups, ending expired
//! invitations, writing the log of reads.
//!
//! Tasks hold the application weakly, so that they end with it.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use muster_engine::{
    EngineError, Env, Origin, Surroundings, directory, erasure, invitations,
    retention::{self, Policy, Progress},
    tokens, traffic, transact,
};
use muster_store::Store;
use uuid::Uuid;

use super::{App, Inner, Lane};
use crate::{
    HttpError, domains,
    journal::{self, Chunk},
    oauth,
    sign_in::identity_provider,
    streaming::{self, Streaming},
    webhooks::{self, Senders},
};

/// How often the numbers are read by which nodes notice changes. A cached caller is used for three of these.
const POLL: Duration = Duration::from_millis(250);
/// How long a logged read waits at most.
const FLUSH: Duration = Duration::from_secs(1);
/// How long it takes until charts count a request.
const COUNT: Duration = Duration::from_secs(5);

/// How often it is seen whether invitations have expired.
const EXPIRE: Duration = Duration::from_secs(30);
/// How often it is seen whether something has been kept long enough.
const RETAIN: Duration = Duration::from_secs(60);
/// How often it is shown how far streams are.
const MEASURE: Duration = Duration::from_secs(15);
/// The rest between two slices of removing, in which others write.
const REST: Duration = Duration::from_millis(5);

pub(super) fn start(inner: &Arc<Inner>, node: Uuid) {
    tokio::spawn(watch(Arc::downgrade(inner)));
    tokio::spawn(log_reads(Arc::downgrade(inner)));
    tokio::spawn(count(Arc::downgrade(inner)));
    tokio::spawn(repeat(Arc::downgrade(inner), MOVE_MEMBERS, move_slice));
    tokio::spawn(repeat(Arc::downgrade(inner), EXPIRE_INVITATIONS, expire_some));
    tokio::spawn(repeat(Arc::downgrade(inner), MAIL_GUESTS, mail_guests));
    tokio::spawn(repeat(Arc::downgrade(inner), ERASE, erase_slice));
    tokio::spawn(repeat(Arc::downgrade(inner), CHANGE_KEYS, oauth::change_keys));
    tokio::spawn(repeat(Arc::downgrade(inner), TELL_PRODUCTS, oauth::tell_due));
    tokio::spawn(repeat(Arc::downgrade(inner), PUBLISH, async move |app: App| webhooks::publish_due(app, node).await));
    let senders = Senders::new(node);
    tokio::spawn(repeat(Arc::downgrade(inner), SEND, async move |app: App| webhooks::send_due(app, &senders).await));
    tokio::spawn(repeat(Arc::downgrade(inner), WARN, identity_provider::warn_of_ends));
    tokio::spawn(repeat(Arc::downgrade(inner), TELL_OF_JOINS, domains::tell_of_joins));
    // One that does not answer keeps few others waiting.
    for _ in 0..FETCHERS {
        tokio::spawn(repeat(Arc::downgrade(inner), LOOK_FOR_RECORDS, domains::check_due));
        tokio::spawn(repeat(Arc::downgrade(inner), FETCH_METADATA, identity_provider::refresh_due));
    }
}

/// Begins to send the activity log on.
pub(super) fn stream(inner: &Arc<Inner>, streams: Vec<Streaming>) {
    tokio::spawn(repeat(Arc::downgrade(inner), MEASURE_STREAMS, streaming::measure));
    for streaming in streams {
        let slice = async move |app: App| streaming::slice(app, &streaming).await;
        tokio::spawn(repeat(Arc::downgrade(inner), STREAM, slice));
    }
}

fn open(inner: &Weak<Inner>) -> Option<Arc<Inner>> {
    inner.upgrade().filter(|inner| !inner.closing.load(Ordering::Relaxed))
}

async fn watch(weak: Weak<Inner>) {
    while let Some(inner) = open(&weak) {
        inner.callers.poll(&inner.store).await;
        drop(inner);
        tokio::time::sleep(POLL).await;
    }
}

async fn log_reads(weak: Weak<Inner>) {
    while let Some(inner) = open(&weak) {
        let full = inner.reads.full();
        drop(inner);
        // A full chunk does not wait for the second to pass.
        drop(tokio::time::timeout(FLUSH, full.notified()).await);
        let Some(inner) = open(&weak) else { return };
        flush(&inner).await;
    }
}

async fn count(weak: Weak<Inner>) {
    while let Some(inner) = open(&weak) {
        add_counted(&inner).await;
        drop(inner);
        tokio::time::sleep(COUNT).await;
    }
}

/// Work that is done in slices, for ever; on every node, which is as good as on one.
struct Duty {
    /// How long it rests when there was nothing to do.
    idle: Duration,
    /// How long it rests after a failure.
    after_failure: Duration,
    /// What a failure means, for the log.
    failed: &'static str,
}

/// Lets the members of large groups follow them.
const MOVE_MEMBERS: Duty = Duty {
    idle: POLL,
    after_failure: FLUSH,
    failed: "members of a large group could not follow it; this is tried again",
};
/// Ends invitations that have expired, so that their seats are free.
const EXPIRE_INVITATIONS: Duty =
    Duty { idle: EXPIRE, after_failure: EXPIRE, failed: "expired invitations could not be ended; this is tried again" };
/// Sends mail to those whom a directory invited (SCIM-10).
const MAIL_GUESTS: Duty = Duty {
    idle: FLUSH,
    after_failure: EXPIRE,
    failed: "guests could not be sent their invitations; this is tried again",
};
/// Takes erased people out of what others' records say (ACC-2).
const ERASE: Duty = Duty {
    idle: FLUSH,
    after_failure: RETAIN,
    failed: "an erased person is still named in records of others; this is tried again",
};

/// Looking after the keys that tokens are signed with.
const CHANGE_KEYS: Duty = Duty {
    idle: Duration::from_mins(10),
    after_failure: Duration::from_secs(10),
    failed: "the keys that tokens are signed with could not be looked after; this is tried again",
};

/// Telling products that sessions are over. They are out within a second.
const TELL_PRODUCTS: Duty = Duty {
    idle: Duration::from_millis(200),
    after_failure: Duration::from_secs(1),
    failed: "products could not be told that sessions are over; this is tried again",
};

/// Giving what happened its numbers. Products learn of it within a second.
const PUBLISH: Duty = Duty {
    idle: Duration::from_millis(100),
    after_failure: Duration::from_secs(1),
    failed: "what happened could not be published; this is tried again",
};
/// Sending it to webhooks.
const SEND: Duty = Duty {
    idle: Duration::from_millis(100),
    after_failure: Duration::from_secs(1),
    failed: "messages could not be sent to webhooks; this is tried again",
};

/// Fetches what identity providers say of themselves (SSO-8).
const FETCH_METADATA: Duty = Duty {
    idle: FLUSH,
    after_failure: EXPIRE,
    failed: "the metadata of an identity provider could not be kept; this is tried again",
};
/// Tells owners which certificates end (SSO-8).
const WARN: Duty = Duty {
    idle: RETAIN,
    after_failure: RETAIN,
    failed: "it could not be seen which certificates end; this is tried again",
};
/// Looks for the TXT records of domains (ORG-4).
const LOOK_FOR_RECORDS: Duty = Duty {
    idle: FLUSH,
    after_failure: EXPIRE,
    failed: "what was seen of a domain's record could not be kept; it is looked for again",
};
/// Tells owners who joined by a domain (ORG-5).
const TELL_OF_JOINS: Duty = Duty {
    idle: EXPIRE,
    after_failure: RETAIN,
    failed: "owners could not be told who joined by a domain; this is tried again",
};
/// Sends the activity log on (ORG-9).
const STREAM: Duty = Duty {
    idle: FLUSH,
    after_failure: FLUSH,
    failed: "it could not be noted how far the activity log was streamed on; some of it may be sent twice",
};
/// Shows how far the activity log was sent on.
const MEASURE_STREAMS: Duty = Duty {
    idle: MEASURE,
    after_failure: MEASURE,
    failed: "it could not be seen how far the activity log was streamed on",
};
/// How many identity providers, and names in DNS, are asked at a time.
const FETCHERS: usize = 4;

/// Does a duty slice by slice; `slice` tells whether there was something to do.
async fn repeat(weak: Weak<Inner>, duty: Duty, slice: impl AsyncFn(App) -> Result<bool, HttpError>) {
    while let Some(inner) = open(&weak) {
        let wait = match slice(App { inner }).await {
            Ok(true) => REST,
            Ok(false) => duty.idle,
            Err(error) => {
                tracing::warn!(%error, "{}", duty.failed);
                duty.after_failure
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Whether there was something to move.
pub(super) async fn move_slice(app: App) -> Result<bool, HttpError> {
    let Some((group, origin)) = app.read(Lane::Point, directory::next_move).await? else { return Ok(false) };
    let surroundings = app.surroundings();
    let work = move |tx: &mut muster_store::Tx<'_>| {
        let mut env = Env::new(Arc::clone(&surroundings), origin);
        transact(tx, &mut env, |tx, env| directory::move_slice(tx, env, group))
    };
    app.store().write(work).await?;
    Ok(true)
}

/// Whether there was something to end.
async fn expire_some(app: App) -> Result<bool, HttpError> {
    let surroundings = app.surroundings();
    let now = surroundings.now();
    if !app.read(Lane::Point, move |conn| invitations::has_expired(conn, now)).await? {
        return Ok(false);
    }
    let work = move |tx: &mut muster_store::Tx<'_>| {
        let mut env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
        transact(tx, &mut env, invitations::expire)
    };
    app.store().write(work).await?;
    Ok(true)
}

/// Whether there was somebody to mail. Where no mail is sent there is nobody to be shown a link: then they wait.
async fn mail_guests(app: App) -> Result<bool, HttpError> {
    if app.sends_mail() { app.mail_guests().await } else { Ok(false) }
}

/// Whether there was something to erase.
async fn erase_slice(app: App) -> Result<bool, HttpError> {
    let now = app.surroundings().now();
    let Some(erasure) = app.read(Lane::Point, move |conn| erasure::next(conn, now)).await? else { return Ok(false) };
    app.erase_slice(erasure.id, false).await.map(|_| true)
}

/// Removes what has been kept long enough, for ever.
pub(super) async fn retain(weak: Weak<Inner>, policy: Policy, node: Uuid) {
    while let Some(inner) = open(&weak) {
        let (store, surroundings) = (inner.store.clone(), Arc::clone(&inner.surroundings));
        drop(inner);
        let wait = match retain_slice(&store, surroundings, policy, node).await {
            Ok(progress) => {
                let Some(inner) = open(&weak) else { return };
                inner.metrics.retained(progress);
                if matches!(progress, Progress::Done(_)) {
                    measure(&inner).await;
                }
                if matches!(progress, Progress::More(_)) { REST } else { RETAIN }
            }
            Err(error) => {
                tracing::warn!(%error, "what has been kept long enough could not be removed");
                RETAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
}

async fn retain_slice(
    store: &Store,
    surroundings: Arc<dyn Surroundings>,
    policy: Policy,
    node: Uuid,
) -> Result<Progress, EngineError> {
    let now = surroundings.now();
    let survey = store.scan(move |conn| retention::survey(conn, now)).await?;
    let work = move |tx: &mut muster_store::Tx<'_>| {
        let mut env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
        retention::slice(tx, &mut env, &policy, node, &survey)
    };
    store.write(work).await
}

async fn measure(inner: &Inner) {
    if let Ok(bytes) = inner.store.read(retention::log_bytes).await {
        inner.metrics.log_bytes(bytes);
    }
}

/// Writes the buffered reads, and which tokens were used.
pub(super) async fn flush(inner: &Inner) {
    let chunks = inner.reads.take();
    let used = inner.callers.take_used();
    if chunks.is_empty() && used.is_empty() {
        return;
    }
    let lines: u64 = chunks.iter().map(|chunk| u64::try_from(chunk.lines).unwrap_or(0)).sum();
    let packed: Vec<_> = chunks.into_iter().map(pack).collect();
    let written = inner.store.write(move |tx| {
        for (chunk, content) in &packed {
            tx.insert_read_chunk(chunk.connection, chunk.first.0, chunk.lines, content.clone())?;
        }
        tokens::note_used(tx, &used)
    });
    match written.await {
        Ok(()) => inner.metrics.reads_logged(lines),
        Err(error) => {
            let error: EngineError = error;
            tracing::warn!(%error, lines, "the log of reads could not be written");
            inner.metrics.reads_dropped(lines);
        }
    }
}

/// Adds what was counted of sign-ins and requests.
pub(super) async fn add_counted(inner: &Inner) {
    let tally = inner.counted.take();
    if tally.is_empty() {
        return;
    }
    let added = tally.clone();
    let written: Result<(), EngineError> = inner.store.write(move |tx| traffic::add(tx, &added)).await;
    if let Err(error) = written {
        tracing::warn!(%error, "requests could not be counted; this is tried again");
        inner.counted.take_back(tally);
    }
}

/// Compresses a chunk; its text is not needed any more.
fn pack(mut chunk: Chunk) -> (Chunk, Vec<u8>) {
    let content = journal::pack_lines(&chunk.text);
    chunk.text = Vec::new();
    (chunk, content)
}

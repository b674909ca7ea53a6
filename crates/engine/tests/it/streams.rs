//! ORG-9: the activity log, streamed out: every entry, in order, by one node at a time.

use std::time::Duration;

use muster_engine::{
    EngineError, Env, Surroundings,
    activity::stream::{self, Batch, Health, Next},
    companies,
    retention::Policy,
};
use muster_model::Stream;
use muster_store::Tx;
use muster_testkit::World;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const WEEK: Policy = Policy {
    log: Duration::from_hours(24 * 7),
    log_bytes: 1 << 30,
    details: Duration::from_hours(24 * 7),
    activity: Duration::from_hours(24 * 7),
};
const ONE: Uuid = Uuid::from_u128(11);
const OTHER: Uuid = Uuid::from_u128(12);

fn write<T: Send + 'static>(
    world: &World,
    mut work: impl FnMut(&mut Tx<'_>, &Env) -> Result<T, EngineError> + Send + 'static,
) -> T {
    world.by_hand(move |tx, env| work(tx, env)).unwrap()
}

fn register(world: &World, stream: Stream) {
    write(world, move |tx, env| stream::register(tx, env, stream));
}

fn next(world: &World, stream: Stream) -> Next {
    let now = world.clock.now();
    world.read(move |conn| stream::next(conn, stream, now))
}

/// Something happens.
fn found(world: &World, company: &str) {
    let name = company.to_owned();
    world.by_hand(move |tx, env| companies::create(tx, env, &name)).unwrap();
}

/// What a node sends next, if the stream is its own.
fn take(world: &World, node: Uuid, stream: Stream) -> Option<Batch> {
    let is_its = next(world, stream) == Next::Take && write(world, move |tx, env| stream::take(tx, env, node, stream));
    is_its.then(|| world.read(move |conn| stream::batch(conn, stream)))
}

fn sent(world: &World, node: Uuid, stream: Stream, batch: &Batch) {
    let batch = batch.clone();
    write(world, move |tx, env| stream::sent(tx, env, node, stream, &batch));
}

fn failed(world: &World, node: Uuid, stream: Stream) {
    write(world, move |tx, env| stream::failed(tx, env, node, stream, "nobody answers"));
}

/// What a batch tells, briefly.
fn told(batch: &Batch) -> Vec<String> {
    batch.entries.iter().map(|entry| format!("{} {}", entry.action.as_str(), entry.name)).collect()
}

/// Everything that a stream has to send, noted as sent.
fn drain(world: &World, node: Uuid, stream: Stream) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(batch) = take(world, node, stream) {
        sent(world, node, stream, &batch);
        all.extend(told(&batch));
    }
    all
}

fn health(world: &World, stream: Stream) -> Health {
    world.read(stream::health).into_iter().find(|health| health.stream == stream).unwrap()
}

#[test]
fn org_9_a_stream_sends_each_entry_in_order_from_when_it_was_set_up() {
    let world = World::new();
    found(&world, "before");
    world.advance(MINUTE);
    assert_eq!(next(&world, Stream::File), Next::Register, "nobody set it up");
    register(&world, Stream::File);
    for name in ["moby", "whale"] {
        world.advance(MINUTE);
        found(&world, name);
    }
    assert_eq!(drain(&world, ONE, Stream::File), ["company.create moby", "company.create whale"]);
    assert_eq!(next(&world, Stream::File), Next::Wait, "nothing is left");
    found(&world, "orca");
    // Setting it up again, as each start does, changes nothing.
    register(&world, Stream::File);
    assert_eq!(drain(&world, OTHER, Stream::File), ["company.create orca"]);
    let health = health(&world, Stream::File);
    assert_eq!((health.sent, health.waiting, health.waiting_since, health.failing), (3, 0, None, None));
}

#[test]
fn org_9_what_is_not_noted_as_sent_is_sent_again_by_whichever_node_comes_next() {
    let world = World::new();
    register(&world, Stream::Webhook);
    found(&world, "moby");
    let batch = take(&world, ONE, Stream::Webhook).unwrap();
    found(&world, "whale");
    assert_eq!(take(&world, OTHER, Stream::Webhook), None, "one node at a time");
    // The node dies. A minute later another one goes on.
    world.advance(MINUTE);
    let again = take(&world, OTHER, Stream::Webhook).unwrap();
    assert_eq!(told(&again), ["company.create moby", "company.create whale"]);
    // The first one lives after all: what it says of its batch holds, and the stream stays the other's.
    sent(&world, ONE, Stream::Webhook, &batch);
    assert_eq!(take(&world, ONE, Stream::Webhook), None);
    sent(&world, OTHER, Stream::Webhook, &again);
    assert_eq!(drain(&world, ONE, Stream::Webhook), Vec::<String>::new());
}

#[test]
fn org_9_a_row_that_comes_in_after_later_ones_were_sent_is_sent_too() {
    let world = World::new();
    let behind = World::on(world.store.clone());
    register(&world, Stream::Syslog);
    world.advance(DAY);
    found(&world, "moby");
    assert_eq!(drain(&world, ONE, Stream::Syslog), ["company.create moby"]);
    // Of a node whose clock is a day behind, or of a transaction that took its time.
    behind.advance(MINUTE);
    found(&behind, "whale");
    assert_eq!(drain(&world, ONE, Stream::Syslog), ["company.create whale"]);
}

#[test]
fn org_9_a_stream_that_fails_rests_and_keeps_no_other_waiting() {
    let world = World::new();
    register(&world, Stream::File);
    register(&world, Stream::Webhook);
    found(&world, "moby");
    for seconds in [1, 2, 4] {
        take(&world, ONE, Stream::Webhook).unwrap();
        failed(&world, ONE, Stream::Webhook);
        assert_eq!(take(&world, OTHER, Stream::Webhook), None, "the rest holds for every node");
        world.advance(Duration::from_secs(seconds));
    }
    assert_eq!(drain(&world, ONE, Stream::File), ["company.create moby"]);
    let failing = health(&world, Stream::Webhook).failing.unwrap();
    assert_eq!((failing.attempts, failing.reason.as_str()), (3, "nobody answers"));
    assert_eq!(drain(&world, OTHER, Stream::Webhook), ["company.create moby"]);
    assert_eq!(health(&world, Stream::Webhook).failing, None);
}

#[test]
fn org_9_large_backlogs_are_sent_in_batches() {
    let world = World::new();
    register(&world, Stream::File);
    for number in 0..700 {
        found(&world, &format!("company{number}"));
    }
    assert_eq!(health(&world, Stream::File).waiting, 700);
    let first = take(&world, ONE, Stream::File).unwrap();
    assert_eq!(first.entries.len(), 100);
    sent(&world, ONE, Stream::File, &first);
    let rest = drain(&world, ONE, Stream::File);
    assert_eq!((rest.len(), rest.last().map(String::as_str)), (600, Some("company.create company699")));
}

#[test]
fn org_9_retention_waits_for_streams_as_long_again_and_then_counts_what_is_lost() {
    let world = World::new();
    let rows = |world: &World| world.read(|conn| Ok(conn.oldest_ledger_row()?)).is_some();
    register(&world, Stream::Syslog);
    found(&world, "moby");
    world.advance(DAY * 8);
    assert_eq!(world.retain(&WEEK, 1).ledger_rows, 0, "it is old enough, but not sent");
    assert_eq!(drain(&world, ONE, Stream::Syslog), ["company.create moby"]);
    world.advance(MINUTE * 2);
    assert_eq!((world.retain(&WEEK, 1).ledger_rows, rows(&world)), (1, false), "now it goes");

    found(&world, "whale");
    take(&world, ONE, Stream::Syslog).unwrap();
    failed(&world, ONE, Stream::Syslog);
    world.advance(DAY * 15);
    assert_eq!((world.retain(&WEEK, 1).ledger_rows, rows(&world)), (1, false), "nothing is kept for ever");
    assert_eq!((health(&world, Stream::Syslog).lost, take(&world, ONE, Stream::Syslog)), (1, None));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_9_retention_waits_for_no_stream_that_was_forgotten() {
    let world = World::new();
    register(&world, Stream::File);
    register(&world, Stream::Webhook);
    found(&world, "moby");
    assert_eq!(drain(&world, ONE, Stream::File), ["company.create moby"]);
    assert!(write(&world, |tx, _| stream::forget(tx, Stream::Webhook)));
    assert!(!write(&world, |tx, _| stream::forget(tx, Stream::Webhook)));
    world.advance(DAY * 8);
    assert_eq!(world.retain(&WEEK, 1).ledger_rows, 1);
    let streams: Vec<Stream> = world.read(stream::health).into_iter().map(|health| health.stream).collect();
    assert_eq!(streams, [Stream::File]);
}

/// Nodes that die, fail and come too late, while others write: every entry arrives, and none before the stream began.
#[test]
fn org_9_nothing_is_lost_whatever_nodes_do() {
    for seed in 0..20_u64 {
        let world = World::new();
        found(&world, "before");
        world.advance(MINUTE);
        register(&world, Stream::Webhook);
        let (mut chance, mut arrived, mut made) = (seed, Vec::new(), Vec::new());
        let mut any = || {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            chance >> 33
        };
        for step in 0..60 {
            let node = Uuid::from_u128(u128::from(any() % 3) + 1);
            match any() % 4 {
                0 | 1 => {
                    let name = format!("company{step}");
                    made.push(format!("company.create {name}"));
                    found(&world, &name);
                }
                2 => world.advance(Duration::from_secs(any() % 90)),
                _ => {
                    let Some(batch) = take(&world, node, Stream::Webhook) else { continue };
                    match any() % 4 {
                        0 => {}                            // It dies before it sends.
                        1 => arrived.extend(told(&batch)), // It dies before it notes that it sent.
                        2 => failed(&world, node, Stream::Webhook),
                        _ => {
                            arrived.extend(told(&batch));
                            sent(&world, node, Stream::Webhook, &batch);
                        }
                    }
                }
            }
        }
        world.advance(MINUTE * 10);
        arrived.extend(drain(&world, ONE, Stream::Webhook));
        // In order, once repeats are passed over.
        let mut seen: Vec<String> = Vec::new();
        for entry in arrived {
            if !seen.contains(&entry) {
                seen.push(entry);
            }
        }
        assert_eq!(seen, made, "with {seed}");
    }
}

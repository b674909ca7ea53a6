//! The request log: by days and by bytes.

use muster_model::{ConnectionId, Timestamp};
use muster_store::{Counter, Expired, LogEntry, Tx};
use uuid::Uuid;

use super::{Policy, Removed, State};
use crate::{EngineError, guard::HELD_FOR};

/// How many logged requests are removed in one slice.
const REQUESTS: i64 = 200;
/// How many chunks of logged reads are; each may be as large as many requests.
const CHUNKS: i64 = 20;

/// Removes some of what is too old; whether there may be more.
pub(super) fn expire(
    tx: &mut Tx<'_>,
    policy: &Policy,
    now: Timestamp,
    state: &mut State,
    removed: &mut Removed,
) -> Result<bool, EngineError> {
    let log_end = now.before(policy.log).first_id();
    let details_end = now.before(policy.details.max(policy.log)).first_id();
    Ok(expire_reads(tx, log_end, state, removed)?
        || thin(tx, now, log_end, state, removed)?
        || thin_held(tx, now, state, removed)?
        || expire_requests(tx, now, details_end, state, removed)?
        || forget_held(tx, policy, now)?)
}

fn expire_reads(tx: &mut Tx<'_>, end: Uuid, state: &State, removed: &mut Removed) -> Result<bool, EngineError> {
    let Some(connection) = tx.connection_with_chunks_before(end)? else { return Ok(false) };
    let gone = tx.delete_read_chunks(connection, before(end), CHUNKS)?;
    removed.read_chunks += gone.len() as u64;
    uncount(tx, state, end, &gone)?;
    Ok(true)
}

/// Removes refusals, and the bodies of what changed something: what values and grants name goes later (PRE-2). What an
/// owner has still to decide about is passed over, and remembered.
fn thin(
    tx: &mut Tx<'_>,
    now: Timestamp,
    end: Uuid,
    state: &mut State,
    removed: &mut Removed,
) -> Result<bool, EngineError> {
    let entries = tx.log_entries(now, state.thinned_to, end, REQUESTS)?;
    let Some(last) = entries.last() else { return Ok(false) };
    let (held, decided): (Vec<&LogEntry>, Vec<&LogEntry>) = entries.iter().partition(|entry| entry.held);
    remove(tx, state, end, &decided, removed)?;
    if state.held_from.is_none() {
        state.held_from = held.first().map(|entry| entry.id);
    }
    state.thinned_to = last.id;
    Ok(true)
}

/// As [`thin`], those that were passed over and are decided about by now. The next time this begins at the oldest that is
/// not, so that it costs nothing when there are none.
fn thin_held(tx: &mut Tx<'_>, now: Timestamp, state: &mut State, removed: &mut Removed) -> Result<bool, EngineError> {
    let Some(from) = state.held_from else { return Ok(false) };
    let end = Uuid::from_u128(state.thinned_to.as_u128().saturating_add(1));
    let entries = tx.decided_log_entries(now, from, end, REQUESTS)?;
    remove(tx, state, end, &entries.iter().collect::<Vec<_>>(), removed)?;
    if entries.is_empty() {
        state.held_from = tx.oldest_held_request(now, from, end)?.map(Uuid::from);
    }
    Ok(!entries.is_empty())
}

/// Removes what is too old of these requests.
fn remove(
    tx: &mut Tx<'_>,
    state: &State,
    end: Uuid,
    entries: &[&LogEntry],
    removed: &mut Removed,
) -> Result<(), EngineError> {
    let (kept, gone): (Vec<&LogEntry>, Vec<&LogEntry>) = entries.iter().copied().partition(|entry| entry.changed);
    let with_body: Vec<Uuid> = kept.iter().filter(|entry| entry.body_bytes > 0).map(|entry| entry.id).collect();
    let gone_ids: Vec<Uuid> = gone.iter().map(|entry| entry.id).collect();
    tx.delete_requests(&gone_ids)?;
    tx.clear_request_bodies(&with_body)?;
    removed.requests += gone_ids.len() as u64;
    removed.bodies += with_body.len() as u64;
    let bodies = kept.iter().map(|entry| Expired { connection: entry.connection, bytes: entry.body_bytes });
    let freed: Vec<Expired> = gone.iter().map(|entry| whole(entry)).chain(bodies).collect();
    uncount(tx, state, end, &freed)
}

/// Forgets held requests about which nothing is left to decide, with the details of others; whether there may be more.
fn forget_held(tx: &mut Tx<'_>, policy: &Policy, now: Timestamp) -> Result<bool, EngineError> {
    let end = now.before(policy.details.max(policy.log).max(HELD_FOR)).first_id();
    Ok(tx.delete_held_changes_before(now, end, REQUESTS)? > 0)
}

fn expire_requests(
    tx: &mut Tx<'_>,
    now: Timestamp,
    end: Uuid,
    state: &State,
    removed: &mut Removed,
) -> Result<bool, EngineError> {
    let gone = tx.delete_requests_before(now, end, REQUESTS)?;
    removed.requests += gone.len() as u64;
    uncount(tx, state, end, &gone)?;
    Ok(!gone.is_empty())
}

/// Removes the oldest of one log that has grown too large; whether there may be more to remove.
pub(super) fn shrink(
    tx: &mut Tx<'_>,
    policy: &Policy,
    now: Timestamp,
    state: &State,
    removed: &mut Removed,
) -> Result<bool, EngineError> {
    let sizes = tx.counts(Counter::LogBytes)?;
    let Some((scope, size)) = sizes.into_iter().find(|(_, size)| *size > policy.log_bytes.max(0)) else {
        return Ok(false);
    };
    let connection = ConnectionId(scope);
    let mut oldest = tx.oldest_log_entries(now, connection, REQUESTS)?;
    let chunks = tx.oldest_read_chunks(connection, CHUNKS)?;
    // Beyond the end of either list there may be older ones of its kind: they wait for the next slice.
    let known_to = |list: &[LogEntry], limit: i64| {
        let all = i64::try_from(list.len()).unwrap_or(i64::MAX) < limit;
        if all { Uuid::max() } else { list.last().map_or(Uuid::max(), |entry| entry.id) }
    };
    let end = known_to(&oldest, REQUESTS).min(known_to(&chunks, CHUNKS)).min(state.counted_to);
    let chunk_ids: Vec<Uuid> = chunks.iter().map(|chunk| chunk.id).collect();
    oldest.extend(chunks);
    oldest.sort_by_key(|entry| entry.id);
    let mut excess = size - policy.log_bytes.max(0);
    let mut gone = Vec::new();
    for entry in oldest.into_iter().filter(|entry| entry.id <= end) {
        if excess <= 0 {
            break;
        }
        excess -= entry.bytes;
        gone.push(entry);
    }
    let (gone_chunks, gone_requests): (Vec<&LogEntry>, Vec<&LogEntry>) =
        gone.iter().partition(|entry| chunk_ids.contains(&entry.id));
    let request_ids: Vec<Uuid> = gone_requests.iter().map(|entry| entry.id).collect();
    tx.delete_requests(&request_ids)?;
    if let Some(last) = gone_chunks.last() {
        tx.delete_read_chunks(connection, last.id, CHUNKS)?;
    }
    removed.requests += request_ids.len() as u64;
    removed.read_chunks += gone_chunks.len() as u64;
    let freed: i64 = gone.iter().map(|entry| entry.bytes).sum();
    tx.add_to_count(connection.0, Counter::LogBytes, -freed)?;
    Ok(!gone.is_empty())
}

/// Subtracts what went before `end` from the counts, which it is in: expiring begins after counting has caught up.
fn uncount(tx: &mut Tx<'_>, state: &State, end: Uuid, gone: &[Expired]) -> Result<(), EngineError> {
    if end > state.counted_to {
        // Only where less than a minute is kept: those counts are of no use.
        return Ok(());
    }
    let mut freed: Vec<(ConnectionId, i64)> = Vec::new();
    for Expired { connection, bytes } in gone {
        let Some(connection) = connection else { continue };
        match freed.iter_mut().find(|(known, _)| known == connection) {
            Some((_, sum)) => *sum += bytes,
            None => freed.push((*connection, *bytes)),
        }
    }
    for (connection, bytes) in freed {
        tx.add_to_count(connection.0, Counter::LogBytes, -bytes)?;
    }
    Ok(())
}

fn whole(entry: &LogEntry) -> Expired {
    Expired { connection: entry.connection, bytes: entry.bytes }
}

/// The largest id below this one.
fn before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}

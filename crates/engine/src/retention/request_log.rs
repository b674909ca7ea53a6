//! The request log: by days and by bytes.

use muster_model::{ConnectionId, Timestamp};
use muster_store::{Counter, Expired, LogEntry, Tx};
use uuid::Uuid;

use super::{Policy, Removed, State};
use crate::EngineError;

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
        || thin(tx, log_end, state, removed)?
        || expire_requests(tx, details_end, state, removed)?)
}

fn expire_reads(tx: &mut Tx<'_>, end: Uuid, state: &State, removed: &mut Removed) -> Result<bool, EngineError> {
    let Some(connection) = tx.connection_with_chunks_before(end)? else { return Ok(false) };
    let gone = tx.delete_read_chunks(connection, before(end), CHUNKS)?;
    removed.read_chunks += gone.len() as u64;
    uncount(tx, state, end, &gone)?;
    Ok(true)
}

/// Removes refusals, and the bodies of what changed something: what values and grants name goes later (PRE-2).
fn thin(tx: &mut Tx<'_>, end: Uuid, state: &mut State, removed: &mut Removed) -> Result<bool, EngineError> {
    let entries = tx.log_entries(state.thinned_to, end, REQUESTS)?;
    let Some(last) = entries.last() else { return Ok(false) };
    let (kept, gone): (Vec<&LogEntry>, Vec<&LogEntry>) = entries.iter().partition(|entry| entry.changed);
    let with_body: Vec<Uuid> = kept.iter().filter(|entry| entry.body_bytes > 0).map(|entry| entry.id).collect();
    let gone_ids: Vec<Uuid> = gone.iter().map(|entry| entry.id).collect();
    tx.delete_requests(&gone_ids)?;
    tx.clear_request_bodies(&with_body)?;
    removed.requests += gone_ids.len() as u64;
    removed.bodies += with_body.len() as u64;
    let bodies = kept.iter().map(|entry| Expired { connection: entry.connection, bytes: entry.body_bytes });
    let freed: Vec<Expired> = gone.iter().map(|entry| whole(entry)).chain(bodies).collect();
    uncount(tx, state, end, &freed)?;
    state.thinned_to = last.id;
    Ok(true)
}

fn expire_requests(tx: &mut Tx<'_>, end: Uuid, state: &State, removed: &mut Removed) -> Result<bool, EngineError> {
    let gone = tx.delete_requests_before(end, REQUESTS)?;
    removed.requests += gone.len() as u64;
    uncount(tx, state, end, &gone)?;
    Ok(!gone.is_empty())
}

/// Removes the oldest of one log that has grown too large; whether there may be more to remove.
pub(super) fn shrink(
    tx: &mut Tx<'_>,
    policy: &Policy,
    state: &State,
    removed: &mut Removed,
) -> Result<bool, EngineError> {
    let sizes = tx.counts(Counter::LogBytes)?;
    let Some((scope, size)) = sizes.into_iter().find(|(_, size)| *size > policy.log_bytes.max(0)) else {
        return Ok(false);
    };
    let connection = ConnectionId(scope);
    let mut oldest = tx.oldest_log_entries(connection, REQUESTS)?;
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

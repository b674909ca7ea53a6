//! The activity log, streamed out (ORG-9): every entry at least once, in the order of the ledger, by one node at a time.
//!
//! Whoever sends asks what is [`next`]; then [`take`] gives it the stream for a while, [`batch`] tells what to send, and [`sent`] or
//! [`failed`] notes what came of it. What is not noted as sent is sent again, by whoever has the stream next. A stream begins
//! with what happens after it was first set up ([`register`]); what happened before can be exported. It goes on while nobody
//! sends: what it has still to send is kept, and not removed with the rest (`spare`), until it is as old again.

use std::time::Duration;

use muster_model::{LedgerId, Stream, Timestamp};
use muster_store::{Conn, Duty, StoreError, Tx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Entry, page::entries};
use crate::{EngineError, Env, events};

/// How long a node has a stream for one batch.
const LEASE: Duration = Duration::from_secs(60);
/// The most rows of one batch, and about how many bytes of changes they have: one row is sent whole, however large.
const ROWS: i64 = 100;
const BYTES: usize = 128 * 1_024;
/// The most rows that are given up at once.
const TAKEN: i64 = 512;
/// The rest after a first failure; it doubles with each one, up to the longest.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_mins(5);
/// How far what waits is counted.
pub const COUNTED: i64 = 10_000;
/// The most characters of a reason that are kept.
const REASON: usize = 300;

/// How a stream does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Which one.
    pub stream: Stream,
    /// How many entries it has sent.
    pub sent: u64,
    /// When it last did.
    pub sent_at: Option<Timestamp>,
    /// How many ledger rows it has still to send, counted up to [`COUNTED`].
    pub waiting: i64,
    /// How old the oldest of them is.
    pub waiting_since: Option<Timestamp>,
    /// Why it does not get on.
    pub failing: Option<Failing>,
    /// How many ledger rows were removed, because they had been kept for long enough, before they were sent.
    pub lost: u64,
}

/// That a stream does not get on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// When it was last tried.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What happened at last, for the operator.
    pub reason: String,
}

/// What is sent together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Oldest first.
    pub entries: Vec<Entry>,
    rows: Vec<LedgerId>,
}

/// How far a stream has come, beside what it has still to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// Rows with smaller ids are no part of it.
    since: Uuid,
    #[serde(default)]
    sent: u64,
    #[serde(default)]
    sent_at: Option<Timestamp>,
    #[serde(default)]
    failing: Option<Failing>,
    #[serde(default)]
    lost: u64,
}

impl State {
    fn begun(now: Timestamp) -> Self {
        Self { since: now.first_id(), sent: 0, sent_at: None, failing: None, lost: 0 }
    }

    /// `None` of a stream that nobody has set up.
    fn read(conn: &mut Conn<'_>, stream: Stream) -> Result<Option<Self>, StoreError> {
        Ok(serde_json::from_str(&conn.duty_state(Duty::Stream(stream))?).ok())
    }

    fn write(&self, tx: &mut Tx<'_>, stream: Stream) -> Result<(), StoreError> {
        tx.note_duty(Duty::Stream(stream), &serde_json::to_string(self).map_err(StoreError::other)?)
    }
}

/// The streams that are set up.
fn registered(conn: &mut Conn<'_>) -> Result<Vec<(Stream, State)>, StoreError> {
    let mut all = Vec::new();
    for stream in Stream::ALL {
        all.extend(State::read(conn, stream)?.map(|state| (stream, state)));
    }
    Ok(all)
}

/// Begins a stream, unless it has begun.
///
/// # Errors
///
/// The store's.
pub fn register(tx: &mut Tx<'_>, env: &Env, stream: Stream) -> Result<(), EngineError> {
    if State::read(tx, stream)?.is_some() {
        return Ok(());
    }
    // Makes its row; whoever has it meanwhile finds it begun.
    if tx.take_duty(Duty::Stream(stream), Uuid::nil(), env.now(), env.now())?.is_some() {
        State::begun(env.now()).write(tx, stream)?;
        tx.finish_duty(Duty::Stream(stream), env.now())?;
    }
    Ok(())
}

/// Ends a stream: what it has still to send is not sent any more. Whether there was one.
///
/// # Errors
///
/// The store's.
pub fn forget(tx: &mut Tx<'_>, stream: Stream) -> Result<bool, EngineError> {
    let begun = State::read(tx, stream)?.is_some();
    tx.forget_duty(Duty::Stream(stream))?;
    tx.give_up_unsent(Some(stream), LedgerId(Uuid::max()), i64::MAX)?;
    Ok(begun)
}

/// What there is to do for a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// [`register`] it: it has not begun.
    Register,
    /// [`take`] it: there is something to send.
    Take,
    /// Nothing now: there is nothing to send, or another node does, or it rests after a failure.
    Wait,
}

/// What whoever wants to send a stream does next.
///
/// # Errors
///
/// The store's.
pub fn next(conn: &mut Conn<'_>, stream: Stream, now: Timestamp) -> Result<Next, EngineError> {
    if State::read(conn, stream)?.is_none() {
        return Ok(Next::Register);
    }
    let waits = !conn.unsent(Some(stream), 1)?.is_empty() || !conn.unsent(None, 1)?.is_empty();
    Ok(if waits && conn.duty_is_due(Duty::Stream(stream), now)? { Next::Take } else { Next::Wait })
}

/// Gives a stream to a node for one batch, after what is new was published; whether it did. It is then noted
/// what came of it, or the stream is nobody's for a minute.
///
/// # Errors
///
/// The store's.
pub fn take(tx: &mut Tx<'_>, env: &Env, node: Uuid, stream: Stream) -> Result<bool, EngineError> {
    let now = env.now();
    if tx.take_duty(Duty::Stream(stream), node, now, now.after(LEASE))?.is_none() {
        return Ok(false);
    }
    events::publish(tx, env, node)?;
    Ok(true)
}

/// Files what is published for every stream: each gets what happened after it began.
pub(crate) fn file(tx: &mut Tx<'_>, rows: &[LedgerId]) -> Result<(), EngineError> {
    for (stream, state) in registered(tx)? {
        let of: Vec<LedgerId> = rows.iter().copied().filter(|row| row.0 >= state.since).collect();
        tx.file_for_stream(stream, &of)?;
    }
    Ok(())
}

/// What a stream sends next.
///
/// # Errors
///
/// The store's.
pub fn batch(conn: &mut Conn<'_>, stream: Stream) -> Result<Batch, EngineError> {
    let rows = conn.unsent_rows(stream, ROWS, BYTES)?;
    Ok(Batch { entries: entries(conn, &rows)?, rows: rows.iter().map(|row| row.id).collect() })
}

/// Notes that a batch was sent, and gives the stream back.
///
/// # Errors
///
/// The store's.
pub fn sent(tx: &mut Tx<'_>, env: &Env, node: Uuid, stream: Stream, batch: &Batch) -> Result<(), EngineError> {
    tx.note_sent(stream, &batch.rows)?;
    let count = u64::try_from(batch.entries.len()).unwrap_or(0);
    settle(tx, env, node, stream, |state| {
        if count > 0 {
            state.sent += count;
            state.sent_at = Some(env.now());
            state.failing = None;
        }
        env.now()
    })
}

/// Notes that a batch could not be sent and why, and gives the stream back. It is due again after a while.
///
/// # Errors
///
/// The store's.
pub fn failed(tx: &mut Tx<'_>, env: &Env, node: Uuid, stream: Stream, reason: &str) -> Result<(), EngineError> {
    let now = env.now();
    settle(tx, env, node, stream, |state| {
        let (since, attempts) =
            state.failing.as_ref().map_or((now, 1), |failing| (failing.since, failing.attempts.saturating_add(1)));
        let reason = reason.chars().take(REASON).collect();
        state.failing = Some(Failing { since, at: now, attempts, reason });
        now.after(rest(attempts))
    })
}

/// Writes what came of a batch, if the node still has the stream: if not, another one writes of its own.
fn settle(
    tx: &mut Tx<'_>,
    env: &Env,
    node: Uuid,
    stream: Stream,
    mut note: impl FnMut(&mut State) -> Timestamp,
) -> Result<(), EngineError> {
    let now = env.now();
    let Some(text) = tx.take_duty(Duty::Stream(stream), node, now, now.after(LEASE))? else { return Ok(()) };
    // Forgotten while it was sent: it begins anew when somebody registers it.
    let Ok(mut state) = serde_json::from_str::<State>(&text) else { return Ok(tx.forget_duty(Duty::Stream(stream))?) };
    let next = note(&mut state);
    state.write(tx, stream)?;
    Ok(tx.finish_duty(Duty::Stream(stream), next)?)
}

/// How long a stream rests after so many failures in a row.
fn rest(attempts: u32) -> Duration {
    FIRST_REST.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(LONGEST_REST)
}

/// How every stream does that is set up.
///
/// # Errors
///
/// The store's.
pub fn health(conn: &mut Conn<'_>) -> Result<Vec<Health>, EngineError> {
    let mut all = Vec::new();
    for (stream, state) in registered(conn)? {
        let waiting = conn.count_unsent(Some(stream), COUNTED)? + conn.count_unsent(None, COUNTED)?;
        let oldest = oldest(conn, Some(stream))?.or(oldest(conn, None)?);
        let State { sent, sent_at, failing, lost, .. } = state;
        let (waiting, waiting_since) = (waiting.min(COUNTED), oldest.map(time_of));
        all.push(Health { stream, sent, sent_at, waiting, waiting_since, failing, lost });
    }
    Ok(all)
}

/// Before which id the ledger may be removed, so that every stream still gets what it has to send: `old` is before what age
/// it goes, `older` before which it goes in any case. What is removed so is counted as lost. Whether there is more to count.
///
/// # Errors
///
/// The store's.
pub(crate) fn spare(tx: &mut Tx<'_>, old: Uuid, older: Uuid) -> Result<(Uuid, bool), EngineError> {
    let (mut end, mut more) = (old, false);
    let streams = registered(tx)?;
    if streams.is_empty() {
        return Ok((end, more));
    }
    let untaken = give_up(tx, None, older)?;
    for (stream, mut state) in streams {
        let lost = untaken + give_up(tx, Some(stream), older)?;
        if lost > 0 {
            more |= lost >= TAKEN.unsigned_abs();
            state.lost += lost;
            state.write(tx, stream)?;
        }
        end = oldest(tx, Some(stream))?.map_or(end, |oldest| end.min(oldest.0));
    }
    end = oldest(tx, None)?.map_or(end, |oldest| end.min(oldest.0));
    Ok((end, more))
}

fn give_up(tx: &mut Tx<'_>, stream: Option<Stream>, before: Uuid) -> Result<u64, StoreError> {
    tx.give_up_unsent(stream, LedgerId(before), TAKEN)
}

fn oldest(conn: &mut Conn<'_>, stream: Option<Stream>) -> Result<Option<LedgerId>, StoreError> {
    Ok(conn.unsent(stream, 1)?.into_iter().next())
}

/// When a row with this id was written.
fn time_of(id: LedgerId) -> Timestamp {
    Timestamp(i64::try_from(id.0.as_u128() >> 80).unwrap_or(i64::MAX).saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_9_a_stream_that_fails_rests_longer_each_time_up_to_five_minutes() {
        let rests: Vec<u64> = (1..=12).map(|attempts| rest(attempts).as_secs()).collect();
        assert_eq!(rests, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(rest(u32::MAX), LONGEST_REST);
    }
}

//! What is kept how long: the request log (SCIM-11), the details of requests (PRE-2), the ledger (ORG-9, PRE-2).
//!
//! Removing is a duty that one node at a time has, done in slices: each is a transaction of its own that takes a few
//! milliseconds, and notes how far it has come together with what it removed. So it can stop anywhere, be killed
//! anywhere, and be taken over by another node.
//!
//! - [`survey`] counts what was logged since the last time, in the lane for scans, so that the log is bounded by bytes
//!   without a counter that every request would have to raise;
//! - [`slice`](slice()) removes: `request_log` by days and by bytes, orders of lists that nobody walks any more, `fold` what
//!   the ledger need not keep in single rows.

mod fold;
mod request_log;

use std::{ops::Add, time::Duration};

use muster_model::{ConnectionId, LedgerId, Timestamp, WebhookId};
use muster_store::{Conn, Counter, Duty, StoreError, Tx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{EngineError, Env, activity::stream, search, traffic, webhooks::deliveries};

/// How long a node has the duty after its last slice.
const LEASE: Duration = Duration::from_secs(60);
/// How long codes of products are kept after they stopped working: one that is brought again must be known (RFC 6749 §4.1.2).
const TICKETS_KEPT: Duration = Duration::from_hours(1);
/// How many ended sign-ins are forgotten in one transaction.
const AT_ONCE: i64 = 500;
/// How often there is something to do.
const INTERVAL: Duration = Duration::from_secs(60);
/// What is older than this is in the database or never will be: no request takes as long.
pub(crate) const SETTLED: Duration = Duration::from_secs(60);
/// The longest stretch of time that is counted at once.
const COUNTED_AT_ONCE: Duration = Duration::from_secs(3_600);

/// What is kept how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The request log: reads, refusals, and the bodies of all requests (SCIM-11).
    pub log: Duration,
    /// The most bytes that one connection's request log takes, about; above it the oldest requests go, so that a noisy
    /// connection costs only its own history.
    pub log_bytes: i64,
    /// What was decided in a request that changed something (PRE-2); its body goes with the log. Not shorter than `log`.
    pub details: Duration,
    /// Single rows of the ledger, which the activity log shows (ORG-9).
    pub activity: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(24 * days);
        Self { log: days(7), log_bytes: 1 << 30, details: days(30), activity: days(90) }
    }
}

/// What was logged since the last count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    after: Uuid,
    to: Uuid,
    bytes: Vec<(ConnectionId, i64)>,
}

/// What a slice removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Logged requests.
    pub requests: u64,
    /// Bodies of logged requests that stay.
    pub bodies: u64,
    /// Chunks of logged reads.
    pub read_chunks: u64,
    /// Ledger rows, which are folded into baselines.
    pub ledger_rows: u64,
    /// Ledger rows that are old enough, but cannot be folded before others are.
    pub postponed: u64,
}

impl Add for Removed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            bodies: self.bodies + other.bodies,
            read_chunks: self.read_chunks + other.read_chunks,
            ledger_rows: self.ledger_rows + other.ledger_rows,
            // They are met again each time.
            postponed: self.postponed.max(other.postponed),
        }
    }
}

/// How far a slice has brought the duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another node has the duty, or there is nothing to do yet.
    NotDue,
    /// There is more to do.
    More(Removed),
    /// All is done, until the next time.
    Done(Removed),
}

/// How far the duty has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Up to this id the log is counted.
    counted_to: Uuid,
    /// Up to this id requests have lost their bodies, or are gone.
    thinned_to: Uuid,
    /// The oldest of these that was passed over because an owner had still to decide about it (MIG-3).
    held_from: Option<Uuid>,
    /// Up to this id no ledger row is left that subjects could name.
    swept_before: Uuid,
    /// The subject up to which those names are removed, while that is going on.
    sweeping: Option<Uuid>,
    /// When what webhooks were sent was last walked through.
    receipts_walked: Option<Timestamp>,
    /// The webhook up to which it is walked through, while that is going on.
    receipts_of: Option<WebhookId>,
}

impl State {
    fn read(text: &str) -> Self {
        // What nobody can read is begun anew: it only saves work.
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// Counts what was logged since the last count; cheap when that was a moment ago. Runs in the lane for scans.
///
/// # Errors
///
/// The store's.
pub fn survey(conn: &mut Conn<'_>, now: Timestamp) -> Result<Survey, EngineError> {
    let after = State::read(&conn.duty_state(Duty::Retention)?).counted_to;
    let settled = now.before(SETTLED).first_id();
    // A stretch without requests is passed over at once: the few rows of its reads are soon counted.
    let next = conn.next_request(after)?.map_or(settled, Uuid::from);
    let to = settled.min(later(next, COUNTED_AT_ONCE));
    let bytes = if to > after { conn.logged_bytes(after, to)? } else { Vec::new() };
    Ok(Survey { after, to, bytes })
}

/// Up to which id the log is counted in [`Counter::LogBytes`].
pub(crate) fn counted_to(conn: &mut Conn<'_>) -> Result<Uuid, StoreError> {
    Ok(State::read(&conn.duty_state(Duty::Retention)?).counted_to)
}

/// The bytes that all request logs take together, as far as they are counted.
///
/// # Errors
///
/// The store's.
pub fn log_bytes(conn: &mut Conn<'_>) -> Result<i64, EngineError> {
    Ok(conn.counts(Counter::LogBytes)?.into_iter().map(|(_, bytes)| bytes).sum())
}

/// Does one slice of what is to do now.
///
/// # Errors
///
/// The store's; nothing is done then.
pub fn slice(
    tx: &mut Tx<'_>,
    env: &mut Env,
    policy: &Policy,
    node: Uuid,
    survey: &Survey,
) -> Result<Progress, EngineError> {
    let now = env.now();
    let Some(text) = tx.take_duty(Duty::Retention, node, now, now.after(LEASE))? else { return Ok(Progress::NotDue) };
    let mut state = State::read(&text);
    // What a stream has still to send stays as long again (ORG-9).
    let (old, older) = (now.before(policy.activity), now.before(policy.activity * 2));
    let (activity_end, uncounted) = stream::spare(tx, old.first_id(), older.first_id())?;
    let mut removed = Removed::default();
    let more = uncounted
        || count(tx, &mut state, survey, now)?
        || request_log::expire(tx, policy, now, &mut state, &mut removed)?
        || request_log::shrink(tx, policy, now, &state, &mut removed)?
        || search::walk::end_expired(tx, now)?
        || tx.forget_expired_sign_ins(now, AT_ONCE)? > 0
        || tx.forget_expired_tickets(now.before(TICKETS_KEPT), AT_ONCE)? > 0
        || tx.forget_idempotent_answers(now, AT_ONCE)? > 0
        || traffic::forget(tx, now)?
        || tx.forget_events(LedgerId(activity_end), AT_ONCE)? >= AT_ONCE.unsigned_abs()
        || fold::fold(tx, activity_end, &mut removed)?
        || sweep(tx, activity_end, &mut state)?
        || forget_receipts(tx, policy, now, &mut state)?;
    tx.note_duty(Duty::Retention, &serde_json::to_string(&state).map_err(StoreError::other)?)?;
    if more {
        return Ok(Progress::More(removed));
    }
    tx.finish_duty(Duty::Retention, now.after(INTERVAL))?;
    Ok(Progress::Done(removed))
}

/// Takes over what was counted; whether there is more to be counted first.
fn count(tx: &mut Tx<'_>, state: &mut State, survey: &Survey, now: Timestamp) -> Result<bool, EngineError> {
    if survey.after == state.counted_to && survey.to > state.counted_to {
        for (connection, bytes) in &survey.bytes {
            tx.add_to_count(connection.0, Counter::LogBytes, *bytes)?;
        }
        state.counted_to = survey.to;
    }
    Ok(later(state.counted_to, SETTLED + INTERVAL) < now.first_id())
}

/// Removes the names of ledger rows that are gone from some subjects' histories; whether there are more. `end` is before
/// what was not folded.
fn sweep(tx: &mut Tx<'_>, end: Uuid, state: &mut State) -> Result<bool, EngineError> {
    /// How many subjects are looked at in one slice.
    const SUBJECTS: usize = 50;
    /// How many names are removed in one slice.
    const NAMES: i64 = 500;
    /// How far the ledger's beginning moves before it is worth a walk over all subjects.
    const WORTH: Duration = Duration::from_hours(24);

    let oldest = tx.oldest_ledger_row()?.unwrap_or(LedgerId(end));
    let mut subject = match state.sweeping {
        Some(subject) => subject,
        None if later(state.swept_before, WORTH) > oldest.0 => return Ok(false),
        None => Uuid::nil(),
    };
    for _ in 0..SUBJECTS {
        let Some(next) = tx.next_ledger_subject(subject)? else {
            state.sweeping = None;
            state.swept_before = oldest.0;
            return Ok(true);
        };
        let gone = tx.delete_ledger_subject(next, oldest, NAMES)?;
        if gone >= NAMES.unsigned_abs() {
            break;
        }
        subject = next;
    }
    state.sweeping = Some(subject);
    Ok(true)
}

/// Forgets what webhooks were sent long ago, one after the other; whether there are more.
fn forget_receipts(tx: &mut Tx<'_>, policy: &Policy, now: Timestamp, state: &mut State) -> Result<bool, EngineError> {
    /// How often it is worth a walk over all webhooks.
    const WORTH: Duration = Duration::from_hours(1);

    let after = match state.receipts_of {
        Some(webhook) => webhook,
        None if state.receipts_walked.is_some_and(|walked| walked.after(WORTH) > now) => return Ok(false),
        None => WebhookId(Uuid::nil()),
    };
    state.receipts_of = deliveries::forget(tx, now, policy.activity, after)?;
    if state.receipts_of.is_none() {
        state.receipts_walked = Some(now);
    }
    Ok(true)
}

/// The first id of the time that is this much later than an id's.
fn later(id: Uuid, by: Duration) -> Uuid {
    let millis = i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX);
    Timestamp(millis.saturating_mul(1_000)).after(by).first_id()
}

//! How many people signed in and how many requests a directory sent, by day: what charts on pages show. Nodes count in memory
//! and add that every few seconds, so that no request waits for it; a crash loses the last few.

use std::{collections::BTreeMap, time::Duration};

use muster_model::{ConnectionId, Timestamp};
use muster_store::{Conn, DayCount, TrafficKind, Tx};

use crate::EngineError;

/// How long days are kept.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// How many days are shown.
pub const DAYS: i64 = 14;
/// How many rows are forgotten in one transaction.
const AT_ONCE: i64 = 500;
const SECONDS_OF_A_DAY: i64 = 86_400;

/// How often something succeeded and did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// So often.
    pub succeeded: i64,
    /// Refused, or failed.
    pub refused: i64,
}

impl Outcomes {
    /// All together.
    #[must_use]
    pub fn all(self) -> i64 {
        self.succeeded.saturating_add(self.refused)
    }
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// When it begins, in UTC.
    pub begins: Timestamp,
    /// People who signed in.
    pub sign_ins: Outcomes,
    /// Requests of SCIM clients.
    pub requests: Outcomes,
}

/// What was counted and is still to be added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(ConnectionId, i64, TrafficKind, bool), i64>);

impl Tally {
    /// Counts one.
    pub fn count(&mut self, connection: ConnectionId, at: Timestamp, kind: TrafficKind, is_refused: bool) {
        *self.0.entry((connection, day(at), kind, is_refused)).or_default() += 1;
    }

    /// Takes over what another counted.
    pub fn join(&mut self, other: Self) {
        for (what, count) in other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Adds what was counted. Rows are always taken in the same order: two nodes do not wait for each other in a circle.
///
/// # Errors
///
/// The store's.
pub fn add(tx: &mut Tx<'_>, tally: &Tally) -> Result<(), EngineError> {
    for (&(connection, day, kind, refused), &count) in &tally.0 {
        tx.add_traffic(connection, DayCount { day, kind, refused, count })?;
    }
    Ok(())
}

/// What came through these connections together in the last days, the present one last: one for each day, also for those on
/// which nothing came.
///
/// # Errors
///
/// The store's.
pub fn of(conn: &mut Conn<'_>, connections: &[ConnectionId], now: Timestamp) -> Result<Vec<Day>, EngineError> {
    let first = day(now) - DAYS + 1;
    let counted = conn.traffic(connections, first)?;
    let told = |number: i64| {
        let of = |kind: TrafficKind| {
            let mut outcomes = Outcomes::default();
            for one in counted.iter().filter(|one| one.day == number && one.kind == kind) {
                let place = if one.refused { &mut outcomes.refused } else { &mut outcomes.succeeded };
                *place = one.count;
            }
            outcomes
        };
        Day {
            begins: Timestamp(number.saturating_mul(SECONDS_OF_A_DAY * 1_000_000)),
            sign_ins: of(TrafficKind::SignIn),
            requests: of(TrafficKind::Scim),
        }
    };
    Ok((first..first + DAYS).map(told).collect())
}

/// Forgets days that have been kept long enough; whether there are more.
pub(crate) fn forget(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, EngineError> {
    Ok(tx.forget_traffic(day(now.before(KEPT)), AT_ONCE)? > 0)
}

fn day(at: Timestamp) -> i64 {
    at.seconds().div_euclid(SECONDS_OF_A_DAY)
}

//! How many requests one caller may send within a minute, on this node.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use muster_model::Timestamp;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);
/// Callers that are remembered; the oldest minutes are forgotten first.
const CALLERS: usize = 10_000;

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
static RETRY_AFTER: HeaderName = HeaderName::from_static("x-retry-after");

/// Each caller's present minute.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    minutes: Mutex<HashMap<Uuid, Minute>>,
}

#[derive(Debug, Clone, Copy)]
struct Minute {
    ends: Timestamp,
    requests: u32,
}

/// What is left of a caller's minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    limit: u32,
    remaining: u32,
    ends: Timestamp,
    /// Whether this request is within it.
    pub(crate) admitted: bool,
}

impl Rates {
    /// Counts a request of a caller.
    pub(crate) fn count(&self, caller: Uuid, limit: u32, now: Timestamp) -> Rate {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        if minutes.len() >= CALLERS && !minutes.contains_key(&caller) {
            minutes.retain(|_, minute| minute.ends > now);
            if minutes.len() >= CALLERS
                && let Some(oldest) = minutes.iter().min_by_key(|(_, minute)| minute.ends).map(|(caller, _)| *caller)
            {
                minutes.remove(&oldest);
            }
        }
        let minute = minutes.entry(caller).or_insert(Minute { ends: now.after(MINUTE), requests: 0 });
        if minute.ends <= now {
            *minute = Minute { ends: now.after(MINUTE), requests: 0 };
        }
        let admitted = minute.requests < limit;
        minute.requests = minute.requests.saturating_add(1);
        Rate { limit, remaining: limit.saturating_sub(minute.requests), ends: minute.ends, admitted }
    }
}

impl Rate {
    /// How long until the next minute begins, in whole seconds.
    pub(crate) fn wait(&self, now: Timestamp) -> Duration {
        let micros = u64::try_from(self.ends.0.saturating_sub(now.0)).unwrap_or(0);
        Duration::from_secs(micros.div_ceil(1_000_000))
    }

    /// Tells the caller, as Hub does: the end of the minute in seconds since 1970.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let ends = self.ends.millis().div_ceil(1_000);
        headers.insert(LIMIT.clone(), HeaderValue::from(self.limit));
        headers.insert(REMAINING.clone(), HeaderValue::from(self.remaining));
        headers.insert(RESET.clone(), HeaderValue::from(ends));
        if !self.admitted {
            headers.insert(RETRY_AFTER.clone(), HeaderValue::from(ends));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_requests_and_then_another_begins() {
        let rates = Rates::default();
        let (ada, bo) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let now = Timestamp(1_795_000_000_000_000);
        let admitted: Vec<bool> = (0..3).map(|_| rates.count(ada, 2, now).admitted).collect();
        assert_eq!(admitted, [true, true, false]);
        assert!(rates.count(bo, 2, now).admitted, "everybody has their own");
        let late = now.after(Duration::from_secs(59));
        assert_eq!(rates.count(ada, 2, late).wait(late), Duration::from_secs(1));
        assert!(rates.count(ada, 2, now.after(MINUTE)).admitted);
    }

    #[test]
    fn so_many_callers_are_remembered_and_no_more() {
        let rates = Rates::default();
        for caller in 0..CALLERS as u128 + 5 {
            let now = Timestamp(1_795_000_000_000_000 + i64::try_from(caller).unwrap());
            rates.count(Uuid::from_u128(caller), 1, now);
        }
        assert_eq!(rates.minutes.lock().unwrap().len(), CALLERS);
    }
}

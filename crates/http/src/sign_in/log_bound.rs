//! How many refused answers are logged: anybody can post one, and nobody shall fill the log with them (SCIM-11).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use muster_model::ConnectionId;

/// For how long refusals are counted together.
const WINDOW: Duration = Duration::from_secs(60);
/// How many of one connection are logged in that time, on one node.
const LOGGED: u32 = 120;

/// Counts what is refused before anybody is known.
#[derive(Debug, Default)]
pub(crate) struct LogBound {
    counted: Mutex<HashMap<ConnectionId, (Instant, u32)>>,
}

impl LogBound {
    /// Whether one more refusal of a connection is logged.
    pub(crate) fn admits(&self, connection: ConnectionId) -> bool {
        let now = Instant::now();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, count) = counted.entry(connection).or_insert((now, 0));
        if now.duration_since(*began) >= WINDOW {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        *count <= LOGGED
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_flood_is_not_logged_and_silences_nobody_else() {
        let bound = LogBound::default();
        let [one, other] = [1, 2].map(|id| ConnectionId(Uuid::from_u128(id)));
        let logged = (0..1_000).filter(|_| bound.admits(one)).count();
        assert_eq!(logged, LOGGED as usize);
        assert!(bound.admits(other));
    }
}

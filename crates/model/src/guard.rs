//! The mass-change guard's counting (MIG-3): how much may end in an organization within an hour.
//!
//! Endings are counted in minutes. A minute counts until sixty further minutes have passed, so that no hour, however
//! it lies, sees more than the limit. The limit is a share of the organization as it was when the oldest of these
//! minutes saw its first ending: the members that there were before the hour's changes.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, OrganizationId, Timestamp};

/// What may end within an hour in an organization of any size.
const LEAST: i64 = 50;
/// The share of the organization that may end within an hour: one in this many.
const SHARE: i64 = 5;
/// How long a minute counts.
const MINUTES: i64 = 60;
const MINUTE_MICROS: i64 = 60_000_000;

/// How much ended, or would end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endings {
    /// Memberships that no longer give access.
    pub memberships: i64,
    /// Team grants that ended while the membership goes on.
    pub team_grants: i64,
}

impl Endings {
    /// Whether nothing ended.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Whether neither kind is more than `limit`.
    #[must_use]
    pub fn are_within(self, limit: i64) -> bool {
        self.memberships <= limit && self.team_grants <= limit
    }
}

impl Add for Endings {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            memberships: self.memberships.saturating_add(other.memberships),
            team_grants: self.team_grants.saturating_add(other.team_grants),
        }
    }
}

impl AddAssign for Endings {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// How much one request would end in one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationEndings {
    /// Where.
    pub organization: OrganizationId,
    /// How much.
    #[serde(flatten)]
    pub endings: Endings,
}

/// What ended in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minute {
    /// Minutes since 1970.
    pub minute: i64,
    /// Members before the first of these endings.
    pub population: i64,
    /// What ended.
    pub endings: Endings,
}

/// An approval that lets a connection end more than the limit (MIG-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lift {
    /// Whose requests pass.
    pub connection: ConnectionId,
    /// Until when.
    pub until: Timestamp,
    /// How much may still end through it.
    pub left: Endings,
}

/// What ended in an organization within the last hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingWindow {
    /// The newest minute in which something ended.
    pub minute: i64,
    /// Members before that minute's first ending; `None` until they are counted.
    pub population: Option<i64>,
    /// What ended in that minute.
    pub endings: Endings,
    /// The minutes before it, oldest first.
    pub earlier: Vec<Minute>,
    /// Approvals.
    pub lifts: Vec<Lift>,
}

impl EndingWindow {
    /// The minute of a time.
    #[must_use]
    pub fn minute_of(at: Timestamp) -> i64 {
        at.0.div_euclid(MINUTE_MICROS)
    }

    /// Whether the newest minute is `minute`, or a later one by another node's clock, and its population is counted.
    #[must_use]
    pub fn is_in(&self, minute: i64) -> bool {
        self.population.is_some() && self.minute >= minute
    }

    /// Begins `minute` with its first endings, which are the newest in [`EndingWindow::endings`] already. Minutes that
    /// count no more are forgotten.
    pub fn begin(&mut self, minute: i64, population: i64, first: Endings) {
        if let Some(population) = self.population {
            let before = Endings {
                memberships: self.endings.memberships - first.memberships,
                team_grants: self.endings.team_grants - first.team_grants,
            };
            self.earlier.push(Minute { minute: self.minute, population, endings: before });
        }
        self.earlier.retain(|earlier| counts(earlier.minute, minute));
        self.minute = minute;
        self.population = Some(population);
        self.endings = first;
    }

    /// What ended within the hour before the end of `minute`.
    #[must_use]
    pub fn total(&self, minute: i64) -> Endings {
        let counted = self.earlier.iter().filter(|earlier| counts(earlier.minute, minute));
        counted.fold(self.endings, |sum, earlier| sum + earlier.endings)
    }

    /// How much of each kind may end within that hour.
    #[must_use]
    pub fn limit(&self, minute: i64) -> i64 {
        let oldest = self.earlier.iter().find(|earlier| counts(earlier.minute, minute));
        let population = oldest.map(|oldest| oldest.population).or(self.population).unwrap_or(0);
        LEAST.max(population / SHARE)
    }

    /// Whether endings that are counted already may be: neither kind is beyond its limit, or an approval of the
    /// connection lets those beyond it pass, and is used up by them instead.
    pub fn admits(&mut self, connection: ConnectionId, now: Timestamp, minute: i64, asked: Endings) -> Admits {
        let (total, limit) = (self.total(minute), self.limit(minute));
        if total.are_within(limit) {
            return Admits::Yes;
        }
        let beyond = Endings {
            memberships: if total.memberships > limit { asked.memberships } else { 0 },
            team_grants: if total.team_grants > limit { asked.team_grants } else { 0 },
        };
        let wide_enough = |lift: &&mut Lift| {
            lift.connection == connection
                && lift.until > now
                && lift.left.memberships >= beyond.memberships
                && lift.left.team_grants >= beyond.team_grants
        };
        let Some(lift) = self.lifts.iter_mut().find(wide_enough) else { return Admits::No };
        for part in [&mut lift.left, &mut self.endings] {
            part.memberships -= beyond.memberships;
            part.team_grants -= beyond.team_grants;
        }
        Admits::ByLift
    }

    /// Adds an approval at `now`; one that the connection still has is widened, and lasts as long as the new one.
    pub fn lift(&mut self, now: Timestamp, lift: Lift) {
        self.lifts.retain(|old| old.until > now && !old.left.is_none());
        match self.lifts.iter_mut().find(|old| old.connection == lift.connection) {
            Some(old) => {
                old.left += lift.left;
                old.until = old.until.max(lift.until);
            }
            None => self.lifts.push(lift),
        }
    }
}

/// Whether something may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// It is within the limit.
    Yes,
    /// An approval lets it pass, and the window has changed.
    ByLift,
    /// It is beyond the limit.
    No,
}

fn counts(minute: i64, now: i64) -> bool {
    minute >= now - MINUTES
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const OKTA: ConnectionId = ConnectionId(Uuid::from_u128(1));

    fn memberships(memberships: i64) -> Endings {
        Endings { memberships, team_grants: 0 }
    }

    /// A window in which, minute by minute, so much ended; the population falls with it.
    fn window(population: i64, minutes: &[(i64, i64)]) -> EndingWindow {
        let mut window = EndingWindow {
            minute: 0,
            population: None,
            endings: memberships(0),
            earlier: Vec::new(),
            lifts: Vec::new(),
        };
        let mut left = population;
        for (minute, ended) in minutes {
            window.endings += memberships(*ended);
            window.begin(*minute, left, memberships(*ended));
            left -= ended;
        }
        window
    }

    #[test]
    fn mig_3_the_limit_is_the_larger_of_fifty_and_a_fifth_of_the_organization_at_the_hours_start() {
        for (population, limit) in [(0, 50), (250, 50), (254, 50), (255, 51), (10_000, 2_000)] {
            assert_eq!(window(population, &[(100, 1)]).limit(100), limit, "{population}");
        }
        let falling = window(1_000, &[(100, 150), (130, 10)]);
        assert_eq!(falling.limit(130), 200, "what ended within the hour was there at its start");
        assert_eq!(falling.limit(161), 170, "an hour later the smaller organization counts");
    }

    #[test]
    fn mig_3_a_minute_counts_until_sixty_more_have_passed() {
        let mut window = window(1_000, &[(100, 5), (101, 7), (160, 1)]);
        assert_eq!(window.total(160).memberships, 13);
        assert_eq!(window.total(161).memberships, 8);
        assert_eq!(window.total(162).memberships, 1);
        window.endings += memberships(2);
        window.begin(162, 900, memberships(2));
        assert_eq!(window.earlier.len(), 1, "what counts no more is forgotten");
        assert_eq!(window.total(162).memberships, 3);
        assert!(window.is_in(161) && window.is_in(162) && !window.is_in(163));
    }

    #[test]
    fn mig_3_an_approval_lets_so_much_pass_and_ends() {
        let lift = |left, until| Lift { connection: OKTA, until: Timestamp(until), left: memberships(left) };
        let mut window = window(100, &[(100, 50)]);
        window.lift(Timestamp(0), lift(2, 1_000));
        window.lift(Timestamp(500), lift(1, 900));
        assert_eq!(window.lifts, [lift(3, 1_000)]);
        let mut admits = |connection, now, asked| {
            window.endings += asked;
            let admits = window.admits(connection, Timestamp(now), 100, asked);
            if admits == Admits::No {
                window.endings.memberships -= asked.memberships;
            }
            (admits, window.endings)
        };
        let full = Endings { memberships: 50, team_grants: 9 };
        let with_team = Endings { memberships: 2, team_grants: 9 };
        assert_eq!(admits(ConnectionId(Uuid::nil()), 600, memberships(2)).0, Admits::No, "another connection's");
        assert_eq!(admits(OKTA, 600, with_team), (Admits::ByLift, full), "only what is beyond uses it");
        assert_eq!(admits(OKTA, 600, memberships(2)).0, Admits::No, "only one is left");
        assert_eq!(admits(OKTA, 1_000, memberships(1)).0, Admits::No, "it is over");
        assert_eq!(admits(OKTA, 999, memberships(1)), (Admits::ByLift, full));
    }
}

//! How long answers took, in a few kilobytes however many there were.

use std::time::Duration;

/// Eight steps to each doubling, up to an hour.
const BUCKETS: usize = 8 * 33;

/// A histogram of durations; what it tells is right within a tenth.
#[derive(Debug, Clone)]
pub struct Timing {
    buckets: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing { buckets: vec![0; BUCKETS], count: 0, longest: Duration::ZERO }
    }
}

impl Timing {
    /// Takes one more.
    pub(super) fn add(&mut self, took: Duration) {
        let micros = took.as_secs_f64() * 1_000_000.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and is bounded")]
        let at = ((micros.max(1.0).log2() * 8.0) as usize).min(BUCKETS - 1);
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket += 1;
        }
        self.count += 1;
        self.longest = self.longest.max(took);
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// What this share of all, between 0 and 1, took at most.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut seen = 0;
        for (at, count) in (0_u32..).zip(&self.buckets) {
            seen += count;
            #[expect(clippy::cast_precision_loss, reason = "far more than a trial can send")]
            let reached = seen as f64 >= share * self.count as f64;
            if reached && seen > 0 {
                let upper = ((f64::from(at) + 1.0) / 8.0).exp2() / 1_000_000.0;
                return Duration::from_secs_f64(upper).min(self.longest);
            }
        }
        self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_within_a_tenth() {
        let mut timing = Timing::default();
        (1..=1_000).for_each(|millis| timing.add(Duration::from_millis(millis)));
        for (share, due) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let told = timing.quantile(share).as_secs_f64() * 1_000.0;
            assert!((told - due).abs() <= due * 0.1, "{share}: {told}");
        }
        assert_eq!((timing.count(), timing.longest()), (1_000, Duration::from_secs(1)));
        assert_eq!(Timing::default().quantile(0.5), Duration::ZERO);
    }
}

//! Latencies and what is said about them.

use std::time::Duration;

use serde::Serialize;

/// Latencies of one or more clients, in whole microseconds.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    /// Room for `count` latencies, so that measuring does not allocate.
    pub fn with_capacity(count: usize) -> Latencies {
        Latencies { micros: Vec::with_capacity(count) }
    }

    /// Adds one; anything over 71 minutes counts as 71 minutes.
    pub fn record(&mut self, latency: Duration) {
        self.micros.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds those of another client.
    pub fn merge(&mut self, other: &Latencies) {
        self.micros.extend_from_slice(&other.micros);
    }

    /// Sums up, for requests made within `elapsed`.
    pub fn summarize(mut self, elapsed: Duration) -> Summary {
        self.micros.sort_unstable();
        let seconds = elapsed.as_secs_f64();
        let requests = self.micros.len();
        Summary {
            requests,
            per_second: if seconds > 0.0 { requests as f64 / seconds } else { 0.0 },
            p50: percentile(&self.micros, 50.0),
            p90: percentile(&self.micros, 90.0),
            p99: percentile(&self.micros, 99.0),
            max: self.micros.last().copied().unwrap_or(0),
        }
    }
}

/// Throughput and latency of one run; latencies in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Requests measured.
    pub requests: usize,
    /// Requests a second.
    pub per_second: f64,
    /// Half of the requests took at most this long.
    pub p50: u32,
    /// Nine in ten took at most this long.
    pub p90: u32,
    /// Ninety-nine in a hundred took at most this long.
    pub p99: u32,
    /// The slowest.
    pub max: u32,
}

/// The nearest-rank percentile of sorted values; 0 when there are none.
pub fn percentile(sorted: &[u32], percent: f64) -> u32 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// The middle value; the mean of both middle ones when their number is even, `None` when there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let hundred: Vec<u32> = (1..=100).collect();
        for (percent, value) in [(0.0, 1), (50.0, 50), (90.0, 90), (99.0, 99), (99.1, 100), (100.0, 100)] {
            assert_eq!(percentile(&hundred, percent), value, "{percent} %");
        }
        assert_eq!(percentile(&[7], 99.0), 7);
        assert_eq!(percentile(&[], 50.0), 0);
    }

    #[test]
    fn a_summary_counts_all_clients() {
        let mut all = Latencies::default();
        for client in 1..=4_u64 {
            let mut latencies = Latencies::with_capacity(2);
            latencies.record(Duration::from_micros(client * 10));
            latencies.record(Duration::from_micros(client * 100));
            all.merge(&latencies);
        }
        let summary = all.summarize(Duration::from_secs(2));
        assert_eq!(summary, Summary { requests: 8, per_second: 4.0, p50: 40, p90: 400, p99: 400, max: 400 });
    }

    #[test]
    fn a_run_without_requests_is_all_zero() {
        let summary = Latencies::default().summarize(Duration::ZERO);
        assert_eq!(summary, Summary { requests: 0, per_second: 0.0, p50: 0, p90: 0, p99: 0, max: 0 });
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}

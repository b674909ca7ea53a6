//! Numbers for operators, in the format of Prometheus.

use std::{
    fmt,
    time::{Duration, Instant},
};

use http::StatusCode;
use muster_engine::{
    activity::stream::Health,
    retention::{Progress, Removed},
};
use muster_model::{Stream, Timestamp};
use muster_store::Store;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
        info::Info,
    },
    registry::{Registry, Unit},
};

use crate::Unauthorized;

/// Upper ends of the latency buckets, in seconds.
const LATENCIES: [f64; 14] = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What is counted, and the page that shows it.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    latencies: Family<Route, Histogram, fn() -> Histogram>,
    unauthorized: Family<Reason, Counter>,
    reads_logged: Counter,
    reads_dropped: Counter,
    removed: Family<What, Counter>,
    log_bytes: Gauge,
    postponed: Gauge,
    streams: Streams,
    webhooks: Family<Sent, Counter>,
}

/// How the activity log is streamed on (ORG-9).
#[derive(Default)]
struct Streams {
    sent: Family<To, Counter>,
    failures: Family<To, Counter>,
    failing: Family<To, Gauge>,
    waiting: Family<To, Gauge>,
    behind: Family<To, Gauge>,
    lost: Family<To, Gauge>,
}

impl Streams {
    fn registered(registry: &mut Registry) -> Self {
        let streams = Self::default();
        let Self { sent, failures, failing, waiting, behind, lost } = &streams;
        registry.register("activity_sent", "Entries of the activity log that this node has sent on", sent.clone());
        registry.register("activity_failures", "Attempts of this node to send it on that failed", failures.clone());
        registry.register("activity_failing", "1 while a stream of it does not get on", failing.clone());
        registry.register("activity_waiting", "Changes that a stream has still to send, up to 10000", waiting.clone());
        registry.register_with_unit("activity_behind", "Age of the oldest of them", Unit::Seconds, behind.clone());
        registry.register("activity_lost", "Changes that were removed before a stream sent them", lost.clone());
        streams
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct To {
    stream: &'static str,
}

impl To {
    fn of(stream: Stream) -> Self {
        Self { stream: stream.as_str() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sent {
    outcome: &'static str,
}

/// A route, as its pattern: `/scim/v2/Users/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Route {
    method: &'static str,
    route: String,
}

impl Route {
    /// A route; `None` is any path that matched none.
    pub(crate) fn new(method: &'static str, pattern: Option<String>) -> Self {
        Self { method, route: pattern.unwrap_or_else(|| "none".to_owned()) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new(store: Store) -> Self {
        let mut registry = Registry::with_prefix("muster");
        let requests = Family::default();
        let latencies: Family<Route, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(LATENCIES));
        let unauthorized = Family::default();
        let (reads_logged, reads_dropped) = (Counter::default(), Counter::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit("http_request_duration", "Time to answer", Unit::Seconds, latencies.clone());
        registry.register("unauthorized", "Requests without a valid token", unauthorized.clone());
        registry.register("read_log_lines", "Reads written to the request log", reads_logged.clone());
        registry.register("read_log_dropped", "Reads that the request log had no room for", reads_dropped.clone());
        let webhooks = Family::default();
        registry.register(
            "webhook_messages",
            "Messages sent to webhooks, by whether they were taken",
            webhooks.clone(),
        );
        let removed = Family::default();
        let (log_bytes, postponed) = (Gauge::default(), Gauge::default());
        registry.register(
            "retention_removed",
            "What this node removed because it was kept long enough",
            removed.clone(),
        );
        registry.register("request_log_bytes", "About what all request logs take in the database", log_bytes.clone());
        registry.register(
            "ledger_rows_postponed",
            "Ledger rows that are old enough to be folded, but follow from ones that are not",
            postponed.clone(),
        );
        let build = Build { version: env!("CARGO_PKG_VERSION") };
        registry.register("build", "The running program", Info::new(build));
        registry.register_collector(Box::new(StoreNumbers { store, started: Instant::now() }));
        let streams = Streams::registered(&mut registry);
        Self {
            registry,
            requests,
            latencies,
            unauthorized,
            reads_logged,
            reads_dropped,
            removed,
            log_bytes,
            postponed,
            streams,
            webhooks,
        }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, route: Route, status: StatusCode, took: Duration) {
        self.latencies.get_or_create(&route).observe(took.as_secs_f64());
        let Route { method, route } = route;
        self.requests.get_or_create(&Answered { method, route, status: status.as_u16() }).inc();
    }

    /// Counts a request without a valid token.
    pub(crate) fn unauthorized(&self, why: Unauthorized) {
        let reason = match why {
            Unauthorized::Missing => "missing",
            Unauthorized::Malformed => "malformed",
            Unauthorized::Unknown => "unknown",
            Unauthorized::NoApiToken => "api_missing",
            Unauthorized::NotApiToken => "api_unknown",
            Unauthorized::Secret => "api_secret",
            Unauthorized::SecondFactor => "api_second_factor",
        };
        self.unauthorized.get_or_create(&Reason { reason }).inc();
    }

    /// Counts reads that were written to the log.
    pub(crate) fn reads_logged(&self, lines: u64) {
        self.reads_logged.inc_by(lines);
    }

    /// Counts reads that were not.
    pub(crate) fn reads_dropped(&self, lines: u64) {
        self.reads_dropped.inc_by(lines);
    }

    /// Counts what a slice of removing came to.
    pub(crate) fn retained(&self, progress: Progress) {
        let (Progress::More(removed) | Progress::Done(removed)) = progress else { return };
        let Removed { requests, bodies, read_chunks, ledger_rows, postponed } = removed;
        let counted = [
            ("requests", requests),
            ("request_bodies", bodies),
            ("read_chunks", read_chunks),
            ("ledger_rows", ledger_rows),
        ];
        for (what, count) in counted {
            self.removed.get_or_create(&What { what }).inc_by(count);
        }
        if matches!(progress, Progress::Done(_)) {
            self.postponed.set(i64::try_from(postponed).unwrap_or(i64::MAX));
        }
    }

    /// Notes what all request logs take.
    pub(crate) fn log_bytes(&self, bytes: i64) {
        self.log_bytes.set(bytes);
    }

    /// Counts a message to a webhook.
    pub(crate) fn webhook_sent(&self, taken: bool) {
        let outcome = if taken { "delivered" } else { "failed" };
        self.webhooks.get_or_create(&Sent { outcome }).inc();
    }

    /// Counts entries of the activity log that were sent on.
    pub(crate) fn streamed(&self, stream: Stream, entries: usize) {
        self.streams.sent.get_or_create(&To::of(stream)).inc_by(u64::try_from(entries).unwrap_or(0));
    }

    /// Counts an attempt to send the activity log on that failed.
    pub(crate) fn stream_failed(&self, stream: Stream) {
        self.streams.failures.get_or_create(&To::of(stream)).inc();
    }

    /// Notes how streams of the activity log do.
    pub(crate) fn streams(&self, health: &[Health], now: Timestamp) {
        for one in health {
            let to = To::of(one.stream);
            let behind = one.waiting_since.map_or(0, |since| now.seconds().saturating_sub(since.seconds()).max(0));
            self.streams.failing.get_or_create(&to).set(i64::from(one.failing.is_some()));
            self.streams.waiting.get_or_create(&to).set(one.waiting);
            self.streams.behind.get_or_create(&to).set(behind);
            self.streams.lost.get_or_create(&to).set(i64::try_from(one.lost).unwrap_or(i64::MAX));
        }
    }

    /// The page.
    ///
    /// # Errors
    ///
    /// When a number cannot be written, which a `String` never refuses.
    pub(crate) fn page(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}

/// The store's own numbers, read when the page is.
struct StoreNumbers {
    store: Store,
    started: Instant,
}

impl fmt::Debug for StoreNumbers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreNumbers")
    }
}

impl Collector for StoreNumbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = self.store.stats();
        let size = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let gauges = [
            ("store_queued_reads", "Reads that wait for a thread", size(stats.queued_reads)),
            ("store_queued_scans", "Scans that wait for a thread", size(stats.queued_scans)),
            ("store_queued_writes", "Writes that wait for a thread", size(stats.queued_writes)),
            ("store_busy_readers", "Threads at work on reads and scans", size(stats.busy_readers)),
            ("store_largest_batch", "The most jobs that one commit has held", stats.largest_batch),
            ("store_database_bytes", "The size of the database", stats.database_bytes),
            ("store_wal_bytes", "The size of the write-ahead log", stats.wal_bytes),
            ("uptime_seconds", "How long the program has run", self.started.elapsed().as_secs()),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::<i64>::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let counters = [
            ("store_commits", "Commits", stats.commits),
            ("store_committed_jobs", "Writing jobs that were committed", stats.committed_jobs),
            ("store_retries", "Writing jobs that were run again", stats.retries),
            ("store_turned_away", "Jobs turned away because their queue stayed full", stats.turned_away),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::<u64>::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

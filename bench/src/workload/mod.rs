//! The workloads, and running one of them.

mod churn;
mod create;
mod group;
mod listing;
mod page;
mod patch;
mod read;
mod script;

use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde::Serialize;
use tokio::task::LocalSet;

use crate::connection::Connection;
use crate::error::Error;
use crate::state::{State, User};
use crate::statistics::{Latencies, Summary};
use crate::target::Target;
use listing::Course;
use script::{Script, Step};

/// Examples of wrong answers that are kept; the rest are only counted.
const EXAMPLES: usize = 3;

/// A client gives up after this many failed connections in a row.
const FAILURES_IN_A_ROW: usize = 50;

/// What the clients ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// Create a new user.
    Create,
    /// Get a random user by id.
    Get,
    /// Look a random user up by `userName eq`.
    Filter,
    /// Change `active` of a user, a real change each time.
    PatchActive,
    /// Set `active` of a user to what it already is.
    PatchNoop,
    /// Add one member to a group; it is taken out again unmeasured.
    GroupAddOne,
    /// Get the first page of users.
    PageFirst,
    /// Get a page near the end of all users, by a random `startIndex`.
    PageDeep,
    /// Walk through all users page by page.
    PageWalk,
    /// List all users once by `startIndex`, while every other client writes.
    ListIndex,
    /// List all users once by cursor, while every other client writes.
    ListCursor,
    /// Read the largest group with all members ten times, while every other client writes.
    ListGroup,
    /// Get the base URL and check nothing but the status: for the `bare` yardstick.
    Fixed,
}

impl Workload {
    /// Whether it is over when its script is, not when the time is.
    fn ends_by_itself(self) -> bool {
        matches!(self, Workload::ListIndex | Workload::ListCursor | Workload::ListGroup)
    }
}

/// How a workload is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Connections, each with one request under way.
    pub clients: usize,
    /// How long to run before measuring.
    pub warmup: Duration,
    /// How long to measure.
    pub duration: Duration,
    /// Resources on a page.
    pub page_size: usize,
    /// Which prepared group to add to, by the members it was given.
    pub group_size: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            clients: 32,
            warmup: Duration::from_secs(1),
            duration: Duration::from_secs(5),
            page_size: 100,
            group_size: 100,
        }
    }
}

impl Settings {
    /// The same, until the scripts are done.
    fn endless(&self) -> Settings {
        Settings { warmup: Duration::ZERO, duration: Duration::MAX, ..self.clone() }
    }
}

/// What a run found.
#[derive(Debug, Clone, Serialize)]
pub struct Measurement {
    /// What was asked for.
    pub workload: Workload,
    /// Connections.
    pub clients: usize,
    /// Throughput and latency of the measured requests.
    #[serde(flatten)]
    pub summary: Summary,
    /// Requests that were answered rightly and are not measured, as what is written beside a listing.
    pub beside: usize,
    /// Answers that were wrong or did not come, the warm-up's included.
    pub errors: usize,
    /// The first of them.
    pub examples: Vec<String>,
}

/// Runs a workload from a thread of its own making: one runtime, one thread.
///
/// Wrong answers are counted, not errors; `state` is brought up to date with what was acknowledged.
///
/// # Errors
///
/// The server cannot be reached at all, or `state` lacks what the workload needs.
pub fn run(target: &Target, workload: Workload, settings: &Settings, state: &mut State) -> Result<Measurement, Error> {
    let scripts = scripts(target, workload, settings, state)?;
    let settings = if workload.ends_by_itself() { settings.endless() } else { settings.clone() };
    play(target, workload, &settings, scripts, state)
}

/// Creates `count` users with as many clients as `settings` has; how long it took is part of the answer.
pub(crate) fn create(
    target: &Target,
    count: usize,
    settings: &Settings,
    state: &mut State,
) -> Result<Measurement, Error> {
    let scripts = create::scripts(target, settings.clients, Some(count));
    play(target, Workload::Create, &settings.endless(), scripts, state)
}

fn scripts(
    target: &Target,
    workload: Workload,
    settings: &Settings,
    state: &State,
) -> Result<Vec<Box<dyn Script>>, Error> {
    let clients = settings.clients;
    match workload {
        Workload::Create => Ok(create::scripts(target, clients, None)),
        Workload::Get => read::by_id(target, clients, state),
        Workload::Filter => read::by_user_name(target, clients, state),
        Workload::PatchActive => patch::scripts(target, clients, state, patch::Change::Real),
        Workload::PatchNoop => patch::scripts(target, clients, state, patch::Change::None),
        Workload::GroupAddOne => group::scripts(target, clients, state, settings.group_size),
        Workload::PageFirst => page::first(target, clients, state, settings.page_size),
        Workload::PageDeep => page::deep(target, clients, state, settings.page_size),
        Workload::PageWalk => page::walk(target, clients, state, settings.page_size),
        Workload::ListIndex => listing::scripts(target, clients, state, settings.page_size, Course::by_index()),
        Workload::ListCursor => listing::scripts(target, clients, state, settings.page_size, Course::by_cursor()),
        Workload::ListGroup => listing::scripts(target, clients, state, settings.page_size, Course::of_group()),
        Workload::Fixed => Ok(read::fixed(target, clients)),
    }
}

/// What one client found.
#[derive(Default)]
struct Findings {
    latencies: Latencies,
    beside: usize,
    errors: usize,
    examples: Vec<String>,
    created: Vec<User>,
    activity: Vec<(usize, bool)>,
    finished: Option<Instant>,
}

impl Findings {
    fn count_error(&mut self, example: String) {
        self.errors += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example);
        }
    }

    fn merge(&mut self, other: Findings) {
        self.latencies.merge(&other.latencies);
        self.beside += other.beside;
        self.errors += other.errors;
        self.examples.extend(other.examples);
        self.examples.truncate(EXAMPLES);
        self.created.extend(other.created);
        self.activity.extend(other.activity);
        self.finished = self.finished.max(other.finished);
    }
}

fn play(
    target: &Target,
    workload: Workload,
    settings: &Settings,
    scripts: Vec<Box<dyn Script>>,
    state: &mut State,
) -> Result<Measurement, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let clients = scripts.len();
    let (found, started) = LocalSet::new().block_on(&runtime, async {
        let mut connections = Vec::with_capacity(clients);
        for _ in 0..clients {
            connections.push(Connection::open(target).await?);
        }
        let started = Instant::now() + settings.warmup;
        let end = started.checked_add(settings.duration);
        let tasks: Vec<_> = connections
            .into_iter()
            .zip(scripts)
            .map(|(connection, script)| tokio::task::spawn_local(client(connection, script, started, end)))
            .collect();
        let mut found = Findings::default();
        for task in tasks {
            match task.await {
                Ok(findings) => found.merge(findings),
                Err(error) => found.count_error(format!("a client stopped: {error}")),
            }
        }
        Ok::<_, Error>((found, started))
    })?;
    let elapsed = found.finished.map_or(Duration::ZERO, |finished| finished.saturating_duration_since(started));
    state.apply(found.created, found.activity);
    Ok(Measurement {
        workload,
        clients,
        summary: found.latencies.summarize(elapsed.min(settings.duration)),
        beside: found.beside,
        errors: found.errors,
        examples: found.examples,
    })
}

/// Plays one script until `end`, or until the script is done. What began before `started` or ends after `end` is
/// checked, but not measured.
async fn client(
    mut connection: Connection,
    mut script: Box<dyn Script>,
    started: Instant,
    end: Option<Instant>,
) -> Findings {
    let mut found = Findings { latencies: Latencies::with_capacity(64 * 1024), ..Findings::default() };
    let mut request = Vec::with_capacity(4 * 1024);
    let mut failures = 0;
    loop {
        let step = script.request(&mut request);
        let sent = Instant::now();
        if step == Step::Done || end.is_some_and(|end| sent >= end) || failures == FAILURES_IN_A_ROW {
            break;
        }
        match connection.exchange(&request).await {
            Ok(answer) => {
                failures = 0;
                let received = Instant::now();
                if step == Step::Measured && sent >= started && end.is_none_or(|end| received <= end) {
                    found.latencies.record(received - sent);
                    found.finished = Some(received);
                }
                match script.check(&answer) {
                    Ok(()) => found.beside += usize::from(step == Step::Unmeasured),
                    Err(mismatch) => found.count_error(mismatch),
                }
            }
            Err(error) => {
                failures += 1;
                found.count_error(error.chain());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    found.finished = found.finished.max(end);
    let acknowledged = script.finish();
    found.created = acknowledged.created;
    found.activity = acknowledged.activity;
    found
}

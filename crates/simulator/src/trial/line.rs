//! The line to the server: at most so many requests a second, and patience when it asks for some.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::Clock;
use super::findings::{Fault, Findings, example, kind, writes};
use super::timings::Timing;
use crate::idp::Idp;
use crate::transport::{Request, Response, Transport};

/// How often a request is sent whose answer does not come.
const ATTEMPTS: u32 = 3;
/// How often a request is sent that the server puts off.
const POSTPONEMENTS: u32 = 8;

/// What all requests of a trial came to.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) findings: Findings,
    pub(super) timings: BTreeMap<String, Timing>,
    pub(super) requests: u64,
    pub(super) postponed: u64,
}

/// How a request went.
pub(super) enum Sent {
    /// An answer came; `doubtful` if an earlier attempt may have been carried out already.
    Came { response: Response, doubtful: bool },
    /// The server puts it off for longer than the trial waits.
    Postponed,
    /// No answer came, or only failures.
    Lost,
}

/// The way to the server.
pub(super) struct Line<'a, T, C> {
    pub(super) idp: Idp,
    transport: &'a T,
    clock: &'a C,
    /// Between two requests.
    interval: Duration,
    /// The longest that a request is put off.
    patience: Duration,
    /// When the next request may go.
    next: Cell<Duration>,
    /// A change was put off for good, and none has succeeded since: a server that holds one back holds back more.
    held: Cell<bool>,
    journal: &'a RefCell<Journal>,
}

impl<'a, T: Transport, C: Clock> Line<'a, T, C> {
    pub(super) fn new(
        idp: Idp,
        (transport, clock): (&'a T, &'a C),
        rate: Option<u32>,
        patience: Duration,
        journal: &'a RefCell<Journal>,
    ) -> Self {
        let interval = rate.and_then(|rate| Duration::from_secs(1).checked_div(rate)).unwrap_or_default();
        let (next, held) = (Cell::new(Duration::ZERO), Cell::new(false));
        Line { idp, transport, clock, interval, patience, next, held, journal }
    }

    /// How many requests were sent so far, whoever sent them.
    pub(super) fn requests(&self) -> u64 {
        self.journal.borrow().requests
    }

    /// Notes something wrong with an answer.
    pub(super) fn note(&self, fault: Fault, detail: &str, request: &Request, response: Option<&Response>, why: String) {
        let kind = kind(request.method.as_str(), &request.path);
        let about = if detail.is_empty() { kind } else { format!("{kind}: {detail}") };
        self.journal.borrow_mut().findings.note(self.idp, fault, about, || example(request, response, why));
    }

    /// Sends a request, again where an IdP would.
    pub(super) async fn send(&self, request: &Request) -> Sent {
        let (mut doubtful, mut waited, mut failures, mut postponements) = (false, Duration::ZERO, 0, 0);
        loop {
            self.wait_for_turn().await;
            let begun = self.clock.now();
            let answered = self.transport.send(request).await;
            let failed = match answered {
                Err(error) => {
                    self.count(request, self.clock.now().saturating_sub(begun));
                    self.note(Fault::NoAnswer, "", request, None, error.to_string());
                    true
                }
                Ok(response) => {
                    self.count(request, response.took.unwrap_or_else(|| self.clock.now().saturating_sub(begun)));
                    match response.status {
                        429 | 503 => {
                            postponements += 1;
                            let asked = retry_after(&response);
                            if asked.is_none() {
                                let status = format!("status {}", response.status);
                                self.note(
                                    Fault::RetryAfter,
                                    &status,
                                    request,
                                    Some(&response),
                                    "no Retry-After".into(),
                                );
                            }
                            let wait = asked.unwrap_or_else(|| backoff(postponements));
                            waited += wait;
                            if self.held.get() || waited > self.patience || postponements > POSTPONEMENTS {
                                self.put_off(request, &response);
                                return Sent::Postponed;
                            }
                            self.journal.borrow_mut().postponed += 1;
                            // Whoever throttles means everybody; whoever is unavailable may mean this request alone.
                            if response.status == 429 {
                                self.hold(wait);
                            } else {
                                self.clock.sleep(wait).await;
                            }
                            continue;
                        }
                        500 | 502 | 504.. => {
                            let status = format!("status {}", response.status);
                            self.note(Fault::ServerError, &status, request, Some(&response), "it failed".into());
                            true
                        }
                        _ => {
                            if writes(request) && response.status < 300 {
                                self.held.set(false);
                            }
                            return Sent::Came { response, doubtful };
                        }
                    }
                }
            };
            doubtful |= failed;
            failures += 1;
            if failures >= ATTEMPTS {
                return Sent::Lost;
            }
            self.clock.sleep(backoff(failures)).await;
        }
    }

    async fn wait_for_turn(&self) {
        loop {
            let now = self.clock.now();
            let turn = self.next.get().max(now);
            if turn <= now {
                self.next.set(now + self.interval);
                return;
            }
            if !self.interval.is_zero() {
                // This turn is taken: the next one is after it.
                self.next.set(turn + self.interval);
                self.clock.sleep(turn.saturating_sub(now)).await;
                return;
            }
            self.clock.sleep(turn.saturating_sub(now)).await;
        }
    }

    /// Nobody sends anything for so long.
    fn hold(&self, length: Duration) {
        self.next.set(self.next.get().max(self.clock.now() + length));
    }

    fn put_off(&self, request: &Request, response: &Response) {
        self.held.set(true);
        let why = match retry_after(response) {
            Some(wait) => format!("Retry-After: {} seconds", wait.as_secs()),
            None => "again and again".to_owned(),
        };
        self.note(Fault::Held, &format!("status {}", response.status), request, Some(response), why);
    }

    fn count(&self, request: &Request, took: Duration) {
        let mut journal = self.journal.borrow_mut();
        journal.requests += 1;
        let kind = kind(request.method.as_str(), &request.path);
        match journal.timings.get_mut(&kind) {
            Some(timing) => timing.add(took),
            None => {
                let mut timing = Timing::default();
                timing.add(took);
                journal.timings.insert(kind, timing);
            }
        }
    }
}

/// Doubling from a second on, up to half a minute.
fn backoff(times: u32) -> Duration {
    Duration::from_secs(1 << times.saturating_sub(1).min(5)).min(Duration::from_secs(30))
}

/// What `Retry-After` asks for in seconds; a date, which few send, is taken for a minute.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if value.is_empty() {
        return None;
    }
    Some(value.parse().map_or(Duration::from_secs(60), Duration::from_secs))
}

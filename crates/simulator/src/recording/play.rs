//! Playing a recording to another server, and comparing what it answers.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::Value;

use super::ids::Ids;
use super::{Head, Made, Missing, Reader, Recorded, RecordingError};
use crate::idp::Idp;
use crate::step::Method;
use crate::transport::{Request, Response, Transport};
use crate::trial::{Clock, kind};

/// So many differences are kept; more are counted.
const KEPT: usize = 1_000;
/// How often a request is sent again that the server puts off.
const POSTPONEMENTS: u32 = 8;

/// How a recording is played.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Requests a second at most; no limit without.
    pub rate: Option<u32>,
    /// The longest, in all, that a request is put off because the server asks for it, other than the recorded one did.
    pub patience: Duration,
}

/// What came of a recording.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The recording's first line.
    pub head: Head,
    /// By kind of request.
    pub kinds: BTreeMap<String, Tally>,
    /// What was answered otherwise, in order; the first 1,000.
    pub differences: Vec<Difference>,
    /// Why requests were not sent, and how many.
    pub skipped: BTreeMap<String, usize>,
    /// How long it took.
    pub took: Duration,
    /// Whether it was ended before its end.
    pub stopped: bool,
}

/// How requests of one kind went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answered with the same status.
    pub same: usize,
    /// Answered with another, or not at all.
    pub different: usize,
    /// Not sent.
    pub skipped: usize,
}

/// A request that was answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where it is in the recording, from 1; the head is line 1.
    pub line: usize,
    /// Method and path, as they were sent.
    pub request: String,
    /// The status in the recording.
    pub recorded: u16,
    /// The status that came; `None` if there was no answer.
    pub answered: Option<u16>,
    /// What the server says of it.
    pub why: String,
}

impl Verdict {
    /// Whether every request that was sent was answered as it was before, and there were some.
    pub fn passed(&self) -> bool {
        let sum = self.sum();
        sum.different == 0 && sum.same > 0 && !self.stopped
    }

    /// All kinds together.
    pub fn sum(&self) -> Tally {
        self.kinds.values().fold(Tally::default(), |sum, tally| Tally {
            same: sum.same + tally.same,
            different: sum.different + tally.different,
            skipped: sum.skipped + tally.skipped,
        })
    }
}

/// Plays a recording in its order, one request after the other; `watch` hears after each how many there were, and may end
/// it.
///
/// # Errors
///
/// What comes of the recording cannot be read. What was played by then stays.
pub async fn play<R: BufRead>(
    recording: &mut Reader<R>,
    transport: &impl Transport,
    clock: &impl Clock,
    options: Options,
    mut watch: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Verdict, RecordingError> {
    let begun = clock.now();
    let mut player = Player { transport, clock, options, ids: Ids::default(), next: Duration::ZERO };
    let mut verdict = Verdict {
        head: recording.head().clone(),
        kinds: BTreeMap::new(),
        differences: Vec::new(),
        skipped: BTreeMap::new(),
        took: Duration::ZERO,
        stopped: false,
    };
    let mut done = 0;
    while let Some(recorded) = recording.next_request()? {
        let ended = player.play(&recorded, recording.line()).await;
        let tally = verdict.kinds.entry(kind(&recorded.method, &recorded.path)).or_default();
        match ended {
            Ended::Same => tally.same += 1,
            Ended::Different(difference) => {
                tally.different += 1;
                if verdict.differences.len() < KEPT {
                    verdict.differences.push(difference);
                }
            }
            Ended::Skipped(why) => {
                tally.skipped += 1;
                *verdict.skipped.entry(why).or_default() += 1;
            }
        }
        done += 1;
        if watch(done).is_break() {
            verdict.stopped = true;
            break;
        }
    }
    verdict.took = clock.now().saturating_sub(begun);
    Ok(verdict)
}

/// How one request ended.
enum Ended {
    Same,
    Different(Difference),
    Skipped(String),
}

/// The way to the server, and what is known of its ids.
struct Player<'a, T, C> {
    transport: &'a T,
    clock: &'a C,
    options: Options,
    ids: Ids,
    /// When the next request may go.
    next: Duration,
}

impl<T: Transport, C: Clock> Player<'_, T, C> {
    async fn play(&mut self, recorded: &Recorded, line: usize) -> Ended {
        let request = match self.prepare(recorded) {
            Ok(request) => request,
            Err(why) => {
                self.learn(recorded, line, None);
                return Ended::Skipped(why);
            }
        };
        let difference = |answered, why| {
            Ended::Different(Difference {
                line,
                request: request.to_string(),
                recorded: recorded.status,
                answered,
                why,
            })
        };
        let response = match self.send(&request, recorded.status).await {
            Ok(response) => response,
            Err(why) => {
                self.learn(recorded, line, None);
                return difference(None, why);
            }
        };
        let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        self.learn(recorded, line, Some((&response, &body)));
        if agree(request.method, recorded.status, response.status) {
            return Ended::Same;
        }
        let why = body["detail"].as_str().unwrap_or_default().chars().take(200).collect();
        difference(Some(response.status), why)
    }

    /// The request for the played server; or why there is none.
    fn prepare(&self, recorded: &Recorded) -> Result<Request, String> {
        match recorded.missing {
            Some(Missing::Body) if is_bulk(&recorded.path) => {
                return Err("a Bulk, whose operations are requests of their own here".to_owned());
            }
            Some(Missing::Body) => return Err("its body was not recorded".to_owned()),
            Some(Missing::Path) => return Err("its path was too long to be recorded".to_owned()),
            None => {}
        }
        let method = match recorded.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            _ => return Err(format!("SCIM knows no {}", recorded.method)),
        };
        if recorded.status == 412 {
            return Err("the condition that it failed on was not recorded".to_owned());
        }
        if has_cursor(&recorded.path) {
            return Err("its cursor is the recorded server's own".to_owned());
        }
        let lost = |_| "what it names was not made here".to_owned();
        if recorded.status < 400 && named(&recorded.path).is_some_and(|id| !self.ids.has(id)) {
            return Err("what it names was made before the recording begins".to_owned());
        }
        let path = self.ids.path(&recorded.path).map_err(lost)?;
        let body = recorded.body.as_ref().map(|body| self.ids.body(body)).transpose().map_err(lost)?;
        Ok(Request { method, path, headers: headers(recorded.idp.as_deref(), body.is_some()), body })
    }

    /// Sends a request, again where the server asks for that as the recorded one did not.
    async fn send(&mut self, request: &Request, recorded: u16) -> Result<Response, String> {
        let (mut waited, mut times) = (Duration::ZERO, 0);
        loop {
            self.wait_for_turn().await;
            let response = self.transport.send(request).await.map_err(|error| error.to_string())?;
            if !matches!(response.status, 429 | 503) || response.status == recorded {
                return Ok(response);
            }
            let asked = response.header("retry-after").and_then(|value| value.trim().parse().ok());
            let wait = Duration::from_secs(asked.unwrap_or(1 << times));
            waited += wait;
            times += 1;
            if waited > self.options.patience || times > POSTPONEMENTS {
                return Ok(response);
            }
            self.clock.sleep(wait).await;
        }
    }

    async fn wait_for_turn(&mut self) {
        let now = self.clock.now();
        if self.next > now {
            self.clock.sleep(self.next.saturating_sub(now)).await;
        }
        let interval = self.options.rate.and_then(|rate| Duration::from_secs(1).checked_div(rate)).unwrap_or_default();
        self.next = self.next.max(now) + interval;
    }

    /// Notes which ids the played server gave instead of the recorded ones.
    fn learn(&mut self, recorded: &Recorded, line: usize, answer: Option<(&Response, &Value)>) {
        let answer = answer.filter(|(response, _)| response.status < 300);
        match (&recorded.made, answer) {
            (Some(Made::One(id)), Some((response, body))) => {
                let made = body["id"].as_str().or_else(|| response.header("location").and_then(last));
                self.note(id, made, line);
            }
            (Some(Made::Each(ids)), Some((_, body))) => {
                let operations = body["Operations"].as_array().map_or(&[][..], Vec::as_slice);
                for (bulk_id, id) in ids {
                    let made = operations.iter().find(|operation| operation["bulkId"] == bulk_id.as_str());
                    self.note(id, made.and_then(|made| made["location"].as_str()).and_then(last), line);
                }
            }
            (Some(made), None) => made.ids().into_iter().for_each(|id| self.ids.lose(id, line)),
            (None, _) => {}
        }
    }

    fn note(&mut self, recorded: &str, made: Option<&str>, line: usize) {
        match made {
            Some(made) => self.ids.know(recorded, made),
            None => self.ids.lose(recorded, line),
        }
    }
}

/// Whether an answer is as good as the recorded one: RFC 7644 §3.5.2 leaves it to the server whether a PATCH is answered
/// with the resource, and conditions (304) are not recorded.
fn agree(method: Method, recorded: u16, answered: u16) -> bool {
    recorded == answered
        || (method == Method::Patch && matches!((recorded, answered), (200, 204) | (204, 200)))
        || (method == Method::Get && (recorded, answered) == (304, 200))
}

/// The headers of the identity provider that it seemed to come from.
fn headers(idp: Option<&str>, with_body: bool) -> Vec<(&'static str, String)> {
    let known = idp.and_then(|name| Idp::ALL.into_iter().find(|idp| idp.title() == name || idp.slug() == name));
    known.unwrap_or(Idp::Ping).headers(with_body)
}

fn is_bulk(path: &str) -> bool {
    path.split('?').next().is_some_and(|path| path.trim_end_matches('/').eq_ignore_ascii_case("/Bulk"))
}

/// Whether a page is asked for by a cursor that an answer gave.
fn has_cursor(path: &str) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair.split_once('=').is_some_and(|(name, value)| name == "cursor" && !value.is_empty()))
}

/// The resource that a path names.
fn named(path: &str) -> Option<&str> {
    let mut segments = path.split('?').next()?.split('/').filter(|segment| !segment.is_empty());
    let endpoint = segments.next()?;
    let is_resource = endpoint.eq_ignore_ascii_case("Users") || endpoint.eq_ignore_ascii_case("Groups");
    segments.next().filter(|id| is_resource && *id != ".search")
}

fn last(location: &str) -> Option<&str> {
    location.trim_end_matches('/').rsplit('/').next().filter(|id| !id.is_empty())
}

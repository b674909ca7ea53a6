//! A client of the management API: exchanges the token, sends, waits where it is told to, and sends again what broke.

use std::{cell::RefCell, fmt, thread, time::Duration};

use axum::body::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use muster_crypto::Secret;
use muster_engine::Surroundings as _;
use muster_outbound::{Allowed, Limits, Outbound, OutboundError, SystemResolver, Trust};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{access::Access, error::ServerError};
use crate::surroundings::System;

/// How often one request is sent at most.
const TRIES: u32 = 4;
/// The longest wait that a server can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(90);
/// The most results of a page.
pub(super) const PAGE: usize = 100;
/// Exports are answered whole.
const LIMITS: Limits =
    Limits { body_bytes: 512 << 20, connect: Duration::from_secs(10), whole: Duration::from_secs(600) };

/// A server, as whoever holds a token.
pub(crate) struct Client {
    outbound: Outbound,
    runtime: Runtime,
    access: Access,
    bearer: RefCell<Option<Secret>>,
}

/// A page of a list, as the management API answers it.
#[derive(Debug, Deserialize)]
struct Page<T> {
    count: i64,
    next: Option<String>,
    results: Vec<T>,
}

/// What was collected of a list.
#[derive(Debug)]
pub(super) struct Collected<T> {
    /// How many there are.
    pub(super) count: i64,
    /// As many as were asked for.
    pub(super) results: Vec<T>,
    /// Where the list goes on, if it does.
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
}

/// Tells nothing that opens anything.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.access.url.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of this server. It goes to no other host, wherever it is redirected.
    pub(crate) fn new(access: Access) -> Result<Self, ServerError> {
        // Whoever runs the command names the server: it may be on a private address.
        let host = access.url.host_str().unwrap_or_default();
        let allowed: Allowed = host.parse().unwrap_or_default();
        let outbound = Outbound::with(allowed, SystemResolver, &Trust::System, LIMITS)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { outbound, runtime, access, bearer: RefCell::new(None) })
    }

    /// Reads what is at a path.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, ServerError> {
        read(&self.get_bytes(path, query)?)
    }

    /// The same, as it is.
    pub(super) fn get_bytes(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Bytes, ServerError> {
        self.send(Method::GET, self.at(path, query), None)
    }

    /// Changes what is at a path, once, however often it has to be sent; what was answered.
    pub(super) fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ServerError> {
        read(&self.write_bytes(method, path, body)?)
    }

    /// The same, where the answer may be empty.
    pub(super) fn write_bytes(
        &self,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<Bytes, ServerError> {
        let body = serde_json::to_vec(body).map_err(std::io::Error::other)?;
        self.send(method, self.at(path, &[]), Some(body.into()))
    }

    /// Does what is at a path, with nothing to say but the query.
    pub(super) fn post_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ServerError> {
        read(&self.send(Method::POST, self.at(path, query), None)?)
    }

    /// Ends what is at a path.
    pub(super) fn delete(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(), ServerError> {
        self.send(Method::DELETE, self.at(path, query), None).map(drop)
    }

    /// The same, with what is told of it, if anything is.
    pub(super) fn end<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<T>, ServerError> {
        let told = self.send(Method::DELETE, self.at(path, query), None)?;
        if told.is_empty() { Ok(None) } else { read(&told).map(Some) }
    }

    /// At most `limit` results of a list, page after page.
    pub(super) fn collect<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        mut after: Option<String>,
        limit: usize,
    ) -> Result<Collected<T>, ServerError> {
        let mut results = Vec::new();
        loop {
            let size = limit.saturating_sub(results.len()).clamp(1, PAGE).to_string();
            let mut asked = query.to_vec();
            asked.push(("page_size", &size));
            asked.extend(after.as_deref().map(|after| ("after", after)));
            let page: Page<T> = self.get(path, &asked)?;
            results.extend(page.results);
            let next = page.next.as_deref().and_then(place);
            if next.is_none() || results.len() >= limit {
                return Ok(Collected { count: page.count, results, next });
            }
            after = next;
        }
    }

    fn at(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.access.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v2");
            for segment in path {
                // These would mean other places.
                segments.push(if matches!(*segment, "" | "." | "..") { "-" } else { segment });
            }
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn send(&self, method: Method, url: Url, body: Option<Bytes>) -> Result<Bytes, ServerError> {
        let key = (method != Method::GET).then(key);
        let mut tries = 0;
        loop {
            tries += 1;
            let bearer = self.bearer()?;
            let mut request = Request::builder()
                .method(method.clone())
                .uri(url.as_str())
                .header(header::AUTHORIZATION, format!("Bearer {}", bearer.expose()))
                .header(header::ACCEPT, "application/json");
            if let Some(key) = &key {
                request = request.header("idempotency-key", key);
            }
            if body.is_some() {
                request = request.header(header::CONTENT_TYPE, "application/json");
            }
            let request = request.body(body.clone().unwrap_or_default()).map_err(std::io::Error::other)?;
            let answer = self.runtime.block_on(self.outbound.send(request));
            match after(answer, tries)? {
                Next::Done(body) => return Ok(body),
                Next::Wait(wait) => thread::sleep(wait),
                // It lives ten minutes, which some commands take.
                Next::Exchange => drop(self.bearer.take()),
            }
        }
    }

    /// What opens the management API for ten minutes.
    fn bearer(&self) -> Result<Secret, ServerError> {
        if let Some(bearer) = self.bearer.borrow().as_ref() {
            return Ok(bearer.clone());
        }
        let body = json!({"secret": self.access.token.expose()}).to_string();
        let mut tries = 0;
        let body = loop {
            tries += 1;
            let request = Request::post(self.at(&["auth", "token"], &[]).as_str())
                .header(header::CONTENT_TYPE, "application/json")
                .body(Bytes::from(body.clone()))
                .map_err(std::io::Error::other)?;
            match after(self.runtime.block_on(self.outbound.send(request)), tries.max(2))? {
                Next::Done(body) => break body,
                Next::Wait(wait) => thread::sleep(wait),
                Next::Exchange => {}
            }
        };
        let bearer = Secret::new(read::<Exchanged>(&body)?.access_token);
        self.bearer.replace(Some(bearer.clone()));
        Ok(bearer)
    }
}

/// What follows an answer.
enum Next {
    Done(Bytes),
    Wait(Duration),
    Exchange,
}

/// Decides what follows an answer to what was sent so often.
fn after(answer: Result<Response<Bytes>, OutboundError>, tries: u32) -> Result<Next, ServerError> {
    let answer = match answer {
        Ok(answer) => answer,
        // Whether it was done is not known: under its key, it is done once.
        Err(OutboundError::Connection(_)) if tries < TRIES => {
            return Ok(Next::Wait(Duration::from_millis(200) * tries.pow(2)));
        }
        Err(error) => return Err(error.into()),
    };
    let status = answer.status();
    if status.is_success() {
        return Ok(Next::Done(answer.into_body()));
    }
    let is_busy = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let wait = answer.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
    match wait.map(Duration::from_secs) {
        Some(wait) if is_busy && tries < TRIES && wait <= LONGEST_WAIT => return Ok(Next::Wait(wait)),
        _ => {}
    }
    if status == StatusCode::UNAUTHORIZED && tries == 1 {
        return Ok(Next::Exchange);
    }
    Err(ServerError::refused(status, answer.body()))
}

/// What a request is known by that is sent again.
fn key() -> String {
    let mut bytes = [0; 16];
    System::default().random(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The place that the address of the next page names. Where else it leads is not followed.
pub(super) fn place(next: &str) -> Option<String> {
    let url = Url::parse(next).ok()?;
    url.query_pairs().find_map(|(name, value)| (name == "after").then(|| value.into_owned()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServerError> {
    serde_json::from_slice(body).map_err(ServerError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Result<Response<Bytes>, OutboundError> {
        let mut answer = Response::builder().status(status);
        if let Some(wait) = retry_after {
            answer = answer.header(header::RETRY_AFTER, wait);
        }
        Ok(answer
            .body(Bytes::from_static(br#"{"detail": "no", "errinfo": {"name": "is taken"}, "trace_id": "t"}"#))
            .unwrap())
    }

    #[test]
    fn waiting_is_as_long_as_the_server_says_and_not_for_ever() {
        assert!(matches!(after(answer(429, Some("7")), 1), Ok(Next::Wait(wait)) if wait == Duration::from_secs(7)));
        for refused in [answer(429, None), answer(429, Some("3600")), answer(400, Some("1"))] {
            assert!(matches!(after(refused, 1), Err(ServerError::Refused { .. })));
        }
        assert!(matches!(after(answer(429, Some("7")), TRIES), Err(ServerError::Refused { .. })));
        let broken = || Err(OutboundError::Connection("h".to_owned()));
        assert!(matches!(after(broken(), 1), Ok(Next::Wait(_))));
        assert!(matches!(after(broken(), TRIES), Err(ServerError::NoAnswer(_))));
    }

    #[test]
    fn a_refusal_is_told_with_its_fields_and_trace() {
        let Err(error) = after(answer(400, None), 1) else { panic!("it was no success") };
        assert_eq!(error.to_string(), "no; `name`: is taken [TraceID t]");
    }

    #[test]
    fn a_bearer_token_is_exchanged_again_once() {
        assert!(matches!(after(answer(401, None), 1), Ok(Next::Exchange)));
        assert!(matches!(after(answer(401, None), 2), Err(ServerError::Refused { .. })));
    }
}

//! The signed request of a message, and what the answer to it means.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use muster_crypto::WebhookSecret;
use muster_engine::webhooks::sending::Outcome;
use muster_model::Timestamp;

use crate::App;

/// Sends a message: its body under its id, signed with each of the secrets.
pub(super) async fn send(
    app: &App,
    url: &str,
    secrets: &[String],
    (id, body): (&str, String),
) -> (Outcome, Option<Response<Bytes>>) {
    let now = app.surroundings().now();
    let request = match request(url, secrets, id, now, body) {
        Ok(request) => request,
        Err(why) => return (failed(now, None, why), None),
    };
    let answer = app.outbound().send(request).await;
    let at = app.surroundings().now();
    match answer {
        Ok(answer) => (outcome(at, &answer), Some(answer)),
        Err(error) => (failed(at, None, error.to_string()), None),
    }
}

fn request(url: &str, secrets: &[String], id: &str, now: Timestamp, body: String) -> Result<Request<Bytes>, String> {
    if secrets.is_empty() {
        return Err("the webhook has no secret yet: make it a new one".to_owned());
    }
    let mut signatures = Vec::new();
    for secret in secrets {
        let secret = WebhookSecret::parse(secret).map_err(|error| error.to_string())?;
        signatures.push(secret.sign(id, now.seconds(), body.as_bytes()));
    }
    Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", now.seconds())
        .header("webhook-signature", signatures.join(" "))
        .body(Bytes::from(body))
        .map_err(|error| error.to_string())
}

fn outcome(at: Timestamp, answer: &Response<Bytes>) -> Outcome {
    let status = answer.status();
    if status.is_success() {
        return Outcome { at, status: Some(status.as_u16()), failure: None, retry_after: None };
    }
    // What else it says is not kept: it may name people.
    let retry_after = retry_after(answer.headers());
    Outcome { retry_after, ..failed(at, Some(status.as_u16()), format!("the web server answers {status}")) }
}

fn failed(at: Timestamp, status: Option<u16>, why: String) -> Outcome {
    Outcome { at, status, failure: Some(why), retry_after: None }
}

/// After how many seconds a web server asks to be tried again (RFC 9110 §10.2.3); a date is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

//! The simulator's trial, against the router in memory: it passes, and each flaw put in its way is found and named.

use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use muster_simulator::{
    Idp, Request, Response, Transport,
    step::Method,
    transport::TransportError,
    trial::{self, Clock, Fault, Observer, Plan, Progress, Verdict},
};
use serde_json::{Value, json};

use crate::{exchanges::InMemory, support::Server};

/// A clock on which waiting takes no time.
#[derive(Default)]
struct Timeless(Cell<Duration>);

impl Clock for Timeless {
    fn now(&self) -> Duration {
        self.0.get()
    }

    async fn sleep(&self, length: Duration) {
        self.0.set(self.0.get() + length);
    }
}

struct Nobody;

impl Observer for Nobody {
    fn progress(&self, _: &Progress<'_>) {}
}

fn plan(idps: &[Idp]) -> Plan {
    Plan {
        idps: idps.to_vec(),
        users: 20,
        groups: 4,
        days: 2,
        churn: 400,
        rate: Some(100),
        parallel: 3,
        patience: Duration::from_secs(60),
        seed: 7,
        mistakes: true,
        keep: false,
        domain: "example.com".into(),
        suffix: "r1".into(),
        group_prefix: "moby:".into(),
    }
}

/// What a flawed server does with a request: its own answer, or what it makes of the right one.
enum Doing {
    /// Answers without doing anything.
    Instead(Result<Response, TransportError>),
    /// Does it and answers otherwise.
    After(fn(&mut Response, &mut Value)),
    /// Does it, and the answer is lost.
    Lost,
}

/// What a flawed server does with a request, by its content and its number; `None`: nothing special.
type Flaw = fn(&Request, usize) -> Option<Doing>;

/// A server with one flaw.
struct Flawed<'s> {
    server: InMemory<'s>,
    flaw: Flaw,
    count: AtomicUsize,
}

impl Transport for Flawed<'_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        match (self.flaw)(request, count) {
            None => self.server.send(request).await,
            Some(Doing::Instead(answer)) => answer,
            Some(Doing::Lost) => {
                self.server.send(request).await?;
                Err(TransportError { reason: "the connection was closed".into() })
            }
            Some(Doing::After(change)) => {
                let mut response = self.server.send(request).await?;
                let mut body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
                change(&mut response, &mut body);
                if !body.is_null() {
                    response.body = body.to_string().into_bytes();
                }
                Ok(response)
            }
        }
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.as_bytes().to_vec(), took: None }
}

fn done() -> Option<Doing> {
    Some(Doing::Instead(Ok(answer(204, &[], ""))))
}

fn text(request: &Request) -> String {
    request.body.as_ref().map(Value::to_string).unwrap_or_default()
}

fn is_list(request: &Request) -> bool {
    request.method == Method::Get && request.path.contains("count=100") && !request.path.contains("filter")
}

/// A server that lets everybody go at once.
fn unguarded() -> Server {
    let server = Server::new();
    server.world.settings(server.connection, |settings| settings.scim.mass_change_guard = false);
    server
}

async fn flawed(idp: Idp, flaw: Flaw) -> Verdict {
    let server = unguarded();
    let transport = Flawed { server: InMemory(&server), flaw, count: AtomicUsize::new(0) };
    trial::run(&plan(&[idp]), &transport, &Timeless::default(), &Nobody).await
}

fn told(verdict: &Verdict) -> String {
    let lines = verdict
        .findings
        .iter()
        .map(|finding| format!("{} {}: {:?}", finding.fault.slug(), finding.about, finding.example));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_identity_provider_lives_with_the_server_without_a_finding() {
    for idp in Idp::ALL {
        let server = unguarded();
        let verdict = trial::run(&plan(&[idp]), &InMemory(&server), &Timeless::default(), &Nobody).await;
        assert!(verdict.passed(), "{idp}: {:?}\n{}", verdict.stopped, told(&verdict));
        assert!(verdict.compared.users >= 20 && verdict.compared.doubtful == 0, "{idp}: {:?}", verdict.compared);
        assert_eq!(verdict.compared.groups > 0, idp.pushes_groups());
        assert!(verdict.compared.by_cursor, "the server advertises cursors");
        assert_eq!(verdict.left, 0, "{idp} cleans up");
        assert!(
            server.get("/Users").await.value()["totalResults"] == 0
                && server.get("/Groups").await.value()["totalResults"] == 0
        );
    }
}

#[tokio::test]
async fn each_flaw_is_found_and_named() {
    let flaws: &[(Fault, Idp, Flaw)] = &[
        (Fault::WrongId, Idp::Entra, |request, _| {
            let one = request.method == Method::Get && request.path.starts_with("/Users/");
            one.then_some(Doing::After(|_, body| body["id"] = json!("0190f5fe-7c2a-7000-8000-0123456789ab")))
        }),
        (Fault::LostUpdate, Idp::Entra, |request, _| {
            (request.method == Method::Patch && text(request).contains("\"title\"")).then(done).flatten()
        }),
        (Fault::Answer, Idp::Okta, |request, _| {
            (request.method == Method::Put).then_some(Doing::After(|_, body| body["title"] = json!("?")))
        }),
        (Fault::StillActive, Idp::Google, |request, _| text(request).contains("\"value\":false").then(done).flatten()),
        (Fault::StillActive, Idp::Okta, |request, _| text(request).contains("\"active\":false").then(done).flatten()),
        (Fault::NotActive, Idp::Google, |request, _| text(request).contains("\"value\":true").then(done).flatten()),
        (Fault::TotalResults, Idp::Okta, |request, _| {
            is_list(request).then_some(Doing::After(|_, body| {
                body["totalResults"] = json!(body["totalResults"].as_u64().map(|total| total + 1));
            }))
        }),
        (Fault::NotListed, Idp::Okta, |request, _| {
            is_list(request)
                .then_some(Doing::After(|_, body| drop(body["Resources"].as_array_mut().and_then(Vec::pop))))
        }),
        (Fault::ListedTwice, Idp::Okta, |request, _| {
            is_list(request).then_some(Doing::After(|_, body| {
                if let Some(list) = body["Resources"].as_array_mut() {
                    list.extend(list.first().cloned());
                }
            }))
        }),
        (Fault::Cursor, Idp::Okta, |request, _| {
            request.path.contains("cursor").then_some(Doing::After(|_, body| body["nextCursor"] = json!("again")))
        }),
        (Fault::MemberMissing, Idp::JumpCloud, |request, count| {
            (count % 2 == 0 && text(request).contains("\"op\":\"add\"")).then(done).flatten()
        }),
        (Fault::MemberExtra, Idp::Entra, |request, _| text(request).contains("\"op\":\"Remove\"").then(done).flatten()),
        (Fault::Duplicate, Idp::Ping, |request, _| {
            (request.method == Method::Post).then_some(Doing::After(|response, body| {
                if response.status == 409 {
                    response.status = 201;
                    *body = json!({"schemas": ["x"], "id": "7", "meta": {"resourceType": "User"}});
                }
            }))
        }),
        (Fault::DeletedAnswers, Idp::OneLogin, |request, _| (request.method == Method::Delete).then(done).flatten()),
        (Fault::Filter, Idp::Okta, |request, _| {
            request.path.contains("filter=userName").then_some(Doing::After(|_, body| {
                *body = json!({"schemas": body["schemas"], "totalResults": 0, "Resources": []});
            }))
        }),
        (Fault::Filter, Idp::Okta, |request, _| {
            request.path.contains("filter=userName").then_some(Doing::After(|_, body| {
                *body = json!({"schemas": body["schemas"], "totalResults": 1, "Resources": [{"id": "7", "userName": "eve"}]});
            }))
        }),
        (Fault::FilterCase, Idp::Okta, |request, _| {
            request.path.contains("EXAMPLE.COM").then_some(Doing::After(|_, body| {
                *body = json!({"schemas": body["schemas"], "totalResults": 0, "Resources": []});
            }))
        }),
        (Fault::NotJson, Idp::Google, |request, count| {
            let page = answer(200, &[("content-type", "text/html")], "<html>");
            (count > 5 && request.method == Method::Put).then_some(Doing::Instead(Ok(page)))
        }),
        (Fault::ErrorBody, Idp::Okta, |_, _| {
            Some(Doing::After(|response, body| {
                if response.status >= 400 {
                    *body = json!({"error": "no"});
                }
            }))
        }),
        (Fault::Location, Idp::Okta, |_, _| {
            Some(Doing::After(|response, _| response.headers.retain(|(name, _)| name != "location")))
        }),
        (Fault::Secret, Idp::Okta, |request, _| {
            (request.method == Method::Post).then_some(Doing::After(|_, body| body["password"] = json!("1mz050nq")))
        }),
        (Fault::Schemas, Idp::Okta, |request, _| {
            (request.method == Method::Post)
                .then_some(Doing::After(|_, body| drop(body.as_object_mut().map(|body| body.remove("schemas")))))
        }),
        (Fault::ServerError, Idp::Okta, |_, count| {
            let page = answer(500, &[("content-type", "text/plain")], "oops");
            (count % 20 == 19).then_some(Doing::Instead(Ok(page)))
        }),
        (Fault::Refused, Idp::Okta, |request, count| {
            let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400"}).to_string();
            let refused = answer(400, &[("content-type", "application/scim+json")], &body);
            (count % 9 == 8 && request.method == Method::Post).then_some(Doing::Instead(Ok(refused)))
        }),
    ];
    for (due, idp, flaw) in flaws {
        let verdict = flawed(*idp, *flaw).await;
        assert!(!verdict.passed() && verdict.findings.has(*due), "{due:?}, {:?}:\n{}", verdict.stopped, told(&verdict));
    }
}

#[tokio::test]
async fn lost_answers_are_told_and_nothing_else_is_held_against_the_server() {
    for idp in Idp::ALL {
        let verdict = flawed(idp, |_, count| (count % 11 == 10).then_some(Doing::Lost)).await;
        let others: Vec<_> = verdict.findings.iter().filter(|finding| finding.fault != Fault::NoAnswer).collect();
        assert!(verdict.findings.has(Fault::NoAnswer) && others.is_empty(), "{idp}: {}", told(&verdict));
        assert_eq!(verdict.left, 0, "{idp}");
    }
}

#[tokio::test]
async fn a_server_that_throttles_is_waited_for() {
    let verdict = flawed(Idp::Entra, |_, count| {
        let later = answer(429, &[("retry-after", "7")], "");
        (count % 10 == 9).then_some(Doing::Instead(Ok(later)))
    })
    .await;
    assert!(verdict.passed() && verdict.postponed > 10, "{}", told(&verdict));
    assert!(verdict.took > Duration::from_secs(70), "{:?}", verdict.took);
    assert!(verdict.findings.iter().next().is_none(), "{}", told(&verdict));
}

#[tokio::test]
async fn a_server_that_holds_a_mass_change_back_passes_and_it_is_remarked() {
    let verdict = flawed(Idp::Google, |request, _| {
        let held = answer(503, &[("retry-after", "3600"), ("content-type", "application/scim+json")], "{}");
        text(request).contains("\"value\":false").then_some(Doing::Instead(Ok(held)))
    })
    .await;
    assert!(verdict.passed() && verdict.findings.has(Fault::Held), "{}", told(&verdict));
    assert!(
        verdict.took < Duration::from_secs(600),
        "what is held is not waited for again and again: {:?}",
        verdict.took
    );
}

#[tokio::test]
async fn mig_3_everybody_unassigned_by_mistake_is_held_and_is_no_fault() {
    let server = Server::new();
    let plan = Plan { users: 60, ..plan(&[Idp::Google]) };
    let verdict = trial::run(&plan, &InMemory(&server), &Timeless::default(), &Nobody).await;
    assert!(verdict.passed() && verdict.findings.has(Fault::Held), "{}", told(&verdict));
    assert!(verdict.compared.users >= 60 && verdict.left > 0, "what is held cannot be cleaned up: {}", verdict.left);
}

#[tokio::test]
async fn a_wrong_address_ends_the_trial_at_once() {
    let verdict = flawed(Idp::Okta, |_, _| Some(Doing::Instead(Ok(answer(401, &[], ""))))).await;
    assert!(verdict.stopped.iter().any(|why| why.contains("token")) && verdict.requests < 5);
}

#[tokio::test]
async fn the_same_seed_sends_the_same_requests() {
    let mut sent = Vec::new();
    for _ in 0..2 {
        let server = unguarded();
        let requests = std::sync::Mutex::new(Vec::new());
        let recording = Recording(InMemory(&server), &requests);
        trial::run(&Plan { parallel: 1, ..plan(&[Idp::Entra]) }, &recording, &Timeless::default(), &Nobody).await;
        sent.push(without_ids(&requests.into_inner().unwrap()));
    }
    assert_eq!(sent[0], sent[1]);
}

/// The requests without the ids that the server gave.
fn without_ids(requests: &[String]) -> Vec<String> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let words = |request: &String| -> Vec<String> {
        // A quotation mark in an address is encoded, and would be part of the id behind it.
        request
            .replace("%22", " ")
            .split(|character| !is_word(character))
            .filter(|word| word.len() != 36)
            .map(str::to_owned)
            .collect()
    };
    requests.iter().map(|request| words(request).join(" ")).collect()
}

struct Recording<'s, 'r>(InMemory<'s>, &'r std::sync::Mutex<Vec<String>>);

impl Transport for Recording<'_, '_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        self.1.lock().unwrap().push(format!("{request} {}", text(request)));
        self.0.send(request).await
    }
}

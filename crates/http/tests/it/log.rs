//! SCIM-11: the request log.

use std::{
    io,
    sync::{Arc, Mutex},
};

use muster_http::{LoggedRead, logged_body, logged_reads};
use serde_json::{Value, json};

use crate::support::{Answer, Server, person};

fn steps(server: &Server, answer: &Answer) -> Vec<String> {
    server.logged(answer).unwrap().steps.iter().map(|step| format!("{} {}", step.rule, step.note)).collect()
}

/// The lines of reads that are written so far, in order.
fn lines(server: &Server) -> Vec<LoggedRead> {
    let connection = server.connection;
    let chunks = server.world.read(move |conn| Ok(conn.read_chunks(connection, 100)?));
    let mut lines: Vec<LoggedRead> = chunks.iter().flat_map(|chunk| logged_reads(chunk).unwrap()).collect();
    lines.sort_by_key(|line| line.id);
    lines
}

#[tokio::test]
async fn scim_11_a_change_is_logged_with_what_was_sent_and_decided() {
    let server = Server::new();
    let mut body = person("ada@example.com");
    body["password"] = json!("hunter2");
    let sending = server.scim("POST", "/Users?attributes=id").header("user-agent", "Okta SCIM Client 1.0.0");
    let answer = sending.json(body.clone()).send().await.due(201);
    let row = server.logged(&answer).unwrap();
    assert_eq!((row.kind.as_str(), row.method.as_str(), row.target.as_str()), ("scim", "POST", "/Users?attributes=id"));
    assert_eq!((row.status, row.outcome.as_str(), row.dialect.as_deref()), (201, "changed", Some("Okta")));
    assert_eq!((row.connection, row.resource_version), (Some(server.connection), Some(1)));
    assert_eq!(row.resource.unwrap().to_string(), answer.id());
    assert!(row.token.is_some() && row.micros > 0);
    let kept: Value = serde_json::from_slice(&logged_body(&server.sealer, &row).unwrap().unwrap()).unwrap();
    body["password"] = json!("redacted");
    assert_eq!(kept, body);
    let sealed = row.body.unwrap();
    assert!(!sealed.windows(3).any(|part| part == b"ada"), "the body is not readable in the database");
    let steps = steps(&server, &answer);
    assert!(steps.contains(&"SCIM-12 understood: `password` was ignored".to_owned()), "{steps:?}");
    assert!(steps.iter().any(|step| step.contains("joined moby")), "{steps:?}");
    let ledger = server.world.read(move |conn| Ok(conn.history(row.resource.unwrap(), 10)?));
    assert_eq!(ledger[0].request, Some(row.id), "the ledger names the request");
}

#[tokio::test]
async fn scim_11_a_refusal_is_logged_with_its_body_and_reason() {
    let server = Server::new();
    server.user("ada@example.com").await;
    let taken = server.post("/Users", person("ada@example.com")).await.due(409);
    let unread = server.post("/Users", json!({"password": "hunter2", "userName": 7})).await.due(400);
    for (answer, status, reason) in [
        (&taken, 409, "SCIM-5 refused: userName `ada@example.com` is taken by another user of this connection"),
        (&unread, 400, "SCIM-2 refused: `userName` must be a string, not a number"),
    ] {
        let row = server.logged(answer).unwrap();
        assert_eq!((row.outcome.as_str(), row.status, row.resource), ("refused", status, None));
        assert_eq!(steps(&server, answer).last().unwrap(), reason);
        assert!(logged_body(&server.sealer, &row).unwrap().is_some());
    }
    let body = logged_body(&server.sealer, &server.logged(&unread).unwrap()).unwrap().unwrap();
    assert!(!String::from_utf8(body).unwrap().contains("hunter2"));
    let broken = server.scim("POST", "/Users").bytes("{\"password\":\"hunter2\"").send().await.due(400);
    assert_eq!(server.logged(&broken).unwrap().body, None, "nobody can tell what is secret in it");
    let missing = server.delete("/Users/0190f5fe-7c2a-7000-8000-0123456789ab").await.due(404);
    assert_eq!(server.logged(&missing).unwrap().status, 404);
}

#[tokio::test]
async fn scim_11_reads_and_no_ops_are_lines_within_a_second() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    let path = format!("/Users/{id}");
    let answers = [
        server.get(&path).await.due(200),
        server.get("/Users?filter=userName+eq+%22ada@example.com%22&count=1").await.due(200),
        server.scim("GET", &path).header("if-none-match", "*").send().await.due(304),
        server.get("/Users/0190f5fe-7c2a-7000-8000-0123456789ab").await.due(404),
        server.patch(&path, json!([{"op": "replace", "path": "active", "value": true}])).await.due(200),
    ];
    assert!(answers.iter().all(|answer| server.logged(answer).is_none()));
    server.eventually(async || lines(&server).len() == answers.len()).await;
    let lines = lines(&server);
    for (line, answer) in lines.iter().zip(&answers) {
        assert_eq!(line.id.to_string(), answer.header("x-request-id"));
        assert_eq!(line.status, answer.status.as_u16());
    }
    let outcomes: Vec<&str> = lines.iter().map(|line| line.outcome.as_str()).collect();
    assert_eq!(outcomes, ["read", "read", "read", "read", "unchanged"]);
    assert_eq!(lines[1].target, "/Users?filter=userName+eq+%22ada@example.com%22&count=1");
    assert!(lines[3].detail.as_deref().unwrap().contains("not found"));
}

#[tokio::test]
async fn scim_11_closing_writes_what_is_left() {
    let server = Server::new();
    for _ in 0..3 {
        server.get("/Users").await.due(200);
    }
    server.app.close().await;
    assert_eq!(lines(&server).len(), 3);
}

#[tokio::test]
async fn scim_11_a_long_target_is_capped() {
    let server = Server::new();
    let answer = server.get(&format!("/Users?count=x&pad={}", "é".repeat(3_000).replace('é', "%C3%A9"))).await.due(400);
    assert_eq!(server.logged(&answer).unwrap().target.len(), 2_048);
}

/// What the program prints.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that is printed on this thread from now on, until the guard is dropped.
fn listen() -> (Printed, tracing::subscriber::DefaultGuard) {
    let printed = Printed::default();
    let writer = printed.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::INFO);
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    (printed, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_printed_by_its_id_alone() {
    let (printed, _guard) = listen();
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    let account = server.world.account_of("ada@example.com").unwrap().id;
    let spoil = "UPDATE accounts SET names = '[{\"value\":\"Ada Lovelace\"', email = 'ada of example' WHERE id = ?1";
    let spoilt = server.world.by_hand(move |tx, _| Ok(tx.exec(spoil, muster_store::vals![account])?)).unwrap();
    assert_eq!(spoilt, 1);
    server.put(&format!("/Users/{id}"), person("ada@example.com")).await.due(200);
    let mut renamed = person("ada@example.com");
    renamed["name"] = json!({"givenName": "Ada", "familyName": "King"});
    let answer = server.put(&format!("/Users/{id}"), renamed).await.due(500);
    let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains(&account.to_string()) && text.contains("`accounts`"), "{text}");
    assert!(!text.contains("ada") && !text.contains("Ada"), "{text}");
    assert!(!answer.text.contains("accounts"), "{}", answer.text);
}

#[tokio::test]
async fn what_is_printed_names_requests_but_no_people_and_no_secrets() {
    let (printed, _guard) = listen();
    let server = Server::new();
    let mut body = person("ada@example.com");
    body["password"] = json!("hunter2");
    let id = server.post("/Users", body.clone()).await.due(201).id();
    server.get("/Users?filter=userName%20eq%20%22ada@example.com%22").await.due(200);
    server.post("/Users", body.clone()).await.due(409);
    server.to("GET", "/scim/v2/Users/ada@example.com").header("authorization", "Bearer hunter2").send().await.due(401);
    server.world.store.clone().close().await;
    let failed = server.scim("PUT", &format!("/Users/{id}")).json(body).send().await.due(503);
    let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    let failures: Vec<&str> = text.lines().filter(|line| line.contains("the request failed")).collect();
    assert_eq!(failures.len(), 1, "{text}");
    assert!(
        failures[0].contains(failed.header("x-request-id")) && failures[0].contains("the store is closed"),
        "{text}"
    );
    for secret in ["ada@", "Lovelace", "hunter2", server.token.expose()] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

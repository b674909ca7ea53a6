//! `Idempotency-Key`: sent again, done once.

use std::time::Duration;

use muster_model::Role;
use serde_json::{Value, json};

use crate::support::Server;

#[tokio::test]
async fn a_request_that_is_sent_again_under_its_key_is_done_once_and_answered_alike() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let bo = server.member(&server.organizations[0], "bo@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let path = "/v2/orgs/moby/access-tokens";
    let body = json!({"label": "ci", "scopes": ["teams:read"]});
    let send = async |body: &Value, key: &str| {
        client.call_with("POST", path, Some(body.clone()), &[("idempotency-key", key)]).await
    };
    let first = send(&body, "one").await.due(201);
    let second = send(&body, "one").await.due(201);
    assert_eq!(first.text, second.text, "with the secret that was made the first time");
    assert_eq!(client.get(path).await.value()["total"], 1);
    send(&json!({"label": "other", "scopes": ["teams:read"]}), "one").await.denied(422, "a key of its own");
    send(&body, "two").await.due(201);
    for bad in ["", &"k".repeat(256)] {
        send(&body, bad).await.denied(400, "Idempotency-Key");
    }
    // What was refused is decided anew.
    let missing = json!({"label": "ci", "scopes": ["teams:fly"]});
    send(&missing, "three").await.denied(400, "scopes[0]");
    send(&body, "three").await.due(201);
    // Another person's key is another key.
    let other = server.client(&bo).await;
    other.call_with("POST", path, Some(body.clone()), &[("idempotency-key", "one")]).await.due(201);
    assert_eq!(client.get(path).await.value()["total"], 4);
    let stored = server.world.everything_stored();
    let secret = first.value()["token"].as_str().unwrap().to_owned();
    assert!(
        !stored.iter().any(|stored| String::from_utf8_lossy(&stored.bytes).contains(&secret)),
        "answers are sealed"
    );
    // Until the day is over.
    server.world.advance(Duration::from_hours(25));
    let later = server.client(&ada).await;
    let anew = later.call_with("POST", path, Some(body), &[("idempotency-key", "one")]).await.due(201);
    assert_ne!(anew.text, first.text);
}

#[tokio::test]
async fn requests_that_are_sent_at_once_under_one_key_are_done_once() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let path = "/v2/orgs/moby/access-tokens";
    let body = json!({"label": "ci", "scopes": ["teams:read"]});
    let send = || client.call_with("POST", path, Some(body.clone()), &[("idempotency-key", "one")]);
    let answers = futures_util::future::join_all((0..8).map(|_| send())).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == answers[0].text));
    assert_eq!(client.get(path).await.value()["total"], 1);
}

//! The feed: the same events, for those who cannot be sent them.

use std::collections::BTreeSet;

use muster_model::Role;
use serde_json::Value;

use super::{Message, Receiver, hook, set_active};
use crate::{api::Client, support::Server};

async fn read(client: &Client<'_>, query: &str) -> Value {
    client.get(&format!("/v2/events?organization=moby{query}")).await.due(200).value()
}

/// All of it, page by page.
async fn all(client: &Client<'_>, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = read(client, &format!("&limit={limit}{after}")).await;
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= limit);
        all.extend(events.iter().cloned());
        after = format!("&after={}", page["next"].as_str().unwrap());
        if page["more"] == false {
            return all;
        }
    }
}

#[tokio::test]
async fn whoever_reads_on_is_told_what_webhooks_are_sent_each_once() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    // The clock stands: what happened before the webhook was made has another time.
    server.world.advance(std::time::Duration::from_secs(1));
    hook(&client, &receiver, &[]).await;
    let bo = server.user("bo@example.com").await;
    server.group("moby:crew", &[&bo]).await;
    set_active(&server, &bo, false).await;
    server.eventually(async || receiver.told().iter().any(|(event, _)| event == "member.suspended")).await;
    let whole = all(&client, 500).await;
    for limit in [1, 2, 7] {
        assert_eq!(all(&client, limit).await, whole, "{limit} at a time");
    }
    let ids: Vec<&str> = whole.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    // All of it is sent, from the webhook's beginning on.
    let mut seen = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..500 {
        let told = all(&client, 500).await;
        let since = told.iter().skip_while(|event| event["type"] != "webhook.create");
        let since: BTreeSet<String> = since.map(|event| event["id"].as_str().unwrap().to_owned()).collect();
        seen = (since, receiver.arrived().iter().map(|message| message.id().to_owned()).collect());
        if seen.0 == seen.1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(seen.0, seen.1);
    // One's own place, and what comes after it.
    let place = whole.last().unwrap()["position"].as_str().unwrap();
    assert_eq!(read(&client, &format!("&after={place}")).await["events"], Value::Array(Vec::new()));
    assert_eq!(read(&client, "&events=").await, read(&client, "").await);
    set_active(&server, &bo, true).await;
    server
        .eventually(async || !read(&client, &format!("&after={place}")).await["events"].as_array().unwrap().is_empty())
        .await;
    let added = read(&client, &format!("&after={place}&events=member.restored")).await;
    assert_eq!(added["events"].as_array().unwrap().len(), 1, "{added}");
    server.eventually(async || receiver.told().iter().any(|(event, _)| event == "member.restored")).await;
    for (query, says) in [
        ("&after=x", "position"),
        ("&after=999999", "no such place"),
        ("&events=member.gone", "no event"),
        ("&limit=0", "1 to 500"),
        ("&limit=501", "1 to 500"),
    ] {
        client.get(&format!("/v2/events?organization=moby{query}")).await.denied(400, says);
    }
}

#[tokio::test]
async fn ten_3_nobody_is_told_what_happens_elsewhere() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    hook(&client, &receiver, &[]).await;
    let whale = server.organizations[1].clone();
    server.member(&whale, "walt@whale.example", Role::Owner);
    let bo = server.user("bo@example.com").await;
    set_active(&server, &bo, false).await;
    server.eventually(async || receiver.told().iter().any(|(event, _)| event == "member.suspended")).await;
    let told: Vec<String> = all(&client, 100).await.iter().map(Value::to_string).collect();
    let sent: Vec<String> = receiver.arrived().into_iter().map(|Message { body, .. }| body).collect();
    for text in told.iter().chain(&sent) {
        assert!(!text.contains("walt") && !text.contains("\"whale\""), "{text}");
    }
}

#[tokio::test]
async fn acc_2_whoever_is_erased_is_named_to_nobody_any_more() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    server.user("bo@example.com").await;
    let names_bo = |event: &Value| event.to_string().contains("bo@example.com");
    server.eventually(async || all(&client, 100).await.iter().any(names_bo)).await;
    let account = server.world.account_of("bo@example.com").unwrap().id;
    hook(&client, &receiver, &["org.create"]).await;
    let erasure = server.app.erase(account, muster_model::Actor::Operator).await.unwrap();
    for _ in 0..100 {
        server.world.advance(std::time::Duration::from_secs(61));
        if server.app.erase_slice(erasure.id, false).await.unwrap() == muster_engine::erasure::Progress::Done {
            break;
        }
    }
    let client = server.client(&owner).await;
    let told = all(&client, 100).await;
    let joined = told.iter().filter(|event| event["type"] == "member.added");
    assert!(joined.clone().any(|event| event["data"]["account"]["id"] == account.to_string()), "{told:?}");
    assert_eq!(told.iter().find(|event| names_bo(event)), None);
}

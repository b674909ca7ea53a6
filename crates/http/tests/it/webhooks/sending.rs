//! What arrives, in which order, and what happens when it does not.

use std::time::Duration;

use http::StatusCode;
use muster_engine::Surroundings as _;
use muster_model::{Role, WebhookId, webhook::DeliveryState};
use serde_json::json;

use super::{Message, Receiver, hook, set_active};
use crate::support::Server;

const DAY: Duration = Duration::from_hours(24);

fn of(kind: &str, email: &str) -> (String, String) {
    (kind.to_owned(), email.to_owned())
}

#[tokio::test]
async fn whoever_is_out_is_told_signed_and_in_order() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    let (path, secret) = hook(&client, &receiver, &["member.*"]).await;
    let bo = server.user("bo@example.com").await;
    set_active(&server, &bo, false).await;
    set_active(&server, &bo, true).await;
    let told = [
        of("member.added", "bo@example.com"),
        of("member.suspended", "bo@example.com"),
        of("member.restored", "bo@example.com"),
    ];
    server.eventually(async || receiver.arrived().len() >= 3).await;
    assert_eq!(receiver.told(), told);
    for message in receiver.arrived() {
        assert!(message.is_signed(&secret) && !message.is_signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert_eq!(message.headers["content-type"], "application/json");
        let value = message.value();
        assert_eq!(value["id"], message.id());
        assert_eq!(value["data"]["organization"]["name"], "moby");
        assert_eq!((&value["data"]["source"], &value["data"]["connection"]), (&json!("scim"), &json!("okta")));
        assert!(value["data"]["trace_id"].is_string() && value["timestamp"].is_string(), "{value}");
    }
    // The receipts, by person.
    let account = server.world.account_of("bo@example.com").unwrap().id;
    let receipts = client.get(&format!("{path}/deliveries?account={account}")).await.due(200).value();
    let receipts = receipts["results"].as_array().unwrap();
    assert_eq!(receipts.len(), 3);
    assert!(receipts.iter().all(|one| one["state"] == "delivered" && one["status"] == 204), "{receipts:?}");
    assert!(receipts.iter().all(|one| one["last_attempt_at"].is_string()), "{receipts:?}");
}

#[tokio::test]
async fn a_message_that_is_refused_is_sent_again_before_later_ones_about_the_same_person() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    let (path, _) = hook(&client, &receiver, &["member.*"]).await;
    let is_bo = |message: &Message| message.told().1 == "bo@example.com";
    receiver.answers(move |message| if is_bo(message) { StatusCode::BAD_GATEWAY } else { StatusCode::OK });
    let bo = server.user("bo@example.com").await;
    server.eventually(async || receiver.arrived().len() == 1).await;
    set_active(&server, &bo, false).await;
    server.user("cy@example.com").await;
    // Others do not wait for Bo, and the second of Bo's waits for the first.
    server.eventually(async || receiver.told().contains(&of("member.added", "cy@example.com"))).await;
    assert!(!receiver.told().contains(&of("member.suspended", "bo@example.com")));
    let pending = async || {
        let pending = client.get(&format!("{path}/deliveries?state=pending")).await.due(200).value();
        pending["results"].as_array().unwrap().clone()
    };
    server.eventually(async || pending().await.len() == 2).await;
    let pending = pending().await;
    assert!(pending[0]["next_attempt_at"].is_null() && pending[1]["next_attempt_at"].is_string(), "{pending:?}");
    assert_eq!(pending[1]["failure"], "the web server answers 502 Bad Gateway");
    receiver.answers(|_| StatusCode::OK);
    server
        .eventually(async || {
            server.world.advance(Duration::from_secs(1));
            receiver.told().contains(&of("member.suspended", "bo@example.com"))
        })
        .await;
    let of_bo: Vec<Message> = receiver.arrived().into_iter().filter(is_bo).collect();
    let told: Vec<String> = of_bo.iter().map(|message| message.told().0).collect();
    assert_eq!(told, ["member.added", "member.added", "member.suspended"]);
    assert_eq!(of_bo[0].id(), of_bo[1].id());
    assert_eq!(of_bo[0].body, of_bo[1].body);
}

#[tokio::test]
async fn messages_die_after_days_and_are_sent_again_when_somebody_asks() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    let (path, _) = hook(&client, &receiver, &["member.*"]).await;
    // Others are taken, so that the web server counts as one that works.
    receiver.answers(|message| match message.told().1.as_str() {
        "bo@example.com" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    });
    let bo = server.user("bo@example.com").await;
    let id: WebhookId = path.rsplit('/').next().unwrap().parse().unwrap();
    let dead = || server.world.read(move |conn| Ok(conn.deliveries(id, Some(DeliveryState::Dead), None, 10)?));
    let mut number = 0;
    server
        .eventually(async || {
            server.world.advance(Duration::from_hours(2));
            number += 1;
            server.user(&format!("other{number}@example.com")).await;
            dead().len() == 1
        })
        .await;
    assert_eq!(dead()[0].attempts, 10);
    let client = server.client(&owner).await;
    // The next one does not wait any more.
    receiver.answers(|_| StatusCode::OK);
    set_active(&server, &bo, false).await;
    server.eventually(async || receiver.told().contains(&of("member.suspended", "bo@example.com"))).await;
    let first = receiver.arrived().into_iter().find(|message| message.told() == of("member.added", "bo@example.com"));
    let first = first.unwrap().id().to_owned();
    let before = receiver.arrived().len();
    let again = client.post(&format!("{path}/replay"), json!({"dead": true})).await.due(200).value();
    assert_eq!(again, json!({"messages": 1}));
    server.eventually(async || receiver.arrived().iter().skip(before).any(|message| message.id() == first)).await;
    // A position, and a time: also what the webhook was never sent.
    let removed = client.get(&format!("{path}/deliveries?page_size=1")).await.due(200).value();
    let position = &removed["results"][0]["position"];
    let named = json!({"positions": [position, "999999.0"]});
    assert_eq!(client.post(&format!("{path}/replay"), named).await.due(200).value(), json!({"messages": 1}));
    client.patch(&path, json!({"events": ["org.*"]})).await.due(200);
    let (from, to) = (server.world.clock.now().before(DAY * 30), server.world.clock.now().after(DAY));
    let between = json!({"from": from.to_string(), "to": to.to_string()});
    let sent = client.post(&format!("{path}/replay"), between).await.due(200).value();
    assert_eq!(sent, json!({"messages": 1}), "that the organization was made");
    server.eventually(async || receiver.arrived().iter().any(|message| message.told().0 == "org.create")).await;
}

#[tokio::test]
async fn a_web_server_that_is_gone_or_takes_nothing_for_days_is_sent_nothing_more() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    let (path, _) = hook(&client, &receiver, &["member.*"]).await;
    receiver.answers(|_| StatusCode::GONE);
    server.user("bo@example.com").await;
    let seen = async || client.get(&path).await.due(200).value();
    server.eventually(async || seen().await["is_active"] == false).await;
    assert_eq!(seen().await["given_up"], "gone");
    // Switched on again, it goes on with what was left.
    receiver.answers(|_| StatusCode::SERVICE_UNAVAILABLE);
    client.patch(&path, json!({"is_active": true})).await.due(200);
    let id: WebhookId = path.rsplit('/').next().unwrap().parse().unwrap();
    server
        .eventually(async || {
            server.world.advance(Duration::from_hours(3));
            server.world.read(move |conn| Ok(conn.webhook(id)?)).unwrap().disabled.is_some()
        })
        .await;
    let client = server.client(&owner).await;
    let seen = client.get(&path).await.due(200).value();
    assert_eq!(seen["given_up"], "failing");
    assert_eq!(seen["failing"]["reason"], "the web server answers 503 Service Unavailable");
    let log = client.get("/v2/auditlogs/moby?action=webhook").await.due(200).text;
    assert!(log.contains("webhook.create") && log.contains("webhook.update") && !log.contains("whsec"), "{log}");
}

#[tokio::test]
async fn while_it_answers_nothing_others_are_sent_theirs_and_nobody_twice_at_once() {
    let server = Server::new();
    let (slow, quick) = (Receiver::new().await, Receiver::new().await);
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    let mut users = Vec::new();
    for number in 0..9 {
        users.push(server.user(&format!("user{number}@example.com")).await);
    }
    // The clock stands: what happened before has another time.
    server.world.advance(Duration::from_secs(1));
    let events = ["member.suspended", "member.restored"];
    let (path, _) = hook(&client, &slow, &events).await;
    let other = json!({"organization": "moby", "name": "other", "url": quick.url, "events": events});
    client.post("/v2/webhooks", other).await.due(201);
    let nodes = [server.another_node(), server.another_node()];
    // Not for long: a request that is not answered within its time counts as refused.
    slow.hold(true);
    for user in &users {
        set_active(&server, user, false).await;
    }
    // As many as it takes at once, each about another person, while others are sent all of theirs.
    server.eventually(async || quick.arrived().len() == 9 && slow.arrived().len() == 8).await;
    slow.hold(false);
    for user in &users {
        set_active(&server, user, true).await;
    }
    server.eventually(async || slow.arrived().len() == 18 && quick.arrived().len() == 18).await;
    for receiver in [slow, quick] {
        for number in 0..9 {
            let email = format!("user{number}@example.com");
            let told: Vec<String> =
                receiver.told().into_iter().filter(|(_, of)| *of == email).map(|(kind, _)| kind).collect();
            assert_eq!(told, events, "{email}");
        }
    }
    let left = async || {
        let left = client.get(&format!("{path}/deliveries?state=pending")).await.due(200).value();
        left["results"].as_array().unwrap().len()
    };
    server.eventually(async || left().await == 0).await;
    drop(nodes);
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_former_one_for_a_day() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let owner = server.member(&server.organizations[0], "olga@example.com", Role::Owner);
    let client = server.client(&owner).await;
    let (path, former) = hook(&client, &receiver, &["member.added"]).await;
    let rotated = client.post(&format!("{path}/secret"), json!({})).await.due(200).value();
    let secret = rotated["secret"].as_str().unwrap();
    server.user("bo@example.com").await;
    server.eventually(async || receiver.arrived().len() == 1).await;
    let message = receiver.arrived().remove(0);
    assert!(message.is_signed(secret) && message.is_signed(&former));
    server.world.advance(DAY);
    server.user("cy@example.com").await;
    server.eventually(async || receiver.arrived().len() == 2).await;
    let message = receiver.arrived().remove(1);
    assert!(message.is_signed(secret) && !message.is_signed(&former));
    let client = server.client(&owner).await;
    let at_once = client.post(&format!("{path}/secret"), json!({"at_once": true})).await.due(200).value();
    server.user("di@example.com").await;
    server.eventually(async || receiver.arrived().len() == 3).await;
    let message = receiver.arrived().remove(2);
    assert!(message.is_signed(at_once["secret"].as_str().unwrap()) && !message.is_signed(secret));
}

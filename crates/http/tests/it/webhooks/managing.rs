//! Looking after webhooks over the API (SEC-1, SEC-3, TEN-3).

use muster_model::Role;
use serde_json::json;

use super::{Receiver, hook};
use crate::support::Server;

#[tokio::test]
async fn owners_look_after_the_webhooks_of_their_organization() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let moby = server.organizations[0].clone();
    let owner = server.client(&server.member(&moby, "olga@example.com", Role::Owner)).await;
    let (path, secret) = hook(&owner, &receiver, &["member.removed", "team.*"]).await;
    assert!(secret.starts_with("whsec_"));
    let seen = owner.get(&path).await.due(200).value();
    assert!(seen.get("secret").is_none() && seen["is_active"] == true && seen["pending"] == 0, "{seen}");
    let again = json!({"organization": "moby", "name": "app", "url": receiver.url});
    owner.post("/v2/webhooks", again).await.denied(400, "already");
    for (wrong, says) in [
        (json!({"url": "https://"}), "no address"),
        (json!({"url": "https://10.0.0.1/hook"}), "no public address"),
        (json!({"url": "https://169.254.169.254/latest"}), "no public address"),
        (json!({"url": "http://hooks.example/"}), "is not https"),
        (json!({"url": "ftp://hooks.example/"}), "not an https URL"),
        (json!({"url": "https://a:b@hooks.example/"}), "user name or password"),
        (json!({"events": ["member.gone"]}), "no event"),
        (json!({"events": ["members.*"]}), "no event"),
        (json!({"events": "member.added"}), "list of names"),
        (json!({"name": ""}), "1 to 100"),
        (json!({"secret": "whsec_mine"}), "leave it out"),
        (json!({"is_active": 1}), "`true` or `false`"),
    ] {
        owner.patch(&path, wrong).await.denied(400, says);
    }
    let changed = owner.patch(&path, json!({"events": null, "is_active": false})).await.due(200).value();
    assert!(changed["events"] == json!([]) && changed["is_active"] == false, "{changed}");
    // A test arrives also while it is off.
    let trial = owner.post(&format!("{path}/test"), json!({})).await.due(200).value();
    assert!(trial["delivered"] == true && trial["status"] == 204, "{trial}");
    let message = receiver.arrived().remove(0);
    assert!(message.is_signed(&secret) && message.told().0 == "webhook.test", "{message:?}");
    receiver.answers(|_| http::StatusCode::IM_A_TEAPOT);
    let trial = owner.post(&format!("{path}/test"), json!({})).await.due(200).value();
    assert!(trial["delivered"] == false && trial["failure"].as_str().unwrap().contains("418"), "{trial}");
    for wrong in [json!({}), json!({"dead": true, "positions": []}), json!({"from": "2026-11-22T10:00:00Z"})] {
        owner.post(&format!("{path}/replay"), wrong).await.denied(400, "say what is sent again");
    }
    owner.post(&format!("{path}/replay"), json!({"positions": ["x"]})).await.denied(400, "no position");
    owner.get(&format!("{path}/deliveries?state=lost")).await.denied(400, "pending");
    owner.delete(&path).await.due(204);
    owner.get(&path).await.denied(404, "not found");
}

#[tokio::test]
async fn ten_3_webhooks_are_their_organization_s_owners_business_alone() {
    let server = Server::new();
    let receiver = Receiver::new().await;
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let owner = server.client(&server.member(&moby, "olga@example.com", Role::Owner)).await;
    let (path, _) = hook(&owner, &receiver, &[]).await;
    let other = server.client(&server.member(&whale, "bo@example.com", Role::Owner)).await;
    let member = server.client(&server.member(&moby, "cy@example.com", Role::Member)).await;
    for (method, below) in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/test"),
        ("POST", "/replay"),
        ("GET", "/deliveries"),
    ] {
        let body = match below {
            "/replay" => Some(json!({"dead": true})),
            _ => matches!(method, "PATCH" | "POST").then(|| json!({})),
        };
        let path = format!("{path}{below}");
        other.call(method, &path, body.clone()).await.denied(404, "not found");
        member.call(method, &path, body).await.denied(403, "owner");
    }
    for path in ["/v2/webhooks?organization=moby", "/v2/events?organization=moby"] {
        other.get(path).await.denied(404, "not found");
        member.get(path).await.denied(403, "owner");
    }
    let theirs = json!({"organization": "moby", "name": "x", "url": receiver.url});
    other.post("/v2/webhooks", theirs.clone()).await.denied(404, "not found");
    member.post("/v2/webhooks", theirs).await.denied(403, "owner");
}

//! A connection's log over the API (SCIM-11, SSO-13).

use muster_model::Role;
use serde_json::json;

use crate::support::{Server, person};

fn site() -> (Server, String) {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    server.member(&moby, "ada@example.com", Role::Owner);
    let path = format!("/v2/connections/{}", server.connection);
    (server, path)
}

#[tokio::test]
async fn scim_11_requests_are_listed_and_each_can_be_opened() {
    let (server, path) = site();
    let owner = server.client(&server.world.account_of("ada@example.com").unwrap()).await;
    let made = server.post("/Users", person("bo@example.com")).await.due(201);
    let refused = server.post("/Users", person("bo@elsewhere.org")).await.due(400);
    let listed = owner.get(&format!("{path}/traces")).await.due(200).value();
    let ids: Vec<_> = listed["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [refused.header("x-request-id"), made.header("x-request-id")]);
    let errors = owner.get(&format!("{path}/errors")).await.due(200).value();
    assert_eq!(errors["results"].as_array().unwrap().len(), 1);
    assert!(errors["results"][0]["detail"].as_str().unwrap().contains("elsewhere.org"), "{errors}");
    let trace = owner.get(&format!("{path}/traces/{}", made.header("x-request-id"))).await.due(200).value();
    assert_eq!((&trace["connection"], &trace["sent"]["userName"]), (&json!("okta"), &json!("bo@example.com")));
    assert!(!trace["decisions"].as_array().unwrap().is_empty() && !trace["changes"].as_array().unwrap().is_empty());
    for (query, count) in [
        ("status=4xx", 1),
        ("status=201", 1),
        ("outcome=changed", 1),
        ("user=bo@example.com", 1),
        ("since=2100-01-01T00:00:00Z", 0),
        ("until=1990-01-01T00:00:00Z", 0),
    ] {
        let found = owner.get(&format!("{path}/traces?{query}")).await.due(200).value();
        assert_eq!(found["results"].as_array().unwrap().len(), count, "{query}: {found}");
    }
    owner.get(&format!("{path}/traces?status=6xx")).await.denied(400, "use one such as 409");
    owner.get(&format!("{path}/traces?since=yesterday")).await.due(400);
}

#[tokio::test]
async fn ten_3_a_trace_of_another_connection_is_none() {
    let (server, path) = site();
    let whale = server.organizations[1].clone();
    let bo = server.member(&whale, "bo@whale.org", Role::Owner);
    let theirs = server.world.connection("theirs", &[&whale]).domains(&["whale.org"]).build();
    let made = server.post("/Users", person("cy@example.com")).await.due(201);
    let trace = made.header("x-request-id");
    let other = server.client(&bo).await;
    other.get(&format!("/v2/connections/{theirs}/traces/{trace}")).await.denied(404, "not found");
    let replay = json!({"trace_ids": [trace], "apply": true});
    other.post(&format!("/v2/connections/{theirs}/traces/replay"), replay).await.denied(404, "not found");
    other.get(&format!("{path}/traces/{trace}")).await.denied(404, "not found");
}

#[tokio::test]
async fn scim_11_a_replay_is_tried_first_and_then_done() {
    let (server, path) = site();
    let owner = server.client(&server.world.account_of("ada@example.com").unwrap()).await;
    let refused = server.post("/Users", person("bo@later.org")).await.due(400);
    let trace = refused.header("x-request-id").to_owned();
    let replay = format!("{path}/traces/replay");
    let tried = owner.post(&replay, json!({"trace_ids": [trace]})).await.due(200).value();
    assert_eq!((&tried["applied"], &tried["requests"][0]["outcome"]), (&json!(false), &json!("refused")));
    server.world.clock.advance(std::time::Duration::from_secs(1));
    let range = json!({"from": "2000-01-01T00:00:00Z", "apply": true});
    let done = owner.post(&replay, range).await.due(200).value();
    assert_eq!(done["requests"][0]["status"], 400, "under today's rules: {done}");
    for wrong in [json!({}), json!({"trace_ids": [trace], "from": "2000-01-01T00:00:00Z"})] {
        owner.post(&replay, wrong).await.denied(400, "name requests, or a range");
    }
    let several = json!({"from": "2000-01-01T00:00:00Z", "although_written": true});
    owner.post(&replay, several).await.denied(400, "one request alone");
}

//! The activity log over the management API, in Hub's shape (ORG-9).

use muster_model::Role;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn org_9_owners_read_the_log_with_filters_page_by_page() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    for name in ["one", "two", "three"] {
        client.post("/v2/orgs/moby/groups", json!({"name": name})).await.due(201);
    }
    let logs = client.get("/v2/auditlogs/moby?action=team.create").await.due(200).value();
    let logs = logs["logs"].as_array().unwrap().clone();
    let names: Vec<_> = logs.iter().map(|log| log["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["moby:three", "moby:two", "moby:one"], "newest first");
    let newest = &logs[0];
    assert_eq!((&newest["account"], &newest["action"]), (&json!("moby"), &json!("team.create")));
    assert_eq!((&newest["actor"], &newest["data"]["source"]), (&json!("ada@example.com"), &json!("manual")));
    assert!(newest["data"]["trace_id"].is_string() && newest["timestamp"].is_string());

    let page = client.get("/v2/auditlogs/moby?action=team&page_size=2").await.due(200).value();
    let next = page["next"].as_str().unwrap().trim_start_matches("https://muster.test").to_owned();
    assert_eq!(client.get(&next).await.due(200).value()["logs"][0]["name"], "moby:one");
    let second = client.get("/v2/auditlogs/moby?action=team&page_size=2&page=2").await.due(200).value();
    assert_eq!(second["logs"][0]["name"], "moby:one", "by number, too");
    client.get("/v2/auditlogs/moby?from=yesterday").await.denied(400, "from");
    client.get("/v2/auditlogs/moby?after=x").await.denied(400, "after");
}

#[tokio::test]
async fn ten_3_people_read_their_own_log_and_no_others() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Member);
    let bob = server.member(&moby, "bob@example.com", Role::Member);
    let client = server.client(&ada).await;
    let own = client.get(&format!("/v2/auditlogs/{}", ada.username)).await.due(200).value();
    let actions: Vec<_> = own["logs"].as_array().unwrap().iter().map(|log| log["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"member.added"), "{actions:?}");
    let missing = format!("organization {} not found", bob.username);
    client.get(&format!("/v2/auditlogs/{}", bob.username)).await.denied(404, &missing);
    client.get("/v2/auditlogs/moby").await.denied(403, "owner");
}

#[tokio::test]
async fn org_9_the_events_are_listed_with_what_they_mean() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let actions = server.client(&ada).await.get("/v2/auditlogs/moby/actions").await.due(200).value();
    let team = &actions["actions"]["team"];
    assert_eq!(team["label"], "Teams");
    let create = team["actions"].as_array().unwrap().iter().find(|action| action["name"] == "team.create").unwrap();
    assert!(create["label"].is_string() && create["description"].is_string());
}

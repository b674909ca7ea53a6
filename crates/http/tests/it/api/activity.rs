//! The activity log over the management API, in Hub's shape (ORG-9).

use muster_model::Role;
use serde_json::{Value, json};

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

#[tokio::test]
async fn org_9_the_log_is_exported_whole_with_the_filters_of_the_list() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let _ = server.world.create_people(server.connection, 600);
    let client = server.client(&ada).await;
    client.post("/v2/orgs/moby/groups", json!({"name": "one"})).await.due(201);
    client.patch("/v2/orgs/moby/groups/one", json!({"name": "one", "description": "=1+1"})).await.due(200);

    let answer = client.get("/v2/auditlogs/moby/export?format=csv&action=member").await.due(200);
    let named = answer.header("content-disposition");
    assert!(named.starts_with("attachment; filename=\"moby-activity-20") && named.ends_with(".csv\""), "{named}");
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines[0], "Time,Event,What,Actor,Source,Connection,Rule,TraceID,Changes,ID");
    assert_eq!(lines.len(), 1 + 600 + 1, "those pushed, and ada");

    let answer = client.get("/v2/auditlogs/moby/export?format=json&action=team.create").await.due(200);
    assert!(answer.header("content-disposition").ends_with(".jsonl\""));
    let lines: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed = client.get("/v2/auditlogs/moby?action=team.create").await.due(200).value();
    let actions =
        |all: &[Value]| all.iter().map(|one| (one["action"].clone(), one["name"].clone())).collect::<Vec<_>>();
    assert_eq!(lines.len(), 2);
    assert_eq!(actions(&lines), actions(listed["logs"].as_array().unwrap()), "what the list shows");
    assert!(lines.iter().all(|line| line["id"].is_string() && line["at"].is_string()));

    client.get("/v2/auditlogs/moby/export?from=yesterday").await.denied(400, "from");
    client.get("/v2/auditlogs/moby/export?format=xml").await.denied(400, "xml");
    client.get("/v2/auditlogs/nowhere/export").await.denied(404, "organization nowhere not found");
    let bob = server.member(&moby, "bob@example.com", Role::Member);
    server.client(&bob).await.get("/v2/auditlogs/moby/export").await.denied(403, "owner");
    let own = server.client(&bob).await.get(&format!("/v2/auditlogs/{}/export", bob.username)).await.due(200);
    assert!(own.text.contains("member.added") && !own.text.contains("ada"), "{}", own.text);
}

//! Domains over the management API (ORG-4 to ORG-6).

use muster_engine::domains;
use muster_model::Role;
use muster_testkit::DnsServer;
use serde_json::{Value, json};

use crate::support::Server;

#[tokio::test]
async fn org_4_a_domain_is_claimed_proven_and_removed() {
    let (server, dns) = (Server::new(), DnsServer::start());
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let body = json!({"domain": "Proven.Example"});
    let claimed = client.post("/v2/orgs/moby/domains", body.clone()).await.due(201).value();
    assert_eq!((&claimed["name"], &claimed["state"]), (&json!("proven.example"), &json!("pending")));
    assert_eq!(claimed["record"]["name"], "_muster-challenge.proven.example");
    let again = client.post("/v2/orgs/moby/domains", body).await.due(201).value();
    assert_ne!(again["record"]["value"], claimed["record"]["value"], "a new value");
    let seen = client.post("/v2/orgs/moby/domains/proven.example/verify", Value::Null).await.due(200).value();
    assert!(seen["last_seen"].as_str().unwrap().starts_with("no answer"), "{seen}");

    let node = server.node_that_asks(&dns);
    dns.set(&domains::record_name("proven.example"), &[again["record"]["value"].as_str().unwrap()]);
    let id = muster_model::DomainId(again["id"].as_str().unwrap().parse().unwrap());
    node.check_domain(id).await.unwrap();
    let shown = client.get("/v2/orgs/moby/domains/proven.example").await.due(200).value();
    assert_eq!((&shown["state"], &shown["is_verified"]), (&json!("verified"), &json!(true)));
    let listed = client.get("/v2/orgs/moby/domains?page_size=1").await.due(200).value();
    assert_eq!((&listed["count"], &listed["results"][0]["name"]), (&json!(2), &json!("example.com")));
    let next = listed["next"].as_str().unwrap().trim_start_matches("https://muster.test").to_owned();
    assert_eq!(client.get(&next).await.due(200).value()["results"][0]["name"], "proven.example");

    client.delete("/v2/orgs/moby/domains/proven.example").await.due(204);
    client.get("/v2/orgs/moby/domains/proven.example").await.denied(404, "domain proven.example not found");
    client.post("/v2/orgs/moby/domains", json!({"domain": "gmail.com"})).await.denied(400, "public mail domain");
}

#[tokio::test]
async fn org_5_and_org_6_auto_provisioning_and_the_audit() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    for number in 0..3 {
        drop(server.world.account(&format!("p{number}@example.com"), true));
    }
    let client = server.client(&ada).await;
    let path = "/v2/orgs/moby/domains/example.com";
    assert_eq!(client.get(path).await.due(200).value()["auto_provision"], false);
    let on = client.patch(path, json!({"auto_provision": true})).await.due(200).value();
    assert_eq!(on["auto_provision"], true);
    let (mut next, mut seen) = (Some(format!("{path}/audit?page_size=2")), Vec::new());
    while let Some(address) = next {
        let page = client.get(address.trim_start_matches("https://muster.test")).await.due(200).value();
        seen.extend(page["results"].as_array().unwrap().iter().map(|one| one["email"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, ["p0@example.com", "p1@example.com", "p2@example.com"]);
    client.get("/v2/orgs/moby/domains/whale.example/audit").await.denied(404, "domain whale.example not found");
}

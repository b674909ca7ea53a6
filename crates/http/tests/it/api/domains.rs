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

#[tokio::test]
async fn org_6_those_whom_the_audit_shows_are_exported_and_invited() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    for number in 0..3 {
        drop(server.world.account(&format!("p{number}@example.com"), true));
    }
    let client = server.client(&ada).await;
    let path = "/v2/orgs/moby/domains/example.com/audit";
    let csv = client.get(&format!("{path}/export")).await.due(200);
    let named = csv.header("content-disposition");
    assert!(named.starts_with("attachment; filename=\"example.com-audit-20") && named.ends_with(".csv\""), "{named}");
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("Name,Username,Email", 4));
    assert!(lines[1].ends_with(",p0@example.com"), "{}", lines[1]);

    let statuses = |answer: &Value| -> Vec<String> {
        let invitees = answer["invitees"].as_array().unwrap().iter();
        invitees
            .map(|one| format!("{} {}", one["invitee"].as_str().unwrap(), one["status"].as_str().unwrap()))
            .collect()
    };
    let invite = format!("{path}/invite");
    let tried = client.post(&invite, json!({"dry_run": true})).await.due(202).value();
    assert_eq!(tried["invitees"].as_array().unwrap().len(), 3);
    client.post(&invite, json!({"limit": 0})).await.denied(400, "limit");
    client.post(&invite, json!({"organization": "whale"})).await.denied(404, "organization whale not found");
    let first = client.post(&invite, json!({"team": "crew", "role": "editor", "limit": 2})).await.due(202).value();
    assert_eq!(statuses(&first), ["p0@example.com invited", "p1@example.com invited"]);
    assert_eq!(first["invitees"][0]["invite"]["team"], "crew");
    let rest = client.post(&invite, json!({"after": first["next"]})).await.due(202).value();
    assert_eq!((statuses(&rest), &rest["next"]), (vec!["p2@example.com invited".to_owned()], &Value::Null));
    let again = client.post(&invite, json!({})).await.due(202).value();
    assert!(statuses(&again).iter().all(|one| one.ends_with("existing_invitee")), "{again}");
}

#[tokio::test]
async fn org_4_company_owners_look_after_the_companys_domains() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.world.account("ada@example.com", true);
    let zoe = server.member(&moby, "zoe@example.com", Role::Owner);
    // Its domain passes to the company.
    server.world.company_owner("docks", &moby, &ada);
    drop(server.world.account("p0@example.com", true));
    let (client, other) = (server.client(&ada).await, server.client(&zoe).await);
    let path = "/v2/companies/docks/domains";
    let listed = client.get(path).await.due(200).value();
    assert_eq!((&listed["count"], &listed["results"][0]["name"]), (&json!(1), &json!("example.com")));
    other.get(path).await.denied(404, "company docks not found");
    other.post(path, json!({"domain": "new.example"})).await.denied(404, "company docks not found");

    client.post(path, json!({"domain": "new.example"})).await.due(201);
    client.get(&format!("{path}/new.example")).await.due(200);
    client.post(&format!("{path}/new.example/verify"), Value::Null).await.due(200);
    client.delete(&format!("{path}/new.example")).await.due(204);

    let one = format!("{path}/example.com");
    client.patch(&one, json!({"auto_provision": true})).await.denied(400, "name the `organization`");
    client.patch(&one, json!({"auto_provision": true, "organization": "whale"})).await.denied(404, "whale");
    let on = client.patch(&one, json!({"auto_provision": true, "organization": "moby"})).await.due(200).value();
    assert_eq!(on["auto_provision_into"], "moby");
    assert_eq!(client.patch(&one, json!({"auto_provision": false})).await.due(200).value()["auto_provision"], false);

    let audit = client.get(&format!("{one}/audit")).await.due(200).value();
    // The company's owner is in none of its organizations.
    assert_eq!(audit["results"].as_array().unwrap().len(), 2, "{audit}");
    assert_eq!(client.get(&format!("{one}/audit/export")).await.due(200).text.lines().count(), 3);
    let invite = format!("{one}/audit/invite");
    client.post(&invite, json!({})).await.denied(400, "name the `organization`");
    server.world.set_member(&whale, &ada, Role::Owner).unwrap();
    client.post(&invite, json!({"organization": "whale"})).await.denied(400, "no organization of the domain's holder");
    let invited = client.post(&invite, json!({"organization": "moby"})).await.due(202).value();
    assert_eq!(invited["invitees"].as_array().unwrap().len(), 1 + 1, "{invited}");
}

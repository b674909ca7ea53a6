//! `/v2/apply` and `/v2/export`: what owners declare of their own (TEN-1, TEN-3).

use muster_engine::tokens::access::Holder;
use muster_model::{Role, token::Scope};
use serde_json::{Value, json};

use crate::{api::scopes, support::Server};

fn site() -> Server {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    server.member(&moby, "ada@example.com", Role::Owner);
    server.member(&moby, "eve@example.com", Role::Editor);
    server.member(&whale, "bo@example.com", Role::Owner);
    server
}

fn declared(declaration: Value) -> Value {
    json!({"declaration": declaration})
}

#[tokio::test]
async fn ten_1_what_takes_the_operator_is_refused_with_the_key_and_nothing_is_done() {
    let server = site();
    let owner = server.client(&server.world.account_of("ada@example.com").unwrap()).await;
    let whale = server.organizations[1].clone();
    let _theirs = server.world.connection("theirs", &[&whale]).domains(&["whale.org"]).build();
    let before = owner.get("/v2/export").await.due(200).value();
    for (declaration, key, says) in [
        (json!({"domain": [{"name": "moby.org", "organization": "moby", "verified": true}]}), "verified", "operator"),
        (json!({"organization": [{"name": "moby", "owners": ["eve@example.com"]}]}), "owners", "invite"),
        (json!({"organization": [{"name": "moby", "owners": ["new@example.com"]}]}), "owners", "invite"),
        (json!({"organization": [{"name": "whale"}]}), "company", "none of yours"),
        (json!({"organization": [{"name": "narwhal"}]}), "company", "none of yours"),
        (json!({"company": [{"name": "docks"}]}), "name", "only the operator"),
        (json!({"company": [{"name": "docks", "owners": ["ada@example.com"]}]}), "name", "only the operator"),
        (json!({"organization": [{"name": "moby", "company": "docks"}]}), "company", "no such company of yours"),
        (json!({"domain": [{"name": "moby.org", "organization": "whale"}]}), "organization", "of yours"),
        (json!({"connection": [{"name": "x", "organizations": ["moby", "whale"]}]}), "organizations", "of yours"),
        (json!({"connection": [{"name": "x", "organizations": ["moby"], "company": "docks"}]}), "company", "of yours"),
        // What it covers is named, but not given away, nor taken.
        (
            json!({"connection": [{"name": "okta", "organizations": ["moby", "whale"], "organization": "whale"}]}),
            "organization",
            "not yours",
        ),
        (json!({"connection": [{"name": "okta", "organizations": ["whale"]}]}), "organization", "not yours"),
        (json!({"connection": [{"name": "theirs", "organizations": ["moby"]}]}), "name", "another's connection"),
    ] {
        let answer = owner.post("/v2/apply", declared(declaration.clone())).await.denied(400, says);
        assert!(answer.value()["errinfo"].get(key).is_some(), "{declaration}: {}", answer.text);
    }
    assert_eq!(owner.get("/v2/export").await.due(200).value(), before);
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn ten_1_owners_declare_what_is_theirs_and_what_is_exported_applies_without_a_change() {
    let server = site();
    let owner = server.client(&server.world.account_of("ada@example.com").unwrap()).await;
    let stated = json!({
        "organization": [{"name": "moby", "owners": ["ada@example.com"], "teams": ["crew"], "seats": 50}],
        "domain": [{"name": "moby.org", "organization": "moby"}],
    });
    let plan = json!({"declaration": stated, "plan": true});
    let planned = owner.post("/v2/apply", plan).await.due(200).value();
    let applied = owner.post("/v2/apply", declared(stated)).await.due(200).value();
    assert_eq!(planned["changes"].as_array().unwrap().len(), applied["changes"].as_array().unwrap().len());
    let domain = owner.get("/v2/orgs/moby/domains/moby.org").await.due(200).value();
    assert_eq!(domain["state"], "pending", "it is claimed, and to be proven: {domain}");
    let exported = owner.get("/v2/export").await.due(200);
    assert!(!exported.text.contains("bo@example.com"), "TEN-3: {}", exported.text);
    let names: Vec<_> =
        exported.value()["organization"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["moby"]);
    let again = owner.post("/v2/apply", declared(exported.value())).await.due(200).value();
    assert_eq!(again["changes"], json!([]));
}

#[tokio::test]
async fn ten_1_pruning_ends_only_what_is_ones_own() {
    let server = site();
    let whale = server.organizations[1].clone();
    let theirs = server.world.connection("theirs", &[&whale]).domains(&["whale.org"]).build();
    let owner = server.client(&server.world.account_of("ada@example.com").unwrap()).await;
    let stated = json!({"declaration": {"organization": [{"name": "moby", "teams": []}]}, "prune": true});
    owner.post("/v2/apply", stated).await.due(200);
    assert_eq!(owner.get("/v2/connections").await.due(200).value()["count"], 0);
    assert_eq!(owner.get("/v2/orgs/moby/domains").await.due(200).value()["count"], 0);
    let other = server.world.read(move |conn| Ok(conn.connection(theirs)?.unwrap()));
    assert_eq!((other.organizations.len(), other.domains.len()), (1, 1), "another holder's stays as it is");
}

#[tokio::test]
async fn sec_1_each_part_of_a_declaration_takes_its_scope() {
    let server = site();
    let moby = server.organizations[0].clone();
    let organization = json!({"organization": [{"name": "moby"}]});
    let teams = json!({"organization": [{"name": "moby", "teams": ["crew"]}]});
    let domain = json!({"domain": [{"name": "moby.org", "organization": "moby"}]});
    let connection = json!({"connection": [{"name": "x", "organizations": ["moby"]}]});
    for (declaration, needed) in [
        (&organization, vec![Scope::OrganizationsWrite]),
        (&teams, vec![Scope::OrganizationsWrite, Scope::TeamsWrite]),
        (&domain, vec![Scope::DomainsWrite]),
        (&connection, vec![Scope::ConnectionsWrite]),
    ] {
        for missing in &needed {
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| scope != missing).collect();
            let token = server.access_token(Holder::Organization(moby.id), scopes(&others));
            let client = server.client_with("moby", &token).await;
            client.post("/v2/apply", declared(declaration.clone())).await.denied(403, missing.as_str());
        }
        let token = server.access_token(Holder::Organization(moby.id), scopes(&needed));
        let client = server.client_with("moby", &token).await;
        client.post("/v2/apply", declared(declaration.clone())).await.due(200);
    }
}

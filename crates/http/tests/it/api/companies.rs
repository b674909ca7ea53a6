//! Companies and their owners (ORG-1, ACC-3, TEN-3).

use muster_model::Role;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn org_1_company_owners_name_others_and_each_organization_keeps_an_owner() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.world.account("ada@example.com", true);
    server.world.company_owner("docks", &moby, &ada);
    let bo = server.member(&moby, "bo@example.com", Role::Member);
    server.member(&server.organizations[1], "eve@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let docks = client.get("/v2/companies").await.due(200).value();
    assert_eq!((&docks["count"], &docks["results"][0]["organizations"]), (&json!(1), &json!(["moby"])));
    let owners = "/v2/companies/docks/owners";
    client.delete(&format!("{owners}/~ada")).await.denied(409, "last owner");
    client.post(owners, json!({"username": "~eve"})).await.denied(404, "not found");
    let two = client.post(owners, json!({"username": "~bo"})).await.due(200).value();
    assert_eq!(two["owners"].as_array().unwrap().len(), 2);
    client.delete(&format!("{owners}/~ada")).await.due(204);
    client.get("/v2/companies/docks").await.denied(404, "company docks not found");
    client.get("/v2/orgs/moby").await.denied(404, "not found");
    let other = server.client(&bo).await;
    assert_eq!(other.get("/v2/orgs/moby").await.due(200).value()["role"], "owner");
    other.delete(&format!("{owners}/~ada")).await.denied(404, "not found");
}

#[tokio::test]
async fn acc_3_a_company_is_found_under_its_former_name_which_nobody_else_gets() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.world.account("ada@example.com", true);
    server.world.company_owner("docks", &moby, &ada);
    let bo = server.world.account("bo@example.com", true);
    server.world.company_owner("yard", &whale, &bo);
    let (client, other) = (server.client(&ada).await, server.client(&bo).await);
    client.patch("/v2/companies/docks", json!({"name": "two words"})).await.denied(400, "");
    let renamed = client.patch("/v2/companies/docks", json!({"name": "Harbour"})).await.due(200).value();
    assert_eq!(renamed["name"], "harbour");
    assert_eq!(client.get("/v2/companies/docks").await.due(200).value()["name"], "harbour");
    other.patch("/v2/companies/yard", json!({"name": "docks"})).await.denied(409, "is, or was");
    other.get("/v2/companies/harbour").await.denied(404, "harbour not found");
    client.patch("/v2/companies/harbour", json!({"name": "docks"})).await.due(200);
}

#[tokio::test]
async fn org_1_company_owners_make_and_own_the_companys_organizations() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.world.account("ada@example.com", true);
    server.world.company_owner("docks", &moby, &ada);
    let zoe = server.member(&moby, "zoe@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let path = "/v2/companies/docks/organizations";
    let made = client.post(path, json!({"name": "orca", "seats": 3})).await.due(201).value();
    assert_eq!((&made["name"], &made["company"], &made["seats"]), (&json!("orca"), &json!("docks"), &json!(3)));
    client.post(path, json!({"name": "orca"})).await.denied(409, "is, or was");
    let listed = client.get(path).await.due(200).value();
    let names: Vec<_> = listed["results"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!((names, &listed["count"]), (vec!["moby", "orca"], &json!(2)));
    assert_eq!(client.get("/v2/orgs/orca").await.due(200).value()["role"], "owner");
    let other = server.client(&zoe).await;
    other.get(path).await.denied(404, "company docks not found");
    other.post(path, json!({"name": "new"})).await.denied(404, "company docks not found");
}

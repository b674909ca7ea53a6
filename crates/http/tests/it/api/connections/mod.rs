//! Connections, as the owners of their holder see them (TEN-1, TEN-3, PRE-3).

mod authority;
mod consents;
mod declaration;
mod plans;
mod settings;
mod traces;

use muster_engine::tokens::access::Holder;
use muster_model::{
    Role,
    token::{Scope, Scopes},
};
use serde_json::json;

use super::scopes;
use crate::support::Server;

#[tokio::test]
async fn ten_3_owners_of_the_holder_see_a_connection_and_others_what_concerns_them() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let bo = server.member(&whale, "bo@example.com", Role::Owner);
    let eve = server.member(&moby, "eve@example.com", Role::Editor);
    let (owner, covered, editor) = (server.client(&ada).await, server.client(&bo).await, server.client(&eve).await);
    let path = format!("/v2/connections/{}", server.connection);
    let listed = owner.get("/v2/orgs/moby/connections").await.due(200).value();
    assert_eq!((&listed["count"], &listed["results"][0]["organizations"]), (&json!(1), &json!(["moby", "whale"])));
    assert_eq!(owner.get(&path).await.due(200).value(), listed["results"][0]);
    let theirs = covered.get("/v2/orgs/whale/connections").await.due(200).value();
    assert_eq!(theirs["results"][0]["organizations"], json!(["whale"]));
    assert_eq!(theirs["results"][0]["domains"], json!([]));
    for below in ["", "/conflicts", "/affected"] {
        covered.get(&format!("{path}{below}")).await.denied(404, "not found");
        editor.get(&format!("{path}{below}")).await.denied(403, "only an owner");
        owner.get(&format!("{path}{below}")).await.due(200);
        let few = server.access_token(Holder::Organization(moby.id), scopes(&[Scope::MembersRead]));
        server.client_with("moby", &few).await.get(&format!("{path}{below}")).await.denied(403, "`connections:read`");
        let all = server.access_token(Holder::Organization(whale.id), Scopes::all());
        server.client_with("whale", &all).await.get(&format!("{path}{below}")).await.denied(404, "not found");
    }
    owner.get("/v2/connections/01900000-0000-7000-8000-000000000000").await.denied(404, "not found");
}

#[tokio::test]
async fn jit_8_and_sso_9_who_would_lose_access_is_told_before() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = crate::factors::with_password(&server);
    let _stranger = server.world.account("eve@example.com", true);
    server.member(&moby, "guest@elsewhere.org", Role::Member);
    let client = server.client(&ada).await;
    let affected = client.get(&format!("/v2/connections/{}/affected", server.connection)).await.due(200).value();
    let addresses = |list: &str| {
        let people = affected[list].as_array().unwrap().iter();
        people.map(|person| person["email"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(affected["accounts"], 2);
    assert_eq!(addresses("with_credentials"), ["ada@example.com"]);
    assert_eq!(addresses("never_signed_in"), ["ada@example.com", "eve@example.com"]);
    assert_eq!(addresses("denied_without_jit"), ["eve@example.com"]);
}

#[tokio::test]
async fn pre_3_a_conflict_is_shown_with_both_values_and_without_what_is_other_holders() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let mut bo = crate::support::person("bo@example.com");
    bo["displayName"] = json!("Bo");
    server.post("/Users", bo).await.due(201);
    let world = &server.world;
    world.sso_says(server.connection, &moby, "bo@example.com", Some("Bosun"), Some(Role::Editor), None);
    let theirs = world.connection("theirs", &[&whale]).build();
    world.sso_says(theirs, &whale, "bo@example.com", Some("Secret"), Some(Role::Owner), None);
    let client = server.client(&ada).await;
    let answer = client.get(&format!("/v2/connections/{}/conflicts", server.connection)).await.due(200);
    assert!(!answer.text.contains("Secret") && !answer.text.contains("theirs"), "{}", answer.text);
    let found = answer.value();
    let name = found["results"].as_array().unwrap().iter().find(|found| found["attribute"] == "full_name").unwrap();
    let said: Vec<_> = name["said"].as_array().unwrap().iter().map(|said| (&said["source"], &said["value"])).collect();
    assert_eq!(said.len(), 2, "{name}");
    assert!(said.contains(&(&json!("sso"), &json!("Bosun"))), "{said:?}");
    assert_eq!((&name["email"], &found["next"]), (&json!("bo@example.com"), &json!(null)));
}

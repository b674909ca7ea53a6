//! Organizations, as those who are in them see them.

use muster_engine::tokens::access::Holder;
use muster_model::{Role, token::Scopes};
use serde_json::{Value, json};

use crate::support::Server;

#[tokio::test]
async fn ten_3_everybody_lists_their_own_organizations_and_owners_see_the_seats() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    server.world.seats(&moby, 7);
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    server.world.set_member(&whale, &ada, Role::Member).unwrap();
    let client = server.client(&ada).await;
    let listed = client.get("/v2/orgs?page_size=1").await.due(200).value();
    assert_eq!((&listed["count"], &listed["results"][0]["name"]), (&json!(2), &json!("moby")));
    let next = listed["next"].as_str().unwrap().strip_prefix("https://muster.test").unwrap().to_owned();
    let second = client.get(&next).await.due(200).value();
    let whale = &second["results"][0];
    assert_eq!((&whale["name"], &whale["role"], &whale["members"]), (&json!("whale"), &json!("member"), &Value::Null));
    let moby_seen = client.get("/v2/orgs/MOBY").await.due(200).value();
    assert_eq!(
        (&moby_seen["seats"], &moby_seen["members"], &moby_seen["role"]),
        (&json!(7), &json!(1), &json!("owner"))
    );
    let token = server.access_token(Holder::Organization(moby.id), Scopes::all());
    let of_moby = server.client_with("moby", &token).await.get("/v2/orgs").await.due(200).value();
    assert_eq!((&of_moby["count"], &of_moby["results"][0]["name"]), (&json!(1), &json!("moby")));
}

#[tokio::test]
async fn acc_3_a_renamed_organization_is_found_under_both_names_and_its_seats_are_set() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let bo = server.member(&whale, "bo@example.com", Role::Owner);
    let (client, other) = (server.client(&ada).await, server.client(&bo).await);
    let changed = client.patch("/v2/orgs/moby", json!({"name": "Orca", "seats": 5})).await.due(200).value();
    assert_eq!((&changed["name"], &changed["seats"]), (&json!("orca"), &json!(5)));
    assert_eq!(client.get("/v2/orgs/moby").await.due(200).value()["name"], "orca", "links go on working");
    other.patch("/v2/orgs/whale", json!({"name": "moby"})).await.denied(409, "is, or was");
    let unlimited = client.patch("/v2/orgs/orca", json!({"seats": null})).await.due(200).value();
    assert_eq!((&unlimited["seats"], &unlimited["name"]), (&Value::Null, &json!("orca")));
    client.patch("/v2/orgs/orca", json!({"seats": -1})).await.denied(400, "seats");
    client.patch("/v2/orgs/orca", json!({"name": "a@b"})).await.due(400);
    client.patch("/v2/orgs/orca", json!({"owner": "x"})).await.due(400);
}

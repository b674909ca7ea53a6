//! Consent to a connection of another holder (TEN-1).

use muster_model::Role;
use serde_json::json;

use crate::support::{Server, person};

#[tokio::test]
async fn ten_1_a_connection_covers_another_holders_organization_by_consent_that_can_be_withdrawn() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let bo = server.member(&whale, "bo@whale.org", Role::Owner);
    let world = &server.world;
    let id = world.connection("mobys", &[&moby]).domains(&["mobys.org"]).build();
    let (owner, other) = (server.client(&ada).await, server.client(&bo).await);
    let (settings, consent) = (format!("/v2/connections/{id}/settings"), format!("/v2/orgs/whale/connections/{id}"));
    let both = json!({"organizations": ["moby", "whale"], "default_organization": "whale"});
    owner.patch(&settings, both.clone()).await.denied(400, "no such organization of yours");
    owner.call("PUT", &consent, None).await.denied(404, "organization whale not found");
    other.call("PUT", &consent, None).await.due(204);
    other.call("PUT", &consent, None).await.due(204);
    let covers = || world.read(move |conn| Ok(conn.connection(id)?.unwrap().covered(whale.id).is_some()));
    assert!(!covers(), "consent alone changes nothing");
    owner.patch(&settings, both.clone()).await.due(200);
    assert!(covers());
    let mapping = json!({"mapping": [{"pattern": "eng", "organization": "whale"}]});
    owner.patch(&settings, mapping).await.due(200);
    let token = world.scim_token(id);
    let sent = server.to("POST", "/scim/v2/Users").header("authorization", &format!("Bearer {}", token.expose()));
    sent.header("content-type", "application/scim+json")
        .bytes(person("cy@mobys.org").to_string())
        .send()
        .await
        .due(201);
    assert!(world.is_member(&server.organizations[1], "cy@mobys.org"));
    other.delete(&consent).await.due(204);
    assert!(!covers());
    assert!(world.is_member(&server.organizations[1], "cy@mobys.org"), "SSO-12: members stay, by hand");
    let seen = owner.get(&settings).await.due(200).value()["settings"].clone();
    assert_eq!((&seen["organizations"], &seen["default_organization"]), (&json!(["moby"]), &json!(null)));
    assert!(seen["mapping"].is_null(), "{seen}");
    owner.patch(&settings, both).await.denied(400, "no such organization of yours");
    other.delete(&consent).await.denied(404, "not found");
    let own = format!("/v2/orgs/moby/connections/{id}");
    owner.delete(&own).await.denied(400, "its settings");
    owner.call("PUT", &own, None).await.denied(400, "its settings");
}

//! Products of organizations over the API (interfaces §3).

use muster_model::Role;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn owners_look_after_the_products_of_their_organization() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let owner = server.member(&moby, "ada@example.com", Role::Owner);
    let client = server.client(&owner).await;
    let wanted = json!({"name": "notes", "organization": "moby", "redirect_uris": ["https://notes.example/callback"]});
    let made = client.post("/v2/clients", wanted.clone()).await.due(201).value();
    let (id, secret) = (made["client_id"].as_str().unwrap().to_owned(), made["client_secret"].as_str().unwrap());
    assert!(secret.starts_with("mst_client_") && made["is_active"] == true, "{made}");
    client.post("/v2/clients", wanted).await.denied(400, "is taken");
    let path = format!("/v2/clients/{id}");
    let seen = client.get(&path).await.due(200).value();
    assert!(seen.get("client_secret").is_none() && seen["secret_made_at"].is_string(), "{seen}");
    let listed = client.get("/v2/clients?organization=moby").await.due(200).value();
    assert_eq!(listed["results"][0]["client_id"], id.as_str());
    // Changed in part; what is wrong is said, and changes nothing.
    for (wrong, says) in [
        (json!({"redirect_uris": ["http://notes.example/callback"]}), "https://"),
        (json!({"redirect_uris": ["https://notes.example/*"]}), "wildcard"),
        (json!({"redirect_uris": ["https://notes.example/#x"]}), "fragment"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "scheme"),
        (json!({"redirect_uris": []}), "say where people are sent back to"),
        (json!({"backchannel_logout_uri": "com.example.app:/logout"}), "must begin with https://"),
        (json!({"name": ""}), "1 to 100"),
        (json!({"kind": "tablet"}), "unknown variant"),
        (json!({"redirect_urls": []}), "unknown field"),
        (json!({"organization": "whale"}), "leave it out"),
        (json!({"is_active": "no"}), "`true` or `false`"),
    ] {
        client.patch(&path, wrong).await.denied(400, says);
    }
    let changed = client.patch(&path, json!({"third_party": true, "is_active": false})).await.due(200).value();
    assert!(changed["settings"]["third_party"] == true && changed["is_active"] == false, "{changed}");
    assert_eq!(changed["settings"]["redirect_uris"], json!(["https://notes.example/callback"]));
    let rotated = client.post(&format!("{path}/secret"), json!({"at_once": true})).await.due(200).value();
    assert_ne!(rotated["client_secret"], made["client_secret"]);
    // Nobody else's business (TEN-3).
    let whale = server.organizations[1].clone();
    let other = server.client(&server.member(&whale, "bo@example.com", Role::Owner)).await;
    let member = server.client(&server.member(&moby, "cy@example.com", Role::Member)).await;
    for (method, path) in [("GET", path.as_str()), ("PATCH", &path), ("DELETE", &path)] {
        let body = (method == "PATCH").then(|| json!({"name": "mine"}));
        other.call(method, path, body.clone()).await.denied(404, "not found");
        member.call(method, path, body).await.denied(403, "owner");
    }
    other.get("/v2/clients?organization=moby").await.denied(404, "not found");
    let taken = json!({"name": "notes", "organization": "whale", "redirect_uris": ["https://whale.example/callback"]});
    other.post("/v2/clients", taken).await.denied(400, "is taken");
    let everybody = json!({"name": "all", "redirect_uris": ["https://whale.example/callback"]});
    other.post("/v2/clients", everybody).await.denied(400, "say whose members it is for");
    client.delete(&path).await.due(204);
    client.get(&path).await.denied(404, "not found");
    // It is on the organization's activity log.
    let log = client.get("/v2/auditlogs/moby").await.due(200).text;
    assert!(log.contains("client.create") && log.contains("client.delete") && !log.contains("mst_client_"), "{log}");
}

//! Teams (GRP-5, GRP-6, ACC-3).

use muster_model::Role;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn grp_5_a_team_is_made_renamed_and_found_under_every_name() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let made = client.post("/v2/orgs/moby/groups", json!({"name": "Devs", "description": "who builds"})).await.due(201);
    let made = made.value();
    assert_eq!(
        (&made["name"], &made["description"], &made["member_count"]),
        (&json!("devs"), &json!("who builds"), &json!(0))
    );
    assert!(made["id"].is_i64() && made["uuid"].is_string());
    let again =
        client.post("/v2/orgs/moby/groups", json!({"name": "devs"})).await.denied(409, "there is a team `devs`");
    assert_eq!(again.value()["errinfo"], json!({"rule": "ACC-3"}));
    client.post("/v2/orgs/moby/groups", json!({"name": "no@name"})).await.denied(400, "name");
    let renamed = client.patch("/v2/orgs/moby/groups/devs", json!({"name": "builders"})).await.due(200).value();
    assert_eq!(
        (&renamed["name"], &renamed["description"], &renamed["id"]),
        (&json!("builders"), &json!("who builds"), &made["id"])
    );
    assert_eq!(client.get("/v2/orgs/moby/groups/devs").await.due(200).value()["name"], "builders");
    client.put("/v2/orgs/moby/groups/builders", json!({"name": "builders"})).await.due(200);
    assert_eq!(client.get("/v2/orgs/moby/groups/builders").await.value()["description"], "");
    let long = "x".repeat(501);
    client.patch("/v2/orgs/moby/groups/devs", json!({"description": long})).await.denied(400, "at most 500");
    client.delete("/v2/orgs/moby/groups/builders").await.due(204);
    client.get("/v2/orgs/moby/groups/builders").await.denied(404, "team builders not found");
    let back =
        client.post("/v2/orgs/moby/groups", json!({"name": "devs", "description": "again"})).await.due(201).value();
    assert_eq!((&back["uuid"], &back["name"], &back["description"]), (&made["uuid"], &json!("devs"), &json!("again")));
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn grp_6_people_take_out_whom_people_put_in_and_identity_providers_theirs() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    server.member(&server.organizations[0], "bo@example.com", Role::Member);
    let pushed = server.user("eve@example.com").await;
    server.group("moby:devs", &[&pushed]).await;
    let client = server.client(&ada).await;
    let members = "/v2/orgs/moby/groups/devs/members";
    let added = client.post(members, json!({"member": "~bo"})).await.due(200).value();
    assert_eq!((&added["username"], &added["email"]), (&json!(server.named("~bo")), &json!("bo@example.com")));
    assert_eq!(client.get("/v2/orgs/moby/groups/devs").await.value()["member_count"], 2);
    let first = client.get(&format!("{members}?page_size=1")).await.due(200).value();
    let next = first["next"].as_str().unwrap().strip_prefix("https://muster.test").unwrap().to_owned();
    let second = client.get(&next).await.due(200).value();
    assert_eq!((&first["count"], &second["next"]), (&json!(2), &json!(null)));
    assert_ne!(first["results"][0]["username"], second["results"][0]["username"]);
    assert_eq!(client.get(&format!("{members}?search=~bo")).await.value()["count"], 1);
    assert_eq!(client.get(&format!("{members}?search=~ada")).await.value()["count"], 0);
    client.delete(&format!("{members}/~bo")).await.due(204);
    client.delete(&format!("{members}/~bo")).await.denied(404, "not found");
    client.delete(&format!("{members}/~eve")).await.denied(400, "connection `okta`");
    client.post(members, json!({"member": "stranger"})).await.denied(404, "stranger not found");
    // Whoever is in by both stays in by the other.
    client.post(members, json!({"member": "~eve"})).await.due(200);
    client.delete(&format!("{members}/~eve")).await.due(204);
    assert_eq!(client.get(&format!("{members}?search=~eve")).await.value()["count"], 1);
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn lists_of_teams_are_by_name_and_found_by_how_they_begin() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    for name in ["web", "api", "apps", "db"] {
        client.post("/v2/orgs/moby/groups", json!({"name": name})).await.due(201);
    }
    client.patch("/v2/orgs/moby/groups/db", json!({"name": "apple"})).await.due(200);
    client.post("/v2/orgs/moby/groups/web/members", json!({"member": "~ada"})).await.due(200);
    let list = async |query: &str| {
        let page = client.get(&format!("/v2/orgs/moby/groups{query}")).await.due(200).value();
        let names: Vec<String> =
            page["results"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned()).collect();
        (page["count"].as_i64().unwrap(), names.join(" "), page["next"].as_str().map(str::to_owned))
    };
    let all = list("").await;
    assert!(all.1.starts_with("api apple apps ") && all.1.ends_with(" web"), "{all:?}");
    assert_eq!(list("?search=AP").await, (3, "api apple apps".to_owned(), None));
    assert_eq!(list("?search=db").await.0, 0, "a name that it had before finds nothing");
    assert_eq!(list("?username=~ada&search=w").await, (1, "web".to_owned(), None));
    let (count, names, next) = list("?search=ap&page_size=2").await;
    assert_eq!((count, names.as_str()), (3, "api apple"));
    let rest = client.get(next.unwrap().strip_prefix("https://muster.test").unwrap()).await.due(200).value();
    assert_eq!((&rest["results"][0]["name"], &rest["next"]), (&json!("apps"), &json!(null)));
    assert_eq!(list("?page=2&page_size=2&search=ap").await.1, "apps");
}

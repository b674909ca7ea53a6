//! Plans, adoption, drift and held changes over the API (MIG-1, MIG-2, MIG-3).

use std::time::Duration;

use muster_http::Limits;
use muster_model::{Account, Organization, Role};
use serde_json::json;

use crate::support::{Server, person};

/// A server whose organization `moby` has an owner.
fn site() -> (Server, Organization, Account, String) {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let path = format!("/v2/connections/{}", server.connection);
    (server, moby, ada, path)
}

#[tokio::test]
async fn mig_2_a_plan_says_what_settings_would_do_and_does_exactly_that() {
    let (server, _, ada, path) = site();
    let owner = server.client(&ada).await;
    let bo = server.user("bo@example.com").await;
    server.group("engineers", &[&bo]).await;
    let table = json!([{"pattern": "engineers", "organization": "whale", "team": "crew", "role": "editor"}]);
    let plan = owner.post(&format!("{path}/plan"), json!({"settings": {"mapping": table}})).await.due(201).value();
    assert_eq!((&plan["kind"], &plan["state"], &plan["members"]), (&json!("settings"), &json!("made"), &json!(1)));
    let person = &plan["people"][0];
    assert_eq!((&person["who"], &person["effects"][0]), (&json!("bo@example.com"), &json!("added")));
    assert_eq!((&person["after"]["role"], &person["after"]["teams"]), (&json!("editor"), &json!(["crew"])));
    let whale = server.organizations[1].clone();
    assert!(!server.world.is_member(&whale, "bo@example.com"), "nothing is done yet");
    let one = format!("{path}/plan/{}", plan["id"].as_str().unwrap());
    assert_eq!(owner.get(&one).await.due(200).value(), plan);
    assert_eq!(owner.get(&format!("{path}/plan")).await.due(200).value()["results"][0]["id"], plan["id"]);
    assert_eq!(owner.get(&format!("{one}?from=1")).await.due(200).value()["people"], json!([]));
    let done = owner.call("POST", &format!("{one}/apply"), None).await.due(200).value();
    assert_eq!(done["plan"]["state"], "applied");
    assert!(server.world.is_member(&whale, "bo@example.com"));
    owner.call("POST", &format!("{one}/apply"), None).await.denied(409, "applied already");
    let said = server.world.account_of("bo@example.com").unwrap().id.0;
    let told = server.world.read(move |conn| Ok(conn.history(said, 50)?));
    let moved =
        told.iter().find(|row| row.request.is_some_and(|id| Some(id.0.to_string().as_str()) == plan["id"].as_str()));
    assert_eq!(
        moved.map(|row| row.actor.id()),
        Some(Some(ada.id.0)),
        "the ledger has who applied it, under the plan's id"
    );
}

#[tokio::test]
async fn mig_2_a_plan_whose_state_has_changed_is_refused_and_one_that_is_discarded_is_gone() {
    let (server, _, ada, path) = site();
    let owner = server.client(&ada).await;
    server.user("bo@example.com").await;
    let settings = json!({"settings": {"default_organization": "whale"}});
    let plan = owner.post(&format!("{path}/plan"), settings.clone()).await.due(201).value();
    server.user("cy@example.com").await;
    let one = format!("{path}/plan/{}", plan["id"].as_str().unwrap());
    owner.call("POST", &format!("{one}/apply"), None).await.denied(409, "changed since");
    owner.delete(&one).await.due(204);
    owner.get(&one).await.denied(404, "not found");
    owner.delete(&one).await.denied(404, "not found");
    let wrong = json!({"settings": {"default_organization": "nowhere"}});
    owner.post(&format!("{path}/plan"), wrong).await.denied(400, "does not cover it");
    let secret = json!({"settings": {"oidc": {"client_secret": "x"}}});
    owner.post(&format!("{path}/plan"), secret).await.denied(400, "holds no secrets");
}

#[tokio::test]
async fn mig_2_what_takes_long_waits_its_turn_and_what_does_not_goes_on() {
    let limits = Limits { undertakings: 0, turn_time: Duration::from_millis(1), ..Limits::default() };
    let server = Server::with(limits);
    let ada = server.member(&server.organizations[0].clone(), "ada@example.com", Role::Owner);
    let owner = server.client(&ada).await;
    let path = format!("/v2/connections/{}", server.connection);
    owner.post(&format!("{path}/plan"), json!({"settings": {"jit": false}})).await.denied(503, "busy");
    owner.get(&format!("{path}/drift")).await.denied(503, "busy");
    owner.post("/v2/apply", json!({"declaration": {}})).await.denied(503, "busy");
    owner.get(&format!("{path}/held")).await.due(200);
}

#[tokio::test]
async fn ten_3_a_plan_is_the_owners_of_its_connection_alone() {
    let (server, _, ada, path) = site();
    let owner = server.client(&ada).await;
    let plan = owner.post(&format!("{path}/plan"), json!({"settings": {"jit": false}})).await.due(201).value();
    let whale = server.organizations[1].clone();
    let bo = server.member(&whale, "bo@example.com", Role::Owner);
    let theirs = server.world.connection("theirs", &[&whale]).domains(&["whale.org"]).build();
    let other = server.client(&bo).await;
    let id = plan["id"].as_str().unwrap();
    for (method, below) in [("GET", ""), ("POST", "/apply"), ("DELETE", "")] {
        let answer = other.call(method, &format!("/v2/connections/{theirs}/plan/{id}{below}"), None).await;
        answer.denied(404, &format!("plan {id} not found"));
    }
    assert_eq!(owner.get(&format!("{path}/plan/{id}")).await.due(200).value()["state"], "made");
}

#[tokio::test]
async fn mig_1_members_are_adopted_by_a_plan_and_who_is_hindered_is_told() {
    let (server, moby, ada, path) = site();
    server.member(&moby, "bo@example.com", Role::Member);
    let owner = server.client(&ada).await;
    for email in ["ada@example.com", "bo@example.com"] {
        server.post("/Users", person(email)).await.due(201);
    }
    let found = owner.get(&format!("{path}/adopt")).await.due(200).value();
    let told: Vec<_> =
        found["candidates"].as_array().unwrap().iter().map(|one| (&one["email"], &one["hindrance"])).collect();
    assert!(told.contains(&(&json!("bo@example.com"), &json!(null))), "{told:?}");
    assert!(told.contains(&(&json!("ada@example.com"), &json!("owner"))), "{told:?}");
    let plan = owner.post(&format!("{path}/adopt"), json!({})).await.due(201).value();
    assert_eq!((&plan["kind"], &plan["members"]), (&json!("adoption"), &json!(1)));
    let one = format!("{path}/plan/{}", plan["id"].as_str().unwrap());
    owner.call("POST", &format!("{one}/apply"), None).await.due(200);
    let left = owner.get(&format!("{path}/adopt?organization=moby")).await.due(200).value();
    assert_eq!(left["candidates"].as_array().unwrap().len(), 1, "the owner is left: {left}");
    owner.post(&format!("{path}/adopt"), json!({})).await.denied(400, "nobody to adopt");
    owner.post(&format!("{path}/adopt"), json!({"emails": ["no address"]})).await.denied(400, "emails[0]");
    owner.get(&format!("{path}/adopt?organization=narwhal")).await.denied(400, "does not cover");
}

#[tokio::test]
async fn drift_is_found_and_repaired() {
    let (server, moby, ada, path) = site();
    let owner = server.client(&ada).await;
    server.post("/Users", person("bo@example.com")).await.due(201);
    assert_eq!(owner.get(&format!("{path}/drift")).await.due(200).value()["findings"], json!([]));
    let bo = server.world.account_of("bo@example.com").unwrap();
    server.world.remove_member(&moby, &bo, false).unwrap();
    let found = owner.get(&format!("{path}/drift")).await.due(200).value();
    assert_eq!((&found["findings"][0]["who"], &found["repaired"]), (&json!("bo@example.com"), &json!(false)));
    assert!(!server.world.is_member(&moby, "bo@example.com"), "looking mends nothing");
    owner.call("POST", &format!("{path}/drift"), None).await.due(200);
    assert!(server.world.is_member(&moby, "bo@example.com"));
}

#[tokio::test]
async fn mig_3_held_requests_are_shown_approved_and_rejected() {
    let (server, moby, ada, path) = site();
    let owner = server.client(&ada).await;
    let mut ids = Vec::new();
    for number in 0..53 {
        ids.push(server.user(&format!("p{number}@example.com")).await);
    }
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    for id in &ids {
        server.patch(&format!("/Users/{id}"), off.clone()).await;
    }
    let held = owner.get(&format!("{path}/held")).await.due(200).value();
    assert_eq!((&held["waiting"], &held["would_end"][0]["memberships"]), (&json!(3), &json!(3)), "{held}");
    let first = held["held"][0]["id"].as_str().unwrap();
    let shown = owner.get(&format!("{path}/held/{first}")).await.due(200).value();
    assert_eq!(shown["held"][0]["body"]["Operations"][0]["path"], "active");
    let last = held["held"][2]["id"].as_str().unwrap();
    let rejected = owner.post(&format!("{path}/held/reject"), json!({"ids": [last]})).await.due(200).value();
    assert_eq!((&rejected["held"][0]["state"], &rejected["waiting"]), (&json!("rejected"), &json!(2)));
    owner.post(&format!("{path}/held/reject"), json!({"ids": [last]})).await.denied(404, "not found");
    let approved = owner.post(&format!("{path}/held/approve"), json!({})).await.due(200).value();
    let states: Vec<_> = approved["held"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!((states, &approved["waiting"]), (vec![json!("applied"), json!("applied")], &json!(0)));
    assert!(server.world.is_member(&moby, "p52@example.com") && !server.world.is_member(&moby, "p51@example.com"));
    assert_eq!(owner.get(&format!("{path}/held?all=true")).await.due(200).value()["held"].as_array().unwrap().len(), 3);
    owner.post(&format!("{path}/held/approve"), json!({"lift": -1})).await.denied(400, "0 or more");
}

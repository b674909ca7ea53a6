//! Plans, adoption, conflicts and drift, from the shell, while a server runs (MIG-1, MIG-2, PRE-3).

use serde_json::{Value, json};

use crate::{
    client::Client,
    process::{DECLARATION, Folder, Server, errors},
};

fn patch(client: &mut Client, id: &Value, path: &str, value: &Value) {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": path, "value": value }],
    });
    let (status, answer) =
        client.send("PATCH", &format!("/scim/v2/Users/{}", id.as_str().unwrap()), Some(&body)).unwrap();
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn mig_1_an_owner_is_listed_named_singly_and_adopted() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &folder.set_up()).unwrap();
    let (_, owner) = client.create("owner@example.com").unwrap();
    let list = folder.json(&["adopt", "--connection", "okta", "--list"]);
    assert_eq!(
        (&list["candidates"][0]["role"], &list["candidates"][0]["hindrance"]),
        (&json!("owner"), &json!("owner"))
    );
    let bulk = folder.run(&["adopt", "--connection", "okta", "--yes"]);
    assert_eq!(bulk.status.code(), Some(1));
    assert!(errors(&bulk).contains("nobody to adopt"), "{}", errors(&bulk));

    let plan = folder.json(&["adopt", "--connection", "okta", "owner@example.com"]);
    let id = plan["plan"]["id"].as_str().unwrap();
    assert_eq!(plan["plan"]["people"][0]["effects"], json!(["moved", "management-changed"]));
    let managed =
        |folder: &Folder| folder.json(&["explain", "owner@example.com"])["memberships"][0]["managed_by"].clone();
    assert_eq!(managed(&folder), json!([]), "without a terminal, and without --yes, it is a plan");
    let done = folder.succeed(&["plan", "apply", id]);
    assert!(done.contains("managed by okta") && done.contains("Done."), "{done}");
    assert_eq!(managed(&folder), json!(["okta"]));
    let again = folder.run(&["plan", "apply", id]);
    assert!(errors(&again).contains("applied already"), "{}", errors(&again));

    patch(&mut client, &owner["id"], "active", &json!(false));
    let told = folder.json(&["explain", "owner@example.com"]);
    assert_eq!(told["memberships"][0]["state"], "kept on record: the last owner", "managed, and still the last owner");
}

#[test]
fn mig_2_a_changed_default_organization_is_planned_and_applied() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &folder.set_up()).unwrap();
    client.create("ada@example.com").unwrap();
    let changed = DECLARATION.replace("default_organization = \"moby\"", "default_organization = \"whale\"");
    let file = folder.write("changed.toml", &changed);
    let file = file.to_str().unwrap();
    let plan = folder.json(&["plan", file]);
    let plan = &plan["plan"];
    let people: Vec<_> =
        plan["people"].as_array().unwrap().iter().map(|p| (&p["who"], &p["organization"], &p["effects"][0])).collect();
    let ada = json!("ada@example.com");
    assert_eq!(people, [(&ada, &json!("moby"), &json!("removed")), (&ada, &json!("whale"), &json!("added"))]);
    assert_eq!(plan["organizations"][0]["seats"], 100_000);
    let id = plan["id"].as_str().unwrap();
    assert_eq!(folder.json(&["plan", "list"])["plans"][0]["id"], id);

    client.create("bob@example.com").unwrap();
    let stale = folder.run(&["plan", "apply", id]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(errors(&stale).contains("the state has changed since plan"), "{}", errors(&stale));
    let again = folder.json(&["plan", file]);
    let done = folder.json(&["plan", "apply", again["plan"]["id"].as_str().unwrap()]);
    assert_eq!(done["done"]["plan"]["state"], "applied");
    assert!(done["done"]["applied"]["connections"]["okta"]["id"].is_string());
    let told = folder.json(&["explain", "bob@example.com"]);
    let active: Vec<_> = told["memberships"].as_array().unwrap().iter().filter(|m| m["state"] == "active").collect();
    assert_eq!((active.len(), &active[0]["organization"]), (1, &json!("whale")));
    assert!(folder.json(&["plan", "discard", id])["discarded"].is_string());
    assert_eq!(folder.run(&["plan", "show", id]).status.code(), Some(1));
    assert!(folder.json(&["apply", file])["changes"].as_array().unwrap().is_empty(), "that was all");
}

#[test]
fn pre_3_and_drift_have_nothing_to_tell_of_a_quiet_directory() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &folder.set_up()).unwrap();
    for name in ["ada", "bob", "cyd"] {
        client.create(&format!("{name}@example.com")).unwrap();
    }
    let drift = folder.json(&["drift", "--connection", "okta"]);
    assert_eq!((&drift["users"], &drift["findings"], &drift["groups"]), (&json!(3), &json!([]), &json!([])));
    assert!(folder.succeed(&["drift", "--connection", "okta", "--repair"]).contains("3 users looked at"));
    assert!(folder.succeed(&["conflicts", "--connection", "okta"]).contains("no conflicts"));
    assert!(folder.succeed(&["adopt", "--connection", "okta", "--list"]).contains("nobody"));
    let unknown = folder.run(&["conflicts", "--connection", "otka"]);
    assert!(errors(&unknown).contains("did you mean `okta`?"), "{}", errors(&unknown));
}

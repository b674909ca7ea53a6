//! SCIM-11: `muster requests`, through a running server and without one.

use serde_json::{Value, json};

use crate::{
    client::{Client, user},
    process::{Folder, Server, errors},
};

/// A folder whose log holds a create, a refusal, a change and reads.
fn lived() -> (Folder, Server, Client) {
    let folder = Folder::new();
    let token = folder.set_up();
    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &token).unwrap();
    let mut ada = user("ada@example.com");
    ada["password"] = json!("hunter2");
    let (status, created) = client.send("POST", "/scim/v2/Users", Some(&ada)).unwrap();
    assert_eq!(status, 201, "{created}");
    assert_eq!(client.create("ada@example.com").unwrap().0, 409);
    let path = format!("/scim/v2/Users/{}", created["id"].as_str().unwrap());
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Replace", "path": "title", "value": "Countess"}],
    });
    assert_eq!(client.send("PATCH", &path, Some(&patch)).unwrap().0, 200);
    assert!(client.has("ada@example.com"));
    (folder, server, client)
}

fn list(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let all = [&["requests", "list", "--connection", "okta"], arguments].concat();
    folder.json(&all)["requests"].as_array().unwrap().clone()
}

fn outcomes(requests: &[Value]) -> Vec<&str> {
    requests.iter().map(|request| request["outcome"].as_str().unwrap()).collect()
}

#[test]
fn scim_11_the_log_is_listed_and_filtered_with_a_server_and_without() {
    let (folder, server, _client) = lived();
    assert_eq!(outcomes(&list(&folder, &["--status", "4xx"])), ["refused"]);
    server.terminate();
    assert!(server.wait().0.success());

    let all = list(&folder, &[]);
    assert_eq!(outcomes(&all), ["read", "changed", "refused", "changed"], "{all:?}");
    let ada = all[1]["resource"].as_str().unwrap();
    assert_eq!(list(&folder, &["--resource", ada]).len(), 2);
    assert_eq!(list(&folder, &["--user", "Ada@example.com"]).len(), 4, "also the read by name, and the refusal");
    assert_eq!(list(&folder, &["--user", "bob@example.com"]).len(), 0);
    assert_eq!(list(&folder, &["--outcome", "changed", "--since", "1h"]).len(), 2);
    assert_eq!(list(&folder, &["--until", "1h"]).len(), 0);
    let first = folder.json(&["requests", "list", "--connection", "okta", "--limit", "3"]);
    let rest = list(&folder, &["--before", first["next"].as_str().unwrap()]);
    assert_eq!((first["requests"].as_array().unwrap().len(), rest.len()), (3, 1));
    assert_eq!(rest[0], all[3]);
    let text = folder.succeed(&["requests", "list", "--connection", "okta"]);
    assert!(text.contains("409") && text.contains("is taken by another user") && text.contains("4 requests"), "{text}");
    let wrong = folder.run(&["requests", "list", "--connection", "otka"]);
    assert!(!wrong.status.success() && errors(&wrong).contains("did you mean `okta`?"), "{}", errors(&wrong));
    assert_eq!(folder.run(&["requests", "list", "--connection", "okta", "--since", "soon"]).status.code(), Some(2));
}

#[test]
fn scim_11_one_request_is_shown_with_what_was_sent_decided_and_changed() {
    let (folder, server, _client) = lived();
    let changed = list(&folder, &["--outcome", "changed"]);
    let (patched, created) = (changed[0]["id"].as_str().unwrap(), changed[1]["id"].as_str().unwrap());
    let details = folder.json(&["requests", "show", patched]);
    assert_eq!(details["sent"]["Operations"][0]["value"], "Countess");
    assert!(details["understood"][0].as_str().unwrap().contains("Replace"), "{details}");
    let user = details["changes"].as_array().unwrap().iter().find(|change| change["event"] == "scim.user.update");
    let title = user.unwrap()["fields"].as_array().unwrap().iter().find(|field| field["name"] == "document.title");
    assert_eq!((&title.unwrap()["old"], &title.unwrap()["new"]), (&json!(null), &json!("Countess")));
    server.terminate();
    assert!(server.wait().0.success());

    let text = folder.succeed(&["requests", "show", created]);
    for expected in ["POST /Users", "201 changed", "\"redacted\"", "SCIM-5", "joined moby", "connection okta"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    let read = list(&folder, &["--outcome", "read"]);
    let details = folder.json(&["requests", "show", read[0]["id"].as_str().unwrap()]);
    assert_eq!((&details["connection"], &details["status"]), (&json!("okta"), &json!(200)));
    let missing = folder.run(&["requests", "show", "0190f5fe-7c2a-7000-8000-0123456789ab"]);
    assert!(errors(&missing).contains("expired"), "{}", errors(&missing));
}

#[test]
fn scim_11_recorded_requests_are_tried_first_and_replayed_on_demand() {
    let (folder, server, mut client) = lived();
    let changed = list(&folder, &["--outcome", "changed"]);
    let (patched, created) = (changed[0]["id"].as_str().unwrap(), changed[1]["id"].as_str().unwrap());
    let path = format!("/scim/v2/Users/{}", changed[0]["resource"].as_str().unwrap());
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "title", "value": "Analyst"}],
    });
    assert_eq!(client.send("PATCH", &path, Some(&patch)).unwrap().0, 200);
    let mut title = || client.send("GET", &path, None).unwrap().1["title"].as_str().unwrap().to_owned();

    let tried = folder.json(&["requests", "replay", patched]);
    assert_eq!((&tried["applied"], &tried["requests"][0]["outcome"]), (&json!(false), &json!("skipped")), "{tried}");
    let tried = folder.json(&["requests", "replay", patched, "--although-written"]);
    assert_eq!(tried["requests"][0]["outcome"], "changed", "{tried}");
    assert_eq!(title(), "Analyst", "a trial leaves nothing behind");
    let done = folder.json(&["requests", "replay", patched, "--although-written", "--apply", "--yes"]);
    assert_eq!((&done["applied"], &done["requests"][0]["status"]), (&json!(true), &json!(200)), "{done}");
    assert_eq!(title(), "Countess");
    let trace = folder.json(&["requests", "show", done["requests"][0]["trace"].as_str().unwrap()]);
    assert_eq!((&trace["kind"], &trace["repeats"]), (&json!("replay"), &json!(patched)), "{trace}");

    let range = folder.succeed(&["requests", "replay", "--connection", "okta", "--from", "1h"]);
    assert!(range.contains("tried together, in their order") && range.contains("409"), "{range}");
    let two = folder.run(&["requests", "replay", patched, created, "--although-written"]);
    assert_eq!(two.status.code(), Some(2), "{}", errors(&two));
    let unknown = folder.run(&["requests", "replay", "0190f5fe-7c2a-7000-8000-0123456789ab"]);
    assert!(errors(&unknown).contains("there is no request"), "{}", errors(&unknown));
    drop(server);
}

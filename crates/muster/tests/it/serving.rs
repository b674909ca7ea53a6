//! A server, from its start to its end.

use std::{
    os::unix::fs::PermissionsExt,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    client::{Client, Load},
    process::{DECLARATION, Folder, Server, errors},
};

#[test]
fn a_person_is_pushed_explained_and_deactivated_while_the_server_runs() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    // The commands find the server that holds the database without being told.
    let token = folder.set_up();
    let mut client = Client::connect(server.address, &token).unwrap();
    let (status, ada) = client.create("ada@example.com").unwrap();
    assert_eq!(status, 201, "{ada}");
    let id = ada["id"].as_str().unwrap();
    let location = ada["meta"]["location"].as_str().unwrap();
    assert_eq!(location, format!("http://{}/scim/v2/Users/{id}", server.address));

    let told = folder.json(&["explain", "Ada@example.com"]);
    assert_eq!(told["account"]["full_name"], "Grace Hopper");
    let membership = &told["memberships"][0];
    assert_eq!(
        (&membership["organization"], &membership["state"], &membership["managed_by"]),
        (&json!("moby"), &json!("active"), &json!(["okta"]))
    );
    let grant = &membership["grants"][0];
    assert_eq!(
        (&grant["source"], &grant["connection"], &grant["rule"]),
        (&json!("scim"), &json!("okta"), &json!("SCIM-5"))
    );
    assert!(grant["request"].is_string() && grant["actor"].as_str().unwrap().starts_with("token "), "{grant}");
    let page = folder.succeed(&["explain", "ada@example.com"]);
    for words in ["Grace Hopper <ada@example.com>", "moby:company", "scim (okta)", "SCIM-5", "member.added"] {
        assert!(page.contains(words), "{words} is missing in:\n{page}");
    }

    let deactivate = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": false }],
    });
    let (status, _) = client.send("PATCH", &format!("/scim/v2/Users/{id}"), Some(&deactivate)).unwrap();
    assert_eq!(status, 200);
    let told = folder.json(&["explain", "ada@example.com"]);
    assert_eq!(told["memberships"][0]["state"], "asleep");
    assert_eq!(told["memberships"][0]["ended_by"], "okta");
    assert!(told["history"].as_array().unwrap().len() >= 2);

    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success(), "{log}");
    assert!(!log.contains("ada@example.com") && !log.contains(&token), "logs hold no personal data: {log}");
}

#[test]
fn a_token_that_is_revoked_from_the_shell_stops_working_within_a_second() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let token = folder.set_up();
    let mut client = Client::connect(server.address, &token).unwrap();
    assert_eq!(client.send("GET", "/scim/v2/Users", None).unwrap().0, 200);
    let tokens = folder.json(&["token", "list", "okta"]);
    let id = tokens["tokens"][0]["id"].as_str().unwrap();
    folder.succeed(&["token", "revoke", "okta", id]);
    // Another process may have to look first; it does so several times a second.
    let begun = Instant::now();
    while client.send("GET", "/scim/v2/Users", None).unwrap().0 != 401 {
        assert!(begun.elapsed() < Duration::from_secs(1), "the token still works");
    }
}

#[test]
fn commands_wait_for_each_other() {
    let folder = Folder::embedded();
    let file = folder.write("muster.toml", DECLARATION);
    let start = |_| {
        let mut command = folder.muster();
        command.args(["apply", file.to_str().unwrap()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let commands: Vec<_> = (0..3).map(start).collect();
    for command in commands {
        let output = command.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
    }
}

#[test]
fn files_are_for_their_owner_alone() {
    let folder = Folder::embedded();
    let _server = Server::start(&folder);
    let mode = |name: &str| {
        let metadata = std::fs::metadata(folder.path().join("data").join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!((mode(""), mode("master.key"), mode("muster.db"), mode("muster.sock")), (0o700, 0o600, 0o600, 0o600));
}

#[test]
fn a_server_that_is_asked_to_stop_finishes_what_it_accepted() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let token = folder.set_up();
    let load = Load::start(server.address, &token, "stop", 4);
    load.wait_for(20);
    let begun = Instant::now();
    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success(), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let acknowledged = load.finish();
    assert!(!folder.path().join("data/muster.sock").exists());

    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &token).unwrap();
    for name in &acknowledged {
        assert!(client.has(name), "{name} was acknowledged");
    }
}

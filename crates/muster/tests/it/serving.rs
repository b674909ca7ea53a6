//! A server, from its start to its end.

use std::{
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    client::Client,
    process::{Folder, Server},
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
fn a_token_that_is_revoked_from_the_shell_stops_working_at_once() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let token = folder.set_up();
    let mut client = Client::connect(server.address, &token).unwrap();
    assert_eq!(client.send("GET", "/scim/v2/Users", None).unwrap().0, 200);
    let tokens = folder.json(&["token", "list", "okta"]);
    let id = tokens["tokens"][0]["id"].as_str().unwrap();
    folder.succeed(&["token", "revoke", "okta", id]);
    assert_eq!(client.send("GET", "/scim/v2/Users", None).unwrap().0, 401);
}

#[test]
fn files_are_for_their_owner_alone() {
    let folder = Folder::new();
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
    let stopping = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let (address, token, stopping) = (server.address, token.clone(), Arc::clone(&stopping));
            thread::spawn(move || {
                let mut client = Client::connect(address, &token).unwrap();
                let mut acknowledged = Vec::new();
                for number in 0.. {
                    let name = format!("stop-{worker}-{number}@example.com");
                    match client.create(&name) {
                        Ok((201, _)) => acknowledged.push(name),
                        Ok((503, _)) => break,
                        Ok((status, body)) => panic!("{status}: {body}"),
                        // The connection was closed between two requests.
                        Err(_) if stopping.load(Ordering::Acquire) => break,
                        Err(error) => panic!("{error}"),
                    }
                }
                acknowledged
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    stopping.store(true, Ordering::Release);
    let begun = Instant::now();
    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success(), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let acknowledged: Vec<String> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    assert!(acknowledged.len() > 4);
    assert!(!folder.path().join("data/muster.sock").exists());

    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &token).unwrap();
    for name in &acknowledged {
        assert!(client.has(name), "{name} was acknowledged");
    }
}

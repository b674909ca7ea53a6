//! `muster doctor`: what it checks, and that it notices.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::Value;

use crate::{
    client::Client,
    process::{Folder, Server, errors},
};

/// The checks of one name.
fn check<'d>(diagnosis: &'d Value, name: &str) -> &'d Value {
    let checks = diagnosis["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check `{name}` in {diagnosis:#}"))
}

/// Runs it; whether it was content, and what it found.
fn examine(folder: &Folder, server: Option<&Server>) -> (bool, Value) {
    let mut command = folder.muster();
    command.args(["doctor", "--json"]);
    if let Some(server) = server {
        command.args(["--listen", &server.address.to_string()]);
    }
    let output = command.output().unwrap();
    let diagnosis = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", errors(&output)));
    (output.status.success(), diagnosis)
}

#[test]
fn a_healthy_installation_is_found_healthy_while_it_serves_and_after() {
    let folder = Folder::embedded();
    let server = Server::start(&folder);
    folder.set_up();
    let (content, diagnosis) = examine(&folder, Some(&server));
    assert!(content && diagnosis["healthy"] == true, "{diagnosis:#}");
    for name in ["data folder", "master key", "database file", "key and database", "server", "base URL", "clock", "DNS"]
    {
        assert_eq!(check(&diagnosis, name)["status"], "ok", "{name}: {diagnosis:#}");
    }
    assert_eq!(check(&diagnosis, "SCIM tokens of okta")["status"], "ok");
    assert_eq!(check(&diagnosis, "SMTP")["status"], "skipped");
    let (content, diagnosis) = examine(&folder, None);
    assert!(content, "a running server says what it listens at: {diagnosis:#}");
    let found = check(&diagnosis, "base URL")["found"].as_str().unwrap().to_owned();
    assert!(found.contains(&server.address.to_string()), "{found}");

    server.terminate();
    assert!(server.wait().0.success());
    let (content, diagnosis) = examine(&folder, None);
    assert!(content, "a server that is stopped is a warning: {diagnosis:#}");
    assert_eq!(
        (&check(&diagnosis, "server")["status"], &check(&diagnosis, "database")["status"]),
        (&"warning".into(), &"ok".into())
    );
    let page = folder.succeed(&["doctor"]);
    assert!(page.contains("-> start `muster serve`"), "{page}");
}

#[test]
fn an_open_key_a_missing_token_and_plain_http_are_problems_that_say_what_to_do() {
    let folder = Folder::embedded();
    let nothing = folder.run(&["doctor"]);
    assert_eq!(nothing.status.code(), Some(1), "there is nothing yet: {}", errors(&nothing));
    drop(Server::start(&folder));
    folder.set_up();
    let tokens = folder.json(&["token", "list", "okta"]);
    folder.succeed(&["token", "revoke", "okta", tokens["tokens"][0]["id"].as_str().unwrap()]);
    let key = folder.path().join("data/master.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = folder.muster();
    let output = command.args(["doctor", "--json", "--base-url", "http://muster.invalid"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (name, advice) in [
        ("master key", "chmod 600"),
        ("SCIM tokens of okta", "muster token rotate okta"),
        ("transport", "put TLS in front"),
        ("DNS", "make a record"),
    ] {
        let found = check(&diagnosis, name);
        assert_eq!(found["status"], "problem", "{found}");
        assert!(found["advice"].as_str().unwrap().contains(advice), "{found}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, [7; 32]).unwrap();
    let (content, diagnosis) = examine(&folder, None);
    assert!(!content);
    assert!(check(&diagnosis, "key and database")["found"].as_str().unwrap().contains("not this database's"));
}

#[test]
fn a_connection_whose_last_requests_were_all_refused_is_told_with_the_reason() {
    let folder = Folder::new();
    let token = folder.set_up();
    let server = Server::start(&folder);
    let mut client = Client::connect(server.address, &token).unwrap();
    assert_eq!(client.create("ada@example.com").unwrap().0, 201);
    for number in 0..5 {
        assert_eq!(client.create(&format!("p{number}@elsewhere.example")).unwrap().0, 400);
    }
    let (_, diagnosis) = examine(&folder, Some(&server));
    let found = check(&diagnosis, "requests of okta");
    assert_eq!(found["status"], "warning", "{found}");
    let text = found["found"].as_str().unwrap();
    assert!(text.contains("the last 5 writes") && text.contains("`elsewhere.example`"), "{text}");
    if std::env::var_os("MUSTER_TEST_POSTGRES").is_some() {
        for name in ["database server", "database clock"] {
            assert_eq!(check(&diagnosis, name)["status"], "ok", "{name}: {diagnosis:#}");
        }
    }
    assert_eq!(client.create("bob@example.com").unwrap().0, 201);
    let (_, diagnosis) = examine(&folder, Some(&server));
    let names: Vec<_> = diagnosis["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert!(!names.contains(&&Value::from("requests of okta")), "{names:?}");
}

//! Settings, from the file, the environment and flags; and keys.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use crate::process::{Folder, Server, errors};

#[test]
fn an_unknown_key_names_the_nearest_and_its_line() {
    let folder = Folder::new();
    let file = folder.write("config.toml", "[server]\nlisten = \"127.0.0.1:0\"\nbase_ulr = \"http://x\"\n");
    let output = folder.run(&["serve", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("config.toml:3:1: unknown key `base_ulr`: did you mean `base_url`?"));
}

#[test]
fn flags_beat_the_environment_and_that_beats_the_file() {
    let folder = Folder::new();
    let file = folder
        .write("config.toml", "[server]\nbase_url = \"https://file.example\"\n[log]\nlevel = \"info=info=info\"\n");
    let scim = |extra: &[&str], variable: Option<&str>| {
        let declaration = folder.write("muster.toml", crate::process::DECLARATION);
        let mut command = folder.muster();
        command.args(["apply", declaration.to_str().unwrap(), "--json", "--config", file.to_str().unwrap()]);
        command.args(extra).env("MUSTER_LOG_LEVEL", "info");
        if let Some(variable) = variable {
            command.env("MUSTER_SERVER_BASE_URL", variable);
        }
        let output = command.output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (answer["connections"]["okta"]["scim"]["base_url"].as_str().unwrap_or_default().to_owned(), errors(&output))
    };
    assert!(scim(&[], None).1.contains("config.toml:4:1: `log.level`"), "what is beaten is checked all the same");
    folder.write("config.toml", "[server]\nbase_url = \"https://file.example\"\n");
    assert_eq!(scim(&[], None).0, "https://file.example/scim/v2");
    assert_eq!(scim(&[], Some("https://variable.example")).0, "https://variable.example/scim/v2");
    let flag = ["--base-url", "https://flag.example/"];
    assert_eq!(scim(&flag, Some("https://variable.example")).0, "https://flag.example/scim/v2");
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["srve"]).status.code(), Some(2));
    assert_eq!(folder.run(&["serve", "--listen", "8080"]).status.code(), Some(2));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = folder.run(&["serve", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("choose another with --listen"), "{}", errors(&output));
}

#[test]
fn another_key_a_missing_key_and_an_open_key_are_refused() {
    let folder = Folder::new();
    drop(Server::start(&folder));
    let key = folder.path().join("data/master.key");
    let right = fs::read(&key).unwrap();
    let refusal = || {
        let output = folder.run(&["serve"]);
        assert_eq!(output.status.code(), Some(1));
        errors(&output)
    };
    fs::write(&key, [7; 32]).unwrap();
    let text = refusal();
    assert!(
        text.contains("master.key does not fit this database") && text.contains("restore the right key file"),
        "{text}"
    );
    fs::remove_file(&key).unwrap();
    let text = refusal();
    assert!(text.contains("master.key is missing"), "{text}");
    assert!(!key.exists(), "a new key would open nothing");
    fs::write(&key, right).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refusal().contains("chmod 600"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    drop(Server::start(&folder));
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let folder = Folder::embedded();
    let _server = Server::start(&folder);
    let output = folder.run(&["serve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("another process holds"), "{}", errors(&output));
}

#[test]
fn commands_that_only_ask_begin_no_database_where_a_folder_was_mistyped() {
    let folder = Folder::embedded();
    for asking in [
        &["explain", "ada@example.com"][..],
        &["export"],
        &["token", "list", "okta"],
        &["requests", "list", "--connection", "okta"],
        &["held", "list", "--connection", "okta"],
        &["conflicts", "--connection", "okta"],
        &["drift", "--connection", "okta"],
        &["plan", "list"],
        &["user", "erase", "ada@example.com", "--yes"],
    ] {
        let output = folder.run(asking);
        assert_eq!(output.status.code(), Some(1), "{asking:?}");
        let why = errors(&output);
        assert!(why.contains("data/muster.db") && why.contains("--data-dir"), "{asking:?}: {why}");
        assert!(!folder.path().join("data").exists(), "{asking:?}");
    }
    folder.set_up();
    folder.succeed(&["export"]);
}

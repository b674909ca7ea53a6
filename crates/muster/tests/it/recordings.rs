//! SCIM-11: a piece of the log is exported as a recording, and played to another server with the same outcome.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Value, json};

use crate::{
    client::Client,
    process::{Folder, Server, errors},
};

/// A server of its own with an empty directory.
struct Place {
    folder: Folder,
    server: Server,
    token: String,
}

impl Place {
    fn new() -> Self {
        Self::of(Folder::new())
    }

    fn of(folder: Folder) -> Self {
        let token = folder.set_up();
        let server = Server::start(&folder);
        Self { folder, server, token }
    }

    /// `muster simulate scim` against it.
    fn simulate(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let target = format!("http://{}/scim/v2", self.server.address);
        let all = ["simulate", "scim", "--json", "--rate", "0", "--target", &target, "--token", &self.token];
        let output = self.folder.run(&[&all[..], arguments].concat());
        let verdict = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", errors(&output)));
        (output.status.code(), verdict)
    }

    fn play(&self, recording: &Path) -> (Option<i32>, Value) {
        self.simulate(&["--recording", recording.to_str().unwrap()])
    }

    /// `muster requests export` of all of it, with the lines of the file.
    fn export(&self, name: &str, arguments: &[&str]) -> Vec<Value> {
        let file = self.folder.path().join(name);
        let all = ["requests", "export", "--connection", "okta", file.to_str().unwrap()];
        self.folder.succeed(&[&all[..], arguments].concat());
        let text = fs::read_to_string(file).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Users by name, and groups by name with their members' names, as far as they do not depend on the server.
    fn directory(&self) -> (BTreeMap<String, Value>, BTreeMap<String, Vec<String>>) {
        let mut client = Client::connect(self.server.address, &self.token).unwrap();
        let mut all = |path: &str| {
            let (status, list) = client.send("GET", path, None).unwrap();
            assert_eq!(status, 200, "{list}");
            assert_eq!(list["totalResults"], list["Resources"].as_array().unwrap().len());
            list["Resources"].as_array().unwrap().clone()
        };
        let mut names = BTreeMap::new();
        let mut users = BTreeMap::new();
        for mut user in all("/scim/v2/Users?count=200&excludedAttributes=groups,meta") {
            let name = user["userName"].as_str().unwrap().to_owned();
            names.insert(user["id"].take().as_str().unwrap().to_owned(), name.clone());
            users.insert(name, user);
        }
        let member = |member: &Value| names[member["value"].as_str().unwrap()].clone();
        let groups = all("/scim/v2/Groups?count=200");
        let groups = groups.iter().map(|group| {
            let mut members: Vec<String> = group["members"].as_array().into_iter().flatten().map(member).collect();
            members.sort();
            (group["displayName"].as_str().unwrap().to_owned(), members)
        });
        let groups = groups.collect();
        (users, groups)
    }
}

#[test]
fn scim_11_what_okta_and_entra_sent_is_exported_and_makes_the_same_directory_elsewhere() {
    let recorded = Place::new();
    let play = ["--idp", "okta,entra", "--users", "16", "--groups", "4", "--days", "2", "--churn", "30%", "--keep"];
    let (code, verdict) = recorded.simulate(&[&play[..], &["--group-prefix", "moby:", "--parallel", "1"]].concat());
    assert_eq!(code, Some(0), "{verdict:#}");
    let (users, groups) = recorded.directory();
    assert!(users.len() >= 12 && groups.len() >= 3, "{users:?}");

    let kept = recorded.export("kept.jsonl", &["--with-personal-data"]);
    assert_eq!((&kept[0]["muster_recording"], &kept[0]["personal_data"]), (&json!(1), &json!("kept")));
    assert_eq!(kept[0]["requests"], kept.len() - 1);
    let same = Place::new();
    let file = recorded.folder.path().join("kept.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, verdict) = same.play(&file);
    assert!(code == Some(0) && verdict["passed"] == true, "{verdict:#}");
    assert!(verdict["same"].as_u64().unwrap() > 60, "{verdict:#}");
    assert_eq!(same.directory(), (users.clone(), groups.clone()));

    let lines = recorded.export("people.jsonl", &[]);
    assert_eq!(lines[0]["domains"], json!(["example.com"]), "{}", lines[0]);
    let text = fs::read_to_string(recorded.folder.path().join("people.jsonl")).unwrap().to_lowercase();
    for user in users.values() {
        for pointer in ["/userName", "/name/familyName", "/name/givenName", "/externalId"] {
            let value = user.pointer(pointer).and_then(Value::as_str).unwrap_or("@none");
            let value = value.to_lowercase();
            // A short name is looked for as a word: ids hold any three letters sooner or later.
            let is_word = value.chars().all(char::is_alphanumeric);
            let is_there = if is_word {
                text.split(|other: char| !other.is_alphanumeric()).any(|word| word == value)
            } else {
                text.contains(&value)
            };
            assert!(!is_there, "{value} is still in it");
        }
    }
    let pseudonymous = Place::new();
    let (code, verdict) = pseudonymous.play(&recorded.folder.path().join("people.jsonl"));
    assert!(code == Some(0) && verdict["different"] == 0, "{verdict:#}");
    let (others, other_groups) = pseudonymous.directory();
    let active = |users: &BTreeMap<String, Value>| users.values().filter(|user| user["active"] == true).count();
    assert_eq!((others.len(), active(&others)), (users.len(), active(&users)));
    assert!(others.keys().all(|name| name.starts_with("user") && name.ends_with("@example.com")), "{others:?}");
    let sizes = |groups: &BTreeMap<String, Vec<String>>| {
        let mut sizes: Vec<usize> = groups.values().map(Vec::len).collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes(&other_groups), sizes(&groups));

    // Where everybody is there already, nobody is made again, and that is told.
    let (code, verdict) = same.play(&file);
    assert_eq!((code, &verdict["passed"]), (Some(1), &json!(false)), "{verdict:#}");
    let first = &verdict["differences"][0];
    assert_eq!((&first["recorded"], &first["answered"]), (&json!(201), &json!(409)), "{first}");
}

#[test]
fn scim_11_what_cannot_be_exported_or_played_is_told() {
    // A server that holds the embedded database writes the reads that wait before it answers.
    let place = Place::of(Folder::embedded());
    let file = place.folder.path().join("log.jsonl");
    let export = ["requests", "export", "--connection", "okta", file.to_str().unwrap()];
    let output = place.folder.run(&export);
    assert!(output.status.code() == Some(1) && errors(&output).contains("no request"), "{}", errors(&output));
    assert!(!file.exists());
    let mut client = Client::connect(place.server.address, &place.token).unwrap();
    assert_eq!(client.create("ada@example.com").unwrap().0, 201);
    assert_eq!(client.send("GET", "/scim/v2/Users", None).unwrap().0, 200);
    let text = place.folder.succeed(&export);
    assert!(text.contains("2 requests written") && text.contains("People are pseudonyms"), "reads are in it: {text}");
    let output = place.folder.run(&export);
    assert!(output.status.code() == Some(1) && errors(&output).contains("--force"), "{}", errors(&output));
    place.folder.succeed(&[&export[..], &["--force"]].concat());
    let piped = place.folder.succeed(&["requests", "export", "--connection", "okta", "--since", "1h", "-"]);
    assert!(piped.starts_with("{\"muster_recording\":1"), "{piped}");

    let play = |file: &Path| {
        let target = format!("http://{}/scim/v2", place.server.address);
        let arguments = ["simulate", "scim", "--target", &target, "--token", &place.token, "--recording"];
        place.folder.run(&[&arguments[..], &[file.to_str().unwrap()]].concat())
    };
    for (name, text, words) in [
        ("absent.jsonl", None, "cannot be opened"),
        ("other.jsonl", Some("{\"userName\":\"ada\"}\n"), "no recording"),
        ("newer.jsonl", Some("{\"muster_recording\":9,\"requests\":0,\"personal_data\":\"kept\"}"), "a newer one"),
    ] {
        let file = text.map_or_else(|| place.folder.path().join(name), |text| place.folder.write(name, text));
        let output = play(&file);
        assert!(output.status.code() == Some(2) && errors(&output).contains(words), "{name}: {}", errors(&output));
    }
    let empty = place.folder.write("empty.jsonl", "{\"muster_recording\":1,\"requests\":0,\"personal_data\":\"kept\"}");
    assert_eq!(play(&empty).status.code(), Some(1), "nothing that was sent proves nothing");
}

//! ACC-2: `muster user erase`, through a running server and without one.

use std::fs;

use serde_json::{Value, json};

use crate::{
    client::{Client, user},
    process::{Folder, Server, errors},
};

const ADA: &str = "ada.lovelace@example.com";

/// A folder with a server in which Ada was pushed, looked up, and refused once.
fn lived(folder: &Folder) -> Server {
    let token = folder.set_up();
    let server = Server::start(folder);
    let mut client = Client::connect(server.address, &token).unwrap();
    let mut ada = user(ADA);
    ada["title"] = json!("Countess");
    assert_eq!(client.send("POST", "/scim/v2/Users", Some(&ada)).unwrap().0, 201);
    assert_eq!(client.create(ADA).unwrap().0, 409);
    assert!(client.has(ADA));
    server
}

fn erasures(folder: &Folder) -> Vec<Value> {
    folder.json(&["user", "erasures"])["erasures"].as_array().unwrap().clone()
}

#[test]
fn acc_2_a_person_is_erased_by_a_running_server_at_once_and_the_next_push_is_somebody_new() {
    let folder = Folder::new();
    let server = lived(&folder);
    let refused = folder.run(&["user", "erase", ADA]);
    assert_eq!(refused.status.code(), Some(2), "nobody is asked: {}", errors(&refused));
    assert!(errors(&refused).contains("--yes"), "{}", errors(&refused));
    let missing = folder.run(&["user", "erase", "nobody@example.com", "--yes"]);
    assert!(errors(&missing).contains("there is no account `nobody@example.com`"), "{}", errors(&missing));
    let last = folder.run(&["user", "erase", "owner@example.com", "--yes"]);
    assert!(errors(&last).contains("last owner of organization `moby`"), "{}", errors(&last));

    let begun = folder.json(&["user", "erase", ADA, "--yes"]);
    let begun = &begun["erasures"][0];
    assert_eq!((&begun["state"], begun["goes_on"].is_string()), (&json!("erasing"), true), "{begun}");
    assert!(!folder.run(&["explain", ADA]).status.success(), "there is no such account any more");
    assert_eq!(erasures(&folder)[0]["account"], begun["account"]);
    let token = folder.succeed(&["token", "create", "okta"]);
    let mut client = Client::connect(server.address, token.trim()).unwrap();
    assert!(!client.has(ADA));
    assert_eq!(client.create(ADA).unwrap().0, 201);
    let anew = folder.json(&["explain", ADA]);
    assert_ne!(anew["account"]["id"], begun["account"]);
}

#[test]
fn acc_2_without_a_server_nothing_is_left_in_the_files_of_the_embedded_database() {
    let folder = Folder::embedded();
    let server = lived(&folder);
    server.terminate();
    assert!(server.wait().0.success());
    let says = |word: &str| {
        let files = fs::read_dir(folder.path().join("data")).unwrap().map(|file| file.unwrap().path());
        let files = files.filter(|path| path.is_file());
        let says = files.filter(|path| {
            let bytes = fs::read(path).unwrap();
            bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        });
        says.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(says("lovelace"), ["muster.db"]);
    let erased = folder.json(&["user", "erase", ADA, "--yes"]);
    assert_eq!(erased["erasures"][0]["state"], "erased", "{erased}");
    for word in ["lovelace", "countess", "hopper"] {
        assert_eq!(says(word), Vec::<String>::new(), "{word}");
    }
    assert_eq!(erasures(&folder).len(), 1);
}

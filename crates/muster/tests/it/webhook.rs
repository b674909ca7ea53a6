//! `muster webhook`, where the database is and over a server, and `[[webhook]]` of `apply`.

use crate::{
    process::{DECLARATION, Folder, errors},
    remote::Remote,
};

#[test]
fn webhooks_are_stated_in_a_file_with_their_secret_printed_once() {
    let folder = Folder::new();
    let hooks = "\n[[webhook]]\nname = \"notes\"\norganization = \"moby\"\nurl = \"https://notes.example/muster\"\n\
                 events = [\"member.*\"]\n\n[[webhook]]\nname = \"all\"\nurl = \"https://audit.example/\"\n";
    let made = folder.apply(&format!("{DECLARATION}{hooks}"));
    let secret = made["webhooks"]["moby/notes"]["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && made["webhooks"]["all"]["secret"].is_string(), "{made}");
    let again = folder.apply(&format!("{DECLARATION}{hooks}"));
    assert!(again["webhooks"]["moby/notes"].get("secret").is_none(), "{again}");
    let exported = folder.succeed(&["export"]);
    assert!(exported.contains("https://notes.example/muster") && !exported.contains("whsec_"), "{exported}");
    let all = folder.json(&["webhook", "list"]);
    assert_eq!((all["webhooks"].as_array().unwrap().len(), &all["webhooks"][0]["name"]), (1, &"all".into()));
}

#[test]
fn webhooks_are_looked_after_here_and_over_a_server_alike() {
    let remote = Remote::start();
    let owner = remote.owner();
    let add = |name: &'static str| {
        [
            "webhook",
            "add",
            name,
            "--organization",
            "moby",
            "--url",
            "https://h.example/",
            "--events",
            "member.*,team.create",
        ]
    };
    let made = remote.json(&owner, &add("there"));
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    let made = remote.folder.json(&add("here"));
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    for arguments in [
        &["webhook", "list", "--organization", "moby"][..],
        &["webhook", "messages", "moby/there", "--state", "dead"],
        &["webhook", "replay", "moby/there", "--dead"],
        &["webhook", "replay", "moby/there", "--position", "999999.0"],
        &["webhook", "off", "moby/here"],
        &["webhook", "on", "moby/here"],
    ] {
        remote.compare(&owner, arguments);
        assert_eq!(remote.succeed(&owner, arguments), remote.folder.succeed(arguments), "{arguments:?}");
    }
    let rotated = remote.json(&owner, &["webhook", "secret", "moby/here", "--at-once"]);
    assert!(rotated["secret"].is_string(), "{rotated}");
    // Nobody is at that address; that is an answer, not a failure of the command.
    let tried = remote.json(&owner, &["webhook", "test", "moby/here"]);
    assert!(tried["trial"]["delivered"] == false && tried["trial"]["failure"].is_string(), "{tried}");
    remote.succeed(&owner, &["webhook", "remove", "moby/here"]);
    remote.refused(&owner, &["webhook", "messages", "moby/here"], 1, "muster webhook list --organization moby");
    let gone = remote.folder.run(&["webhook", "messages", "moby/here"]);
    assert!(errors(&gone).contains("muster webhook list"), "{}", errors(&gone));
    remote.refused(&owner, &["webhook", "list"], 2, "--organization");
    let wrong = remote.folder.run(&["webhook", "replay", "moby/there", "--position", "x"]);
    assert!(errors(&wrong).contains("no position"), "{}", errors(&wrong));
    let wrong = remote.folder.run(&["webhook", "add", "x", "--organization", "moby", "--url", "ftp://h.example/"]);
    assert!(errors(&wrong).contains("https://"), "{}", errors(&wrong));
}

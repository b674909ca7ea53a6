//! The demonstration.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    client::Client,
    process::{Folder, errors},
};

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    let mut command = folder.muster();
    command.arg("demo").args(arguments).env("TMPDIR", folder.path());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn stop(mut child: Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

fn temporary(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_demonstration_answers_programs_with_one_line_and_leaves_nothing_behind() {
    let folder = Folder::embedded();
    let mut child = start(&folder, &["--json"]);
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let shown: Value = serde_json::from_str(&line).unwrap();
    let scim = &shown["connections"]["okta"]["scim"];
    let address = shown["base_url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    let mut client = Client::connect(address, scim["token"].as_str().unwrap()).unwrap();
    let (status, list) = client.send("GET", "/scim/v2/Users", None).unwrap();
    assert_eq!((status, &list["totalResults"]), (200, &Value::from(5)), "{list}");
    assert_eq!(shown["owner"]["email"], "owner@example.com");
    assert!(shown["idp_url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{shown}");
    assert!(shown["connections"]["okta"]["saml"]["login_url"].is_string(), "{shown}");
    assert!(shown["connections"]["entra"]["oidc"]["redirect_url"].is_string(), "{shown}");
    assert_eq!(temporary(folder.path()).len(), 1);
    stop(child);
    assert!(temporary(folder.path()).is_empty());
}

#[test]
fn the_demonstration_shows_people_who_is_where_and_why() {
    let folder = Folder::embedded();
    let mut child = start(&folder, &[]);
    let mut page = String::new();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
    while !page.contains("Ctrl-C") {
        assert_ne!(lines.read_line(&mut page).unwrap(), 0, "{page}");
    }
    for words in [
        "Okta sent",
        "Ada Lindqvist",
        "company, developers",
        "okta: group moby:developers (GRP-1)",
        "deactivated the person",
        "/signin",
        "okta (SAML) or entra (OpenID Connect)",
        "/signin/link?token=mst_link_",
        "ines.varga@example.com",
        "farah.novak@example.com",
        "curl -s",
        "--plan",
    ] {
        assert!(page.contains(words), "{words} is missing in:\n{page}");
    }
    assert!(!page.contains("failed"), "{page}");
    drop(lines);
    let mut rest = child.stdout.take().unwrap();
    stop(child);
    let mut left = String::new();
    rest.read_to_string(&mut left).unwrap();
    assert_eq!(left, "");
}

#[test]
fn the_demonstration_refuses_flags_that_it_would_not_heed() {
    let folder = Folder::embedded();
    for (flag, value, advice) in [
        ("--data-dir", "elsewhere", "muster serve"),
        ("--database", "sqlite://a.db", "muster serve"),
        ("--listen", "127.0.0.1:0", "--port"),
    ] {
        let output = folder.run(&["demo", flag, value]);
        assert_eq!(output.status.code(), Some(2), "{flag}");
        assert!(errors(&output).contains(flag) && errors(&output).contains(advice), "{}", errors(&output));
    }
}

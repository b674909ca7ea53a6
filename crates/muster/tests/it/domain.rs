//! `muster domain`, with a DNS server on loopback (ORG-4 to ORG-6).

use muster_testkit::DnsServer;
use serde_json::{Value, json};

use crate::process::{DECLARATION, Folder, errors};

/// Runs a command that asks this DNS server; its JSON.
fn asking(folder: &Folder, dns: &DnsServer, arguments: &[&str]) -> Value {
    let mut command = folder.muster();
    command.args(arguments).arg("--json").env("MUSTER_DNS_RESOLVERS", dns.address().to_string());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn org_4_a_domain_is_claimed_proven_shown_and_removed() {
    let (folder, dns) = (Folder::new(), DnsServer::start());
    folder.set_up();
    let added = folder.json(&["domain", "add", "Proven.Example", "--organization", "moby"]);
    let record = &added["domains"][0]["record"];
    assert_eq!(record["name"], "_muster-challenge.proven.example");
    let value = record["value"].as_str().unwrap();
    let text = folder.succeed(&["domain", "show", "proven.example"]);
    assert!(text.contains(value) && text.contains("pending"), "{text}");

    let missing = asking(&folder, &dns, &["domain", "check", "proven.example"]);
    assert_eq!(missing["done"], "the record was not found");
    dns.set("proven.example", &[value]);
    let found = asking(&folder, &dns, &["domain", "check", "proven.example"]);
    assert_eq!((&found["done"], &found["domains"][0]["state"]), (&json!("the record was found"), &json!("verified")));

    let listed = folder.json(&["domain", "list", "--organization", "moby"]);
    let names: Vec<_> = listed["domains"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["example.com", "proven.example"]);
    folder.succeed(&["domain", "remove", "proven.example"]);
    let gone = folder.run(&["domain", "show", "proven.example"]);
    assert!(errors(&gone).contains("muster domain list"), "{}", errors(&gone));
}

#[test]
fn org_4_what_cannot_be_claimed_is_told_why() {
    let folder = Folder::new();
    folder.set_up();
    for (name, why) in [("gmail.com", "public mail domain"), ("co.uk", "public suffix")] {
        let refused = folder.run(&["domain", "add", name, "--organization", "moby"]);
        assert!(errors(&refused).contains(why), "{}", errors(&refused));
    }
    let refused = folder.run(&["domain", "add", "proven.example"]);
    assert!(errors(&refused).contains("--organization NAME"), "{}", errors(&refused));
    let file = folder.write("suffix.toml", &DECLARATION.replace("\"example.com\"", "\"co.uk\""));
    let refused = folder.run(&["apply", file.to_str().unwrap()]);
    assert!(errors(&refused).contains("public suffix"), "{}", errors(&refused));
}

#[test]
fn org_5_and_org_6_auto_provisioning_is_set_and_the_audit_is_a_table_or_csv() {
    let folder = Folder::new();
    folder.set_up();
    let set = folder.json(&["domain", "auto-provision", "example.com", "moby"]);
    assert_eq!(set["domains"][0]["auto_provision"], "moby");
    assert!(folder.succeed(&["export"]).contains("auto_provision = \"moby\""));
    let csv = folder.succeed(&["domain", "audit", "example.com", "--csv"]);
    assert_eq!(csv, "Name,Username,Email\n", "the owner is a member");
    let file =
        folder.write("off.toml", &DECLARATION.replace("verified = true", "verified = true\nauto_provision = \"off\""));
    folder.succeed(&["apply", file.to_str().unwrap()]);
    assert_eq!(folder.json(&["domain", "show", "example.com"])["domains"][0]["auto_provision"], Value::Null);
}

#[test]
fn org_6_those_whom_the_audit_shows_are_invited() {
    let folder = Folder::new();
    folder.set_up();
    // An owner of an organization elsewhere has an address of the domain, and an account.
    folder.apply("[[organization]]\nname = \"orca\"\nowners = [\"bo@example.com\"]\n");
    let audit = ["domain", "audit", "example.com"];
    let csv = folder.succeed(&[&audit[..], &["--csv"]].concat());
    assert!(csv.starts_with("Name,Username,Email\n") && csv.ends_with(",bo@example.com\n"), "{csv}");
    let invite = [&audit[..], &["--invite", "--role", "editor", "--team", "crew"]].concat();
    let tried = folder.json(&[&invite[..], &["--dry-run"]].concat());
    assert_eq!((&tried["organization"], &tried["people"][0]["status"]), (&json!("moby"), &json!("invitable")));
    let invited = folder.json(&invite);
    assert_eq!(invited["people"][0]["invitee"], "bo@example.com");
    assert_eq!(folder.json(&["org", "invitations", "moby"])["invitations"][0]["team"], "crew");
    assert_eq!(folder.json(&invite)["people"][0]["status"], "existing_invitee");
    let elsewhere = folder.run(&[&audit[..], &["--invite", "--into", "whale"]].concat());
    assert!(errors(&elsewhere).contains("no organization of the domain's holder"), "{}", errors(&elsewhere));
    assert!(!folder.run(&[&audit[..], &["--team", "crew"]].concat()).status.success(), "only with --invite");
}

#[test]
fn org_9_the_activity_log_is_listed_and_exported() {
    let folder = Folder::new();
    folder.set_up();
    let listed = folder.json(&["audit", "list", "--account", "moby", "--action", "org.create"]);
    let entry = &listed["entries"][0];
    assert_eq!(
        (&entry["action"], &entry["name"], &entry["actor"]),
        (&json!("org.create"), &json!("moby"), &json!("operator"))
    );
    let first = folder.json(&["audit", "list", "--limit", "1"]);
    let next = first["next"].as_str().unwrap();
    let second = folder.json(&["audit", "list", "--limit", "1", "--after", next]);
    assert_ne!(first["entries"], second["entries"]);
    let csv = folder.succeed(&["audit", "export", "--account", "moby"]);
    assert!(csv.starts_with("Time,Event,What,Actor,") && csv.contains("org.create,moby,operator"), "{csv}");
    let lines = folder.succeed(&["audit", "export", "--json"]);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).unwrap()["action"].is_string()), "{lines}");
    let refused = folder.run(&["audit", "list", "--from", "yesterday"]);
    assert!(errors(&refused).contains("--from"), "{}", errors(&refused));
}

#[test]
fn org_4_the_doctor_tries_dns() {
    let (folder, dns) = (Folder::new(), DnsServer::start());
    folder.set_up();
    folder.succeed(&["domain", "add", "proven.example", "--organization", "moby"]);
    let check = |resolver: &str| {
        let output = folder.muster().args(["doctor", "--json"]).env("MUSTER_DNS_RESOLVERS", resolver).output().unwrap();
        let examined: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = examined["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == "TXT records").unwrap().clone()
    };
    assert_eq!(check(&dns.address().to_string())["status"], "ok");
    let silent = check("");
    assert_eq!(silent["status"], "warning");
    assert!(silent["advice"].as_str().unwrap().contains("[dns] resolvers"));
}

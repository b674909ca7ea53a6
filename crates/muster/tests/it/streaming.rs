//! ORG-9: the activity log, streamed out by the binary, across a restart.

use std::{fs, net::TcpListener, path::Path, thread, time::Duration};

use serde_json::Value;

use crate::process::{Folder, Server, errors};

/// What a file tells, once it tells so many lines.
fn lines(path: &Path, count: usize) -> Vec<Value> {
    for _ in 0..500 {
        let text = fs::read_to_string(path).unwrap_or_default();
        if text.lines().count() >= count {
            return text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no {count} lines came");
}

fn serve(folder: &Folder, file: &Path, more: &[(&str, String)]) -> Server {
    let mut command = folder.muster();
    command.arg("serve").env("MUSTER_ACTIVITY_FILE", file);
    for (name, value) in more {
        command.env(name, value);
    }
    Server::spawn(&mut command)
}

#[test]
fn org_9_what_is_streamed_is_what_is_exported_also_what_happened_while_no_server_ran() {
    let folder = Folder::new();
    let file = folder.path().join("activity.jsonl");
    let server = serve(&folder, &file, &[]);
    // It begins when the server first looks.
    let has_begun = || folder.json(&["audit", "streams"])["streams"].as_array().unwrap().len() == 1;
    while !has_begun() {}
    folder.json(&["org", "create", "moby"]);
    lines(&file, 1);
    // A line is there before it counts as sent: whoever dies in between sends it again.
    while folder.json(&["audit", "streams"])["streams"][0]["waiting"] != 0 {}
    server.kill();
    folder.json(&["org", "create", "whale"]);
    let waiting = folder.json(&["audit", "streams"]);
    assert_eq!((&waiting["streams"][0]["stream"], &waiting["streams"][0]["waiting"]), (&"file".into(), &1.into()));
    let server = serve(&folder, &file, &[]);
    let exported = folder.succeed(&["audit", "export", "--json"]);
    let mut exported: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    exported.reverse();
    let streamed = lines(&file, exported.len());
    assert_eq!(streamed, exported, "the same objects, oldest first");
    drop(server);
}

#[test]
fn org_9_a_stream_that_fails_is_found_by_the_doctor() {
    let folder = Folder::new();
    let file = folder.path().join("activity.jsonl");
    // Taken and left: nobody listens there.
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = serve(&folder, &file, &[("MUSTER_ACTIVITY_SYSLOG", format!("tcp://{away}"))]);
    let has_begun = || folder.json(&["audit", "streams"])["streams"].as_array().unwrap().len() == 2;
    while !has_begun() {}
    folder.json(&["org", "create", "moby"]);
    let fails = || folder.json(&["audit", "streams"])["streams"][1]["reason"].is_string();
    while !fails() {}
    let output = folder.muster().args(["doctor", "--json"]).output().unwrap();
    let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", errors(&output)));
    let checks = diagnosis["checks"].as_array().unwrap();
    let check = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap();
    assert_eq!(check("activity log to syslog")["status"], "problem", "{diagnosis:#}");
    assert_eq!(check("activity log to file")["status"], "ok", "{diagnosis:#}");
    assert!(folder.json(&["audit", "streams", "--forget", "file"])["streams"].is_array());
    drop(server);
}

#[test]
fn org_9_a_stream_that_cannot_begin_says_what_to_change() {
    let folder = Folder::new();
    let fail = |name: &str, value: &str| {
        let output = folder.muster().arg("serve").env(name, value).output().unwrap();
        assert!(!output.status.success());
        errors(&output)
    };
    assert!(fail("MUSTER_ACTIVITY_WEBHOOK", "https://siem.example/").contains("activity.webhook_secret_file"));
    assert!(fail("MUSTER_ACTIVITY_WEBHOOK", "siem.example").contains("MUSTER_ACTIVITY_WEBHOOK"));
    assert!(fail("MUSTER_ACTIVITY_SYSLOG", "siem.example").contains("udp://HOST:PORT"));
}

//! The shell over a server (TEN-1, TEN-3, SEC-1): the same command on the database and through the management API shows the
//! same.

use std::{fs, process::Output};

use serde_json::{Value, json};

use crate::process::{DECLARATION, Folder, Server, errors};

/// An installation, its server, and a command line that knows only the server and a token.
pub(crate) struct Remote {
    pub(crate) folder: Folder,
    elsewhere: Folder,
    url: String,
    /// Stopped when dropped, before the folders are gone.
    server: Server,
}

impl Remote {
    pub(crate) fn start() -> Self {
        let folder = Folder::new();
        folder.apply(DECLARATION);
        let server = Server::start(&folder);
        let url = format!("http://{}", server.address);
        Self { folder, elsewhere: Folder::embedded(), url, server }
    }

    /// An access token, made by the operator.
    fn token(&self, whose: &[&str], scope: &str) -> String {
        let arguments: Vec<&str> = ["token", "create"].iter().chain(whose).copied().collect();
        let made = self.folder.json(&[&arguments[..], &["--scope", scope]].concat());
        made["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn owner(&self) -> String {
        self.token(&["--user", "owner@example.com"], "all")
    }

    /// Runs a command where there is no database.
    fn run(&self, token: &str, arguments: &[&str]) -> Output {
        let mut command = self.elsewhere.muster();
        command.env("MUSTER_SERVER", &self.url).env("MUSTER_TOKEN", token).args(arguments).output().unwrap()
    }

    pub(crate) fn succeed(&self, token: &str, arguments: &[&str]) -> String {
        let output = self.run(token, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, token: &str, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.succeed(token, &[arguments, &["--json"]].concat())).unwrap()
    }

    /// Compares what a command shows here and there, to people and to programs.
    pub(crate) fn compare(&self, token: &str, arguments: &[&str]) {
        let with_json = [arguments, &["--json"]].concat();
        for arguments in [arguments, &with_json] {
            assert_eq!(self.succeed(token, arguments), self.folder.succeed(arguments), "{arguments:?}");
        }
    }

    pub(crate) fn refused(&self, token: &str, arguments: &[&str], code: i32, why: &str) {
        let output = self.run(token, arguments);
        let said = errors(&output);
        assert!(output.status.code() == Some(code) && said.contains(why), "{arguments:?}: {said}");
        assert!(!said.contains(token), "{arguments:?} shows the token");
    }
}

#[test]
fn ten_1_organizations_members_and_teams_are_the_same_over_a_server() {
    let remote = Remote::start();
    let owner = remote.owner();
    let invited =
        remote.json(&owner, &["org", "invite", "moby", "eve@elsewhere.org", "--role", "editor", "--team", "writers"]);
    assert_eq!(invited["people"][0]["status"], "invited");
    assert!(invited["people"][0]["link"].as_str().unwrap().contains("/invitations/"), "no mail is sent here");
    remote.json(&owner, &["team", "create", "moby", "authors", "--description", "Who writes"]);
    let added = remote.json(&owner, &["team", "add", "moby", "pilots", "Owner@example.com"]);
    assert_eq!((&added["teams"][0]["name"], &added["teams"][0]["size"]), (&json!("pilots"), &json!(1)));
    for arguments in [
        &["org", "list"][..],
        &["org", "show", "moby"],
        &["org", "members", "moby"],
        &["org", "members", "moby", "--invites"],
        &["org", "members", "moby", "--role", "owner", "--search", "owner"],
        &["org", "invitations", "moby"],
        &["org", "invite", "moby", "eve@elsewhere.org", "new@example.com", "no address@", "--dry-run"],
        &["team", "list", "moby"],
        &["team", "show", "moby", "pilots"],
        &["team", "show", "moby", "authors"],
    ] {
        // The operator sees every organization, an owner their own.
        if arguments == ["org", "list"] {
            let all = remote.folder.json(arguments);
            assert_eq!(remote.json(&owner, arguments)["organizations"], json!([all["organizations"][0]]));
            continue;
        }
        remote.compare(&owner, arguments);
    }
    assert_eq!(
        remote.succeed(&owner, &["org", "export-members", "moby"]),
        remote.folder.succeed(&["org", "export-members", "moby"])
    );
    remote.json(&owner, &["team", "rename", "moby", "pilots", "captains"]);
    remote.compare(&owner, &["team", "show", "moby", "captains"]);
    remote.json(&owner, &["team", "remove", "moby", "captains", "owner@example.com"]);
    remote.json(&owner, &["team", "delete", "moby", "captains"]);
    remote.compare(&owner, &["team", "list", "moby"]);
    remote.json(&owner, &["org", "resend", "moby", "eve@elsewhere.org"]);
    remote.json(&owner, &["org", "cancel", "moby", "eve@elsewhere.org"]);
    remote.compare(&owner, &["org", "invitations", "moby"]);
    remote.refused(&owner, &["org", "set-role", "moby", "owner@example.com", "member"], 1, "is the last owner");
    remote.json(&owner, &["org", "seats", "moby", "70"]);
    let renamed = remote.json(&owner, &["org", "rename", "moby", "harbour"]);
    assert_eq!(
        (&renamed["organizations"][0]["name"], &renamed["organizations"][0]["seats"]),
        (&json!("harbour"), &json!(70))
    );
    remote.compare(&owner, &["org", "show", "moby"]);
    remote.json(&owner, &["org", "rename", "moby", "moby"]);
    remote.refused(&owner, &["org", "unblock", "moby", "nobody"], 1, "not found");
    remote.refused(&owner, &["org", "set-role", "moby", "nobody@example.com", "member"], 1, "muster org invite");
    remote.refused(&owner, &["team", "show", "moby", "nobody"], 1, "team nobody not found");
    remote.server.terminate();
}

#[test]
fn sec_1_a_token_does_over_a_server_what_it_may_and_nothing_else() {
    let remote = Remote::start();
    let owner = remote.owner();
    let made =
        remote.json(&owner, &["token", "create", "--organization", "moby", "--scope", "members:read", "--days", "9"]);
    let reader = made["token"].as_str().unwrap();
    remote.compare(&owner, &["token", "list", "--organization", "moby"]);
    let own = remote.json(&owner, &["token", "list", "--personal"]);
    assert_eq!(own["tokens"], remote.folder.json(&["token", "list", "--user", "owner@example.com"])["tokens"]);
    remote.compare(reader, &["org", "members", "moby"]);
    remote.refused(reader, &["team", "create", "moby", "writers"], 1, "teams:write");
    // To whom an organization is none of theirs, it is not there (TEN-3).
    remote.refused(reader, &["org", "members", "whale"], 1, "not found");
    remote.refused(&owner, &["org", "show", "whale"], 1, "TraceID");
    remote.refused(&owner, &["token", "list", "--user", "owner@example.com"], 2, "--personal");
    let id = made["tokens"][0]["id"].as_str().unwrap();
    remote.succeed(&owner, &["token", "revoke", "--organization", "moby", id]);
    remote.refused(reader, &["org", "members", "moby"], 1, "identifier");
}

#[test]
fn what_is_not_done_over_a_server_says_what_to_do_instead() {
    let remote = Remote::start();
    let owner = remote.owner();
    for arguments in [
        &["session", "attempts", "owner@example.com"][..],
        &["user", "erase", "owner@example.com", "--yes"],
        &["backup", "copy.db"],
        &["doctor"],
    ] {
        remote.refused(&owner, arguments, 2, "without `--server`");
    }
}

#[test]
fn pre_2_and_ses_4_people_are_explained_kept_out_and_signed_out_over_a_server() {
    let remote = Remote::start();
    remote
        .folder
        .apply("[[organization]]\nname = \"moby\"\nowners = [\"owner@example.com\", \"second@example.com\"]\n");
    let owner = remote.owner();
    let explained = ["explain", "second@example.com"];
    let there = remote.json(&owner, &explained);
    assert_eq!(there, remote.folder.json(&["explain", "second@example.com", "--organization", "moby"]));
    assert_eq!(there["memberships"][0]["role"], "owner");
    assert!(remote.succeed(&owner, &explained).contains("Why"));
    let username = there["account"]["username"].as_str().unwrap();
    assert_eq!(remote.json(&owner, &["explain", username, "--organization", "moby"]), there);
    remote.refused(&owner, &["explain", "nobody@example.com"], 1, "muster org members");
    remote.refused(&owner, &["explain", "second@example.com", "--organization", "whale"], 1, "not found");
    for arguments in [&["session", "list", "second@example.com"][..], &["session", "list", "--organization", "moby"]] {
        assert_eq!(remote.json(&owner, arguments)["sessions"], remote.folder.json(arguments)["sessions"]);
    }
    let own = remote.json(&owner, &["session", "list", "--own"]);
    assert_eq!((&own["sessions"], &own["ended"]), (&json!([]), &json!(0)));
    remote.refused(&owner, &["session", "end", "--own", "--session", username], 1, "session list");
    assert_eq!(remote.json(&owner, &["session", "end", "--organization", "moby"])["ended"], 0);
    let here = remote.folder.run(&["session", "list", "--own"]);
    assert!(!here.status.success() && errors(&here).contains("--server"), "{}", errors(&here));
    remote.succeed(&owner, &["org", "remove-member", "moby", "second@example.com", "--block"]);
    remote.compare(&owner, &["org", "blocked", "moby"]);
    let blocked = remote.json(&owner, &["org", "blocked", "moby", "--limit", "1"]);
    assert_eq!((&blocked["blocked"][0]["username"], &blocked["next"]), (&json!(username), &Value::Null));
    remote.succeed(&owner, &["org", "unblock", "moby", username]);
    assert!(remote.succeed(&owner, &["org", "blocked", "moby"]).contains("nobody is kept out"));
    remote.refused(&owner, &["connection", "relink", "okta", "owner@example.com"], 1, "not found");
    remote.refused(&owner, &["org", "create", "narwhal"], 2, "--company");
    remote.refused(&owner, &["org", "create", "narwhal", "--company", "docks"], 1, "not found");
    remote.refused(&owner, &["user", "show", "owner@example.com"], 2, "muster explain");
    remote.server.terminate();
}

#[test]
fn sec_1_a_token_comes_from_a_file_and_goes_over_https_or_to_this_machine() {
    let remote = Remote::start();
    let owner = remote.owner();
    let file = remote.elsewhere.write("token", &format!("{owner}\n"));
    let file = file.to_str().unwrap();
    let mut command = remote.elsewhere.muster();
    command.args(["org", "list", "--server", &remote.url, "--token-file", file]);
    assert!(command.output().unwrap().status.success());
    let plain = ["org", "list", "--server", "http://muster.example.com", "--token-file", file];
    remote.refused(&owner, &plain, 2, "is not https");
    remote.refused(&owner, &["org", "list", "--server", "http://127.0.0.1:1"], 1, "cannot be reached");
    let nobody = remote.elsewhere.run(&["org", "list", "--server", &remote.url]);
    assert!(nobody.status.code() == Some(2) && errors(&nobody).contains("MUSTER_TOKEN"), "{}", errors(&nobody));
    let alone = remote.elsewhere.run(&["org", "list", "--token", "t"]);
    assert!(alone.status.code() == Some(2) && errors(&alone).contains("--server URL"), "{}", errors(&alone));
    fs::remove_file(file).unwrap();
}

#[test]
fn ten_1_what_is_exported_over_a_server_applies_there_but_vouches_for_nothing() {
    let remote = Remote::start();
    let owner = remote.owner();
    let exported = remote.succeed(&owner, &["export"]);
    assert!(exported.contains("moby") && !exported.contains("whale\"\n"), "{exported}");
    let vouching = remote
        .elsewhere
        .write("more.toml", "[[domain]]\nname = \"more.example\"\norganization = \"moby\"\nverified = true\n");
    remote.refused(&owner, &["apply", vouching.to_str().unwrap()], 1, "verified");
    let claiming =
        remote.elsewhere.write("more.toml", "[[domain]]\nname = \"more.example\"\norganization = \"moby\"\n");
    let planned = remote.json(&owner, &["apply", claiming.to_str().unwrap(), "--plan"]);
    assert_eq!(planned["changes"].as_array().unwrap().len(), 1, "{planned}");
    remote.json(&owner, &["apply", claiming.to_str().unwrap()]);
    assert_eq!(remote.json(&owner, &["apply", claiming.to_str().unwrap()])["changes"], json!([]));
}

#[test]
fn ten_1_connections_plans_and_traces_are_the_same_over_a_server() {
    let remote = Remote::start();
    let owner = remote.owner();
    for arguments in [
        &["connection", "list"][..],
        &["connection", "show", "okta"],
        &["connection", "affected", "okta"],
        &["conflicts", "--connection", "okta"],
        &["held", "list", "--connection", "okta"],
        &["adopt", "--connection", "okta", "--list"],
        &["drift", "--connection", "okta"],
        &["requests", "list", "--connection", "okta"],
        &["requests", "list", "--connection", "okta", "--since", "2h", "--status", "4xx"],
        &["plan", "list"],
    ] {
        remote.compare(&owner, arguments);
    }
    let made = remote.json(&owner, &["token", "create", "okta", "--label", "over a server"]);
    assert!(made["token"].as_str().unwrap().starts_with("mst_scim_"), "{made}");
    // Only a server knows under which port it is reached here.
    let tokens = |list: Value| list["tokens"].clone();
    let list = ["token", "list", "okta"];
    assert_eq!(tokens(remote.json(&owner, &list)), tokens(remote.folder.json(&list)));
    let id = made["tokens"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    remote.succeed(&owner, &["token", "revoke", "okta", &id]);
    remote.json(&owner, &["connection", "key", "add", "okta", "signing", "--days", "7"]);
    let shown = remote.json(&owner, &["connection", "show", "okta"]);
    let fingerprint = shown["connections"][0]["keys"][0]["fingerprint"].as_str().unwrap().to_owned();
    remote.compare(&owner, &["connection", "show", "okta"]);
    remote.json(&owner, &["connection", "key", "remove", "okta", &fingerprint[..8]]);
    remote.refused(&owner, &["connection", "key", "remove", "okta", "00"], 1, "muster connection show okta");
    remote.refused(&owner, &["connection", "show", "oktaa"], 1, "did you mean `okta`");
    remote.refused(&owner, &["adopt", "--connection", "okta", "--yes"], 1, "nobody to adopt");
    let nothing = "0190f5fe-7c2a-7000-8000-0123456789ab";
    remote.refused(&owner, &["plan", "show", nothing], 1, "muster plan list");
    remote.refused(&owner, &["requests", "show", nothing], 1, "none of your connections");
    remote.refused(&owner, &["held", "approve", "--connection", "okta", "--yes", nothing], 1, "not found");
    let reader = remote.token(&["--organization", "moby"], "connections:read");
    remote.compare(&reader, &["connection", "list"]);
    remote.refused(&reader, &["token", "create", "okta"], 1, "connections:write");
}

#[test]
fn org_4_and_org_9_domains_and_the_activity_log_are_the_same_over_a_server() {
    let remote = Remote::start();
    let owner = remote.owner();
    let added = remote.json(&owner, &["domain", "add", "new.example.org", "--organization", "moby"]);
    assert_eq!(added["domains"][0]["state"], "pending");
    for arguments in [
        &["domain", "list", "--organization", "moby"][..],
        &["domain", "show", "new.example.org"],
        &["domain", "show", "example.com", "--organization", "moby"],
        &["domain", "audit", "example.com"],
        &["domain", "audit", "example.com", "--csv"],
        &["audit", "list", "--account", "moby"],
        &["audit", "list", "--account", "moby", "--action", "org", "--limit", "3"],
        &["audit", "export", "--account", "moby"],
    ] {
        let here: &[&str] = if arguments.contains(&"--csv") { &[] } else { &["--json"] };
        for more in [&[][..], here] {
            let arguments = [arguments, more].concat();
            assert_eq!(remote.succeed(&owner, &arguments), remote.folder.succeed(&arguments), "{arguments:?}");
        }
    }
    remote.json(&owner, &["domain", "auto-provision", "example.com", "moby"]);
    remote.compare(&owner, &["domain", "show", "example.com"]);
    let page = remote.json(&owner, &["audit", "list", "--account", "moby", "--limit", "2"]);
    let rest = ["audit", "list", "--account", "moby", "--limit", "2", "--after", page["next"].as_str().unwrap()];
    remote.compare(&owner, &rest);
    remote.json(&owner, &["domain", "remove", "new.example.org"]);
    remote.refused(&owner, &["domain", "show", "new.example.org"], 1, "muster domain list");
    remote.refused(&owner, &["domain", "add", "example.net"], 2, "--organization NAME");
    remote.refused(&owner, &["domain", "add", "gmail.com", "--organization", "moby"], 1, "gmail.com");
    remote.refused(&owner, &["audit", "list"], 2, "--account");
    remote.refused(&owner, &["audit", "list", "--account", "whale"], 1, "not found");
}
